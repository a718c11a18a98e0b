#include "runs/commands/run.hpp"

#include <fmt/format.h>

#include <boost/mpi/collectives.hpp>
#include <boost/serialization/string.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <vector>

#include "io/deck/reader.hpp"
#include "io/files/input_error.hpp"
#include "io/files/version.hpp"
#include "io/report/profile.hpp"
#include "io/report/progress.hpp"
#include "io/report/table.hpp"
#include "io/result/provenance.hpp"
#include "io/result/summary.hpp"
#include "io/trace/trace.hpp"
#include "runs/checkpoints/folder_claim.hpp"
#include "runs/checkpoints/run_checkpoints.hpp"
#include "runs/checkpoints/signals.hpp"
#include "runs/cli/deck_input.hpp"
#include "runs/cli/exit_code.hpp"
#include "runs/cli/output_files.hpp"
#include "runs/wiring/simulation.hpp"

namespace hecaton::runs {
namespace {

namespace fs = std::filesystem;

bool records_operations(const RunArguments& arguments) {
  return arguments.trace == "ops";
}

// What rank 0 has found, on every rank.
struct CheckedRun {
  SharedDeck deck;
  std::string restart;               // the checkpoint to go on from; empty: from the start
  std::optional<FolderClaim> claim;  // on rank 0, if there are checkpoints of an earlier run
};

// The ranks of a run that was killed may live for a moment.
constexpr std::chrono::seconds patience{5};

std::optional<FolderClaim> claim_folder(const fs::path& checkpoints) {
  try {
    return FolderClaim::take(checkpoints, patience);
  } catch (const std::runtime_error& error) {
    throw io::InputError({checkpoints.string()}, "", "cannot be used", error.what(),
                         "choose another --output");
  }
}

// On rank 0, before anything is simulated or written; `restart` is the checkpoint to go on from, if there is
// one.
CheckedDeck check_all(const RunArguments& arguments, int ranks, std::string& restart) {
  CheckedDeck checked = check_deck_input(arguments.input, ranks);
  if (arguments.restart.empty()) return checked;
  const auto identity =
      io::identity_of(checked.loaded.deck.resolved_toml, {arguments.trains, arguments.clocked});
  const auto found = find_checkpoint(arguments.restart, output_paths(arguments).checkpoints, identity,
                                     records_operations(arguments));
  if (found) restart = found->string();
  return checked;
}

CheckedRun checked_run(const RunArguments& arguments, const boost::mpi::communicator& world) {
  CheckedRun run;
  run.deck = share_deck(world, [&] {
    const OutputPaths paths = output_paths(arguments);
    run.claim = claim_folder(paths.checkpoints);
    CheckedDeck checked = check_all(arguments, world.size(), run.restart);
    prepare_outputs(paths);
    return checked;
  });
  boost::mpi::broadcast(world, run.restart, 0);
  return run;
}

io::ProgressStyle progress_style(const std::string& name) {
  if (name == "none") return io::ProgressStyle::none;
  if (name == "plain") return io::ProgressStyle::plain;
  return io::automatic_style(stderr);
}

std::optional<Clock::Duration> wall_time(std::int64_t ps) {
  if (ps == 0) return std::nullopt;
  return std::chrono::duration_cast<Clock::Duration>(std::chrono::duration<double, std::pico>(ps));
}

KeepOptions keep_options(const RunArguments& arguments, const CheckedRun& checked) {
  const OutputPaths paths = output_paths(arguments);
  KeepOptions options;
  options.folder = paths.checkpoints;
  options.trace = paths.unfinished_trace;
  options.operations = records_operations(arguments);
  options.every = wall_time(arguments.checkpoint_every_ps);
  options.every_simulated = {arguments.checkpoint_every_simulated_ps};
  options.most_wall = wall_time(arguments.max_wall_ps);
  if (!checked.restart.empty()) options.restart = checked.restart;
  options.tells = arguments.progress != "none";
  options.claimed = checked.claim.has_value();
  return options;
}

// Nothing if it was stopped.
std::optional<io::RunResult> simulate_with_progress(const Workload& workload, const RunArguments& arguments,
                                                    Keeper& keeper, const boost::mpi::communicator& world) {
  RunOptions options;
  options.partition = arguments.input.partition;
  options.sync = arguments.sync;
  options.lookahead = arguments.lookahead;
  options.record_operations = records_operations(arguments);
  options.halts = keeper.plan();
  options.resume = keeper.resume();
  const auto style = world.rank() == 0 ? progress_style(arguments.progress) : io::ProgressStyle::none;
  io::ProgressReporter reporter(style, stderr);
  if (style != io::ProgressStyle::none) {
    options.progress = [&](const Progress& progress) {
      reporter.update({progress.simulated_s, progress.events, progress.fraction});
    };
  }
  return simulate(workload, options, world);
}

std::vector<double> of_all_ranks(double mine, const boost::mpi::communicator& world) {
  std::vector<double> all;
  boost::mpi::gather(world, mine, all, 0);
  return all;
}

void print_results(const io::Summary& summary, const io::Profile& profile, const std::string& checkpoints,
                   const OutputPaths& paths) {
  fmt::print("{}\n{}\n", io::render_table(summary), io::describe(profile));
  if (!checkpoints.empty()) fmt::print("{}\n", checkpoints);
  if (paths.trace) fmt::print("trace    {}\n", paths.trace->string());
  fmt::print("summary  {}\n", paths.summary.string());
  if (paths.profile) fmt::print("profile  {}\n", paths.profile->string());
  std::fflush(stdout);
}

int run_checked(const CheckedRun& checked, const RunArguments& arguments, const std::string& command_line,
                engine::Requests& requests, const boost::mpi::communicator& world) {
  io::Deck deck = io::parse_deck(checked.deck.text, checked.deck.name);
  deck.network.trains = arguments.trains;
  deck.network.clocked = arguments.clocked;
  const Workload workload(deck);
  const auto provenance = io::collect_provenance(command_line, arguments.input.partition, world);
  Keeper keeper(keep_options(arguments, checked), workload, provenance, requests, world);
  std::optional<io::RunResult> result = simulate_with_progress(workload, arguments, keeper, world);
  if (!result) {
    if (world.rank() == 0)
      fmt::print(stderr, "hecaton: stopped after {}; --restart latest goes on from here\n",
                 keeper.describe_costs());
    return exit_stopped;
  }
  keeper.complete(*result);
  const io::Summary summary = io::make_summary(deck, *result, model_facts(workload), world);
  const OutputPaths paths = output_paths(arguments);
  const auto start = std::chrono::steady_clock::now();
  if (paths.trace) io::write_trace(*paths.trace, deck, *result, summary, provenance, world);
  if (world.rank() == 0) write_atomically(paths.summary, io::to_json(summary), Writers::one);
  const std::chrono::duration<double> writing = std::chrono::steady_clock::now() - start;
  const std::vector<double> writing_s = of_all_ranks(writing.count(), world);
  if (world.rank() != 0) return exit_done;
  const io::Profile profile = io::make_profile(summary, *result, writing_s);
  if (paths.profile) write_atomically(*paths.profile, io::to_json(profile), Writers::one);
  keeper.clear();
  print_results(summary, profile, keeper.describe_costs(), paths);
  return exit_done;
}

}  // namespace

int check_run(const RunArguments& arguments) {
  return guarded([&] {
    std::string restart;
    check_all(arguments, arguments.check_ranks, restart);
  });
}

int run_deck(const RunArguments& arguments, const std::string& command_line, engine::Requests& requests,
             const boost::mpi::communicator& world) {
  const CheckedRun checked = checked_run(arguments, world);
  if (checked.deck.code != exit_done) return checked.deck.code;
  if (const std::string warning = io::build_warning(); world.rank() == 0 && !warning.empty()) {
    fmt::print(stderr, "hecaton: warning: {}\n", warning);
  }
  try {
    return run_checked(checked, arguments, command_line, requests, world);
  } catch (const std::exception& error) {
    return end_all(world, error.what());
  }
}

}  // namespace hecaton::runs
