// `hecaton run DECK`, on one rank or many. Rank 0 reads and checks everything before anything is simulated or
// written, and tells the others; bad input is one message of rank 0 and exit_bad_input on every rank.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/mpi/collectives.hpp>
#include <boost/serialization/string.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "io/deck/reader.hpp"
#include "io/deck/workloads/kind.hpp"
#include "io/deck/workloads/sampling.hpp"
#include "io/files/atomic_file.hpp"
#include "io/files/input_error.hpp"
#include "io/files/version.hpp"
#include "io/report/critical_path.hpp"
#include "io/report/message.hpp"
#include "io/report/profile.hpp"
#include "io/report/progress.hpp"
#include "io/report/table.hpp"
#include "io/result/provenance.hpp"
#include "io/result/summary.hpp"
#include "io/result/trace_content.hpp"
#include "io/trace/result_set.hpp"
#include "io/trace/trace.hpp"
#include "runs/checkpoints/checkpoint_files.hpp"
#include "runs/checkpoints/earlier_run.hpp"
#include "runs/checkpoints/output_job.hpp"
#include "runs/checkpoints/output_lock.hpp"
#include "runs/checkpoints/run_checkpoints.hpp"
#include "runs/checkpoints/signals.hpp"
#include "runs/checkpoints/status_file.hpp"
#include "runs/cli/choice.hpp"
#include "runs/cli/deck_input.hpp"
#include "runs/cli/exit_code.hpp"
#include "runs/cli/number.hpp"
#include "runs/cli/options.hpp"
#include "runs/cli/out_of_memory.hpp"
#include "runs/cli/output_files.hpp"
#include "runs/commands/commands.hpp"
#include "runs/commands/run_outputs.hpp"
#include "runs/critical_path/find_path.hpp"
#include "runs/sampling/check_sample.hpp"
#include "runs/sampling/sampled_step.hpp"
#include "runs/wiring/simulation.hpp"

