// `hecaton validate DECK`: checks all that a run would check and prints what it would be: package, regions,
// lookahead, plan, estimates.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/deck/workloads/kind.hpp"
#include "io/deck/workloads/sampling.hpp"
#include "io/report/quantity.hpp"
#include "runs/cli/deck_input.hpp"
#include "runs/cli/fits.hpp"
#include "runs/cli/options.hpp"
#include "runs/commands/commands.hpp"
#include "runs/commands/validated_facts.hpp"
#include "runs/sampling/check_sample.hpp"
#include "runs/sampling/sampled_step.hpp"

namespace hecaton::runs {
namespace {

struct ValidateArguments {
  DeckArguments input;
  int ranks = 1;
  bool fits = false;
  bool json = false;
};

using Rows = std::vector<std::pair<std::string, std::string>>;

Rows package_rows(const io::Deck& deck) {
  const auto& package = deck.network.package;
  const auto& link = deck.network.link;
  return {
      {"deck", fmt::format("{} ({})", deck.name, io::kind_of(deck).name)},
      {"package", fmt::format("{} x {} dies, {}", package.rows, package.columns, name_of(package.topology))},
      {"links", fmt::format("{} GB/s each way, {} ns, flits of {} bytes", link.bandwidth_GBps,
                            link.latency_ns, link.flit_bytes)}};
}

Rows plan_rows(const Preview& seen) {
  Rows rows;
  for (const training::PlanFact& fact : seen.facts) {
    rows.emplace_back(fact.key, fact.unit.empty() ? fact.value : fmt::format("{} {}", fact.value, fact.unit));
  }
  return rows;
}

Rows model_rows(const training::Plan& plan) {
  const auto tokens = static_cast<double>(plan.tokens), flops = static_cast<double>(plan.model_flops);
  return {{"parameters", io::format_count(static_cast<double>(plan.parameters))},
          {"of which trained", io::format_count(static_cast<double>(plan.trained))},
          {"FLOPs per token", io::format_si(flops / tokens, "FLOP")},
          {"FLOPs per step", fmt::format("{} in {} tokens", io::format_si(flops, "FLOP"), plan.tokens)}};
}

// How the fullest channel compares with one of so many GiB.
std::string comparison(const CheckedDeck& checked, std::string_view key, double capacity_GiB) {
  const DramRoom& room = *checked.preview.dram;
  const std::uint64_t capacity = bytes_of_GiB(capacity_GiB);
  if (room.fullest_channel <= capacity) return fmt::format("fits ({} = {})", key, capacity_GiB);
  const std::string help = text_of(remedies(checked.loaded.deck, capacity));
  return fmt::format("does NOT fit ({} = {}): {} too much{}{}", key, capacity_GiB,
                     text_of_GiB(room.fullest_channel - capacity), help.empty() ? "" : "; fits with ", help);
}

Rows dram_rows(const CheckedDeck& checked) {
  const DramRoom& room = *checked.preview.dram;
  const auto bytes = [](std::uint64_t n) { return io::format_si(static_cast<double>(n), "B"); };
  Rows rows = {{"weights", bytes(room.package.weights)},
               {"gradients of weights", bytes(room.package.gradients)},
               {"optimizer states", bytes(room.package.optimizer_state)},
               {"saved activations, at most", bytes(room.package.saved_activations)},
               {"gradients between layers", bytes(room.package.stream_gradients)},
               {"in all", bytes(room.package.total())},
               {"fullest channel",
                fmt::format("{} of {} channels", text_of_GiB(room.fullest_channel), room.channels)}};
  const chiplet::MemoryConfig& memory = checked.loaded.deck.memory;
  if (memory.capacity_GiB > 0)
    rows.emplace_back("room", comparison(checked, "memory.capacity_GiB", memory.capacity_GiB));
  else if (memory.usual_capacity_GiB > 0)
    rows.emplace_back("room", comparison(checked, "memory.usual_capacity_GiB", memory.usual_capacity_GiB));
  return rows;
}

Rows run_rows(const Preview& seen, const ValidateArguments& arguments) {
  const Estimate& estimate = seen.estimate;
  const auto count = [](std::uint64_t n) { return io::format_count(static_cast<double>(n)); };
  const auto bytes = [](std::uint64_t n) { return io::format_si(static_cast<double>(n), "B"); };
  return {{"ranks", fmt::format("{}, partition \"{}\"", arguments.ranks, arguments.input.partition)},
          {"lookahead", lookahead_text(seen)},
          {"messages, about", count(estimate.messages)},
          {"packets, about", count(estimate.packets)},
          {"events, about", events_text(estimate)},
          {"memory of a rank, about", bytes(estimate.memory_bytes_per_rank)},
          {"trace, about", bytes(estimate.trace_bytes)}};
}

Rows trace_rows(const io::TracePartBytes& parts) {
  const std::pair<const char*, std::uint64_t> all[] = {{"counters", parts.counters},
                                                       {"operations", parts.operations},
                                                       {"marks", parts.marks},
                                                       {"bins (--bins 0: none)", parts.bins},
                                                       {"stalls (--stalls off: none)", parts.stalls},
                                                       {"messages (--trace messages)", parts.messages},
                                                       {"critical path (--trace path), at most", parts.path}};
  Rows rows;
  for (const auto& [name, bytes] : all)
    if (bytes > 0) rows.emplace_back(name, io::format_si(static_cast<double>(bytes), "B"));
  return rows;
}

Rows sample_rows(const CheckedDeck& checked) {
  const SampleForecast forecast = forecast_sample(checked.planned->workload);
  const auto count = [](std::uint64_t n) { return io::format_count(static_cast<double>(n)); };
  return {{"events, about", count(forecast.events)},
          {"segments",
           fmt::format("{} of {}", count(forecast.segments_simulated), count(forecast.segments_total))}};
}

Rows undisturbed_rows(const Undisturbed& u) {
  const auto ms = [](std::uint64_t ps) { return fmt::format("{:.6f} ms", static_cast<double>(ps) * 1e-9); };
  const std::uint64_t package = u.compute_ps + u.collectives_ps;
  return {{"computation", ms(u.compute_ps)},
          {"collectives", ms(u.collectives_ps)},
          {"of which bytes", ms(u.bytes_ps)},
          {"DRAM at full bandwidth", ms(u.dram_ps)},
          {"a step, at least", ms(std::max(package, u.dram_ps))},
          {"if nothing overlaps", ms(package + u.dram_ps)}};
}

void print_rows(std::string_view title, const Rows& rows) {
  std::size_t width = 0;
  for (const auto& [name, value] : rows) width = std::max(width, name.size());
  fmt::print("{}\n", title);
  for (const auto& [name, value] : rows) fmt::print("  {:<{}}  {}\n", name, width, value);
  fmt::print("\n");
}

// The deck itself need not be one that can be planned.
int print_fits(const ValidateArguments& arguments) {
  return guarded([&] {
    const io::LoadedDeck loaded = io::load_deck(arguments.input.deck, arguments.input.overrides);
    fmt::print("{}", arguments.json ? fits_json(loaded) : fits_table(loaded));
  });
}

void print_tables(const CheckedDeck& checked, const ValidateArguments& arguments) {
  const Preview& seen = checked.preview;
  print_rows("Package", package_rows(checked.loaded.deck));
  if (seen.dram) print_rows("Model", model_rows(checked.planned->workload.plan()));
  if (!seen.facts.empty()) print_rows("Plan", plan_rows(seen));
  if (seen.dram) print_rows("DRAM", dram_rows(checked));
  if (seen.undisturbed)
    print_rows("Undisturbed (closed forms, no simulation)", undisturbed_rows(*seen.undisturbed));
  print_rows("Run", run_rows(seen, arguments));
  print_rows("Trace, by part", trace_rows(seen.estimate.trace_parts));
  if (io::kind_of(checked.loaded.deck).traits.can_be_sampled)
    print_rows("Sampled (--sample), at least", sample_rows(checked));
  fmt::print("{}\n{}", seen.regions, checked.loaded.deck.resolved_toml);
}

int validate_deck(const ValidateArguments& arguments) {
  return guarded([&] {
    const CheckedDeck checked = check_deck_input(arguments.input, arguments.ranks);
    if (io::is_sampled(checked.loaded.deck)) require_sample(checked.loaded, checked.planned->workload);
    if (arguments.json)
      fmt::print("{}", validated_facts(checked, arguments.input.partition, arguments.ranks).to_json());
    else
      print_tables(checked, arguments);
  });
}

Action add_validate_options(CLI::App& command) {
  const auto arguments = std::make_shared<ValidateArguments>();
  add_deck(command, arguments->input);
  add_ranks(command, arguments->ranks);
  add_sampling(command, arguments->input);
  command.add_flag(
      "--fits", arguments->fits,
      "Instead: on which meshes up to 32 x 32 the model can be trained, by method, with what padding and how "
      "large buffers");
  add_json(command, arguments->json);
  return [arguments](const Session&) {
    return arguments->fits ? print_fits(*arguments) : validate_deck(*arguments);
  };
}

}  // namespace

const Command validate_command{.name = "validate",
                               .summary = "Check a deck and print what a run of it would be",
                               .add_options = add_validate_options};

}  // namespace hecaton::runs
