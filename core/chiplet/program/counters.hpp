// Which counts an action adds to a die's counters. Used by the running die and by the static count alike, so
// this file is the definition of what is counted, and energy.hpp of what it costs.
//
// SRAM bytes (weight and activation buffers together):
// - matmul: matrix_engine.hpp says what is read and written;
// - vector operation of B bytes: B read, B written;
// - sending a chunk of a collective: read once; receiving one: written once;
// - adding a received chunk of B bytes to the die's own part (reduce-scatter): 2 B read, B written, and B
// bytes through
//   the vector unit;
// - DRAM read of B bytes: B written; DRAM write: B read.
#pragma once

#include <algorithm>
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
  a.macs += times * b.macs;
  a.vector_bytes += times * b.vector_bytes;
  a.sram_read_bytes += times * b.sram_read_bytes;
  a.sram_write_bytes += times * b.sram_write_bytes;
  a.nop_sent_bytes += times * b.nop_sent_bytes;
  a.nop_received_bytes += times * b.nop_received_bytes;
  a.dram_read_bytes += times * b.dram_read_bytes;
  a.dram_write_bytes += times * b.dram_write_bytes;
  a.matrix_ps += times * b.matrix_ps;
  a.vector_ps += times * b.vector_ps;
  a.nop_ps += times * b.nop_ps;
  a.dram_ps += times * b.dram_ps;
  a.finished_ps = std::max(a.finished_ps, b.finished_ps);
  a.activation_peak_bytes = std::max(a.activation_peak_bytes, b.activation_peak_bytes);
  a.weight_peak_bytes = std::max(a.weight_peak_bytes, b.weight_peak_bytes);
}

inline DieCounters& operator+=(DieCounters& a, const DieCounters& b) {
  add_times(a, b, 1);
  return a;
}

}  // namespace hecaton::chiplet
