#include "runs/commands/dry_run.hpp"

#include <fmt/format.h>

#include "runs/cli/deck_input.hpp"
#include "runs/cli/output_files.hpp"
#include "runs/wiring/dry_run.hpp"
#include "runs/wiring/package.hpp"

namespace hecaton::runs {

int play_dry_run(const DryRunArguments& arguments) {
  return guarded([&] {
    const CheckedDeck checked = check_deck_input(arguments.input, arguments.ranks);
    if (!arguments.json.empty()) prepare_outputs({std::nullopt, arguments.json, std::nullopt});
    DryRunOptions options;
    options.ranks = static_cast<std::uint32_t>(arguments.ranks);
    options.partition = arguments.input.partition;
    options.lookahead = arguments.lookahead;
    options.costs = arguments.costs;
    io::Deck deck = checked.loaded.deck;
    deck.network.trains = arguments.trains;
    const io::Forecast forecast = dry_run(deck, options);
    if (!arguments.json.empty()) write_atomically(arguments.json, io::to_json(forecast));
    fmt::print("{}", io::describe(forecast));
    if (is_clocked(deck))
      fmt::print(
          "\nnote       played event by event, as with --clocked off; a run goes cycle by cycle, "
          "several times as fast\n");
  });
}

}  // namespace hecaton::runs
