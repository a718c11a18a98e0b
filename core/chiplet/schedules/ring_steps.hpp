// Ring collectives as pure functions of (operation, ring, step): which die sends which chunk in which step.
// No state, no time.
//
// The payload is `units` indivisible units, cut into one chunk per die of the ring. A die is known by its
// position in ring order. It sends to position + 1 and receives from position - 1, modulo the size p of the
// ring.
//
// - all-gather: die i starts with chunk i. In step s (0 .. p-2) it sends chunk i-s and receives chunk i-s-1,
//   which it sends on in step s+1. It never sends chunk i+1.
// - reduce-scatter: in step s die i sends its sum of chunk i-s-1 and receives the sum of chunk i-s-2, adds
//   its own part, and sends the result on in step s+1. In the end it owns chunk i, complete: the start of an
//   all-gather.
// - all-reduce: reduce-scatter, then all-gather, with steps 0 .. 2p-3.
//
// The ring is self-timed: the send of step s+1 waits for what is received in step s, and for nothing else. A
// chunk of no units is not sent; the receiver knows that by the same functions. So over equal edges of
// latency a and bandwidth B an all-gather or a reduce-scatter of V bytes that p divides takes (p-1) (a + V/(p
// B)), and an all-reduce twice that.
#pragma once

#include <cstdint>

#include "core/chiplet/program/program.hpp"

namespace hecaton::chiplet {

// Units of chunk `index`: sizes differ by at most one unit, larger chunks first, and they sum to `units`.
constexpr std::uint64_t chunk_units(std::uint64_t units, std::uint32_t ring_size, std::uint32_t index) {
  return units / ring_size + (index < units % ring_size ? 1 : 0);
}

// Bytes of chunk `index` of a collective operation.
constexpr std::uint64_t chunk_bytes(const Op& op, std::uint32_t ring_size, std::uint32_t index) {
  return chunk_units(op.units, ring_size, index) * op.unit_bytes;
}

constexpr std::uint32_t step_count(OpCode collective, std::uint32_t ring_size) {
  return ring_size <= 1 ? 0 : (collective == OpCode::all_reduce ? 2 : 1) * (ring_size - 1);
}

struct RingStep {
  std::uint32_t send_chunk = 0;
  std::uint32_t receive_chunk = 0;
  bool reduces = false;  // the received chunk is added to this die's own part before it is sent on
};

// `code` is a collective, ring_size > 1, position < ring_size, step < step_count().
constexpr RingStep ring_step(OpCode code, std::uint32_t ring_size, std::uint32_t position,
                             std::uint32_t step) {
  const bool reduces = code == OpCode::reduce_scatter || (code == OpCode::all_reduce && step < ring_size - 1);
  const std::uint32_t local = code == OpCode::all_reduce && !reduces ? step - (ring_size - 1) : step;
  const std::uint64_t lag = local + (reduces ? 1 : 0);  // at most ring_size - 1
  const std::uint64_t from = std::uint64_t{position} + 2 * std::uint64_t{ring_size} - lag;
  return {static_cast<std::uint32_t>(from % ring_size), static_cast<std::uint32_t>((from - 1) % ring_size),
          reduces};
}

}  // namespace hecaton::chiplet
