#include "core/chiplet/schedules/lanes.hpp"

namespace hecaton::chiplet {

namespace {

// Of every chunk its share; with a root there are no chunks of dies.
std::uint64_t units_of_lane(const Op& op, std::uint32_t dies, std::uint32_t lane) {
  const std::uint32_t lanes = lane_count(op);
  if (has_root(op.code)) return chunk_units(op.units, lanes, lane);
  const std::uint64_t smaller = op.units / dies, larger = op.units % dies;
  return larger * chunk_units(smaller + 1, lanes, lane) + (dies - larger) * chunk_units(smaller, lanes, lane);
}

// What the legs of a lane over both axes have in common.
struct Axis {
  Ring ring;
  RingPlace place;
  std::uint32_t root;
};

struct Lane {
  OpCode code;
  std::uint64_t units;
  Axis first, second;
};

Axis axis_of(const Places& places, Ring ring, std::uint32_t root) {
  const std::uint32_t columns = places.of(Ring::row).size;
  return {ring, places.of(ring), ring == Ring::row ? root % columns : root / columns};
}

// The two axes' legs, by operation: which axis, what is done, and of how many units.
void set_gather(Leg& leg, const Lane& lane, bool is_first) {
  leg.op.units =
      is_first ? chunk_units(lane.units, lane.second.place.size, lane.second.place.position) : lane.units;
}
void set_scatter(Leg& leg, const Lane& lane, bool is_first) {
  leg.op.units =
      is_first ? lane.units : chunk_units(lane.units, lane.first.place.size, lane.first.place.position);
}
void set_all_reduce(Leg& leg, const Lane& lane, std::uint32_t number) {
  leg.op.code = number == 0 ? OpCode::reduce_scatter : number == 1 ? OpCode::all_reduce : OpCode::all_gather;
  set_scatter(leg, lane, number != 1);
}
// Only in the root's ring one of the legs moves anything.
void set_rooted(Leg& leg, const Lane& lane, bool is_first) {
  const Axis& other = is_first ? lane.second : lane.first;
  const bool is_narrow = is_first == (lane.code == OpCode::broadcast);
  leg.op.units = is_narrow && other.place.position != other.root ? 0 : lane.units;
}

}  // namespace

RingPlace turned(const RingPlace& place) {
  RingPlace other = place;
  other.position = turned(place.position, place.size);
  other.next = place.previous;
  other.previous = place.next;
  return other;
}

std::uint32_t leg_steps(const Op& leg, std::uint32_t ring_size) {
  if (ring_size <= 1) return 0;
  if (leg.schedule == Schedule::pipelined) return leg.count + 1;
  return step_count(leg.code, ring_size) * leg.count + leg.count - 1;
}

Leg leg_of(const Op& op, const Places& places, std::uint32_t root, std::uint32_t lane, std::uint32_t number) {
  Leg leg{op, root, lane % op.directions == 1};
  leg.op.directions = 1;
  leg.op.axes = Axes::one;
  leg.op.units = units_of_lane(op, group_size(op, places), lane);
  if (op.axes == Axes::one) return leg;
  const bool row_first = lane / op.directions == 0;
  const Axis row = axis_of(places, Ring::row, root), column = axis_of(places, Ring::column, root);
  const Lane whole{op.code, leg.op.units, row_first ? row : column, row_first ? column : row};
  const bool is_first = number != 1;
  leg.op.ring = is_first ? whole.first.ring : whole.second.ring;
  leg.root = is_first ? whole.first.root : whole.second.root;
  if (op.code == OpCode::all_gather) set_gather(leg, whole, is_first);
  if (op.code == OpCode::reduce_scatter) set_scatter(leg, whole, is_first);
  if (op.code == OpCode::all_reduce) set_all_reduce(leg, whole, number);
  if (has_root(op.code)) set_rooted(leg, whole, is_first);
  return leg;
}

}  // namespace hecaton::chiplet
