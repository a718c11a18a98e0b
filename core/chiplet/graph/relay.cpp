#include "core/chiplet/graph/relay.hpp"

namespace hecaton::chiplet::graph {

std::uint32_t relay_steps(const RingPlace& ring) {
  return ring.size * (ring.size - 1) / 2;
}

// Blocks are of V / p bytes, the first of them one longer where that leaves something over; all dies send the block of the
// same number in a step, so that what one sends is what the next waits for.
Exchange relay_step(const Op& op, const RingPlace& ring, std::uint32_t step) {
  std::uint32_t block = 0;
  for (std::uint32_t hops = 1, before = 0; before + hops <= step; before += hops, ++hops) ++block;
  const std::uint64_t units =
      op.units / ring.size + (block + 1 < ring.size && block < op.units % ring.size ? 1 : 0);
  Exchange e;
  e.send_bytes = e.receive_bytes = units * op.unit_bytes;
  e.to = ring.next;
  e.from = ring.previous;
  e.route = ring.route;
  e.send_step = step;
  return e;
}

}  // namespace hecaton::chiplet::graph
