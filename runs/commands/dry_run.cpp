// `hecaton dry-run DECK`: prints what a run on so many ranks would do, and writes it if a file is named.
#include "runs/wiring/dry_run.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "io/files/atomic_file.hpp"
#include "io/report/forecast.hpp"
#include "runs/cli/deck_input.hpp"
#include "runs/cli/number.hpp"
#include "runs/cli/options.hpp"
#include "runs/cli/output_files.hpp"
#include "runs/commands/commands.hpp"
#include "runs/wiring/package.hpp"

namespace hecaton::runs {
namespace {

struct DryRunArguments {
  DeckArguments input;
  int ranks = 2;
  std::string json;  // file; empty: none
  EngineArguments engine;
  io::ForecastCosts costs;
};

int play_dry_run(const DryRunArguments& arguments) {
  return guarded([&] {
    const CheckedDeck checked = check_deck_input(arguments.input, arguments.ranks);
    if (!arguments.json.empty()) {
      const NamedFile json{"--json", arguments.json};
      expect_distinct(files_read(arguments.input, checked.loaded), {&json, 1});
      prepare_outputs({arguments.json});
    }
    DryRunOptions options;
    options.ranks = static_cast<std::uint32_t>(arguments.ranks);
    options.partition = arguments.input.partition;
    options.lookahead = arguments.engine.lookahead();
    options.costs = arguments.costs;
    io::Deck deck = checked.loaded.deck;
    deck.network.trains = arguments.engine.uses_trains();
    const io::Forecast forecast = dry_run(deck, options);
    if (!arguments.json.empty()) io::write_atomically(arguments.json, io::to_json(forecast));
    fmt::print("{}", io::describe(forecast));
    if (is_clocked(deck))
      fmt::print(
          "\nnote       played event by event, as with --clocked off; a run goes cycle by cycle, "
          "several times as fast\n");
  });
}

void add_cost(CLI::App& command, const std::string& name, double& field, const std::string& text) {
  constexpr double most = 1e9;
  add_number(command, name, field, 0.0, most, text);
}

Action add_dry_run_options(CLI::App& command) {
  const auto arguments = std::make_shared<DryRunArguments>();
  add_deck(command, arguments->input);
  add_ranks(command, arguments->ranks, 2);
  command.add_option("--json", arguments->json, "Write all of it, by rank, into this file")
      ->type_name("FILE");
  add_engine_switches(command, arguments->engine);
  io::ForecastCosts& costs = arguments->costs;
  add_cost(command, "--event-ns", costs.event_ns, "Time of an event; 0: measured, by a run on this machine");
  add_cost(command, "--latency-us", costs.latency_us, "Until another rank knows (ASSUMED)");
  add_cost(command, "--message-us", costs.message_us, "Of a batch of events, at each of its ends (ASSUMED)");
  add_cost(command, "--promise-ns", costs.promise_ns, "Of renewing promises to neighbours (ASSUMED)");
  add_cost(command, "--reduction-us", costs.reduction_us, "Of one level of a reduction's tree (ASSUMED)");
  add_number(command, "--bandwidth-GBps", costs.bandwidth_GBps, 1e-6, 1e6, "Of a rank's host (ASSUMED)");
  return [arguments](const Session&) { return play_dry_run(*arguments); };
}

}  // namespace

const Command dry_run_command{
    .name = "dry-run",
    .summary = "Count what the ranks of a run would do, and predict its time, in one process",
    .add_options = add_dry_run_options};

}  // namespace hecaton::runs
