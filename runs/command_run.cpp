#include "runs/command_run.hpp"

#include <fmt/format.h>

#include <boost/mpi/collectives.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <vector>

#include "io/deck_reader.hpp"
#include "io/profile.hpp"
#include "io/progress.hpp"
#include "io/provenance.hpp"
#include "io/summary.hpp"
#include "io/table.hpp"
#include "io/trace.hpp"
#include "io/version.hpp"
#include "runs/command_input.hpp"
#include "runs/command_output.hpp"
#include "runs/exit_code.hpp"
#include "runs/simulation.hpp"

namespace hecaton::runs {
namespace {

SharedDeck checked_deck(const RunArguments& arguments, const boost::mpi::communicator& world) {
  return share_deck(world, [&] {
    CheckedDeck checked = check_deck_input(arguments.input, world.size());
    prepare_outputs(output_paths(arguments));
    return checked;
  });
}

io::ProgressStyle progress_style(const std::string& name) {
  if (name == "none") return io::ProgressStyle::none;
  if (name == "plain") return io::ProgressStyle::plain;
  return io::automatic_style(stderr);
}

io::RunResult simulate_with_progress(const io::Deck& deck, const RunArguments& arguments,
                                     const boost::mpi::communicator& world) {
  RunOptions options;
  options.partition = arguments.input.partition;
  options.sync = arguments.sync;
  options.lookahead = arguments.lookahead;
  options.record_operations = arguments.trace == "ops";
  const auto style = world.rank() == 0 ? progress_style(arguments.progress) : io::ProgressStyle::none;
  io::ProgressReporter reporter(style, stderr);
  if (style != io::ProgressStyle::none) {
    options.progress = [&](const Progress& progress) {
      reporter.update({progress.simulated_s, progress.events, progress.fraction});
    };
  }
  return simulate(deck, options, world);
}

std::vector<double> of_all_ranks(double mine, const boost::mpi::communicator& world) {
  std::vector<double> all;
  boost::mpi::gather(world, mine, all, 0);
  return all;
}

void print_results(const io::Summary& summary, const io::Profile& profile, const OutputPaths& paths) {
  fmt::print("{}\n{}\n", io::render_table(summary), io::describe(profile));
  if (paths.trace) fmt::print("trace    {}\n", paths.trace->string());
  fmt::print("summary  {}\n", paths.summary.string());
  if (paths.profile) fmt::print("profile  {}\n", paths.profile->string());
  std::fflush(stdout);
}

void run_checked(const SharedDeck& shared, const RunArguments& arguments, const std::string& command_line,
                 const boost::mpi::communicator& world) {
  io::Deck deck = io::parse_deck(shared.text, shared.name);
  deck.network.trains = arguments.trains;
  const auto provenance = io::collect_provenance(command_line, arguments.input.partition, world);
  const io::RunResult result = simulate_with_progress(deck, arguments, world);
  const io::Summary summary = io::make_summary(deck, result, model_facts(deck), world);
  const OutputPaths paths = output_paths(arguments);
  const auto start = std::chrono::steady_clock::now();
  if (paths.trace) io::write_trace(*paths.trace, deck, result, summary, provenance, world);
  if (world.rank() == 0) write_atomically(paths.summary, io::to_json(summary));
  const std::chrono::duration<double> writing = std::chrono::steady_clock::now() - start;
  const std::vector<double> writing_s = of_all_ranks(writing.count(), world);
  if (world.rank() != 0) return;
  const io::Profile profile = io::make_profile(summary, result, writing_s);
  if (paths.profile) write_atomically(*paths.profile, io::to_json(profile));
  print_results(summary, profile, paths);
}

}  // namespace

int run_deck(const RunArguments& arguments, const std::string& command_line,
             const boost::mpi::communicator& world) {
  const SharedDeck shared = checked_deck(arguments, world);
  if (shared.code != exit_done) return shared.code;
  if (const std::string warning = io::build_warning(); world.rank() == 0 && !warning.empty()) {
    fmt::print(stderr, "hecaton: warning: {}\n", warning);
  }
  try {
    run_checked(shared, arguments, command_line, world);
    return exit_done;
  } catch (const std::exception& error) {
    return end_all(world, error.what());
  }
}

}  // namespace hecaton::runs
