#include "runs/checkpoints/watched_run.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>

#include "io/checkpoint/checkpoint.hpp"
#include "io/files/file_lock.hpp"
#include "io/files/input_error.hpp"
#include "io/files/text_file.hpp"
#include "io/trace/result_set.hpp"
#include "io/trace/stretch.hpp"
#include "runs/checkpoints/checkpoint_files.hpp"
#include "runs/checkpoints/output_job.hpp"
#include "runs/checkpoints/output_lock.hpp"
#include "runs/checkpoints/status_file.hpp"

namespace hecaton::runs {
namespace {

namespace fs = std::filesystem;

constexpr double spoke_a_moment_ago_s = 60;  // three times what a run in good health is silent for
constexpr std::size_t most_links = 3;

double unix_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// A file that cannot be looked at is as old as can be.
double age_s(const fs::path& file) {
  std::error_code error;
  const auto written = fs::last_write_time(file, error);
  if (error) return 1e18;
  return std::chrono::duration<double>(fs::file_time_type::clock::now() - written).count();
}

bool is_there(const fs::path& file) {
  std::error_code error;
  return fs::is_regular_file(file, error);
}

void add_checkpoint(const fs::path& folder, WatchedRun& run) {
  const fs::path checkpoints = folder / "checkpoints";
  std::vector<std::string> names = checkpoint_files(checkpoints);
  std::erase_if(names, [](const std::string& name) { return !is_checkpoint(name); });
  if (names.empty()) return;
  run.checkpoint_s = static_cast<double>(halt_of(names.back()).ps) * 1e-12;
  run.checkpoint_ago_s = std::max(0.0, age_s(checkpoints / names.back()));
}

std::optional<io::Summary> result_in(const fs::path& folder) {
  for (const char* name : {io::summary_name, io::trace_name}) {
    if (!is_there(folder / name)) continue;
    try {
      io::Summary result = io::read_result(folder / name);
      if (name == io::trace_name && io::is_unfinished(folder / name)) continue;
      return result;
    } catch (const io::InputError&) {  // being replaced, or nobody's
    }
  }
  return std::nullopt;
}

std::string queued_job(const fs::path& folder) {
  if (!is_there(folder / output_job_name)) return {};
  try {
    const auto job = parse_job(io::read_text_file(folder / output_job_name, "a note of this program"));
    return job && is_queued(*job) ? job->id : "";
  } catch (const io::InputError&) {
    return {};
  }
}

bool runs(const io::LockSight& lock, const WatchedRun& run) {
  if (lock.kind == io::LockSight::Kind::held) return true;
  const bool says_so = run.status && run.status->state == io::RunState::running;
  return lock.kind == io::LockSight::Kind::unknown && says_so && run.told_ago_s < spoke_a_moment_ago_s;
}

// Results that are older than what a run has said are of a run before it.
bool has_ended(const fs::path& folder, const WatchedRun& run) {
  if (run.checkpoint_s) return false;
  return !run.status || age_s(folder / io::summary_name) < age_s(folder / status_name);
}

FolderState state_of_idle(const WatchedRun& run) {
  if (!run.job.empty()) return FolderState::queued;
  if (run.result) return FolderState::ended;
  if (!run.status) return run.checkpoint_s ? FolderState::killed : FolderState::none;
  if (run.status->state == io::RunState::stopped) return FolderState::stopped;
  return run.status->state == io::RunState::failed ? FolderState::failed : FolderState::killed;
}

}  // namespace

WatchedRun look_at_run(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error))
    throw io::InputError({folder.string()}, "", "is no folder of a run", "there is no such folder",
                         "give the --output of a run");
  WatchedRun run;
  const io::LockSight lock = io::look_at_lock(folder / output_lock_name);
  run.status = read_status(folder);
  if (run.status) run.told_ago_s = std::max(0.0, unix_seconds() - run.status->told_unix_s);
  add_checkpoint(folder, run);
  if (runs(lock, run)) {
    run.state = FolderState::running;
    run.holder = lock.holder;
  } else {
    run.job = queued_job(folder);
    if (has_ended(folder, run)) run.result = result_in(folder);
    run.state = state_of_idle(run);
  }
  if (run.state == FolderState::ended) run.status.reset();
  if (run.checkpoint_s) run.busiest = io::busiest_links(folder / io::trace_name, most_links);
  return run;
}

}  // namespace hecaton::runs
