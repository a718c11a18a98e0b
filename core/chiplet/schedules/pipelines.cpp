// Broadcasts and reductions in chunks, from die to die along a ring that ends before its root, or at it.
#include "core/chiplet/schedules/algorithms.hpp"
#include "core/chiplet/schedules/lanes.hpp"

namespace hecaton::chiplet::algorithms {

// The chain starts at the root of a broadcast, and at the die after the root of a reduction.
Exchange along_chain(const Op& op, const RingPlace& ring, std::uint32_t root, std::uint32_t step) {
  const bool reduces = op.code == OpCode::reduce;
  const std::uint32_t head = reduces ? (root + 1) % ring.size : root;
  const std::uint32_t place = (ring.position + ring.size - head) % ring.size;
  const bool is_first = place == 0;
  const bool is_last = place + 1 == ring.size;
  Exchange e;
  e.to = ring.next;
  e.from = ring.previous;
  e.route = ring.route;
  e.reduces = reduces;
  if (!is_first && step < op.count) e.receive_bytes = chunk_bytes(op, op.count, step);
  const std::uint32_t sent = is_first ? step : step - 1;  // wraps in step 0, where nothing is there to send
  if (!is_last && sent < op.count) e.send_bytes = chunk_bytes(op, op.count, sent);
  e.send_step = sent;
  return e;
}

std::uint32_t pipeline_steps(const Op& op, const Places& places) {
  return leg_steps(op, places.ring.size);
}

Exchange pipeline_step(const Op& op, const Places& places, std::uint32_t root, std::uint32_t step) {
  return along_chain(op, places.ring, root, step);
}

}  // namespace hecaton::chiplet::algorithms
