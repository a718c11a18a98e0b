// What a run says about each die: counters (integers, so that sums do not depend on their order) and one row
// per finished operation. Energy is computed from these counts later, never during the run.
#pragma once

#include <cstdint>

namespace hecaton::chiplet {

// Names for traces and tables: see operation_name() in program.hpp.
enum class OperationKind : std::uint8_t {
  matmul,
  vector,
  all_gather,
  reduce_scatter,
  all_reduce,
  dram_read,
  dram_write,
  dram_wait,
  broadcast,
  reduce,
  all_to_all,
  idle
};

// One finished operation of one die. A dram_read / dram_write row spans issue to completion (it may overlap
// other rows of the same die); a dram_wait row is the time the program stood still for it.
struct OperationRow {
  std::uint32_t die = 0;
  OperationKind kind = OperationKind::idle;
  std::uint8_t stage = 0;   // Stage of program.hpp: which part of the model
  std::int16_t layer = -1;  // -1: outside the layers (embedding, head, optimizer)
  std::int32_t minibatch = -1;
  std::int64_t start_ps = 0;
  std::int64_t end_ps = 0;
  std::uint64_t bytes = 0;  // moved by a transfer, touched by a vector operation, operands of a matmul

  template <class Archive>
  void serialize(Archive& archive) {
    archive(die, kind, stage, layer, minibatch, start_ps, end_ps, bytes);
  }
};

struct DieCounters {
  std::uint64_t macs = 0;          // multiply-accumulates done by the matrix engine (useful ones, no padding)
  std::uint64_t vector_bytes = 0;  // bytes touched by the vector unit
  std::uint64_t sram_read_bytes = 0;
  std::uint64_t sram_write_bytes = 0;
  std::uint64_t nop_sent_bytes = 0;      // by collectives, at this die's interface
  std::uint64_t nop_received_bytes = 0;  // by collectives
  std::uint64_t dram_read_bytes = 0;     // asked for by this die
  std::uint64_t dram_write_bytes = 0;
  std::uint64_t matrix_ps = 0;    // matrix engine busy
  std::uint64_t vector_ps = 0;    // vector unit busy
  std::uint64_t nop_ps = 0;       // program stood still for a collective
  std::uint64_t dram_ps = 0;      // program stood still for DRAM
  std::uint64_t finished_ps = 0;  // when the die's program ended
  // The most bytes that its buffers have held at any time (occupancy.hpp); not part of the digest.
  std::uint64_t activation_peak_bytes = 0;
  std::uint64_t weight_peak_bytes = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(macs, vector_bytes, sram_read_bytes, sram_write_bytes, nop_sent_bytes, nop_received_bytes,
            dram_read_bytes, dram_write_bytes, matrix_ps, vector_ps, nop_ps, dram_ps, finished_ps,
            activation_peak_bytes, weight_peak_bytes);
  }
};

// One directed link of the package, keyed by (from, to); IO links included.
struct LinkCounters {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::uint64_t busy_ps = 0;
  std::uint64_t flits = 0;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  // payload
};

}  // namespace hecaton::chiplet
