#include "runs/verify/die/payload.hpp"

#include <algorithm>
#include <utility>

#include "core/training/model/operators.hpp"
#include "runs/verify/die/features.hpp"

namespace hecaton::runs {

using chiplet::Exchange;
using chiplet::OpCode;
using chiplet::Schedule;
using chiplet::Work;

namespace {

void put_in(Numbers& to, const std::vector<DiePayload::Range>& ranges, const Numbers& from) {
  std::uint64_t taken = 0;
  for (const DiePayload::Range& range : ranges) {
    std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(taken), range.size(),
                to.begin() + static_cast<std::ptrdiff_t>(range.begin));
    taken += range.size();
  }
}

Numbers taken_from(const Numbers& from, const std::vector<DiePayload::Range>& ranges) {
  Numbers taken;
  for (const DiePayload::Range& range : ranges)
    taken.insert(taken.end(), from.begin() + static_cast<std::ptrdiff_t>(range.begin),
                 from.begin() + static_cast<std::ptrdiff_t>(range.end));
  return taken;
}

// The places that the die has been told.
chiplet::GroupPlaces groups_of(const Work& work) {
  chiplet::GroupPlaces groups;
  if (work.places.rings != nullptr) groups.rings = *work.places.rings;
  groups.rings[static_cast<std::size_t>(work.op.ring)] = work.places.ring;
  groups.lines[static_cast<std::size_t>(work.op.ring)] = work.places.line;
  return groups;
}

std::uint32_t line_place(const Work& work, NodeId die) {
  return (die.value - work.places.line.first.value) / work.places.line.stride;
}

CollectiveLayout layout_of(const Work& work) {
  return {groups_of(work), {work.op}, work.op.units};
}

}  // namespace

std::uint64_t DiePayload::width_of(const Work& work) const {
  const bool wide = is_wide(places_->meaning(work));
  return work.op.unit_bytes / (wide ? training::scalar_bytes : training::element_bytes);
}

DiePayload::Range DiePayload::chunk(const Work& work, std::uint32_t count, std::uint32_t index) const {
  const std::uint64_t begin = chunk_start(work.op.units, count, index), width = width_of(work);
  return {begin * width, (begin + chiplet::chunk_units(work.op.units, count, index)) * width};
}

void DiePayload::begin(const Work& work) {
  numbers_.assign(work.op.units * width_of(work), 0.0);
  received_.assign(numbers_.size(), 0.0);
}

void DiePayload::put(Range range, const Numbers& part) {
  put_in(numbers_, {range}, part);
}

Numbers DiePayload::part(Range range) const {
  return taken_from(numbers_, {range});
}

void DiePayload::keep(Range range, const Numbers& part) {
  put_in(received_, {range}, part);
}

std::vector<DiePayload::Range> DiePayload::own_ranges(const Work& work) const {
  return of_units(work, layout_of(work).own());
}

std::uint64_t DiePayload::size_of(const std::vector<Range>& ranges) {
  std::uint64_t size = 0;
  for (const Range& range : ranges) size += range.size();
  return size;
}

std::uint64_t DiePayload::own_size(const Work& work) const {
  return size_of(own_ranges(work));
}

void DiePayload::put_own(const Work& work, const Numbers& own) {
  put_in(numbers_, own_ranges(work), own);
}

Numbers DiePayload::with_own(const Work& work, const Numbers& own, Number others) const {
  Numbers all(numbers_.size(), others);
  put_in(all, own_ranges(work), own);
  return all;
}

Numbers DiePayload::own(const Work& work) const {
  return taken_from(numbers_, own_ranges(work));
}

// Along one axis chunks lie in the order of places. Over both, places count along columns in rows, as
// DiePlaces::place_in does.
std::vector<DiePayload::Range> DiePayload::ranges_by_places(const Work& work) const {
  if (work.op.axes == chiplet::Axes::one) return {{0, work.op.units * width_of(work)}};
  std::vector<Range> ranges;
  chiplet::GroupPlaces groups = groups_of(work);
  chiplet::RingPlace& row = groups.rings[static_cast<std::size_t>(chiplet::Ring::row)];
  chiplet::RingPlace& column = groups.rings[static_cast<std::size_t>(chiplet::Ring::column)];
  for (row.position = 0; row.position < row.size; ++row.position)
    for (column.position = 0; column.position < column.size; ++column.position)
      for (const Range& range : of_units(work, CollectiveLayout(groups, {work.op}, work.op.units).own()))
        ranges.push_back(range);
  return ranges;
}

Numbers DiePayload::by_places(const Work& work) const {
  return taken_from(numbers_, ranges_by_places(work));
}

void DiePayload::set_by_places(const Work& work, const Numbers& numbers) {
  put_in(numbers_, ranges_by_places(work), numbers);
}

std::vector<DiePayload::Range> DiePayload::of_units(const Work& work, const Pieces& units) const {
  const std::uint64_t width = width_of(work);
  std::vector<Range> ranges;
  for (const Interval& piece : units) ranges.push_back({piece.first * width, piece.end() * width});
  return ranges;
}

Numbers DiePayload::sent(const Work& work, const Exchange& now, std::uint32_t step) const {
  if (work.op.schedule == Schedule::direct)
    return part(chunk(work, work.places.line.size, line_place(work, now.to)));
  return taken_from(numbers_, of_units(work, layout_of(work).sent(work, step)));
}

std::vector<DiePayload::Range> DiePayload::received_ranges(const Work& work, const Exchange& now,
                                                           std::uint32_t step) const {
  if (work.op.schedule == Schedule::direct)
    return {chunk(work, work.places.line.size, line_place(work, now.from))};
  return of_units(work, layout_of(work).received(work, step));
}

void DiePayload::receive(const Work& work, const Exchange& now, const std::vector<Range>& ranges,
                         const Numbers& contents) {
  const bool is_max = places_->meaning(work).verb == training::Verb::loss_max;
  Numbers& into = work.op.code == OpCode::all_to_all ? received_ : numbers_;
  std::size_t taken = 0;
  for (const Range& range : ranges)
    for (std::uint64_t i = range.begin; i < range.end; ++i) {
      const Number number = contents[taken++];
      Number& to = into[i];
      if (!now.reduces)
        to = number;
      else if (is_max)
        to = std::max(to, number);
      else
        to += number;
    }
}

}  // namespace hecaton::runs
