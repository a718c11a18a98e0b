#include "core/chiplet/schedules/exchange.hpp"

#include <array>
#include <cstddef>

#include "core/chiplet/schedules/algorithms.hpp"
#include "core/chiplet/schedules/lanes.hpp"

namespace hecaton::chiplet {

namespace {

// A lane of collectives around rings. Steps are counted from leg to leg.
std::uint32_t steps_of_a_lane(const Op& op, const Places& places) {
  std::uint32_t steps = 0;
  for (std::uint32_t number = 0; number < legs_of_a_lane(op); ++number) {
    const Leg leg = leg_of(op, places, 0, 0, number);
    steps += leg_steps(leg.op, op.axes == Axes::all ? places.of(leg.op.ring).size : places.ring.size);
  }
  return steps;
}

Exchange leg_exchange(const Leg& leg, const RingPlace& forward, std::uint32_t step) {
  const RingPlace ring = leg.backward ? turned(forward) : forward;
  if (leg.op.units == 0) {
    Exchange nothing;
    nothing.to = ring.next;
    nothing.from = ring.previous;
    return nothing;
  }
  const std::uint32_t root = leg.root % ring.size;
  if (leg.op.schedule == Schedule::pipelined)
    return algorithms::along_chain(leg.op, ring, leg.backward ? turned(root, ring.size) : root, step);
  return algorithms::around_ring(leg.op, ring, step, leg.backward);
}

Exchange lane_exchange(const Op& op, const Places& places, std::uint32_t root, std::uint32_t step,
                       std::uint32_t lane) {
  std::uint32_t before = 0;
  for (std::uint32_t number = 0;; ++number) {
    const Leg leg = leg_of(op, places, root, lane, number);
    const RingPlace& ring = op.axes == Axes::all ? places.of(leg.op.ring) : places.ring;
    const std::uint32_t steps = leg_steps(leg.op, ring.size);
    if (step - before < steps || number + 1 == legs_of_a_lane(op)) {
      Exchange e = leg_exchange(leg, ring, step - before);
      e.send_step += before;
      return e;
    }
    before += steps;
  }
}

// An algorithm is a file and a row; all-to-alls are apart, which make lanes of their own.
struct Row {
  Schedule schedule;
  std::uint32_t (*steps)(const Op&, const Places&);
  Exchange (*step)(const Op&, const Places&, std::uint32_t root, std::uint32_t step);
};
constexpr std::array<Row, 8> rows{
    {{Schedule::ring, algorithms::ring_steps, algorithms::ring_step},
     {Schedule::tree, algorithms::tree_steps, algorithms::tree_step},
     {Schedule::pipelined, algorithms::pipeline_steps, algorithms::pipeline_step},
     {Schedule::halving_doubling, algorithms::halving_steps, algorithms::halving_step},
     {Schedule::direct, nullptr, nullptr},
     {Schedule::star, algorithms::star_steps, algorithms::star_step},
     {Schedule::two_phase, algorithms::two_phase_steps, algorithms::two_phase_step},
     {Schedule::swing, algorithms::swing_steps, algorithms::swing_step}}};

constexpr bool in_order_of_schedules() {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].schedule != static_cast<Schedule>(i)) return false;
  return true;
}
static_assert(in_order_of_schedules());

const Row& row_of(const Op& op) {
  return rows[static_cast<std::size_t>(op.schedule)];
}

}  // namespace

std::uint32_t exchange_steps(const Op& op, const Places& places) {
  if (group_size(op, places) <= 1 || op.units == 0) return 0;
  if (op.code == OpCode::all_to_all) {
    return op.schedule == Schedule::direct ? algorithms::direct_steps(op, places)
                                           : algorithms::rotation_steps(op, places);
  }
  if (has_lanes(op)) return steps_of_a_lane(op, places);
  return row_of(op).steps(op, places);
}

Exchange exchange(const Op& op, const Places& places, std::uint32_t root, std::uint32_t step,
                  std::uint32_t lane) {
  if (op.code == OpCode::all_to_all) {
    return op.schedule == Schedule::direct ? algorithms::direct_step(op, places, step, lane)
                                           : algorithms::rotation_step(op, places, step, lane);
  }
  if (has_lanes(op)) return lane_exchange(op, places, root, step, lane);
  return row_of(op).step(op, places, root % group_size(op, places), step);
}

}  // namespace hecaton::chiplet
