// All-to-all around rings: everything that has further to go moves on to the next die, step by step.
//
// One way round, in step s all that came from s dies back moves on: the blocks for the p - 1 - s dies that follow. Both ways
// by turns (message 2s forward, 2s + 1 backward; a step waits for the message before its own, so both ways are busy), blocks
// take the shorter way, and of an even ring's farthest die half each; after s messages of a way there is left what goes to the
// next h - s dies, h = p / 2. So a link each way carries p^2 / 8 blocks, no more than it has to, and no message waits for
// a longer one.
//
// Along both axes: a lane for each order, with half of every block; first round one ring, for all dies of the other axis's
// line, then round the other.
#include <algorithm>

#include "core/chiplet/schedules/algorithms.hpp"
#include "core/chiplet/schedules/ranges.hpp"

namespace hecaton::chiplet::algorithms {

namespace {

// One way round, whole blocks of an operation: as Around, but without going over the blocks.
Exchange one_way(const Op& op, const RingPlace& ring, std::uint32_t step) {
  // Blocks for `count` dies from `first` on, around the ring.
  const auto passing = [&](std::uint32_t first, std::uint32_t count) {
    const std::uint32_t before_wrap = std::min(count, ring.size - first);
    return range_bytes(op, ring.size, first, before_wrap) +
           range_bytes(op, ring.size, 0, count - before_wrap);
  };
  const std::uint32_t left = ring.size - 1 - step;
  Exchange e;
  e.to = ring.next;
  e.from = ring.previous;
  e.route = ring.route;
  e.send_bytes = passing((ring.position + 1) % ring.size, left);
  e.receive_bytes = passing(ring.position, left);
  e.send_step = step;
  return e;
}

// Around one ring, where `units_for(place)` go from each die to each place.
template <class UnitsFor>
class Around {
 public:
  Around(const Op& op, const RingPlace& ring, UnitsFor units_for)
      : op_(op), ring_(ring), units_for_(units_for), half_(ring.size / 2) {}

  std::uint32_t steps() const {
    if (ring_.size <= 1) return 0;
    return op_.directions > 1 ? 2 * half_ + 1 : ring_.size - 1;
  }

  Exchange step(std::uint32_t step) const {
    Exchange e;
    if (op_.directions == 1) {
      e.to = ring_.next;
      e.from = ring_.previous;
      e.route = ring_.route;
      e.send_bytes = bytes(ring_.position, true, step);
      e.receive_bytes = bytes(before(ring_.position, true), true, step);
      e.send_step = step;
      return e;
    }
    e.send_step = step + 1;
    if (step < 2 * half_) {
      const bool forward = step % 2 == 0;
      e.to = forward ? ring_.next : ring_.previous;
      e.send_bytes = bytes(ring_.position, forward, step / 2);
    }
    if (step > 0) {
      const bool forward = (step - 1) % 2 == 0;
      e.from = forward ? ring_.previous : ring_.next;
      e.receive_bytes = bytes(before(ring_.position, forward), forward, (step - 1) / 2);
    }
    return e;
  }

 private:
  std::uint32_t before(std::uint32_t place, bool forward) const {
    return (place + (forward ? ring_.size - 1 : 1)) % ring_.size;
  }
  // What the die at a place sends as message `number` of a way.
  std::uint64_t bytes(std::uint32_t place, bool forward, std::uint32_t number) const {
    const std::uint32_t farthest = (op_.directions > 1 ? half_ : ring_.size - 1) - number;
    const bool shares_last = op_.directions > 1 && ring_.size % 2 == 0;
    std::uint64_t units = 0;
    for (std::uint32_t distance = 1; distance <= farthest; ++distance) {
      const std::uint64_t all =
          units_for_((place + (forward ? distance : ring_.size - distance)) % ring_.size);
      units += shares_last && distance == farthest ? chunk_units(all, 2, forward ? 0 : 1) : all;
    }
    return units * op_.unit_bytes;
  }

  const Op& op_;
  const RingPlace& ring_;
  UnitsFor units_for_;
  std::uint32_t half_;
};

// Places count along rows in columns' rings.
class RotationOverAxes {
 private:
  const RingPlace& first() const { return row_first_ ? row_ : column_; }
  const RingPlace& second() const { return row_first_ ? column_ : row_; }

  std::uint64_t half_block(std::uint64_t row_place, std::uint64_t column_place) const {
    const std::uint64_t dies = std::uint64_t{row_.size} * column_.size;
    const std::uint64_t index = column_place * row_.size + row_place;
    return chunk_units(op_.units / dies + (index < op_.units % dies ? 1 : 0), 2, lane_);
  }
  // For all dies of a line of the second axis.
  auto first_leg() const {
    const auto units_for = [this](std::uint32_t place) {
      std::uint64_t units = 0;
      for (std::uint32_t other = 0; other < second().size; ++other)
        units += row_first_ ? half_block(place, other) : half_block(other, place);
      return units;
    };
    return Around(op_, first(), units_for);
  }
  // From all dies of the first axis's line.
  auto second_leg() const {
    const auto units_for = [this](std::uint32_t place) {
      return first().size *
             (row_first_ ? half_block(first().position, place) : half_block(place, first().position));
    };
    return Around(op_, second(), units_for);
  }

 public:
  RotationOverAxes(const Op& op, const Places& places, std::uint32_t lane)
      : op_(op),
        row_(places.of(Ring::row)),
        column_(places.of(Ring::column)),
        row_first_(lane == 0),
        lane_(lane) {}

  std::uint32_t steps() const { return first_leg().steps() + second_leg().steps(); }

  Exchange step(std::uint32_t step) const {
    const std::uint32_t before = first_leg().steps();
    if (step < before) return first_leg().step(step);
    Exchange e = second_leg().step(step - before);
    e.send_step += before;
    return e;
  }

 private:
  const Op& op_;
  const RingPlace& row_;
  const RingPlace& column_;
  bool row_first_;
  std::uint32_t lane_;
};

auto around_group(const Op& op, const RingPlace& ring) {
  return Around(op, ring,
                [&op, &ring](std::uint32_t place) { return chunk_units(op.units, ring.size, place); });
}

}  // namespace

std::uint32_t rotation_steps(const Op& op, const Places& places) {
  if (op.axes == Axes::all) return RotationOverAxes(op, places, 0).steps();
  return around_group(op, places.ring).steps();
}

Exchange rotation_step(const Op& op, const Places& places, std::uint32_t step, std::uint32_t lane) {
  if (op.axes == Axes::all) return RotationOverAxes(op, places, lane).step(step);
  if (op.directions > 1) return around_group(op, places.ring).step(step);
  return one_way(op, places.ring, step);
}

}  // namespace hecaton::chiplet::algorithms
