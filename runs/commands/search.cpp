// `hecaton search SEARCH`: the best packages of a space, by branch and bound, here or as Slurm job arrays.
#include "runs/search/search.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <set>
#include <stdexcept>
#include <thread>

#include "io/files/atomic_file.hpp"
#include "io/report/message.hpp"
#include "runs/cli/choice.hpp"
#include "runs/cli/deck_input.hpp"
#include "runs/cli/exit_code.hpp"
#include "runs/cli/number.hpp"
#include "runs/cli/options.hpp"
#include "runs/cli/output_files.hpp"
#include "runs/commands/commands.hpp"
#include "runs/search/front_svg.hpp"
#include "runs/search/outcome.hpp"
#include "runs/search/sensitivity.hpp"
#include "runs/sweep/slurm.hpp"

namespace hecaton::runs {
namespace {

using Clock = std::chrono::steady_clock;

struct SearchArguments {
  std::string search;
  std::string output;  // folder; empty: out/<search>
  int at_once = 1;
  std::int64_t budget_ps = 0;  // of wall time; 0: none
  bool bounds_only = false;
  bool slurm = false;
  SlurmOptions submission;
};

unsigned threads() {
  return std::max(1U, std::thread::hardware_concurrency());
}

void print_bounds(const Search& search) {
  std::vector<GoalValues> least;
  Front front;
  for (const Candidate& candidate : search.candidates)
    least.push_back(goal_values(candidate.least, search.goals));
  for (std::size_t i = 0; i < least.size(); ++i) front.add(least[i], i);
  fmt::print("points            {}\nno run accepts    {}\nbeyond a limit    {}\nto be searched    {}\n",
             search.study.points.size(), search.infeasible, search.beyond_limits.size(),
             search.candidates.size());
  fmt::print("by closed forms alone, {} are on the front; at least\n", front.members().size());
  for (const Front::Member& member : front.members()) {
    const Candidate& candidate = search.candidates[member.number];
    for (const Measure goal : search.goals)
      fmt::print("  {} {:.6g} {}", name_of(goal), of(candidate.least, goal), unit_of(goal));
    fmt::print("  ({})\n", io::values_text(search.study, candidate.index, io::Keys::varying));
  }
}

void expect_distinct_files(const SearchArguments& arguments, const Sweep& sweep) {
  std::vector<NamedFile> read{{"SEARCH", arguments.search}, {"the deck of SEARCH", sweep.study.deck}};
  if (!arguments.submission.script.empty()) read.push_back({"--script", arguments.submission.script});
  std::vector<NamedFile> written{{"the lock of --output", sweep.output / sweep_lock_name}};
  for (const char* name : {"table.csv", "table.h5", "front.csv", "front.svg", "front.txt"})
    written.push_back({"a result in --output", sweep.output / name});
  expect_distinct(read, written);
}

void write_results(const Search& search, const Sweep& sweep, const SearchResult& result,
                   const std::string& words) {
  if (result.simulated.empty()) return;
  if (write_tables(sweep)) fmt::print("table     {}\n", (sweep.output / "table.csv").string());
  write_outcome(search, sweep, result, words);
  fmt::print("front     {}\ndecks     {}\n", (sweep.output / "front.csv").string(),
             (sweep.output / "front").string());
  if (search.goals.size() < 2) return;
  io::write_atomically(sweep.output / "front.svg", draw_front(search, result));
  fmt::print("picture   {}\n", (sweep.output / "front.svg").string());
}

// Returns the exit code.
int end_of(const SearchResult& result) {
  if (!result.no_start.empty())
    throw std::runtime_error(fmt::format("no point can be started: {}", result.no_start));
  if (result.failed > 0)
    throw std::runtime_error(fmt::format("{} points failed; call again to run them again", result.failed));
  if (result.end == SearchEnd::complete) return exit_done;
  const std::string why =
      result.end == SearchEnd::out_of_time
          ? "its time is over"
          : fmt::format("stopped by signal {} ({})", result.stopped_by, ::strsignal(result.stopped_by));
  io::print_notice(
      fmt::format("{}; {} points may still be on the front; the same call goes on", why, result.open.size()));
  return exit_stopped;
}

int search_here(const Search& search, Sweep& sweep, const SearchArguments& arguments) {
  SearchOptions options{arguments.at_once, arguments.submission.launcher, {}};
  if (arguments.budget_ps > 0)
    options.until = Clock::now() +
                    std::chrono::duration_cast<Clock::duration>(
                        std::chrono::duration<double, std::pico>(static_cast<double>(arguments.budget_ps)));
  const SearchResult result = run_search(search, sweep, options);
  std::string words = describe(search, result);
  if (result.end == SearchEnd::complete && !result.front.empty()) {
    const std::size_t middle = middle_of(search, result);
    const SimulatedPoint& point = result.simulated[result.front[middle]];
    words += describe(search, sensitivities(search, point, sweep.output, options), middle);
  }
  fmt::print("{}", words);
  write_results(search, sweep, result, words);
  std::fflush(stdout);
  return end_of(result);
}

// Those that are wanted by what is known, most promising first, and that Slurm does not have yet.
void submit(const Search& search, Sweep& sweep, const SearchArguments& arguments) {
  const SearchResult known = known_result(search, sweep);
  const std::string words = describe(search, known);
  fmt::print("{}", words);
  write_results(search, sweep, known, words);
  const std::set<std::string> queued = queued_points(sweep);
  std::vector<std::string> names;
  for (const std::size_t candidate : next_points(search, known)) {
    SweepPoint point = sweep_point(search.study, search.candidates[candidate].index);
    if (queued.contains(point.name)) continue;
    names.push_back(point.name);
    sweep.points.push_back(std::move(point));
    prepare_point(sweep, sweep.points.back());
  }
  if (names.empty()) {
    fmt::print("nothing to submit: {}\n",
               known.open.empty() ? "the search is complete" : "Slurm has all that is wanted now");
    return;
  }
  SlurmOptions options = arguments.submission;
  options.at_once = arguments.at_once;
  const Submission submission = submit_points(sweep, names, options);
  fmt::print("submitted {} points in {} tasks as job {}; call again when they have ended\n", names.size(),
             submission.tasks, submission.job.id);
}

int run_command(const SearchArguments& arguments) {
  int ended = exit_done;
  const int code = guarded([&] {
    const Search search = load_search(arguments.search, threads());
    if (arguments.bounds_only) return print_bounds(search);
    Sweep sweep = sweep_of(search, arguments.output);
    expect_distinct_files(arguments, sweep);
    const io::FileLock lock = lock_sweep(sweep.output);
    if (arguments.slurm)
      submit(search, sweep, arguments);
    else
      ended = search_here(search, sweep, arguments);
  });
  return code == exit_done ? ended : code;
}

Action add_search_options(CLI::App& command) {
  constexpr int most_at_once = 10'000;
  const auto arguments = std::make_shared<SearchArguments>();
  SlurmOptions& submission = arguments->submission;
  command.add_option("SEARCH", arguments->search, "The search (TOML): a deck, a space, goals and limits")
      ->required();
  command.add_option("--output", arguments->output, "Folder for points and results [out/<search>]")
      ->type_name("DIR");
  add_time(command, "--budget", arguments->budget_ps, "Wall time after which the front so far is told");
  command.add_flag("--bounds", arguments->bounds_only,
                   "Print what closed forms alone say; run and write nothing");
  add_choice(command, "--launcher", submission.launcher, {"mpirun", "srun"},
             "What starts the ranks of a point");
  add_number(command, "--at-once", arguments->at_once, 1, most_at_once,
             "Points at a time; with --slurm, array tasks");
  command.add_flag("--slurm", arguments->slurm,
                   "Submit the next points as a job array instead; call again when it has ended");
  command
      .add_option("--sbatch", submission.options, "An option for sbatch: --sbatch=--time=20:00 (repeatable)")
      ->allow_extra_args(false)
      ->type_name("OPTION");
  command.add_option("--script", submission.script, "Submit this copy of cluster/sweep.sbatch [built in]")
      ->type_name("FILE");
  return [arguments](const Session&) { return run_command(*arguments); };
}

}  // namespace

const Command search_command{
    .name = "search",
    .summary = "Find the best packages of a space: the Pareto front of goals within limits",
    .add_options = add_search_options};

}  // namespace hecaton::runs
