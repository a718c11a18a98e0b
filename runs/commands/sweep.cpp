// `hecaton sweep STUDY`: runs or submits the points of a study that are not finished, or says how far it is, and
// gathers its table.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>

#include "io/report/facts.hpp"
#include "io/report/message.hpp"
#include "io/report/quantity.hpp"
#include "runs/cli/choice.hpp"
#include "runs/cli/deck_input.hpp"
#include "runs/cli/exit_code.hpp"
#include "runs/cli/number.hpp"
#include "runs/cli/options.hpp"
#include "runs/cli/output_files.hpp"
#include "runs/commands/commands.hpp"
#include "runs/sweep/forecast.hpp"
#include "runs/sweep/local.hpp"
#include "runs/sweep/point_log.hpp"
#include "runs/sweep/points.hpp"
#include "runs/sweep/slurm.hpp"

namespace hecaton::runs {
namespace {

constexpr std::size_t most_listed = 20;

struct SweepArguments {
  std::string study;
  std::string output;  // folder; empty: out/<study>
  bool status = false;
  bool json = false;  // with it
  bool skip_infeasible = false;
  bool slurm = false;
  int at_once = 0;  // 0: not given
  SlurmOptions submission;
};

void gather_tables(const Sweep& sweep) {
  if (!write_tables(sweep)) return;
  fmt::print("table     {}\n", (sweep.output / "table.csv").string());
  fmt::print("table     {}\n", (sweep.output / "table.h5").string());
}

// What has been started and is not finished.
struct Started {
  std::string point;
  std::string state;
};

void print_started(const Sweep& sweep, const std::vector<Started>& started) {
  for (std::size_t i = 0; i < started.size() && i < most_listed; ++i) {
    const std::filesystem::path log = log_of(sweep, started[i].point);
    const std::string progress = describe(progress_of(log));
    fmt::print("  {:<9}  {}  {}{}{}\n", started[i].state, log.string(),
               describe(sweep, find_point(sweep, started[i].point)), progress.empty() ? "" : ": ", progress);
  }
  if (started.size() > most_listed) fmt::print("  and {} more\n", started.size() - most_listed);
}

void print_infeasible(const Sweep& sweep) {
  if (!sweep.infeasible.empty()) fmt::print("infeasible  {}\n", sweep.infeasible.size());
}

struct TimeLeft {
  double seconds = 0;
  std::string basis;
};

// What the points that are left take, one after another; nothing if there are none.
std::optional<TimeLeft> time_left(const Sweep& sweep, const std::vector<std::string>& points) {
  const std::set<std::string_view> left(points.begin(), points.end());
  std::vector<PointShare> shares;
  std::set<std::string_view> seen;
  for (const SweepPoint& point : sweep.points) {
    if (!left.contains(point.name) || !seen.insert(point.name).second) continue;
    const auto percent = progress_of(log_of(sweep, point.name)).percent;
    shares.push_back({point.events, percent.value_or(0) / 100.0});
  }
  if (shares.empty()) return std::nullopt;
  const SweepForecast forecast(sweep);
  return TimeLeft{forecast.seconds_left(shares, 1), forecast.basis()};
}

void print_forecast(const Sweep& sweep, const std::vector<std::string>& points) {
  if (const auto left = time_left(sweep, points))
    fmt::print("forecast  about {} of work is left, at {}\n", io::format_duration(left->seconds),
               left->basis);
}

// Of the points that are not finished.
struct Unfinished {
  std::size_t in_queue = 0;
  std::size_t untouched = 0;
  std::vector<Started> started;

