// All-gather, reduce-scatter and all-reduce around a ring, whose dies send to the next one only (ring_steps.hpp).
#include "core/chiplet/schedules/algorithms.hpp"
#include "core/chiplet/schedules/lanes.hpp"

namespace hecaton::chiplet::algorithms {

namespace {

Exchange to_the_next(const RingPlace& ring) {
  Exchange e;
  e.to = ring.next;
  e.from = ring.previous;
  e.route = ring.route;
  return e;
}

std::uint64_t part_bytes(const Op& op, std::uint32_t size, std::uint32_t chunk, std::uint32_t part) {
  return chunk_units(chunk_units(op.units, size, chunk), op.count, part) * op.unit_bytes;
}

// A chunk's number, as those count who go round forward.
std::uint32_t chunk_of(const RingPlace& ring, std::uint32_t chunk, bool backward) {
  return backward ? turned(chunk, ring.size) : chunk;
}

// Step t sends part t and waits for part t - count + 1: what part t + 1 waits for.
Exchange in_parts(const Op& op, const RingPlace& ring, std::uint32_t step, bool backward) {
  const std::uint32_t parts = step_count(op.code, ring.size) * op.count;
  Exchange e = to_the_next(ring);
  e.send_step = step + op.count - 1;
  if (step < parts) {
    const RingStep now = chiplet::ring_step(op.code, ring.size, ring.position, step / op.count);
    e.send_bytes = part_bytes(op, ring.size, chunk_of(ring, now.send_chunk, backward), step % op.count);
  }
  if (step + 1 >= op.count) {
    const std::uint32_t part = step + 1 - op.count;
    const RingStep now = chiplet::ring_step(op.code, ring.size, ring.position, part / op.count);
    e.receive_bytes = part_bytes(op, ring.size, chunk_of(ring, now.receive_chunk, backward), part % op.count);
    e.reduces = now.reduces;
  }
  return e;
}

Exchange in_chunks(const Op& op, const RingPlace& ring, std::uint32_t step, bool backward) {
  const RingStep now = chiplet::ring_step(op.code, ring.size, ring.position, step);
  Exchange e = to_the_next(ring);
  e.send_bytes = chunk_bytes(op, ring.size, chunk_of(ring, now.send_chunk, backward));
  e.receive_bytes = chunk_bytes(op, ring.size, chunk_of(ring, now.receive_chunk, backward));
  e.reduces = now.reduces;
  e.send_step = step;
  return e;
}

}  // namespace

std::uint32_t ring_steps(const Op& op, const Places& places) {
  return leg_steps(op, places.ring.size);
}

Exchange ring_step(const Op& op, const Places& places, std::uint32_t, std::uint32_t step) {
  return around_ring(op, places.ring, step, false);
}

Exchange around_ring(const Op& op, const RingPlace& ring, std::uint32_t step, bool backward) {
  return is_cut(op) ? in_parts(op, ring, step, backward) : in_chunks(op, ring, step, backward);
}

}  // namespace hecaton::chiplet::algorithms
