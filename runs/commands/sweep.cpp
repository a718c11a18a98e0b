// `hecaton sweep STUDY`: runs or submits the points of a study that are not finished, or says how far it is, and
// gathers its table.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <set>
#include <stdexcept>

#include "runs/cli/deck_input.hpp"
#include "runs/cli/options.hpp"
#include "runs/cli/output_files.hpp"
#include "runs/commands/commands.hpp"
#include "runs/sweep/local.hpp"
#include "runs/sweep/points.hpp"
#include "runs/sweep/slurm.hpp"

namespace hecaton::runs {
namespace {

constexpr std::size_t most_listed = 20;

struct SweepArguments {
  std::string study;
  std::string output;  // folder; empty: out/<study>
  bool status = false;
  bool slurm = false;
  int at_once = 0;  // 0: not given
  SlurmOptions submission;
};

void print_table_paths(const Sweep& sweep, std::size_t rows) {
  if (rows == 0) return;
  fmt::print("table     {}\n", (sweep.output / "table.csv").string());
  fmt::print("table     {}\n", (sweep.output / "table.h5").string());
}

// What has been started and is neither finished nor in Slurm's hands has failed, or is running now.
void print_started(const Sweep& sweep, const std::vector<std::string>& started) {
  for (std::size_t i = 0; i < started.size() && i < most_listed; ++i) {
    fmt::print("  {}  {}\n", (folder_of(sweep, started[i]) / "log").string(),
               describe(sweep, find_point(sweep, started[i])));
  }
  if (started.size() > most_listed) fmt::print("  and {} more\n", started.size() - most_listed);
}

void print_status(const Sweep& sweep) {
  const std::set<std::string> queued = queued_points(sweep);
  std::size_t in_queue = 0;
  std::size_t untouched = 0;
  std::vector<std::string> started;
  for (const std::string& name : unfinished_points(sweep)) {
    if (queued.contains(name)) {
      ++in_queue;
    } else if (has_log(sweep, name)) {
      started.push_back(name);
    } else {
      ++untouched;
    }
  }
  const std::size_t rows = write_tables(sweep);
  fmt::print("points    {}\nfinished  {}\nin Slurm  {}\nstopped   {}\nto do     {}\n", sweep.points.size(),
             rows, in_queue, started.size(), untouched);
  print_table_paths(sweep, rows);
  print_started(sweep, started);
}

// What is left to do here and now.
std::vector<std::string> points_to_do(const Sweep& sweep) {
  const std::set<std::string> queued = queued_points(sweep);
  std::vector<std::string> points = unfinished_points(sweep);
  std::erase_if(points, [&](const std::string& name) { return queued.contains(name); });
  return points;
}

void submit(const Sweep& sweep, const SweepArguments& arguments) {
  const std::vector<std::string> points = points_to_do(sweep);
  print_table_paths(sweep, write_tables(sweep));
  if (points.empty()) {
    fmt::print("nothing to submit: every point is finished or in Slurm's hands (see --status)\n");
    return;
  }
  SlurmOptions options = arguments.submission;
  options.at_once = arguments.at_once;
  const Submission submission = submit_points(sweep, points, options);
  fmt::print("submitted {} of {} points in {} tasks as job {}{}\n", points.size(), sweep.points.size(),
             submission.tasks, submission.job.id,
             submission.job.cluster.empty() ? "" : " of cluster " + submission.job.cluster);
}

void run_here(const Sweep& sweep, const SweepArguments& arguments) {
  const std::vector<std::string> points = points_to_do(sweep);
  const LocalResult result =
      run_points(sweep, points, {std::max(1, arguments.at_once), arguments.submission.launcher});
  const std::size_t rows = write_tables(sweep);
  fmt::print("points    {}\nfinished  {}, {} of them now\n", sweep.points.size(), rows,
             points.size() - unfinished_points(sweep).size());
  print_table_paths(sweep, rows);
  std::fflush(stdout);
  if (result.stopped_by != 0) {
    throw std::runtime_error(fmt::format("stopped by signal {} ({}); call again to go on", result.stopped_by,
                                         ::strsignal(result.stopped_by)));
  }
  if (result.failed > 0) {
    throw std::runtime_error(
        fmt::format("{} of {} points failed; call again to run them again", result.failed, points.size()));
  }
}

// Before anything is opened for writing.
void expect_distinct_files(const SweepArguments& arguments, const Sweep& sweep) {
  std::vector<NamedFile> read{{"STUDY", arguments.study}, {"the deck of STUDY", sweep.study.deck}};
  if (!arguments.submission.script.empty()) read.push_back({"--script", arguments.submission.script});
  const std::vector<NamedFile> written{{"the table of --output", sweep.output / "table.csv"},
                                       {"the table of --output", sweep.output / "table.h5"},
                                       {"the lock of --output", sweep.output / sweep_lock_name}};
  expect_distinct(read, written);
}

int sweep_study(const SweepArguments& arguments) {
  return guarded([&] {
    const Sweep sweep = load_sweep(arguments.study, arguments.output);
    expect_distinct_files(arguments, sweep);
    if (arguments.status) {
      print_status(sweep);
      return;
    }
    const io::FileLock lock = lock_sweep(sweep.output);
    if (arguments.slurm) {
      submit(sweep, arguments);
    } else {
      run_here(sweep, arguments);
    }
  });
}

Action add_options(CLI::App& command) {
  constexpr int most_at_once = 10'000;
  const auto arguments = std::make_shared<SweepArguments>();
  SlurmOptions& submission = arguments->submission;
  command.add_option("STUDY", arguments->study, "The study (TOML): a deck and lists of values")->required();
  command.add_option("--output", arguments->output, "Folder for points and tables [out/<study>]")
      ->type_name("DIR");
  command.add_flag("--status", arguments->status, "Say how far it is and gather the table; run nothing");
  add_choice(command, "--launcher", submission.launcher, {"mpirun", "srun"},
             "What starts the ranks of a point");
  command
      .add_option("--at-once", arguments->at_once,
                  "Points at a time [1]; with --slurm, array tasks [no limit]")
      ->check(CLI::Range(1, most_at_once))
      ->type_name("N");
  command.add_flag("--slurm", arguments->slurm, "Submit the points as one job array instead");
  command
      .add_option("--points-per-task", submission.points_per_task,
                  "Points of an array task, one after another [4, or more of many]")
      ->check(CLI::Range(1, most_at_once))
      ->type_name("N");
  command
      .add_option("--sbatch", submission.options, "An option for sbatch: --sbatch=--time=20:00 (repeatable)")
      ->allow_extra_args(false)
      ->type_name("OPTION");
  command.add_option("--script", submission.script, "Submit this copy of cluster/sweep.sbatch [built in]")
      ->type_name("FILE");
  return [arguments](const Session&) { return sweep_study(*arguments); };
}

}  // namespace

const Command sweep_command{.name = "sweep",
                            .summary = "Run the points of a study, here or as a Slurm job array",
                            .add_options = add_options};

}  // namespace hecaton::runs
