// A collective around rings may cut its payload over lanes, which run side by side on every die: the two ways
// round a ring (Op::directions), and the two orders of the package's axes (Op::axes). Each lane is a sequence of
// legs, one after the other, and each leg is an ordinary collective around one ring.
//
// Lane l goes round forward or backward (l mod directions), and along rows or columns first (l / directions). V
// units in that lane, F and S dies in the rings of its first and second axis, the die at f and s:
//
// - all-gather: of the s-th of S parts of V round the first ring, then of V round the second;
// - reduce-scatter: of V round the first ring, then of the f-th of F parts round the second;
// - all-reduce: a reduce-scatter of V round the first ring, an all-reduce of the f-th of F parts round the second, an
//   all-gather of V round the first;
// - broadcast: of V round the first ring, in the root's ring only, then round the second, in all rings;
// - reduce: of V round the first ring, in all rings, then round the second, in the root's ring only.
//
// Invariants (tested): the lanes' units sum to the operation's; where chunks are alike, what a die holds of all lanes
// together is as much as of one; along one axis chunk i of all lanes together is chunk i of the operation. All dies of
// a lane count the same steps, also in rings in which a leg moves nothing.
#pragma once

#include <cstdint>

#include "core/chiplet/program/program.hpp"
#include "core/chiplet/schedules/exchange.hpp"

namespace hecaton::chiplet {

struct Leg {
  Op op;                   // of one lane and one ring; no units: nothing moves in this die's ring
  std::uint32_t root = 0;  // a place of that ring
  bool backward = false;
};

constexpr std::uint32_t legs_of_a_lane(const Op& op) {
  return op.axes == Axes::one ? 1 : op.code == OpCode::all_reduce ? 3 : 2;
}
// lane < lane_count(op), leg < legs_of_a_lane(op). The die's ring of the leg is places.of(leg.op).
Leg leg_of(const Op& op, const Places& places, std::uint32_t root, std::uint32_t lane, std::uint32_t leg);

// The ring as seen by those who go round it the other way; the die of place 0 keeps it.
RingPlace turned(const RingPlace& place);
constexpr std::uint32_t turned(std::uint32_t place, std::uint32_t size) {
  return place == 0 ? 0 : size - place;
}

// Calls f(group) for every group of dies along whose rings, or lines, the operation sends.
template <class F>
void for_each_group_of(const Op& op, F&& f) {
  if (op.axes == Axes::one) return f(op.ring);
  f(Ring::row);
  f(Ring::column);
}

// Steps of a leg, whether or not anything moves in them.
std::uint32_t leg_steps(const Op& leg, std::uint32_t ring_size);

}  // namespace hecaton::chiplet
