// Which counts an action adds to a die's counters. The running die and the static count both use it, so this
// file is the definition of what is counted, and energy.hpp of what it costs.
//
// SRAM bytes (weight and activation buffers together):
// - matmul: matrix_engine.hpp says what is read and written;
// - vector operation of B bytes: B read, B written;
// - sending a chunk of a collective: read once; receiving one: written once;
// - adding a received chunk of B bytes to the die's own part (reduce-scatter): 2 B read, B written, and B
//   bytes through the vector unit;
// - DRAM read of B bytes: B written; DRAM write: B read.
#pragma once

#include <cstdint>

#include "core/chiplet/hardware/timings.hpp"
#include "core/chiplet/program/program.hpp"
#include "core/chiplet/program/records.hpp"

namespace hecaton::chiplet {

constexpr MatmulShape shape_of(const Op& op) {
  return {op.count, op.m, op.k, op.n};
}

inline void count_matmul(DieCounters& c, const MatrixEngine& engine, const MatmulShape& shape) {
  c.macs += matmul_macs(shape);
  c.sram_read_bytes += matmul_sram_read_bytes(engine, shape);
  c.sram_write_bytes += matmul_sram_write_bytes(shape);
}

inline void count_vector(DieCounters& c, std::uint64_t bytes) {
  c.vector_bytes += bytes;
  c.sram_read_bytes += bytes;
  c.sram_write_bytes += bytes;
}

inline void count_send(DieCounters& c, std::uint64_t bytes) {
  c.nop_sent_bytes += bytes;
  c.sram_read_bytes += bytes;
}

inline void count_receive(DieCounters& c, std::uint64_t bytes) {
  c.nop_received_bytes += bytes;
  c.sram_write_bytes += bytes;
}

inline void count_reduction(DieCounters& c, std::uint64_t bytes) {
  c.vector_bytes += bytes;
  c.sram_read_bytes += 2 * bytes;
  c.sram_write_bytes += bytes;
}

inline void count_dram_read(DieCounters& c, std::uint64_t bytes) {
  c.dram_read_bytes += bytes;
  c.sram_write_bytes += bytes;
}

inline void count_dram_write(DieCounters& c, std::uint64_t bytes) {
  c.dram_write_bytes += bytes;
  c.sram_read_bytes += bytes;
}

// Adds `times` x `b` to `a`. When a die ended, and peaks, are no sums: the larger one stays.
inline void add_times(DieCounters& a, const DieCounters& b, std::uint64_t times) {
  combine_fields(a, b, times);
}

inline DieCounters& operator+=(DieCounters& a, const DieCounters& b) {
  combine_fields(a, b);
  return a;
}

}  // namespace hecaton::chiplet
