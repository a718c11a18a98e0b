// The table [sampling] of a deck: a training step of which a part is simulated, for an estimate with an interval.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "io/deck/deck.hpp"
#include "io/deck/refuser.hpp"
#include "io/deck/registry.hpp"

namespace hecaton::io {

Table sampling_table();

// Whether the step is told from a part of it.
inline bool is_sampled(const Deck& deck) {
  return deck.sampling.mode == SamplingMode::on;
}

// Refuses sampling of what has no step to sample, and a budget that is none.
void check_sampling(const Deck& deck, const Refuser& refuse);

// Events that a text such as "10m" or "2e9" allows; nothing if it is neither a time nor a number. A time counts as
// sampled_events_per_s events a second, whatever the machine, so that results do not depend on it.
inline constexpr double sampled_events_per_s = 2e6;
std::optional<std::uint64_t> budget_events(std::string_view text);

}  // namespace hecaton::io
