#include "runs/checkpoints/earlier_run.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <vector>

#include "io/files/input_error.hpp"
#include "io/files/text_file.hpp"
#include "io/report/message.hpp"
#include "io/trace/result_set.hpp"
#include "io/trace/stretch.hpp"

namespace hecaton::runs {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& file) {
  std::error_code error;
  return fs::is_regular_file(file, error);
}

io::ResultIdentity identity_of(const WantedRun& run) {
  return {run.of.run.version, run.of.run.git, run.of.run.deck};
}

// Nothing if it is no result of this program.
std::optional<io::Summary> try_to_read(const fs::path& result) {
  try {
    return io::read_result(result);
  } catch (const io::InputError&) {
    return std::nullopt;
  }
}

bool writes(const WantedRun& run, const fs::path& file) {
  return (run.trace && *run.trace == file) || run.summary == file;
}

// The results in the output folder, if the run adds to them.
std::vector<fs::path> results_there(const WantedRun& run) {
  std::vector<fs::path> found;
  const fs::path files[] = {run.folder / io::trace_name, run.folder / io::summary_name};
  if (!writes(run, files[0]) && !writes(run, files[1])) return found;
  for (const fs::path& file : files)
    if (is_there(file)) found.push_back(file);
  return found;
}

void expect_own_results(const WantedRun& run) {
  for (const fs::path& file : results_there(run)) {
    const std::string name = file.filename();
    const auto summary = try_to_read(file);
    const auto refuse = [&](const std::string& problem, const std::string& why) {
      throw io::InputError({run.folder.string()}, "", problem, why,
                           "choose another --output; --fresh replaces what is there");
    };
    if (!summary) refuse("holds a file that would be replaced", name + " is no result of this program");
    if (summary->deck_digest != run.of.run.deck)
      refuse("holds results of another deck", fmt::format("{} is of {}, with another text or other values",
                                                          name, io::in_quotes(summary->deck)));
    if (!writes(run, file) && io::identity_of(*summary) != identity_of(run))
      refuse("holds results of another version of the program",
             fmt::format("{} of version {} ({}) would stay beside new ones", name, summary->version,
                         summary->git));
  }
}

bool is_whole_trace(const WantedRun& run) {
  if (!is_there(*run.trace)) return false;
  const auto summary = try_to_read(*run.trace);
  if (!summary || io::identity_of(*summary) != identity_of(run) || io::is_unfinished(*run.trace))
    return false;
  if (run.of.with_waits && run.has_operations && !io::has_critical_path(*run.trace)) return false;
  if (run.of.with_messages && !io::has_messages(*run.trace)) return false;
  return !run.of.with_operations || !run.has_operations || io::has_operations(*run.trace);
}

// A file that the user has named, or what has been simulated since.
fs::path named_or_later(const WantedRun& run) {
  fs::path named = run.restart;
  verify_checkpoint(named, run.of);
  const auto later = latest_checkpoint(run.checkpoints, run.of, OthersCheckpoints::are_passed_over);
  if (!later || io::CheckpointReader(*later).head().halt <= io::CheckpointReader(named).head().halt)
    return named;
  io::print_notice(fmt::format("{} is later than {}, and is gone on from", later->string(), named.string()));
  return *later;
}

std::optional<fs::path> checkpoint_of(const WantedRun& run) {
  const auto others = run.fresh ? OthersCheckpoints::are_passed_over : OthersCheckpoints::are_refused;
  if (run.restart.empty()) {
    if (!run.fresh) expect_no_checkpoint(run.checkpoints, run.of);
    return std::nullopt;
  }
  if (run.restart != "latest") {
    if (!run.fresh) expect_no_other_run(run.checkpoints, run.of);
    return named_or_later(run);
  }
  auto found = latest_checkpoint(run.checkpoints, run.of, others);
  if (!found)
    io::print_notice("no checkpoint to go on from in " + run.checkpoints.string() +
                     ": the run begins at its start");
  return found;
}

}  // namespace

std::optional<io::Summary> ended(const WantedRun& run) {
  if (!is_there(run.summary) || (run.profile && !is_there(*run.profile))) return std::nullopt;
  try {
    io::Summary summary =
        io::summary_from_json(io::read_text_file(run.summary, "a summary"), run.summary.string());
    if (io::identity_of(summary) != identity_of(run) || (run.trace && !is_whole_trace(run)))
      return std::nullopt;
    return summary;
  } catch (const io::InputError&) {
    return std::nullopt;
  }
}

Beginning find_beginning(const WantedRun& run) {
  Beginning beginning;
  if (!run.restart.empty()) beginning.ended = ended(run);
  if (beginning.ended) return beginning;
  beginning.checkpoint = checkpoint_of(run);
  if (!run.fresh) expect_own_results(run);
  return beginning;
}

void remove_other_results(const WantedRun& run) {
  for (const fs::path& file : results_there(run)) {
    const auto summary = try_to_read(file);
    if (summary && io::identity_of(*summary) == identity_of(run)) continue;
    std::error_code error;
    fs::remove(file, error);
    if (error)
      throw std::runtime_error(fmt::format("{}: cannot be removed: {}", file.string(), error.message()));
  }
}

}  // namespace hecaton::runs
