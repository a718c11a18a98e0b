#include "core/chiplet/program/energy.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <tuple>

#include "core/chiplet/program/counters.hpp"

namespace hecaton::chiplet::energy_test {
namespace {

EnergyTable table() {
  EnergyTable t;
  t.actions = {0.5, 0.25, 2.0, 3.0, 0.4, 1.5};
  t.link_pJ_per_bit = 0.2;  // and 0.4 of a router
  t.memory_pJ_per_bit = 12.0;
  return t;
}

EnergyCounts counts_of(std::uint64_t scale) {
  EnergyCounts c;
  c.actions.macs = 1'000'000'000 * scale;
  c.actions.vector_bytes = 4'000'000 * scale;
  c.actions.sram_read_bytes = 10'000'000 * scale;
  c.actions.sram_write_bytes = 5'000'000 * scale;
  c.link_bits = 80'000'000 * scale;
  c.actions.dram_read_bytes = 700'000 * scale;
  c.actions.dram_write_bytes = 300'000 * scale;
  c.time = {2'000'000};  // 2 us
  c.dies = scale;
  return c;
}

TEST(Energy, IsCountTimesCostByPart) {
  const EnergyBreakdown e = energy_of(counts_of(1), table());
  EXPECT_DOUBLE_EQ(e.compute_J, 501e-6);  // 1e9 x 0.5 pJ + 4e6 x 0.25 pJ
  EXPECT_DOUBLE_EQ(e.sram_J, 35e-6);      // 1e7 x 2 pJ + 5e6 x 3 pJ
  EXPECT_DOUBLE_EQ(e.nop_J, 48e-6);       // 8e7 x (0.2 + 0.4) pJ
  EXPECT_DOUBLE_EQ(e.dram_J, 96e-6);      // 8e6 bit x 12 pJ
  EXPECT_DOUBLE_EQ(e.static_J, 3e-6);     // 1.5 W x 2 us
  EXPECT_DOUBLE_EQ(e.total_J(), 683e-6);
}

TEST(Energy, OfThePackageIsTheSumOfItsDies) {
  EnergyCounts package = counts_of(0);
  double dies_J = 0;
  for (std::uint64_t i = 1; i <= 64; ++i) {
    EnergyCounts die = counts_of(i);
    die.dies = 1;
    dies_J += energy_of(die, table()).total_J();
    for_each_costed_counter([&](const auto& each) { package.actions.*each.sum += die.actions.*each.sum; });
    package.link_bits += die.link_bits;
    package.dies += 1;
  }
  const double package_J = energy_of(package, table()).total_J();
  EXPECT_NEAR(dies_J / package_J, 1.0, 1e-13);
  EXPECT_NEAR(package_J, 680e-6 * (64 * 65 / 2) + 64 * 3e-6, 1e-12 * 1e3);
}

// A trace is costed again from these columns alone.
TEST(Energy, DependsOnTheCostedCountersAndNoOther) {
  for_each_field<DieCounters>([&](const auto& field) {
    DieCounters die;
    die.*field.member += 1'000'000;
    EnergyCounts counts;
    counts.actions = actions_of(die);
    bool is_costed = false;
    for_each_costed_counter([&](const auto& costed) {
      if (std::string_view(costed.counter.name) == field.name) is_costed = true;
    });
    EXPECT_EQ(energy_of(counts, table()).total_J() > 0, is_costed) << field.name;
  });
}

}  // namespace
}  // namespace hecaton::chiplet::energy_test