  std::size_t ended(PointEnd end) const {
    return static_cast<std::size_t>(std::count_if(
        started.begin(), started.end(), [&](const Started& point) { return point.state == name_of(end); }));
  }
};

Unfinished find_unfinished(const Sweep& sweep) {
  const std::set<std::string> queued = queued_points(sweep);
  Unfinished found;
  for (const std::string& name : unfinished_points(sweep)) {
    const bool is_queued = queued.contains(name);
    found.in_queue += is_queued ? 1 : 0;
    if (has_log(sweep, name)) {
      found.started.push_back({name, is_queued ? "in Slurm" : std::string(name_of(noted_end(sweep, name)))});
    } else if (!is_queued) {
      ++found.untouched;
    }
  }
  return found;
}

// Reads, and writes nothing.
void print_status(const Sweep& sweep) {
  const Unfinished unfinished = find_unfinished(sweep);
  fmt::print("points    {}\nfinished  {}\nin Slurm  {}\n", sweep.size(), count_finished(sweep),
             unfinished.in_queue);
  for (const PointEnd end : values_of<PointEnd>())
    fmt::print("{:<9} {}\n", name_of(end), unfinished.ended(end));
  fmt::print("to do     {}\n", unfinished.untouched);
  print_infeasible(sweep);
  print_forecast(sweep, unfinished_points(sweep));
  print_started(sweep, unfinished.started);
}

// All that were started, with how far each is.
void print_json_status(const Sweep& sweep) {
  const Unfinished unfinished = find_unfinished(sweep);
  std::vector<io::Facts> started;
  for (const Started& point : unfinished.started) {
    const std::filesystem::path log = log_of(sweep, point.point);
    const PointProgress progress = progress_of(log);
    started.push_back(io::Facts()
                          .add("point", point.point)
                          .add("values", describe(sweep, find_point(sweep, point.point)))
                          .add("state", point.state)
                          .add("log", log.string())
                          .add("done_percent", progress.percent)
                          .add("restarts", progress.restarts));
  }
  io::Facts facts;
  facts.add("points", sweep.size())
      .add("finished", count_finished(sweep))
      .add("in_slurm", unfinished.in_queue);
  for (const PointEnd end : values_of<PointEnd>()) facts.add(name_of(end), unfinished.ended(end));
  facts.add("to_do", unfinished.untouched).add("infeasible", sweep.infeasible.size());
  if (const auto left = time_left(sweep, unfinished_points(sweep)))
    facts.add("left_s", left->seconds).add("left_basis", left->basis);
  fmt::print("{}", facts.add("started", started).to_json());
}

// What is left to do here and now.
std::vector<std::string> points_to_do(const Sweep& sweep) {
  const std::set<std::string> queued = queued_points(sweep);
  std::vector<std::string> points = unfinished_points(sweep);
  std::erase_if(points, [&](const std::string& name) { return queued.contains(name); });
  return points;
}

// Those that cannot be prepared are told and taken out; returns how many.
std::size_t prepare_points(const Sweep& sweep, std::vector<std::string>& points) {
  return std::erase_if(points, [&](const std::string& name) {
    try {
      prepare_point(sweep, find_point(sweep, name));
      return false;
    } catch (const io::LockHeld& held) {
      io::print_error(fmt::format("{}: is being run by {}", folder_of(sweep, name).string(), held.what()));
      return true;
    } catch (const std::runtime_error& error) {
      io::print_error(error.what());
      return true;
    }
  });
}

void submit(const Sweep& sweep, const SweepArguments& arguments) {
  std::vector<std::string> points = points_to_do(sweep);
  gather_tables(sweep);
  const std::size_t unusable = prepare_points(sweep, points);
  if (points.empty() && unusable == 0) {
    fmt::print("nothing to submit: every point is finished or in Slurm's hands (see --status)\n");
    return;
  }
  if (points.empty()) throw std::runtime_error("no point can be submitted");
  SlurmOptions options = arguments.submission;
  options.at_once = arguments.at_once;
  const Submission submission = submit_points(sweep, points, options);
  print_forecast(sweep, points);
  fmt::print("submitted {} of {} points in {} tasks as job {}{}\n", points.size(), sweep.points.size(),
             submission.tasks, submission.job.id,
             submission.job.cluster.empty() ? "" : " of cluster " + submission.job.cluster);
  std::fflush(stdout);
  if (unusable > 0) throw std::runtime_error(fmt::format("{} points were not submitted", unusable));
}

// Returns the exit code.
int run_here(const Sweep& sweep, const SweepArguments& arguments) {
  const std::vector<std::string> points = points_to_do(sweep);
  const LocalResult result =
      run_points(sweep, points, {std::max(1, arguments.at_once), arguments.submission.launcher});
  fmt::print("points    {}\nfinished  {}, {} of them now\n", sweep.size(), count_finished(sweep),
             points.size() - unfinished_points(sweep).size());
  print_infeasible(sweep);
  gather_tables(sweep);
  std::fflush(stdout);
  if (!result.no_start.empty())
    throw std::runtime_error(fmt::format("no point can be started: {}", result.no_start));
  const std::string signal =
      result.stopped_by == 0
          ? ""
          : fmt::format("stopped by signal {} ({}); ", result.stopped_by, ::strsignal(result.stopped_by));
  if (result.failed > 0 && result.stopped_by == 0) {
    throw std::runtime_error(
        fmt::format("{} of {} points failed; call again to run them again", result.failed, points.size()));
  }
  if (result.stopped == 0 && result.stopped_by == 0) return exit_done;
  const std::vector<std::string> left = unfinished_points(sweep);
  const auto begun =
      std::count_if(left.begin(), left.end(), [&](const std::string& name) { return has_log(sweep, name); });
  io::print_notice(fmt::format("{}{} points are left, {} of them begun; the same call goes on", signal,
                               left.size(), begun));
  return left.empty() ? exit_done : exit_stopped;
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

// Whether the other points can be run. If every point has the same fault, it is told once.
bool accept_infeasible(const Sweep& sweep, bool skip) {
  if (sweep.infeasible.empty()) return true;
  if (skip && !sweep.points.empty()) {
    for (const InfeasiblePoint& point : sweep.infeasible) io::print_warning(point.reason + " is skipped");
    return true;
  }
  const auto fault = [](const InfeasiblePoint& point) {
    return point.reason.substr(0, point.reason.rfind(" [point "));
  };
  const bool is_one_fault =
      sweep.points.empty() &&
      std::all_of(sweep.infeasible.begin(), sweep.infeasible.end(),
                  [&](const InfeasiblePoint& point) { return fault(point) == fault(sweep.infeasible[0]); });
  const std::size_t listed = is_one_fault ? 1 : sweep.infeasible.size();
  for (std::size_t i = 0; i < listed; ++i) {
    const bool is_last = i + 1 == listed;
    const std::string others = is_last && !sweep.points.empty()
                                   ? fmt::format("; --skip-infeasible runs the other {}", sweep.points.size())
                                   : "";
    io::print_error(sweep.infeasible[i].reason + others);
  }
  return false;
}

int sweep_study(const SweepArguments& arguments) {
  bool is_accepted = true;
  int ended = exit_done;
  const int code = guarded([&] {
    if (arguments.json && !arguments.status)
      throw io::InputError({"--json"}, "", "needs --status", "only that prints a table",
                           "give both, or read the tables that a sweep writes");
    const Sweep sweep = load_sweep(arguments.study, arguments.output);
    is_accepted = accept_infeasible(sweep, arguments.skip_infeasible);
    if (!is_accepted) return;
    expect_distinct_files(arguments, sweep);
    if (arguments.status) {
      arguments.json ? print_json_status(sweep) : print_status(sweep);
      return;
    }
    const io::FileLock lock = lock_sweep(sweep.output);
    if (arguments.slurm) {
      submit(sweep, arguments);
    } else {
      ended = run_here(sweep, arguments);
    }
  });
  if (!is_accepted) return exit_bad_input;
  return code == exit_done ? ended : code;
}

Action add_sweep_options(CLI::App& command) {
  constexpr int most_at_once = 10'000;
  const auto arguments = std::make_shared<SweepArguments>();
  SlurmOptions& submission = arguments->submission;
  command.add_option("STUDY", arguments->study, "The study (TOML): a deck and lists of values")->required();
  command.add_option("--output", arguments->output, "Folder for points and tables [out/<study>]")
      ->type_name("DIR");
  command.add_flag("--status", arguments->status, "Say how far it is; run and write nothing");
  add_json(command, arguments->json);
  command.add_flag("--skip-infeasible", arguments->skip_infeasible,
                   "Run the other points if some make no deck that can be run");
  add_choice(command, "--launcher", submission.launcher, {"mpirun", "srun"},
             "What starts the ranks of a point");
  add_number(command, "--at-once", arguments->at_once, 1, most_at_once,
             "Points at a time [1]; with --slurm, array tasks [no limit]")
      ->default_str("");
  command.add_flag("--slurm", arguments->slurm, "Submit the points as one job array instead");
  add_number(command, "--points-per-task", submission.points_per_task, 1, most_at_once,
             "Points of an array task, one after another [4, or more of many]")
      ->default_str("");
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
                            .add_options = add_sweep_options};

}  // namespace hecaton::runs
