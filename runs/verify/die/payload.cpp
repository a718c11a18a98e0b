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

void copy_to(Numbers& to, DiePayload::Range range, const Numbers& from) {
  std::copy(from.begin(), from.end(), to.begin() + static_cast<std::ptrdiff_t>(range.begin));
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
  copy_to(numbers_, range, part);
}

Numbers DiePayload::part(Range range) const {
  return {numbers_.begin() + static_cast<std::ptrdiff_t>(range.begin),
          numbers_.begin() + static_cast<std::ptrdiff_t>(range.end)};
}

void DiePayload::keep(Range range, const Numbers& part) {
  copy_to(received_, range, part);
}

Numbers DiePayload::sent(const Work& work, const Exchange& now, std::uint32_t step) const {
  const chiplet::RingPlace& ring = work.places.ring;
  const chiplet::LinePlace& line = work.places.line;
  switch (work.op.schedule) {
    case Schedule::ring:
      return part(chunk(work, ring.size,
                        chiplet::ring_step(work.op.code, ring.size, ring.position, step).send_chunk));
    case Schedule::pipelined:
      return part(chunk(work, work.op.count, now.send_step));
    case Schedule::direct:
      return part(chunk(work, line.size, (line.position + step + 1) % line.size));
    default:
      return part({0, work.op.units * width_of(work)});
  }
}

DiePayload::Range DiePayload::received_range(const Work& work, std::uint32_t step) const {
  const chiplet::RingPlace& ring = work.places.ring;
  const chiplet::LinePlace& line = work.places.line;
  switch (work.op.schedule) {
    case Schedule::ring:
      return chunk(work, ring.size,
                   chiplet::ring_step(work.op.code, ring.size, ring.position, step).receive_chunk);
    case Schedule::pipelined:
      return chunk(work, work.op.count, step);
    case Schedule::direct:
      return chunk(work, line.size, (line.position + line.size - step - 1) % line.size);
    default:
      return {0, work.op.units * width_of(work)};
  }
}

void DiePayload::receive(const Work& work, const Exchange& now, Range range, const Numbers& contents) {
  const bool is_max = places_->meaning(work).verb == training::Verb::loss_max;
  Numbers& into = work.op.code == OpCode::all_to_all ? received_ : numbers_;
  for (std::uint64_t i = 0; i < contents.size(); ++i) {
    Number& to = into[range.begin + i];
    if (!now.reduces)
      to = contents[i];
    else if (is_max)
      to = std::max(to, contents[i]);
    else
      to += contents[i];
  }
}

}  // namespace hecaton::runs
