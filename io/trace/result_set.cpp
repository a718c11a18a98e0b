#include "io/trace/result_set.hpp"

#include <fmt/format.h>

#include "io/files/child_process.hpp"
#include "io/files/hdf5_file.hpp"
#include "io/files/input_error.hpp"
#include "io/files/text_file.hpp"
#include "io/trace/critical_path_table.hpp"
#include "io/trace/schema.hpp"

namespace hecaton::io {
namespace {

namespace fs = std::filesystem;

// What another file of the set would be called; empty for a file that is in no set.
std::string other_name(const fs::path& file) {
  const std::string name = file.filename();
  if (name == trace_name) return summary_name;
  return name == summary_name ? trace_name : "";
}

bool has_table(const fs::path& trace, const char* group) {
  return isolated([&] {
           const hdf5::Handle file = hdf5::open(trace);
           return std::string(hdf5::has_object(file, group) ? "yes" : "no");
         }) == "yes";
}

}  // namespace

ResultIdentity identity_of(const Summary& summary) {
  return {summary.version, summary.git, summary.deck_digest};
}

Summary read_result(const fs::path& file) {
  if (file.extension() == ".json") return summary_from_json(read_text_file(file, "a summary"), file.string());
  return read_summary(file);
}

std::string why_mixed(const fs::path& file) {
  const std::string other = other_name(file);
  std::error_code error;
  if (other.empty() || !fs::exists(file.parent_path() / other, error)) return {};
  const Summary mine = read_result(file);
  try {
    const Summary theirs = read_result(file.parent_path() / other);
    if (identity_of(mine) == identity_of(theirs)) return {};
    const bool is_one_deck = mine.deck_digest == theirs.deck_digest;
    return fmt::format("{}: is of another {} than {} beside it; these are results of two runs", file.string(),
                       is_one_deck ? "version of the program" : "deck", other);
  } catch (const InputError&) {
    return fmt::format("{}: {} beside it is no result of this program", file.string(), other);
  }
}

bool has_operations(const fs::path& trace) {
  constexpr std::size_t most_dies = std::size_t{1} << 24U;
  return isolated([&] {
           const hdf5::Handle file = hdf5::open(trace);
           const auto offsets = hdf5::read_counts(file, "operations/offsets", most_dies);
           return std::string(!offsets.empty() && offsets.back() > 0 ? "yes" : "no");
         }) == "yes";
}

bool has_critical_path(const fs::path& trace) {
  return has_table(trace, critical_path_table().group);
}

bool has_messages(const fs::path& trace) {
  return has_table(trace, message_table().group);
}

}  // namespace hecaton::io
