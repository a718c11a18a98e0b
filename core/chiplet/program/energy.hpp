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
#include <tuple>

#include "core/chiplet/hardware/config.hpp"
#include "core/chiplet/hardware/rate.hpp"
#include "core/chiplet/program/records.hpp"
#include "core/engine/base/fields.hpp"
#include "core/engine/base/time.hpp"

namespace hecaton::chiplet {

struct EnergyTable {
  EnergyConfig actions;
  double link_pJ_per_bit = 0;  // of every link crossed
  double memory_pJ_per_bit = 0;
};

// The actions of dies that cost energy: of one die, or summed over any number of dies, which 64 bits may not hold.
struct ActionCounts {
  Wide macs = 0;
  Wide vector_bytes = 0;
  Wide sram_read_bytes = 0, sram_write_bytes = 0;
  Wide dram_read_bytes = 0, dram_write_bytes = 0;
};

// Each of the actions: the counter of a die, and the sum that it is added to. energy_of() looks at no other
// counters.
template <auto Counter, Wide ActionCounts::*Sum>
struct CostedCounter {
  static constexpr auto counter = field_of<Counter>();
  static constexpr Wide ActionCounts::*sum = Sum;
};
inline constexpr std::tuple costed_counters{
    CostedCounter<&DieCounters::macs, &ActionCounts::macs>{},
    CostedCounter<&DieCounters::vector_bytes, &ActionCounts::vector_bytes>{},
    CostedCounter<&DieCounters::sram_read_bytes, &ActionCounts::sram_read_bytes>{},
    CostedCounter<&DieCounters::sram_write_bytes, &ActionCounts::sram_write_bytes>{},
    CostedCounter<&DieCounters::dram_read_bytes, &ActionCounts::dram_read_bytes>{},
    CostedCounter<&DieCounters::dram_write_bytes, &ActionCounts::dram_write_bytes>{}};

// Calls f(costed counter) for each of them.
template <class F>
constexpr void for_each_costed_counter(F&& f) {
  std::apply([&f](const auto&... each) { (f(each), ...); }, costed_counters);
}

ActionCounts actions_of(const DieCounters& die);

struct EnergyCounts {
  ActionCounts actions;
  Wide link_bits = 0;  // payload bits times die-to-die links crossed
  SimDuration time;    // how long the dies were powered
  std::uint64_t dies = 1;
};

struct EnergyBreakdown {
  double compute_J = 0;
  double sram_J = 0;
  double nop_J = 0;
  double dram_J = 0;
  double static_J = 0;
  constexpr double total_J() const { return compute_J + sram_J + nop_J + dram_J + static_J; }

  static constexpr auto fields() {
    using E = EnergyBreakdown;
    return FieldList(
        field<&E::compute_J>("compute_J", "J", "Energy of the matrix engine and the vector unit"),
        field<&E::sram_J>("sram_J", "J", "Energy of the buffers"),
        field<&E::nop_J>("nop_J", "J", "Energy of the links that leave the die or enter it from its IO die"),
        field<&E::dram_J>("dram_J", "J", "Energy of the DRAM bytes the die asked for"),
        field<&E::static_J>("static_J", "J", "Energy of static power over the whole run"));
  }
};
static_assert(lists_every_member<EnergyBreakdown>);

EnergyBreakdown energy_of(const EnergyCounts& counts, const EnergyTable& table);

}  // namespace hecaton::chiplet
