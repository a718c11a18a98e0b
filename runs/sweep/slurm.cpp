#include "runs/sweep/slurm.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <sstream>
#include <stdexcept>

#include "io/files/atomic_file.hpp"
#include "io/files/process.hpp"
#include "io/files/text_file.hpp"
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
    if (fs::exists(entry.path() / "job", error) || fs::exists(entry.path() / "answer", error))
      found.push_back(entry.path());
  }
  return found;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Of a submission that sbatch has answered.
SlurmJob job_of(const fs::path& submission) {
  const bool is_known = fs::exists(submission / "job");
  if (const auto job = job_in(is_known ? io::read_text_file(submission / "job", "a job id") : ""))
    return *job;
  throw std::runtime_error(fmt::format(
      "{}: is a submission of unknown job (sbatch named none, and its points may be queued); look with squeue, then "
      "write the job id into its file \"job\", or remove the folder if there is no such job",
      submission.string()));
}

// Array tasks of this user on a cluster that have not ended: job id -> indices. Asking for a job that Slurm has
// forgotten would be an error, so all are asked for.
using ActiveTasks = std::map<std::string, std::set<std::size_t>>;
ActiveTasks active_tasks(const std::string& cluster) {
  std::vector<std::string> words{"squeue", "--noheader", "--array", "--format=%F %K",
                                 fmt::format("--user={}", ::geteuid())};
  if (!cluster.empty()) words.insert(words.end(), {"-M", cluster});
  const io::FinishedProcess squeue = io::run_process(words);
  if (squeue.code != 0) {
    throw std::runtime_error(
        "points were submitted before, and Slurm does not say whether it still works on them (squeue fails); "
        "try again, or remove the folder \"submissions\" in the output if that cluster is gone");
  }
  ActiveTasks active;
  std::istringstream lines(squeue.output);
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string> task = words_of(line);
    std::size_t index = 0;
    if (task.size() != 2 || !is_number(task[0]) || !is_number(task[1])) continue;
    std::from_chars(task[1].data(), task[1].data() + task[1].size(), index);
    active[task[0]].insert(index);
  }
  return active;
}

fs::path new_submission(const Sweep& sweep) {
  for (int number = 1;; ++number) {
    fs::path folder = sweep.output / "submissions" / fmt::format("{}", number);
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

// Slurm replaces %x and the like in names of files.
std::string not_a_pattern(const std::string& name) {
  std::string text;
  for (const char c : name) text += c == '%' ? std::string("%%") : std::string(1, c);
  return text;
}

std::vector<std::string> sbatch_words(const Sweep& sweep, const Submission& submission,
                                      const SlurmOptions& options) {
  const std::string limit = options.at_once > 0 ? fmt::format("%{}", options.at_once) : "";
  const std::string study = sweep.study.path.stem().string();
  std::vector<std::string> words{
      "sbatch",
      "--parsable",
      fmt::format("--array=0-{}{}", submission.tasks - 1, limit),
      fmt::format("--ntasks={}", sweep.study.ranks),
      fmt::format("--job-name=hecaton:{}", study),
      fmt::format("--output={}-%a.log", not_a_pattern((submission.folder / study).string()))};
  words.insert(words.end(), options.options.begin(), options.options.end());
  for (const std::string& word :
       {(submission.folder / "job.sbatch").string(), (submission.folder / "tasks").string(),
        (sweep.output / "points").string(), options.launcher, io::own_program().string()}) {
    words.push_back(word);
  }
  return words;
}

}  // namespace

std::optional<SlurmJob> job_in(std::string_view answer) {
  std::optional<SlurmJob> job;
  std::istringstream lines{std::string(answer)};
  for (std::string line; std::getline(lines, line);) {
    const std::vector<std::string> words = words_of(line);
    if (words.size() != 1) continue;
    const auto end = words[0].find(';');
    const std::string id = words[0].substr(0, end);
    const std::string cluster = end == std::string::npos ? "" : words[0].substr(end + 1);
    if (!is_number(id) || (end != std::string::npos && cluster.empty())) continue;
    if (cluster.find_first_of(";,") == std::string::npos) job = {id, cluster};
  }
  return job;
}

std::set<std::string> queued_points(const Sweep& sweep) {
  std::set<std::string> queued;
  std::map<std::string, ActiveTasks> active;  // by cluster
  for (const fs::path& submission : submissions_of(sweep)) {
    const SlurmJob job = job_of(submission);
    if (!active.contains(job.cluster)) active.emplace(job.cluster, active_tasks(job.cluster));
    const ActiveTasks& there = active.at(job.cluster);
    const auto tasks = there.find(job.id);
    if (tasks == there.end()) continue;
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
  Submission submission;
  submission.folder = new_submission(sweep);
  submission.tasks = write_tasks(submission.folder / "tasks", points, options.points_per_task);
  io::write_atomically(submission.folder / "job.sbatch", script);
  const io::FinishedProcess sbatch = io::run_process(sbatch_words(sweep, submission, options));
  const std::optional<SlurmJob> job = job_in(sbatch.output);
  if (!job && sbatch.code != 0) {
    fs::remove_all(submission.folder);
    throw std::runtime_error(
        fmt::format("the points could not be submitted: sbatch ends with {}", sbatch.code));
  }
  if (!job) {
    io::write_atomically(submission.folder / "answer", sbatch.output);
    job_of(submission.folder);
  }
  submission.job = *job;
  io::write_atomically(submission.folder / "job",
                       job->id + (job->cluster.empty() ? "" : ";" + job->cluster) + "\n");
  // One that waits for its job (--wait) ends as the job does.
  if (sbatch.code != 0) {
    throw std::runtime_error(
        fmt::format("job {} was submitted, but sbatch ends with {}; see --status", job->id, sbatch.code));
  }
  return submission;
}

}  // namespace hecaton::runs
