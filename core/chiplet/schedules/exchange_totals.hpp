// What a die sends and receives in a whole collective, of any schedule: sums over the steps of exchange.hpp
// that do not go from step to step, so that a ring of 65,536 dies or chunks takes no longer than a small one.
// (Trees, halving and doubling and Swing take as many steps as the number of dies has bits, stars and all-to-alls along
// both axes one per die or line, and are followed.)
//
// Invariant (tested): equal to the sums over all steps. What does not fit into 64 bits throws
// std::overflow_error.
#pragma once

#include <cstdint>
#include <vector>

#include "core/chiplet/hardware/rate.hpp"
#include "core/chiplet/schedules/exchange.hpp"
#include "core/engine/base/checked.hpp"

namespace hecaton::chiplet {

struct ExchangeTotals {
  Checked messages;  // sent
  Checked sent_bytes;
  Checked received_bytes;
  Checked added_bytes;  // of what is received: added to the die's own part
  Checked added_ps;     // what the vector unit takes for that, message by message
};

ExchangeTotals exchange_totals(const Op& op, const Places& places, std::uint32_t root, const Rate& vector);

// Roots with which a die sends and receives as much: one of them, and how many they are.
struct AlikeRoots {
  std::uint32_t root = 0;
  std::uint32_t number = 0;
};

// The roots 0 to `roots` - 1 of a broadcast or reduction, by what they make a die do. Follows from schedule, operation and
// the die's place, not from the payload. At most twice as many as a tree is deep; with lanes, stars and two phases all of them.
std::vector<AlikeRoots> alike_roots(const Op& op, const Places& places, std::uint32_t roots);

}  // namespace hecaton::chiplet
