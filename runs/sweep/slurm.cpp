#include "runs/sweep/slurm.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <sstream>
#include <stdexcept>

#include "io/files/atomic_file.hpp"
#include "io/files/text_file.hpp"
#include "runs/sweep/process.hpp"
#include "runs/sweep/script.hpp"

namespace hecaton::runs {
namespace {

namespace fs = std::filesystem;

// Slurm's own default limit on an array is 1,001 tasks.
constexpr std::size_t most_tasks = 1000;
constexpr std::size_t fewest_per_task = 4;  // so that short points do not pay for a task each

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::vector<std::string> lines_of(const fs::path& file) {
  std::istringstream stream(io::read_text_file(file, "a list of this program"));
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<fs::path> submissions_of(const Sweep& sweep) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(sweep.output / "submissions", error)) {
    if (fs::exists(entry.path() / "job", error)) found.push_back(entry.path());
  }
  return found;
}

// Array tasks of this user that have not ended: job id -> indices. Asking for a job that Slurm has forgotten
// would be an error, so all are asked for.
std::map<std::string, std::set<std::size_t>> active_tasks() {
  const FinishedProcess squeue = run_process(
      {"squeue", "--noheader", "--array", "--format=%F %K", fmt::format("--user={}", ::geteuid())});
  if (squeue.code != 0) {
    throw std::runtime_error(
        "points were submitted before, and Slurm does not say whether it still works on them (squeue fails); "
        "try again, or remove the folder \"submissions\" in the output if that cluster is gone");
  }
  std::map<std::string, std::set<std::size_t>> active;
  std::istringstream lines(squeue.output);
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string> words = words_of(line);
    std::size_t index = 0;
    if (words.size() != 2) continue;
    const char* end = words[1].data() + words[1].size();
    if (std::from_chars(words[1].data(), end, index).ptr == end) active[words[0]].insert(index);
  }
  return active;
}

fs::path new_submission(const Sweep& sweep) {
  for (int number = 1;; ++number) {
    const fs::path folder = sweep.output / "submissions" / fmt::format("{}", number);
    fs::create_directories(folder.parent_path());
    if (fs::create_directory(folder)) return folder;
  }
}

std::size_t write_tasks(const fs::path& file, const std::vector<std::string>& points, int points_per_task) {
  const std::size_t per_task = points_per_task > 0
                                   ? static_cast<std::size_t>(points_per_task)
                                   : std::max(fewest_per_task, (points.size() + most_tasks - 1) / most_tasks);
  std::string text;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const bool is_last = i + 1 == points.size() || (i + 1) % per_task == 0;
    text += points[i] + (is_last ? "\n" : " ");
  }
  io::write_atomically(file, text);
  return (points.size() + per_task - 1) / per_task;
}

std::vector<std::string> sbatch_words(const Sweep& sweep, const Submission& submission,
                                      const SlurmOptions& options) {
  std::vector<std::string> words{"sbatch", "--parsable", fmt::format("--array=0-{}", submission.tasks - 1),
                                 fmt::format("--ntasks={}", sweep.study.ranks),
                                 fmt::format("--output={}/%a.log", submission.folder.string())};
  words.insert(words.end(), options.options.begin(), options.options.end());
  for (const std::string& word :
       {(submission.folder / "job.sbatch").string(), (submission.folder / "tasks").string(),
        (sweep.output / "points").string(), options.launcher, own_program().string(), sweep.study.trace,
        sweep.study.partition}) {
    words.push_back(word);
  }
  return words;
}

}  // namespace

std::set<std::string> queued_points(const Sweep& sweep) {
  std::set<std::string> queued;
  const std::vector<fs::path> submissions = submissions_of(sweep);
  if (submissions.empty()) return queued;
  const auto active = active_tasks();
  for (const fs::path& submission : submissions) {
    const std::vector<std::string> job = lines_of(submission / "job");
    const auto tasks = job.empty() ? active.end() : active.find(job.front());
    if (tasks == active.end()) continue;
    const std::vector<std::string> lines = lines_of(submission / "tasks");
    for (const std::size_t index : tasks->second) {
      if (index >= lines.size()) continue;
      for (std::string& point : words_of(lines[index])) queued.insert(std::move(point));
    }
  }
  return queued;
}

Submission submit_points(const Sweep& sweep, const std::vector<std::string>& points,
                         const SlurmOptions& options) {
  const std::string script = options.script.empty() ? std::string(sweep_script())
                                                    : io::read_text_file(options.script, "a batch script");
  for (const std::string& point : points) prepare_point(sweep, find_point(sweep, point));
  Submission submission;
  submission.folder = new_submission(sweep);
  submission.tasks = write_tasks(submission.folder / "tasks", points, options.points_per_task);
  io::write_atomically(submission.folder / "job.sbatch", script);
  const FinishedProcess sbatch = run_process(sbatch_words(sweep, submission, options));
  // "ID" or "ID;CLUSTER"
  submission.job = sbatch.output.substr(0, sbatch.output.find_first_of(";\n"));
  if (sbatch.code != 0 || submission.job.empty()) {
    fs::remove_all(submission.folder);
    throw std::runtime_error(
        fmt::format("the points could not be submitted: sbatch ends with {}", sbatch.code));
  }
  io::write_atomically(submission.folder / "job", submission.job + "\n");
  return submission;
}

}  // namespace hecaton::runs
