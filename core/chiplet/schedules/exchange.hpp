// Collectives by any schedule, as pure functions of (operation, places, root, step): which die sends how much
// to which. No state, no time. In a step a die sends at most one message, then waits for at most one. What it
// receives may have to be added to its own part before the next step begins. So every schedule here is
// self-timed, as rings are (ring_steps.hpp).
//
// V bytes of payload, p dies. A group of dies has two orders. Along its ring (RingPlace) a die only sends to
// the next one; along its line (LinePlace) it can send to any.
//
// - ring (all-gather, reduce-scatter, all-reduce; ring): ring_steps.hpp. With `count` > 1 each chunk is cut
//   into so many parts, and part t of all that a die sends leaves as soon as part t - count has come, so the
//   other parts hide the latency of a step.
// - ring (all-to-all; ring): in step s everything that has further to go, (p-1-s) V/p, goes to the next die; or both ways
//   by turns, and along both axes (rotation.cpp).
// - tree (broadcast, reduce; line): the range of places that a die serves is cut in two, and it sends all of
//   V to a die of the other half, as far away as the half is wide; ceil(log2 p) steps. Messages of one step
//   are in different ranges, so along a row or column no two share a link. A reduction is the same,
//   backwards.
// - pipelined (broadcast, reduce; ring): V in `count` chunks along the ring from the root, or towards it.
// - halving_doubling (all-gather, reduce-scatter, all-reduce; line, p a power of two): a reduce-scatter
//   exchanges V/2, V/4, ... with the die p/2, p/4, ... places away; an all-gather is the same, backwards.
// - swing (all-gather, reduce-scatter, all-reduce; line, p a power of two): swing.hpp.
// - star, two_phase (broadcast, reduce; line): straight to or from the root; or along chains of about sqrt(p) dies and a
//   chain of their leaders, in `count` chunks (two_phase.cpp).
// - direct (all-to-all; line): V/p goes straight to each other die, `count` messages at a time, one way round, or both
//   ways by turns, the nearest first; or along one axis and then the other, in a lane for each order (direct.cpp).
//
// Collectives around rings, but for all-to-all, can go both ways round and along both axes, in lanes that run side
// by side (lanes.hpp); what is said here of steps then holds in each lane.
//
// Invariant (tested): what a die sends is what the receiver waits for in the step that `send_step` names.
#pragma once

#include <array>
#include <cstdint>

#include "core/chiplet/program/message.hpp"
#include "core/chiplet/program/program.hpp"
#include "core/chiplet/schedules/ring_steps.hpp"

namespace hecaton::chiplet {

// A line of dies whose numbers are evenly spaced: a row, a column, or all of the package in row-major order.
struct LinePlace {
  std::uint32_t size = 1;
  std::uint32_t position = 0;
  NodeId first;
  std::uint32_t stride = 1;
  NodeId at(std::uint32_t place) const { return NodeId{first.value + stride * place}; }
};

// A die's places in one group of dies, and in all of its rings, which only collectives over both axes need.
struct Places {
  const RingPlace& ring;
  const LinePlace& line;
  const std::array<RingPlace, ring_count>* rings = nullptr;

  const RingPlace& of(Ring group) const { return rings->at(static_cast<std::size_t>(group)); }
};

// One step of one die. No bytes: nothing is sent, or nothing is waited for.
struct Exchange {
  std::uint64_t send_bytes = 0;
  std::uint64_t receive_bytes = 0;
  NodeId to;
  NodeId from;
  Route route = Route::direct;
  bool reduces = false;         // what is received is added to the die's own part
  std::uint32_t send_step = 0;  // the step in which the receiver waits for it
};

// Of each lane (lanes.hpp).
std::uint32_t exchange_steps(const Op& op, const Places& places);
// step < exchange_steps(), lane < lane_count(). `root` counts places in the order that the schedule uses, modulo
// their number; along both axes it is the place in the column's ring times the size of the row's, plus the place
// in the row's. Only broadcast and reduce have one.
Exchange exchange(const Op& op, const Places& places, std::uint32_t root, std::uint32_t step,
                  std::uint32_t lane = 0);

// Where a die is in the tree of a broadcast: how many dies it sends to, and whether one sends to it. In the tree
// of a reduction messages go the other way. Takes as many steps as the tree is deep.
struct TreePlace {
  std::uint32_t children = 0;
  bool has_parent = false;
};
TreePlace tree_place(std::uint32_t size, std::uint32_t position, std::uint32_t root);

// Dies of the group, in the order that the schedule uses.
inline std::uint32_t group_size(const Op& op, const Places& places) {
  if (op.axes == Axes::all) return places.of(Ring::row).size * places.of(Ring::column).size;
  return uses_ring(op) ? places.ring.size : places.line.size;
}

}  // namespace hecaton::chiplet
