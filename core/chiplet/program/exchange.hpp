// Collectives by any schedule, as pure functions of (operation, places, root, step): who sends
// how much to whom. No state, no time. In a step a die sends at most one message, then waits for at most one;
// what it receives may have to be added to its own part before the next step. So every schedule here is
// self-timed, as rings are (collective.hpp).
//
// V bytes of payload, p dies. Two orders of places: the ring of RingPlace, where a die only sends to the next
// one, and the line of LinePlace, where it can send to any.
//
// - tree (broadcast, reduce; line): the range of places that one die stands for is cut in two, and it sends
//   all of V to a die of the other half, as far away as the half is wide; ceil(log2 p) steps. Concurrent
//   messages are in different ranges, so along a row or column none share a link. Reduce goes backwards.
// - pipelined (broadcast, reduce; ring): V in chunks along the ring from the root, or towards it.
// - ring with `count` parts to a chunk: part t of all that a die sends leaves as soon as part t - count has
// come,
//   so the latency of a step is hidden behind the other parts.
// - halving-doubling (all-gather, reduce-scatter, all-reduce; line; p a power of two): reduce-scatter
//   exchanges V/2, V/4, ... with the die p/2, p/4, ... places away; all-gather goes backwards.
// - direct (all-to-all; line): in step s V/p to the die s + 1 places further on, p - 1 steps.
// - ring all-to-all (ring): in step s everything that has further to go, (p-1-s) V/p, to the next die.
//
// Invariant (tested): what is sent is what the other end waits for in the step that is said.
#pragma once

#include <cstdint>

#include "core/chiplet/program/message.hpp"
#include "core/chiplet/program/program.hpp"
#include "core/chiplet/program/ring_steps.hpp"

namespace hecaton::chiplet {

// A line of dies whose numbers are evenly spaced: a row, a column, or all of the package in row-major order.
struct LinePlace {
  std::uint32_t size = 1;
  std::uint32_t position = 0;
  NodeId first;
  std::uint32_t stride = 1;
  NodeId at(std::uint32_t place) const { return NodeId{first.value + stride * place}; }
};

// A die's places in one group of dies.
struct Places {
  const RingPlace& ring;
  const LinePlace& line;
};

// One step. No bytes: nothing is sent, or nothing is waited for.
struct Exchange {
  std::uint64_t send_bytes = 0;
  std::uint64_t receive_bytes = 0;
  NodeId to;
  NodeId from;
  Route route = Route::direct;
  bool reduces = false;
  std::uint32_t send_step = 0;  // the step in which the other end waits for what is sent
};

std::uint32_t exchange_steps(const Op& op, const Places& places);
// step < exchange_steps(). `root` counts places in the order that the schedule uses, modulo their number;
// only broadcast and reduce have one.
Exchange exchange(const Op& op, const Places& places, std::uint32_t root, std::uint32_t step);

// Dies of the group, in the order that the schedule uses.
inline std::uint32_t group_size(const Op& op, const Places& places) {
  return uses_ring(op) ? places.ring.size : places.line.size;
}

}  // namespace hecaton::chiplet
