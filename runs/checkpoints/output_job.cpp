#include "runs/checkpoints/output_job.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <sstream>
#include <thread>
#include <vector>

#include "io/files/atomic_file.hpp"
#include "io/files/input_error.hpp"
#include "io/files/process.hpp"
#include "io/files/text_file.hpp"
#include "io/report/message.hpp"

namespace hecaton::runs {
namespace {

namespace fs = std::filesystem;

enum class JobState { gone, ending, there, unknown };

// Of a job that starts nothing any more, although Slurm still lists it.
bool is_over(std::string_view state) {
  constexpr std::string_view states[] = {"COMPLETED", "FAILED",        "CANCELLED", "TIMEOUT", "NODE_FAIL",
                                         "DEADLINE",  "OUT_OF_MEMORY", "BOOT_FAIL", "REVOKED"};
  return std::find(std::begin(states), std::end(states), state) != std::end(states);
}

// Asking for one job is an error once Slurm has forgotten it, so all of its owner are asked for.
JobState state_of(const OutputJob& job, uid_t owner) {
  std::vector<std::string> words{"squeue", "--noheader", "--format=%A %T", fmt::format("--user={}", owner)};
  if (!job.cluster.empty()) words.insert(words.end(), {"-M", job.cluster});
  const io::FinishedProcess squeue = io::run_process(words);
  if (squeue.code != 0) return JobState::unknown;
  std::istringstream lines(squeue.output);
  std::string id, state;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words_of_line(line);
    if (!(words_of_line >> id >> state) || id != job.id || is_over(state)) continue;
    return state == "COMPLETING" ? JobState::ending : JobState::there;
  }
  return JobState::gone;
}

// A job that ends may be gone a moment later, or wait to be started again.
JobState settled_state_of(const OutputJob& job, uid_t owner) {
  constexpr std::chrono::seconds patience{60};
  const auto give_up = std::chrono::steady_clock::now() + patience;
  JobState state = state_of(job, owner);
  if (state == JobState::ending) io::print_notice("waits for what becomes of Slurm job " + job.id);
  for (; state == JobState::ending && std::chrono::steady_clock::now() < give_up;
       state = state_of(job, owner))
    std::this_thread::sleep_for(std::chrono::seconds(1));
  return state;
}

// Who has written the note; this user if that is not known.
uid_t owner_of(const fs::path& file) {
  struct stat found {};
  return ::stat(file.c_str(), &found) == 0 ? found.st_uid : ::geteuid();
}

[[noreturn]] void refuse(const fs::path& folder, const OutputJob& job, const std::string& why) {
  throw io::InputError(
      {folder.string()}, "", "belongs to Slurm job " + job.id, why,
      fmt::format("choose another --output, or scancel {0} first; remove {1} if there is no such job", job.id,
                  (folder / output_job_name).string()));
}

}  // namespace

std::optional<OutputJob> parse_job(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  const std::size_t end = text.find(';');
  const std::string_view id = text.substr(0, end);
  const std::string_view cluster = end == std::string_view::npos ? "" : text.substr(end + 1);
  std::uint32_t number = 0;
  const auto [rest, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  const bool is_number = error == std::errc() && rest == id.data() + id.size();
  const bool is_name = std::all_of(cluster.begin(), cluster.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
  if (!is_number || !is_name) return std::nullopt;
  return OutputJob{std::string(id), std::string(cluster)};
}

void expect_no_other_job(const fs::path& folder, const std::optional<OutputJob>& mine) {
  const fs::path file = folder / output_job_name;
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return;
  const auto job = parse_job(io::read_text_file(file, "a note of this program"));
  if (!job || (mine && mine->id == job->id)) return;
  switch (settled_state_of(*job, owner_of(file))) {
    case JobState::gone:
      return;
    case JobState::ending:
    case JobState::there:
      refuse(folder, *job, "which is queued or runs, and goes on there");
    case JobState::unknown:
      refuse(folder, *job, "and squeue does not say whether that has ended");
  }
}

bool is_queued(const OutputJob& job) {
  const JobState state = state_of(job, ::geteuid());
  return state == JobState::there || state == JobState::ending;
}

void note_job(const fs::path& folder, const OutputJob& job) {
  fs::create_directories(folder);
  io::write_atomically(folder / output_job_name,
                       job.id + (job.cluster.empty() ? "" : ";" + job.cluster) + "\n");
}

void forget_job(const fs::path& folder) {
  const fs::path file = folder / output_job_name;
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return;
  try {
    if (parse_job(io::read_text_file(file, "a note of this program"))) fs::remove(file, ignored);
  } catch (const io::InputError&) {  // it is in nobody's way
  }
}

}  // namespace hecaton::runs
