#include "runs/commands/sweep.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <set>
#include <stdexcept>

#include "runs/cli/deck_input.hpp"
#include "runs/cli/exit_code.hpp"
#include "runs/sweep/local.hpp"
#include "runs/sweep/points.hpp"
#include "runs/sweep/slurm.hpp"

namespace hecaton::runs {
namespace {

constexpr std::size_t most_listed = 20;

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
  const Submission submission = submit_points(
      sweep, points, {arguments.points_per_task, arguments.launcher, arguments.script, arguments.sbatch});
  fmt::print("submitted {} of {} points in {} tasks as job {}\n", points.size(), sweep.points.size(),
             submission.tasks, submission.job);
}

void run_here(const Sweep& sweep, const SweepArguments& arguments) {
  const std::vector<std::string> points = points_to_do(sweep);
  const LocalResult result = run_points(sweep, points, {arguments.at_once, arguments.launcher});
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

}  // namespace

int sweep_study(const SweepArguments& arguments) {
  return guarded([&] {
    const Sweep sweep = load_sweep(arguments);
    if (arguments.status) {
      print_status(sweep);
      return;
    }
    const SweepLock lock(sweep.output);
    if (arguments.slurm) {
      submit(sweep, arguments);
    } else {
      run_here(sweep, arguments);
    }
  });
}

}  // namespace hecaton::runs
