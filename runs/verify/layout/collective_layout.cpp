#include "runs/verify/layout/collective_layout.hpp"

#include <algorithm>
#include <bit>

#include "core/chiplet/schedules/swing.hpp"
#include "runs/verify/layout/all_to_all_layout.hpp"

namespace hecaton::runs {

using chiplet::Op;
using chiplet::OpCode;
using chiplet::Ring;
using chiplet::Schedule;

CollectiveLayout::CollectiveLayout(chiplet::GroupPlaces places, chiplet::Program program,
                                   std::uint64_t elements)
    : places_(places), program_(std::move(program)), all_{0, elements} {}

chiplet::Places CollectiveLayout::places_in(Ring ring) const {
  const auto index = static_cast<std::size_t>(ring);
  return {places_.rings[index], places_.lines[index], &places_.rings};
}

// Rings by turns: those along columns work on the share of their column.
Interval CollectiveLayout::base_of(Ring of) const {
  if (program_.size() == 1 || of != Ring::column) return all_;
  return cut(all_, ring(Ring::row).size, ring(Ring::row).position);
}

// Of the parts of all dies' chunks that go over one lane: together they are one piece of the payload.
Interval CollectiveLayout::lane_of(const Op& op, std::uint32_t lane) const {
  const std::uint32_t lanes = chiplet::lane_count(op);
  if (chiplet::has_root(op.code)) return cut(all_, lanes, lane);
  const std::uint64_t dies = std::uint64_t{ring(Ring::row).size} * ring(Ring::column).size;
  Interval found;
  for (std::uint32_t l = 0; l <= lane; ++l) {
    found = {found.end(), 0};
    for (std::uint64_t die = 0; die < dies; ++die) found.length += cut(cut(all_, dies, die), lanes, l).length;
  }
  return found;
}

Pieces CollectiveLayout::own_of_lanes(const Op& op) const {
  Pieces found;
  for (std::uint32_t lane = 0; lane < chiplet::lane_count(op); ++lane) {
    const bool row_first = lane < op.directions;
    const chiplet::RingPlace& first = ring(row_first ? Ring::row : Ring::column);
    const chiplet::RingPlace& second = ring(row_first ? Ring::column : Ring::row);
    const bool gathers = op.code == OpCode::all_gather;
    const chiplet::RingPlace& outer = gathers ? second : first;
    const chiplet::RingPlace& inner = gathers ? first : second;
    found.push_back(cut(cut(lane_of(op, lane), outer.size, outer.position), inner.size, inner.position));
  }
  return found;
}

Pieces CollectiveLayout::own() const {
  const Op& op = program_.front();
  if (op.axes == chiplet::Axes::all && op.code == OpCode::all_to_all) {
    const std::uint64_t columns = ring(Ring::row).size, dies = columns * ring(Ring::column).size;
    const std::uint64_t around = ring(Ring::column).position * columns + ring(Ring::row).position;
    return {cut(
        all_, dies,
        chiplet::uses_ring(op) ? around : places_.lines[static_cast<std::size_t>(Ring::package)].position)};
  }
  if (op.axes == chiplet::Axes::all) return own_of_lanes(op);
  if (program_.size() > 1)
    return {cut(base_of(Ring::column), ring(Ring::column).size, ring(Ring::column).position)};
  const chiplet::LinePlace& line = places_.lines[static_cast<std::size_t>(op.ring)];
  if (!chiplet::uses_ring(op)) return {cut(all_, line.size, line.position)};
  return {cut(all_, ring(op.ring).size, ring(op.ring).position)};
}

// An all-gather along the first axis is of what the die's ring has of the second one's chunk; sums are the other way.
Interval CollectiveLayout::leg_of_lane(const Op& op, std::uint32_t lane, std::uint32_t number) const {
  const Interval whole = lane_of(op, lane);
  const bool row_first = lane < op.directions, is_first = number != 1;
  const bool gathers = op.code == OpCode::all_gather;
  if (chiplet::has_root(op.code) || is_first != gathers) return whole;
  const bool by_row = gathers ? !row_first : row_first;
  const chiplet::RingPlace& place = ring(by_row ? Ring::row : Ring::column);
  return cut(whole, place.size, place.position);
}

CollectiveLayout::At CollectiveLayout::locate(const chiplet::Work& work, std::uint32_t step) const {
  const Op& op = work.op;
  const bool both_axes = op.axes == chiplet::Axes::all;
  for (std::uint32_t number = 0, before = 0;; ++number) {
    const chiplet::Leg leg = chiplet::leg_of(op, places_in(op.ring), work.root, work.lane, number);
    const std::uint32_t steps = chiplet::leg_steps(leg.op, ring(leg.op.ring).size);
    if (step - before < steps || number + 1 == chiplet::legs_of_a_lane(op)) {
      Interval base = both_axes ? leg_of_lane(op, work.lane, number) : base_of(op.ring);
      if (!both_axes && chiplet::has_root(op.code)) base = cut(base, op.directions, work.lane);
      const bool cuts_chunks = !both_axes && !chiplet::has_root(op.code);
      return {leg, step - before, base, work.lane, cuts_chunks ? chiplet::lane_count(op) : 1};
    }
    before += steps;
  }
}

Interval CollectiveLayout::chunk(const At& at, std::uint32_t number, std::uint32_t part) const {
  const std::uint32_t size = ring(at.leg.op.ring).size;
  const std::uint32_t index = at.leg.backward ? (size - number) % size : number;
  Interval found = cut(at.base, size, index);
  if (at.lanes > 1) found = cut(found, at.lanes, at.lane);
  return cut(found, at.leg.op.count, part);
}

Interval CollectiveLayout::in_ring(const At& at, bool sends) const {
  const Op& op = at.leg.op;
  const std::uint32_t size = ring(op.ring).size, position = ring(op.ring).position;
  const std::uint32_t place = at.leg.backward ? (size - position) % size : position;
  const std::uint32_t lag = sends ? 0 : op.count - 1;  // a part is waited for so many steps after its turn
  if (at.step < lag || at.step - lag >= chiplet::step_count(op.code, size) * op.count) return {};
  const std::uint32_t turn = at.step - lag;
  const chiplet::RingStep now = chiplet::ring_step(op.code, size, place, turn / op.count);
  return chunk(at, sends ? now.send_chunk : now.receive_chunk, turn % op.count);
}

// From the root of a broadcast on, or from the die behind the root of a reduction.
Interval CollectiveLayout::in_chain(const At& at, bool sends) const {
  const Op& op = at.leg.op;
  const std::uint32_t size = ring(op.ring).size, position = ring(op.ring).position;
  const std::uint32_t ahead = at.leg.backward ? at.leg.root + size - position : position + size - at.leg.root;
  std::uint32_t from_head = ahead % size;
  if (op.code == OpCode::reduce) from_head = (from_head + size - 1) % size;
  const bool is_first = from_head == 0;
  if (sends ? from_head + 1 == size : is_first) return {};
  const std::uint32_t turn = sends && !is_first ? at.step - 1 : at.step;
  return turn < op.count ? cut(at.base, op.count, turn) : Interval{};
}

// Halving and doubling: the chunks of those dies whose numbers end differently.
Interval CollectiveLayout::halved(const chiplet::Work& work, std::uint32_t step, bool sends) const {
  const Op& op = work.op;
  const chiplet::LinePlace& line = places_.lines[static_cast<std::size_t>(op.ring)];
  const auto depth = static_cast<std::uint32_t>(std::bit_width(line.size - 1));
  const bool halves = op.code == OpCode::reduce_scatter || (op.code == OpCode::all_reduce && step < depth);
  const std::uint32_t round =
      halves ? depth - 1 - step : (op.code == OpCode::all_reduce ? step - depth : step);
  const std::uint32_t distance = 1U << round;
  const std::uint32_t mine = line.position / distance * distance;
  const std::uint32_t first = sends == halves ? mine ^ distance : mine;
  const Interval begin = cut(all_, line.size, first), last = cut(all_, line.size, first + distance - 1);
  return {begin.first, last.end() - begin.first};
}

// Swing: of a reduce-scatter the chunks that the partner's later rounds reach, of an all-gather those that the die's do.
Pieces CollectiveLayout::swung(const chiplet::Work& work, std::uint32_t step, bool sends) const {
  const Op& op = work.op;
  const chiplet::LinePlace& line = places_.lines[static_cast<std::size_t>(op.ring)];
  const chiplet::SwingRounds rounds(op, places_in(op.ring));
  const bool halves =
      op.code == OpCode::reduce_scatter || (op.code == OpCode::all_reduce && step < rounds.count());
  const std::uint32_t local = op.code == OpCode::all_reduce && !halves ? step - rounds.count() : step;
  const std::uint32_t round = halves ? local : rounds.count() - 1 - local;
  const std::uint32_t whose = sends == halves ? rounds.partner(line.position, round) : line.position;
  std::vector<std::uint32_t> chunks = rounds.reached(whose, round + 1);
  std::sort(chunks.begin(), chunks.end());
  Pieces found;
  for (const std::uint32_t chunk : chunks) found.push_back(cut(all_, line.size, chunk));
  return found;
}

// Trees and stars pass on everything. In two phases a chunk comes in two steps, and goes on in the one after, or the second
// after.
Pieces CollectiveLayout::of_line(const chiplet::Work& work, std::uint32_t step, bool sends) const {
  const Op& op = work.op;
  if (op.schedule == Schedule::swing) return swung(work, step, sends);
  if (op.schedule == Schedule::halving_doubling) return {halved(work, step, sends)};
  if (op.schedule != Schedule::two_phase) return {all_};
  const std::uint32_t chunk = sends && step % 2 == 0 ? step / 2 - 1 : step / 2;
  return chunk < op.count ? Pieces{cut(all_, op.count, chunk)} : Pieces{};
}

Pieces CollectiveLayout::pieces(const chiplet::Work& work, std::uint32_t step, bool sends) const {
  if (work.op.code == OpCode::all_to_all) {
    const AllToAllLayout layout(work, all_.length);
    return sends ? layout.sent(step) : layout.received(step);
  }
  if (!chiplet::uses_ring(work.op)) return of_line(work, step, sends);
  const At at = locate(work, step);
  return {work.op.schedule == Schedule::pipelined ? in_chain(at, sends) : in_ring(at, sends)};
}

Pieces CollectiveLayout::sent(const chiplet::Work& work, std::uint32_t step) const {
  return pieces(work, step, true);
}

Pieces CollectiveLayout::received(const chiplet::Work& work, std::uint32_t step) const {
  return pieces(work, step, false);
}

}  // namespace hecaton::runs
