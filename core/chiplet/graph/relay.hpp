// An all-to-all around a ring in which every block goes by itself, one hop a step: a block for the die d places on takes d
// steps, so p dies take p (p - 1) / 2 steps of V / p bytes each. Link by link it moves what the schedule "ring" moves, in
// more messages. ASTRA-sim (ISPASS 2023) calls it the ring algorithm of an all-to-all.
#pragma once

#include <cstdint>

#include "core/chiplet/schedules/exchange.hpp"

namespace hecaton::chiplet::graph {

std::uint32_t relay_steps(const RingPlace& ring);
// step < relay_steps().
Exchange relay_step(const Op& op, const RingPlace& ring, std::uint32_t step);

}  // namespace hecaton::chiplet::graph
