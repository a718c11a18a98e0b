#include "runs/command_validate.hpp"

#include <fmt/format.h>

#include "io/quantity.hpp"
#include "io/registry.hpp"
#include "runs/command_input.hpp"

namespace hecaton::runs {
namespace {

void print_row(std::string_view name, std::string_view value) {
  fmt::print("{:<28}{}\n", name, value);
}

void print_package(const io::Deck& deck) {
  const auto& package = deck.network.package;
  const auto& link = deck.network.link;
  print_row("deck", fmt::format("{} ({})", deck.name, io::to_string(deck.kind)));
  print_row("package", fmt::format("{} x {} dies, {}", package.rows, package.columns,
                                   package.topology == net::TopologyKind::mesh ? "mesh" : "bypass-ring"));
  print_row("links", fmt::format("{} GB/s each way, {} ns, flits of {} bytes", link.bandwidth_GBps,
                                 link.latency_ns, link.flit_bytes));
}

void print_estimate(const Estimate& estimate) {
  print_row("messages", io::format_count(static_cast<double>(estimate.messages)));
  print_row("packets", io::format_count(static_cast<double>(estimate.packets)));
  print_row("events", io::format_count(static_cast<double>(estimate.events)));
  print_row("memory per rank", io::format_si(static_cast<double>(estimate.memory_bytes_per_rank), "B"));
  print_row("trace", io::format_si(static_cast<double>(estimate.trace_bytes), "B"));
}

}  // namespace

int validate_deck(const ValidateArguments& arguments) {
  return guarded([&] {
    const CheckedDeck checked = check_deck_input(arguments.input, arguments.ranks);
    const Preview& seen = checked.preview;
    print_package(checked.loaded.deck);
    for (const training::PlanFact& fact : seen.facts)
      print_row(fact.key, fmt::format("{} {}", fact.value, fact.unit));
    fmt::print("\nOn {} ranks, partition \"{}\"\n", arguments.ranks, arguments.input.partition);
    print_row("lookahead", fmt::format("{} ps", seen.lookahead_ps));
    fmt::print("{}\nEstimates\n", seen.regions);
    print_estimate(seen.estimate);
    fmt::print("\nResolved deck\n\n{}", checked.loaded.deck.resolved_toml);
  });
}

}  // namespace hecaton::runs
