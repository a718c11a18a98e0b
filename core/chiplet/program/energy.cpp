#include "core/chiplet/program/energy.hpp"

namespace hecaton::chiplet {

ActionCounts actions_of(const DieCounters& die) {
  ActionCounts actions;
  for_each_costed_counter([&](const auto& each) { actions.*each.sum = die.*each.counter.member; });
  return actions;
}

EnergyBreakdown energy_of(const EnergyCounts& counts, const EnergyTable& table) {
  constexpr double J_per_pJ = 1e-12;
  const auto cost_J = [](Wide count, double each_pJ) {
    return static_cast<double>(count) * each_pJ * J_per_pJ;
  };
  const ActionCounts& a = counts.actions;
  EnergyBreakdown energy;
  energy.compute_J = cost_J(a.macs, table.actions.matrix_pJ_per_MAC) +
                     cost_J(a.vector_bytes, table.actions.vector_pJ_per_byte);
  energy.sram_J = cost_J(a.sram_read_bytes, table.actions.sram_read_pJ_per_byte) +
                  cost_J(a.sram_write_bytes, table.actions.sram_write_pJ_per_byte);
  energy.nop_J = cost_J(counts.link_bits, table.link_pJ_per_bit + table.actions.router_pJ_per_bit);
  energy.dram_J = cost_J(a.dram_read_bytes + a.dram_write_bytes, 8 * table.memory_pJ_per_bit);
  energy.static_J =
      static_cast<double>(counts.dies) * to_seconds(counts.time) * table.actions.static_W_per_die;
  return energy;
}

}  // namespace hecaton::chiplet
