// What an output folder tells of its run, for whoever looks from outside: whether it runs, has ended, or will not go on by
// itself. Reads only.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "core/engine/base/enum_names.hpp"
#include "io/report/run_status.hpp"
#include "io/result/summary.hpp"
#include "io/trace/busiest.hpp"

namespace hecaton::runs {

enum class FolderState : std::uint8_t {
  none,     // nothing of a run is there
  queued,   // a Slurm job will run or go on there
  running,  // its lock is held, or, where there are no locks, it spoke a moment ago
  stopped,  // early, with a checkpoint
  failed,   // it said so
  killed,   // it has not ended, and runs no more
  ended     // its results are there
};
constexpr auto enum_names(std::type_identity<FolderState>) {
  using enum FolderState;
  return named<FolderState>({{none, "none"},
                             {queued, "queued"},
                             {running, "running"},
                             {stopped, "stopped"},
                             {failed, "failed"},
                             {killed, "killed"},
                             {ended, "ended"}});
}

struct WatchedRun {
  FolderState state = FolderState::none;
  std::string holder;                   // "process PID on HOST", while it runs
  std::string job;                      // of Slurm, while it is queued
  std::optional<io::RunStatus> status;  // what it has said last; nothing of a run that has ended
  double told_ago_s = 0;                // since then
  std::optional<double> checkpoint_s;   // simulated time of the newest one
  double checkpoint_ago_s = 0;          // since that was written
  std::vector<io::BusyLink> busiest;    // up to that checkpoint, of a run that has not ended
  std::optional<io::Summary> result;    // of one that has
};

// Throws InputError if there is no such folder.
WatchedRun look_at_run(const std::filesystem::path& folder);

}  // namespace hecaton::runs
