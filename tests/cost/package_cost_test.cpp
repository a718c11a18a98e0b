#include "core/cost/package_cost.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace hecaton::test::package_cost_test {
namespace {

using cost::CostConfig;
using cost::PackageContent;

PackageContent content() {
  PackageContent content;
  content.dies = 16;
  content.io_dies = 4;
  content.channels = 8;
  content.peak_TFLOPS = 32;
  content.buffers_MiB = 48;
  content.router_buffer_bytes = 160 * 1024;
  content.link_GBps = 64;
  content.capacity_GiB = 64;
  content.usd_per_GiB = 4;
  return content;
}

// By hand: 32 TFLOPS at 1 GHz are 16,000 units of 57.9 um2; a MiB is 8,388,608 bits of 0.0964 um2; four links of 2 x 64 GB/s
// at 145 GB/s per mm2; a tenth of the die is something else.
TEST(PackageCost, ADieIsTheSumOfWhatIsOnIt) {
  const cost::DieArea area = cost::die_area(content(), CostConfig{});
  EXPECT_NEAR(area.matrix, 0.9264, 1e-12);
  EXPECT_NEAR(area.sram, 38.8157669376, 1e-9);
  EXPECT_NEAR(area.router, 0.1 + 0.126353408, 1e-9);
  EXPECT_NEAR(area.phy, 512.0 / 145, 1e-12);
  EXPECT_NEAR(area.other, area.total() / 10, 1e-12);
}

TEST(PackageCost, PartsAreThoseOfTheFormulas) {
  CostConfig config;
  config.io_wafer = {2000, 0.2, 0.5};
  const cost::PackageCost cost = cost::package_cost(content(), config);
  const double io_mm2 = 2 * 64.0 / 145 + 10 * 8 / 4.0;
  const cost::TestedDie die = cost::tested_die(cost.area.total(), config.wafer, config);
  const cost::TestedDie io_die = cost::tested_die(io_mm2, config.io_wafer, config);
  const double substrate_mm2 = 1.1 * (16 * cost.area.total() + 4 * io_mm2);
  const double placed = 16 * die.usd + 4 * io_die.usd + 0.005 * substrate_mm2 + 0.5 * 20;
  double good = 0.99;
  for (int i = 0; i < 16; ++i) good *= die.good * 0.999;
  for (int i = 0; i < 4; ++i) good *= io_die.good * 0.999;
  EXPECT_NEAR(cost.yield, good, 1e-12);
  EXPECT_NEAR(cost.substrate_mm2, substrate_mm2, 1e-9);
  EXPECT_NEAR(cost.dies_usd, 16 * die.usd, 1e-9);
  EXPECT_NEAR(cost.io_dies_usd, 4 * io_die.usd, 1e-9);
  EXPECT_NEAR(cost.loss_usd, placed / good - placed, 1e-9);
  EXPECT_NEAR(cost.memory_usd, 8 * (5 + 4 * 64), 1e-9);
  EXPECT_NEAR(cost.total_usd(), placed / good + 8 * (5 + 4 * 64), 1e-9);
}

TEST(PackageCost, PartsAddUp) {
  const cost::PackageCost cost = cost::package_cost(content(), CostConfig{});
  EXPECT_EQ(cost.total_usd(), cost.dies_usd + cost.io_dies_usd + cost.substrate_usd + cost.assembly_usd +
                                  cost.loss_usd + cost.memory_usd);
}

// What a search for cheap packages relies on.
TEST(PackageCost, MoreOfAnythingCostsNoLess) {
  const std::function<void(PackageContent&)> more[] = {[](auto& c) { c.dies *= 2; },
                                                       [](auto& c) { c.peak_TFLOPS *= 2; },
                                                       [](auto& c) { c.buffers_MiB *= 2; },
                                                       [](auto& c) { c.link_GBps *= 2; },
                                                       [](auto& c) { c.channels *= 2; },
                                                       [](auto& c) { c.capacity_GiB *= 2; },
                                                       [](auto& c) { c.router_buffer_bytes *= 2; }};
  for (const cost::YieldModel yield : values_of<cost::YieldModel>()) {
    CostConfig config;
    config.yield = yield;
    const double before = cost::package_cost(content(), config).total_usd();
    for (const auto& change : more) {
      PackageContent changed = content();
      change(changed);
      EXPECT_GT(cost::package_cost(changed, config).total_usd(), before);
    }
  }
}

TEST(PackageCost, ASubstrateThatIsTooLargeIsTold) {
  CostConfig config;
  EXPECT_FALSE(cost::package_cost(content(), config).is_too_large);
  config.substrate_most_mm2 = 500;
  EXPECT_TRUE(cost::package_cost(content(), config).is_too_large);
}

TEST(PackageCost, APackageThatIsNeverGoodHasNoPrice) {
  CostConfig config;
  config.test_coverage = 0;
  PackageContent large = content();
  large.dies = 65'536;
  EXPECT_FALSE(cost::package_cost(large, config).can_be_made());
  EXPECT_TRUE(cost::package_cost(content(), config).can_be_made());
}

}  // namespace
}  // namespace hecaton::test::package_cost_test
