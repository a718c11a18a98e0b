// Recursive halving of a reduce-scatter, with the farthest die first, and recursive doubling of an all-gather.
#include <bit>

#include "core/chiplet/schedules/algorithms.hpp"
#include "core/chiplet/schedules/ranges.hpp"

namespace hecaton::chiplet::algorithms {

namespace {

std::uint32_t halvings(std::uint32_t size) {
  return static_cast<std::uint32_t>(std::bit_width(size - 1));
}

}  // namespace

std::uint32_t halving_steps(const Op& op, const Places& places) {
  return (op.code == OpCode::all_reduce ? 2 : 1) * halvings(places.line.size);
}

Exchange halving_step(const Op& op, const Places& places, std::uint32_t, std::uint32_t step) {
  const LinePlace& line = places.line;
  const std::uint32_t depth = halvings(line.size);
  const bool halves = op.code == OpCode::reduce_scatter || (op.code == OpCode::all_reduce && step < depth);
  const std::uint32_t local = op.code == OpCode::all_reduce && !halves ? step - depth : step;
  const std::uint32_t distance = 1U << (halves ? depth - 1 - local : local);
  const std::uint32_t partner = line.position ^ distance;
  // Both serve `distance` chunks: those of all places that differ from theirs in the lower bits only.
  const std::uint32_t mine = line.position / distance * distance;
  const std::uint32_t theirs = partner / distance * distance;
  Exchange e;
  e.to = e.from = line.at(partner);
  e.send_bytes = range_bytes(op, line.size, halves ? theirs : mine, distance);
  e.receive_bytes = range_bytes(op, line.size, halves ? mine : theirs, distance);
  e.reduces = halves;
  e.send_step = step;
  return e;
}

}  // namespace hecaton::chiplet::algorithms
