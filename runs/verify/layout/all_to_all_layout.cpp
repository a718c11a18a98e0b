#include "runs/verify/layout/all_to_all_layout.hpp"

#include <utility>

namespace hecaton::runs {

AllToAllLayout::AllToAllLayout(const chiplet::Work& work, std::uint64_t elements)
    : work_(work),
      elements_(elements),
      is_direct_(work.op.schedule == chiplet::Schedule::direct),
      both_axes_(work.op.axes == chiplet::Axes::all),
      row_first_(work.lane == 0) {
  const chiplet::LinePlace& line = work.places.line;
  if (!both_axes_) {
    sizes_[0] = is_direct_ ? line.size : work.places.ring.size;
    own_[0] = is_direct_ ? line.position : work.places.ring.position;
    return;
  }
  const chiplet::RingPlace& row = work.places.of(chiplet::Ring::row);
  const chiplet::RingPlace& column = work.places.of(chiplet::Ring::column);
  const std::uint32_t in_row = is_direct_ ? line.position % row.size : row.position;
  const std::uint32_t in_column = is_direct_ ? line.position / row.size : column.position;
  sizes_[0] = row_first_ ? row.size : column.size;
  sizes_[1] = row_first_ ? column.size : row.size;
  own_[0] = row_first_ ? in_row : in_column;
  own_[1] = row_first_ ? in_column : in_row;
}

std::uint32_t AllToAllLayout::steps_of(std::uint32_t dies) const {
  if (dies <= 1) return 0;
  if (is_direct_) return dies - 1 + work_.op.count - 1;
  return work_.op.directions > 1 ? 2 * (dies / 2) + 1 : dies - 1;
}

Pieces AllToAllLayout::at(std::uint32_t step, bool sends) const {
  const std::uint32_t before = steps_of(sizes_[0]);
  return step < before ? of_leg(0, step, sends) : of_leg(1, step - before, sends);
}

Pieces AllToAllLayout::of_leg(std::uint32_t leg, std::uint32_t step, bool sends) const {
  return is_direct_ ? straight(leg, step, sends) : passed_on(leg, step, sends);
}

// Message n goes n + 1 places ahead; both ways by turns, the nearest first.
Pieces AllToAllLayout::straight(std::uint32_t leg, std::uint32_t step, bool sends) const {
  const std::uint32_t dies = sizes_[leg], own = own_[leg], late = sends ? 0 : work_.op.count - 1;
  if (step < late || step - late + 1 >= dies) return {};
  const std::uint32_t n = step - late;
  const bool by_turns = work_.op.directions > 1;
  const std::uint32_t distance = by_turns ? n / 2 + 1 : n + 1;
  const bool ahead = (!by_turns || n % 2 == 0) == sends;
  const std::uint32_t other = (own + (ahead ? distance : dies - distance)) % dies;
  return between(leg, sends ? Hop{own, other, false, 0} : Hop{other, own, false, 0});
}

// Message n of a way: what came from n places back, for all that are within reach from there. Both ways by turns half of the
// ring is within reach, of the farthest die of an even one half of each block.
Pieces AllToAllLayout::passed_on(std::uint32_t leg, std::uint32_t step, bool sends) const {
  const std::uint32_t dies = sizes_[leg], own = own_[leg];
  const bool by_turns = work_.op.directions > 1;
  const std::uint32_t late = by_turns && !sends ? 1 : 0, reach = by_turns ? dies / 2 : dies - 1;
  if (step < late || (by_turns && step - late >= 2 * reach)) return {};
  const std::uint32_t n = by_turns ? (step - late) / 2 : step;
  const bool forward = !by_turns || (step - late) % 2 == 0;
  const auto moved = [&](std::uint32_t place, std::uint32_t by, bool ahead) {
    return (place + (ahead == forward ? by : dies - by % dies)) % dies;
  };
  const std::uint32_t sender = sends ? own : moved(own, 1, false);
  const std::uint32_t source = moved(sender, n, false);
  Pieces all;
  for (std::uint32_t distance = n + 1; distance <= reach; ++distance) {
    const bool is_halved = by_turns && 2 * distance == dies;
    const Pieces more = between(leg, {source, moved(source, distance, true), is_halved, forward ? 0U : 1U});
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

// In the first leg everything for the destination's line, in the second everything from the source's.
Pieces AllToAllLayout::between(std::uint32_t leg, const Hop& hop) const {
  Pieces all;
  if (!both_axes_) {
    all.push_back(block({hop.source, 0}, {hop.destination, 0}));
  } else if (leg == 0) {
    for (std::uint32_t second = 0; second < sizes_[1]; ++second)
      all.push_back(block({hop.source, own_[1]}, {hop.destination, second}));
  } else {
    for (std::uint32_t first = 0; first < sizes_[0]; ++first)
      all.push_back(block({first, hop.source}, {own_[0], hop.destination}));
  }
  return hop.is_halved ? cut(all, 2, hop.half) : all;
}

std::uint64_t AllToAllLayout::number_of(Place place) const {
  if (!both_axes_) return place.first;
  const std::uint64_t row = row_first_ ? place.second : place.first;
  const std::uint64_t column = row_first_ ? place.first : place.second;
  return row * (row_first_ ? sizes_[0] : sizes_[1]) + column;
}

Interval AllToAllLayout::block(Place source, Place destination) const {
  const std::uint64_t dies = std::uint64_t{sizes_[0]} * sizes_[1];
  Interval whole = cut(Interval{number_of(source) * elements_, elements_}, dies, number_of(destination));
  return both_axes_ ? cut(whole, 2, row_first_ ? 0 : 1) : whole;
}

}  // namespace hecaton::runs
