#include "runs/checkpoints/checkpoint_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "io/files/atomic_file.hpp"

namespace hecaton::runs {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t digits = 19;

// Takes `text` from the front of the name.
bool take(std::string_view& name, std::string_view text) {
  if (!name.starts_with(text)) return false;
  name.remove_prefix(text.size());
  return true;
}

bool take_halt(std::string_view& name) {
  const std::string_view halt = name.substr(0, digits);
  if (halt.size() < digits || halt.find_first_not_of("0123456789") != std::string_view::npos) return false;
  name.remove_prefix(digits);
  return true;
}

// A temporary name is the final one, and more.
bool is_unfinished(std::string_view name) {
  for (const std::string_view ending : {".hck", ".h5"}) {
    const std::size_t end = name.find(ending);
    if (end == std::string_view::npos) continue;
    const std::string_view final_name = name.substr(0, end + ending.size());
    if (is_checkpoint(final_name) || is_stretch(final_name)) return io::is_temporary_name(name, final_name);
  }
  return false;
}

}  // namespace

std::string checkpoint_name(SimTime halt) {
  return fmt::format("checkpoint-{:019}.hck", halt.ps);
}

bool is_checkpoint(std::string_view name) {
  return take(name, "checkpoint-") && take_halt(name) && name == ".hck";
}

SimTime halt_of(std::string_view checkpoint) {
  take(checkpoint, "checkpoint-");
  SimTime halt{};
  std::from_chars(checkpoint.data(), checkpoint.data() + digits, halt.ps);
  return halt;
}

bool is_stretch(std::string_view name) {
  return take(name, "operations-") && take_halt(name) && take(name, "-") && take_halt(name) && name == ".h5";
}

std::vector<std::string> checkpoint_files(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    std::string name = entry.path().filename();
    const bool is_ours = is_checkpoint(name) || is_stretch(name) || is_unfinished(name);
    if (is_ours && entry.symlink_status(error).type() == fs::file_type::regular)
      names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

void clear_checkpoints(const fs::path& folder) {
  std::error_code ignored;
  for (const std::string& name : checkpoint_files(folder)) fs::remove(folder / name, ignored);
  fs::remove(folder, ignored);
}

}  // namespace hecaton::runs
