// Energy as a pure function of counts and a table, so that a run can be costed again without being run again.
//
// In joules, with 1 pJ = 1e-12 J and W x ps = pJ:
//     compute = macs x matrix_pJ_per_MAC + vector bytes x vector_pJ_per_byte
//     sram    = bytes read x sram_read_pJ_per_byte + bytes written x sram_write_pJ_per_byte
//     nop     = payload bits x die-to-die links crossed x (link pJ/bit + router pJ/bit)
//     dram    = DRAM bytes x 8 x memory pJ/bit
//     static  = dies x time x static_W_per_die
// The total is the sum of the parts. The function is linear in the counts: one die's energy is that of its
// own counters (with the link bits charged to it and its own DRAM bytes), and the dies' sum is the package's.
#pragma once

#include <cstdint>

#include "core/chiplet/hardware/config.hpp"
#include "core/chiplet/program/records.hpp"
#include "core/engine/base/time.hpp"

namespace hecaton::chiplet {

struct EnergyTable {
  EnergyConfig actions;
  double link_pJ_per_bit = 0;  // of every link crossed
  double memory_pJ_per_bit = 0;
};

struct EnergyCounts {
  DieCounters actions;           // of one die, or summed over dies
  std::uint64_t link_bits = 0;   // payload bits times die-to-die links crossed
  std::uint64_t dram_bytes = 0;  // read and written at the channels
  SimDuration time;              // how long the dies were powered
  std::uint64_t dies = 1;
};

struct EnergyBreakdown {
  double compute_J = 0;
  double sram_J = 0;
  double nop_J = 0;
  double dram_J = 0;
  double static_J = 0;
  constexpr double total_J() const { return compute_J + sram_J + nop_J + dram_J + static_J; }
};

EnergyBreakdown energy_of(const EnergyCounts& counts, const EnergyTable& table);

}  // namespace hecaton::chiplet
