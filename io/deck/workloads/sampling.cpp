#include "io/deck/workloads/sampling.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "io/deck/registry_entry.hpp"
#include "io/deck/workloads/kind.hpp"

namespace hecaton::io {

namespace {

// Events of one unit of a budget; 0: no such unit.
double events_of_unit(std::string_view unit) {
  if (unit.empty()) return 1;
  if (unit == "s") return sampled_events_per_s;
  if (unit == "m" || unit == "min") return 60 * sampled_events_per_s;
  return unit == "h" ? 3600 * sampled_events_per_s : 0;
}

constexpr double most_events = 1e18;

}  // namespace

std::optional<std::uint64_t> budget_events(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !std::isfinite(number)) return std::nullopt;
  const double events = number * events_of_unit(text.substr(static_cast<std::size_t>(end - text.data())));
  if (events < 1 || events > most_events) return std::nullopt;
  return static_cast<std::uint64_t>(events);
}

Table sampling_table() {
  return table(
      "sampling", "Simulate a part of a training step, and tell the rest from it.",
      {key(
           "mode", choice_of<SamplingMode>(), "", Tag::assumed, ActsOn::computation,
           "off: the whole step; on: some rounds of its loops (groups of layers, mini-batches), for an estimate of the "
           "whole with an interval of confidence.",
           [](auto& d) -> auto& { return d.sampling.mode; }),
       key(
           "error", RealType{1e-6, 0.5}, "of the step", Tag::assumed, ActsOn::computation,
           "Half the width of the interval of the step's time that is wanted.",
           [](auto& d) -> auto& { return d.sampling.error; }),
       key(
           "confidence", RealType{0.5, 0.9999}, "", Tag::assumed, ActsOn::computation,
           "Confidence of the interval.", [](auto& d) -> auto& { return d.sampling.confidence; }),
       key(
           "budget", TextType{}, "", Tag::assumed, ActsOn::computation,
           "What may be spent on it: events (2e9), or a time (90s, 10m, 1h), of which a second counts as 2 million events "
           "on any machine.",
           [](auto& d) -> auto& { return d.sampling.budget; })});
}

// `validate` foretells a sample of any step.
void check_sampling(const Deck& deck, const Refuser& refuse) {
  if (!budget_events(deck.sampling.budget))
    refuse("sampling.budget", "is no budget",
           fmt::format("\"{}\" is neither a number of events nor a time", deck.sampling.budget),
           "give events such as 2e9, or a time such as 90s, 10m or 1h");
  if (!is_sampled(deck)) return;
  const WorkloadKind& kind = kind_of(deck);
  if (!kind.traits.can_be_sampled)
    refuse("sampling.mode", "does not fit the workload",
           fmt::format("sampling tells a training step from some of its mini-batches; \"{}\" has none",
                       kind.name),
           "leave it off");
}

}  // namespace hecaton::io
