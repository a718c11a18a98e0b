// All of a reduction's dies send to its root at once, which takes in one after another; a broadcast's root sends to all.
#include "core/chiplet/schedules/algorithms.hpp"

namespace hecaton::chiplet::algorithms {

std::uint32_t star_steps(const Op&, const Places& places) {
  return places.line.size - 1;
}

// The root's step s is with the die s + 1 places further on, whose only step is its first.
Exchange star_step(const Op& op, const Places& places, std::uint32_t root, std::uint32_t step) {
  const LinePlace& line = places.line;
  const std::uint32_t place = (line.position + line.size - root) % line.size;
  const bool reduces = op.code == OpCode::reduce, is_root = place == 0;
  const std::uint64_t bytes = op.units * op.unit_bytes;
  Exchange e;
  e.reduces = reduces;
  if (!is_root && step > 0) return e;
  e.to = e.from = line.at(is_root ? (root + step + 1) % line.size : root);
  (is_root == reduces ? e.receive_bytes : e.send_bytes) = bytes;
  e.send_step = is_root ? 0 : place - 1;
  return e;
}

}  // namespace hecaton::chiplet::algorithms