namespace hecaton::runs {
namespace {

namespace fs = std::filesystem;

enum class ProgressChoice : std::uint8_t { automatic, plain, none };
constexpr auto enum_names(std::type_identity<ProgressChoice>) {
  using enum ProgressChoice;
  return named<ProgressChoice>({{automatic, "auto"}, {plain, "plain"}, {none, "none"}});
}

struct RunArguments {
  DeckArguments input;
  OutputArguments where;
  io::TraceContent trace = io::TraceContent::ops;
  std::uint32_t bins = io::default_bins;
  Switch stalls = Switch::on;
  ProgressChoice progress = ProgressChoice::automatic;
  engine::SyncKind sync = engine::SyncKind::automatic;
  EngineArguments engine;
  Switch clocked = Switch::on;
  // In picoseconds; 0: none.
  std::int64_t checkpoint_every_ps = 0;            // of wall time
  std::int64_t checkpoint_every_simulated_ps = 0;  // of simulated time
  std::int64_t max_wall_ps = 0;
  std::string restart;  // "latest", a file, or empty: from the start
  bool fresh = false;   // what an earlier run has left in the output folder may go
  std::string job;      // the Slurm job that the output folder belongs to; empty: none
  int check_ranks = 0;  // only check all this, as a run on so many ranks would; 0: run
};

OutputPaths output_paths(const RunArguments& arguments) {
  return output_paths(arguments.where, arguments.input.deck, arguments.trace != io::TraceContent::none);
}

io::SimulationWay way_of(const RunArguments& arguments) {
  return {arguments.engine.uses_trains(), arguments.clocked == Switch::on};
}

void expect_distinct_files(const RunArguments& arguments, const OutputPaths& paths,
                           std::vector<NamedFile> read) {
  if (!arguments.restart.empty() && arguments.restart != "latest")
    read.push_back({"--restart", arguments.restart});
  expect_distinct_files(arguments.where, paths, read);
}

bool records_messages(const RunArguments& arguments) {
  return arguments.trace == io::TraceContent::messages;
}

bool records_waits(const RunArguments& arguments) {
  return arguments.trace == io::TraceContent::path || records_messages(arguments);
}

bool records_operations(const RunArguments& arguments) {
  return arguments.trace == io::TraceContent::ops || records_waits(arguments);
}

// What rank 0 has found, on every rank.
struct CheckedRun {
  SharedDeck deck;
  std::string restart;               // the checkpoint to go on from; empty: from the start
  bool has_ended = false;            // nothing is left to do
  std::optional<io::FileLock> lock;  // of the output folder, on rank 0, if there is one
};

bool is_sampled(const Workload& workload) {
  return io::is_sampled(workload.deck());
}

// A sampled run takes minutes: it is run again, and keeps no checkpoints. Batch scripts ask for some whatever the deck.
void check_sampled_run(const RunArguments& arguments, const CheckedDeck& checked) {
  if (!is_sampled(checked.planned->workload)) return;
  require_sample(checked.loaded, checked.planned->workload);
  const std::pair<const char*, bool> refused[] = {
      {"--restart", !arguments.restart.empty() && arguments.restart != "latest"},
      {"--max-wall", arguments.max_wall_ps > 0}};
  for (const auto& [name, is_given] : refused)
    if (is_given)
      throw io::InputError({}, name, "does not go with a sampled step", "a sampled run has no checkpoints",
                           "leave it out and run the step again, or without --sample");
  const std::pair<const char*, bool> idle[] = {
      {"--checkpoint-every", arguments.checkpoint_every_ps > 0},
      {"--checkpoint-every-simulated", arguments.checkpoint_every_simulated_ps > 0}};
  for (const auto& [name, is_given] : idle)
    if (is_given)
      io::print_warning(fmt::format(
          "{}: nothing is written, a sampled step has no checkpoints; one that is stopped is run again",
          name));
}

// The Slurm job of this run.
std::optional<OutputJob> job_of(const RunArguments& arguments) {
  return arguments.job.empty() ? std::nullopt : parse_job(arguments.job);
}

WantedRun wanted_run(const RunArguments& arguments, const io::Deck& deck) {
  const OutputPaths paths = output_paths(arguments);
  WantedRun run;
  run.of = {io::identity_of(deck.resolved_toml, way_of(arguments)), records_operations(arguments),
            records_waits(arguments), records_messages(arguments)};
  run.restart = arguments.restart;
  run.fresh = arguments.fresh;
  run.has_operations = io::kind_of(deck).packets(deck) == nullptr;
  run.folder = paths.folder;
  run.checkpoints = paths.checkpoints;
  run.trace = paths.trace;
  run.summary = paths.summary;
  run.profile = paths.profile;
  return run;
}

// What rank 0 has found before anything is simulated or written.
struct Findings {
  CheckedDeck deck;
  WantedRun run;
  Beginning beginning;
};

Findings check_all(const RunArguments& arguments, int ranks) {
  const OutputPaths paths = output_paths(arguments);
  Findings found{check_deck_input(arguments.input, ranks), {}, {}};
  const io::Deck& deck = found.deck.loaded.deck;
  expect_distinct_files(arguments, paths, files_read(arguments.input, found.deck.loaded));
  check_sampled_run(arguments, found.deck);
  found.run = wanted_run(arguments, deck);
  found.beginning = find_beginning(found.run);
  return found;
}

std::string ended_text(const OutputPaths& paths) {
  return fmt::format("{}: this run has ended already; --fresh instead of --restart runs it again",
                     paths.folder.string());
}

// What a run that was ended before it could tidy up has left, and what it would have printed.
void finish_ended(const OutputPaths& paths, const WantedRun& run, const io::Summary& summary) {
  if (!has_other_run(paths.checkpoints, run.of)) clear_checkpoints(paths.checkpoints);
  forget_job(paths.folder);
  remove_status(paths.folder);
  io::print_notice(ended_text(paths));
  fmt::print("{}\n", io::render_table(summary));
  print_files(paths);
}

CheckedRun checked_run(const RunArguments& arguments, const boost::mpi::communicator& world) {
  CheckedRun run;
  run.deck = share_deck(world, [&] {
    const OutputPaths paths = output_paths(arguments);
    expect_distinct_files(arguments, paths, {{"DECK", arguments.input.deck}});
    expect_no_other_job(paths.folder, job_of(arguments));
    std::error_code ignored;
    const bool is_new = !fs::is_directory(paths.folder, ignored);
    run.lock = lock_output(paths.folder);
    Findings found = check_all(arguments, world.size());
    const CheckedDeck& checked = found.deck;
    run.has_ended = found.beginning.ended.has_value();
    if (run.has_ended) {
      finish_ended(paths, found.run, *found.beginning.ended);
      return std::move(found.deck);
    }
    if (found.beginning.checkpoint) run.restart = found.beginning.checkpoint->string();
    prepare_outputs(files_of(paths));
    const std::string advice =
        advise_sampling(checked.loaded.deck, checked.preview.estimate.events, world.size());
    if (!advice.empty() && arguments.progress != ProgressChoice::none)
      fmt::print(stderr, "hecaton: {}\n", advice);
    if (is_new) run.lock = lock_output(paths.folder);
    if (run.lock && run.lock->why_unprotected().empty()) remove_unfinished(paths);
    if (const auto job = job_of(arguments)) note_job(paths.folder, *job);
    if (arguments.fresh) remove_other_results(found.run);
    return std::move(found.deck);
  });
  boost::mpi::broadcast(world, run.restart, 0);
  boost::mpi::broadcast(world, run.has_ended, 0);
  return run;
}

io::ProgressStyle progress_style(ProgressChoice choice) {
  if (choice == ProgressChoice::none) return io::ProgressStyle::none;
  if (choice == ProgressChoice::plain) return io::ProgressStyle::plain;
  return io::automatic_style(stderr);
}

std::optional<WallClock::Duration> wall_time(std::int64_t ps) {
  if (ps == 0) return std::nullopt;
  return std::chrono::duration_cast<WallClock::Duration>(std::chrono::duration<double, std::pico>(ps));
}

CheckpointOptions checkpoint_options(const RunArguments& arguments, const CheckedRun& checked,
                                     const Workload& workload) {
  const OutputPaths paths = output_paths(arguments);
  CheckpointOptions options;
  options.folder = paths.checkpoints;
  options.trace = paths.unfinished_trace;
  options.operations = records_operations(arguments);
  options.waits = records_waits(arguments);
  options.messages = records_messages(arguments);
  if (!is_sampled(workload)) {
    options.every = wall_time(arguments.checkpoint_every_ps);
    options.every_simulated = {arguments.checkpoint_every_simulated_ps};
  }
  options.most_wall = wall_time(arguments.max_wall_ps);
  if (!checked.restart.empty()) options.restart = checked.restart;
  options.prints = arguments.progress != ProgressChoice::none;
  options.locked = checked.lock.has_value();
  options.removes_others = arguments.fresh;
  return options;
}

// Bins and stalls of links are of a whole run: one that goes on has what it began with.
void choose_counting(RunOptions& options, const RunArguments& arguments, const io::CheckpointReader* resume,
                     const boost::mpi::communicator& world) {
  const bool has_trace = arguments.trace != io::TraceContent::none;
  options.bins = has_trace ? arguments.bins : 0;
  options.record_stalls = has_trace && arguments.stalls == Switch::on;
  if (resume == nullptr) return;
  const std::uint32_t bins = std::exchange(options.bins, resume->head().bins);
  const bool stalls = std::exchange(options.record_stalls, resume->head().stalls);
  if (world.rank() != 0 || arguments.progress == ProgressChoice::none || !has_trace) return;
  if (bins > 0 && bins != options.bins)
    io::print_warning(fmt::format("--bins: the trace has {}, not {}: those of the run that it goes on from",
                                  options.bins, bins));
  if (stalls && !options.record_stalls)
    io::print_warning("--stalls: the trace has none, as the run that it goes on from");
}

// Nothing if it was stopped. `status`: on rank 0.
std::optional<io::RunResult> simulate_with_progress(const Workload& workload, const RunArguments& arguments,
                                                    RunCheckpoints& checkpoints, StatusFile* status,
                                                    const boost::mpi::communicator& world) {
  RunOptions options;
  options.partition = arguments.input.partition;
  options.sync = arguments.sync;
  options.lookahead = arguments.engine.lookahead();
  options.record_operations = records_operations(arguments);
  options.record_waits = records_waits(arguments);
  options.record_messages = records_messages(arguments);
  choose_counting(options, arguments, checkpoints.resume(), world);
  options.halts = checkpoints.plan();
  options.resume = checkpoints.resume();
  const auto style = world.rank() == 0 ? progress_style(arguments.progress) : io::ProgressStyle::none;
  io::ProgressReporter reporter(style, stderr);
  if (status != nullptr) {
    options.progress = [&](const Progress& progress) {
      const io::ProgressSample sample{progress.simulated_s,     progress.events,   progress.fraction,
                                      progress.fraction_before, world.size() == 1, options.resume != nullptr};
      reporter.update(sample);
      status->update(sample);
    };
  }
  if (!is_sampled(workload)) return simulate(workload, options, world);
  options.halts.at_halt = [](Halted& halted) { return (halted.halt.requests & ask_stop) == 0; };
  const auto tell = [&](const std::string& what) { reporter.say(what); };
  return simulate_sampled(workload, options, tell, world);
}

std::vector<double> of_all_ranks(double mine, const boost::mpi::communicator& world) {
  std::vector<double> all;
  boost::mpi::gather(world, mine, all, 0);
  return all;
}

void print_results(const io::Summary& summary, const critical::Path& path, const io::Profile& profile,
                   const std::string& checkpoints, const OutputPaths& paths) {
  fmt::print("{}\n{}{}\n", io::render_table(summary),
             io::describe_path(path, summary.simulated_ps, {summary.rows, summary.columns}),
             io::describe(profile));
  if (!checkpoints.empty()) fmt::print("{}\n", checkpoints);
  print_files(paths);
}

std::string stopped_text(const Workload& workload, const RunCheckpoints& checkpoints) {
  if (is_sampled(workload)) return "stopped; a sampled step has no checkpoint: run it again";
  return fmt::format("stopped after {}; --restart latest goes on from here", checkpoints.describe_costs());
}

int run_checked(const CheckedRun& checked, const RunArguments& arguments, const Session& session) {
  const boost::mpi::communicator& world = *session.world;
  io::Deck deck = io::parse_deck(checked.deck.text, checked.deck.name);
  deck.network.trains = way_of(arguments).trains;
  deck.network.clocked = way_of(arguments).clocked;
  // What rank 0 has found in execution traces nobody looks for again.
  const Workload workload = checked.deck.execution ? Workload(deck, *checked.deck.execution) : Workload(deck);
  const auto provenance = io::collect_provenance(session.command_line, arguments.input.partition, world);
  RunCheckpoints checkpoints(checkpoint_options(arguments, checked, workload), workload, provenance,
                             session.requests, world);
  const OutputPaths paths = output_paths(arguments);
  std::optional<StatusFile> status;
  if (world.rank() == 0) status.emplace(paths.folder, deck.name, world.size());
  std::optional<io::RunResult> result =
      simulate_with_progress(workload, arguments, checkpoints, status ? &*status : nullptr, world);
  if (!result) {
    if (status && !is_sampled(workload)) status->stopped();
    if (world.rank() == 0) fmt::print(stderr, "hecaton: {}\n", stopped_text(workload, checkpoints));
    return is_sampled(workload) ? exit_failed : exit_stopped;
  }
  checkpoints.complete(*result);
  if (records_operations(arguments)) io::find_phases(result->local);
  if (records_waits(arguments) && workload.programs() != nullptr) add_critical_path(*result, workload, world);
  const io::Summary summary = io::make_summary(deck, *result, model_facts(workload), world);
  const auto start = std::chrono::steady_clock::now();
  if (paths.trace) io::write_trace(*paths.trace, deck, *result, summary, provenance, world);
  if (world.rank() == 0) io::write_atomically(paths.summary, io::to_json(summary));
  const std::chrono::duration<double> writing = std::chrono::steady_clock::now() - start;
  const std::vector<double> writing_s = of_all_ranks(writing.count(), world);
  if (world.rank() != 0) return exit_done;
  const io::Profile profile = io::make_profile(summary, *result, writing_s);
  if (paths.profile) io::write_atomically(*paths.profile, io::to_json(profile));
  checkpoints.clear();
  forget_job(paths.folder);
  status->ended();
  print_results(summary, result->critical_path, profile, checkpoints.describe_costs(), paths);
  return exit_done;
}

// What rank 0 of a run on so many ranks would check, the state of the output folder included. Prints nothing, unless the
// run has ended already. Writes nothing but, if there is a job that has still to end the run, that the folder is that
// job's from now on.
int check_run(const RunArguments& arguments) {
  return guarded([&] {
    const OutputPaths paths = output_paths(arguments);
    const auto job = job_of(arguments);
    if (job) {
      const CheckedDeck checked = check_deck_input(arguments.input, arguments.check_ranks);
      const bool is_done = !arguments.fresh && ended(wanted_run(arguments, checked.loaded.deck));
      if (!is_done && is_queued(*job)) note_job(paths.folder, *job);
      return;
    }
    expect_no_other_job(paths.folder, job);
    expect_unlocked(paths.folder);
    const Findings found = check_all(arguments, arguments.check_ranks);
    if (found.beginning.ended) fmt::print("{}\n", ended_text(paths));
    look_at_outputs(files_of(paths));
  });
}

// Collective.
int run_deck(const RunArguments& arguments, const Session& session) {
  const boost::mpi::communicator& world = *session.world;
  CheckedRun checked = checked_run(arguments, world);
  if (checked.deck.code != exit_done || checked.has_ended) return checked.deck.code;
  if (const std::string warning = io::build_warning(); world.rank() == 0 && !warning.empty()) {
    io::print_warning(warning);
  }
  try {
    return run_checked(checked, arguments, session);
  } catch (const std::bad_alloc& failure) {
    checked.lock.reset();
    return end_all(world, memory_text(failure, checked.deck.memory_bytes_per_rank));
  } catch (const std::exception& error) {
    checked.lock.reset();  // ending all ranks leaves no time for it
    return end_all(world, error.what());
  }
}

void add_halts(CLI::App& command, RunArguments& run) {
  add_time(command, "--checkpoint-every", run.checkpoint_every_ps,
           "Write a checkpoint so often, of wall time");
  add_time(command, "--checkpoint-every-simulated", run.checkpoint_every_simulated_ps,
           "Write a checkpoint so often, of simulated time");
  add_time(command, "--max-wall", run.max_wall_ps,
           "Stop with a checkpoint, and exit with 75, shortly before so much wall time has passed");
  command
      .add_option(
          "--restart", run.restart,
          "Go on from a checkpoint: a file, or the latest of the output folder, if there is one; a run that "
          "has ended is not run again")
      ->type_name("latest|FILE");
  command.add_flag(
      "--fresh", run.fresh,
      "What an earlier run has left in the output folder may be removed: its checkpoints, or, with "
      "--restart, those of other runs, and results of another deck");
  command
      .add_option(
          "--job", run.job,
          "The Slurm job that the output folder belongs to, until it has left the queue or the run has ended; "
          "other runs there are refused. With --check, only note that")
      ->type_name("ID[;CLUSTER]")
      ->check([](const std::string& text) {
        return parse_job(text) ? std::string() : fmt::format("{} is no job", io::in_quotes(text));
      });
}

constexpr const char* check_option = "--check";

Action add_run_options(CLI::App& command) {
  const auto arguments = std::make_shared<RunArguments>();
  RunArguments& run = *arguments;
  add_deck(command, run.input);
  command.add_option("--output", run.where.output, "Folder for trace.h5 and summary.json [out/<deck>]")
      ->type_name("DIR");
  command.add_option("--summary", run.where.summary, "Write the summary (JSON) here instead")
      ->type_name("FILE");
  command
      .add_option("--profile", run.where.profile,
                  "Write what each rank did and where its time went (JSON) here")
      ->type_name("FILE");
  add_choice(command, "--trace", run.trace,
             "What the trace holds: no trace, counters of dies and links, also every operation, also the "
             "critical path of the step, also every message");
  add_power_of_two(command, "--bins", run.bins, io::most_bins,
                   "Bins of time in which the trace tells how long links and DRAM channels were busy");
  add_choice(command, "--stalls", run.stalls,
             "Whether the trace tells for how long links were idle for want of a credit, or for a rival");
  add_choice(command, "--sync", run.sync, sync_choices,
             "How ranks wait for each other: all by reductions, or neighbours by promises");
  add_engine_switches(command, run.engine);
  add_choice(
      command, "--clocked", run.clocked,
      "Simulate traffic cycle by cycle where its network keeps step with one clock; results are the same");
  add_choice(command, "--progress", run.progress, "Progress on stderr");
  add_halts(command, run);
  add_sampling(command, run.input);
  add_number(command, check_option, run.check_ranks, 1, most_ranks,
             "Only check deck, options and checkpoint, as a run on so many ranks would")
      ->type_name("RANKS")
      ->default_str("");
  return [arguments](const Session& session) {
    return session.world == nullptr ? check_run(*arguments) : run_deck(*arguments, session);
  };
}

}  // namespace

const Command run_command{.name = "run",
                          .summary = "Simulate a deck, alone or under mpirun or srun",
                          .add_options = add_run_options,
                          .on_ranks = true,
                          .hears_signals = true,
                          .check_option = check_option};

}  // namespace hecaton::runs
