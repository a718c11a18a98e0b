#include "core/cost/silicon.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <tuple>

namespace hecaton::test::silicon_test {
namespace {

using cost::CostConfig;
using cost::YieldModel;

// A wafer of 300 mm that dies fill to its rim, without lines between them.
CostConfig bare_wafer() {
  CostConfig config;
  config.wafer_edge_mm = 0;
  config.scribe_mm = 0;
  return config;
}

// Hennessy and Patterson, Computer Architecture, 5th ed., pages 31 and 32: 270 dies of 1.5 cm and 640 of 1 cm on a wafer
// of 30 cm; yields of 0.40 and 0.66 with 0.031 defects per cm2 and 13.5 as the exponent.
TEST(Silicon, MeetsAPublishedExample) {
  CostConfig config = bare_wafer();
  config.clustering = 13.5;
  EXPECT_NEAR(cost::dies_per_wafer(225, config), 270, 1);  // rounded there, whole dies here
  EXPECT_NEAR(cost::dies_per_wafer(100, config), 640, 1);
  EXPECT_NEAR(cost::yield_of(225, 13.5 * 0.031, config), 0.40, 0.005);
  EXPECT_NEAR(cost::yield_of(100, 13.5 * 0.031, config), 0.66, 0.005);
}

TEST(Silicon, DiesOfAWaferAreThoseOfTheFormula) {
  const double pi = std::acos(-1.0);
  for (const double area : {0.5, 20.0, 123.4, 858.0}) {
    for (const auto& [diameter, edge, scribe] : {std::tuple{300.0, 3.0, 0.1}, {200.0, 0.0, 0.2}}) {
      CostConfig config;
      config.wafer_mm = diameter;
      config.wafer_edge_mm = edge;
      config.scribe_mm = scribe;
      const double d = diameter - 2 * edge, a = (std::sqrt(area) + scribe) * (std::sqrt(area) + scribe);
      EXPECT_EQ(cost::dies_per_wafer(area, config),
                std::floor(pi * d * d / 4 / a - pi * d / std::sqrt(2 * a)));
    }
  }
  EXPECT_EQ(cost::dies_per_wafer(60'000, CostConfig{}), 0);
}

TEST(Silicon, YieldsAreThoseOfTheFormulas) {
  for (const double area : {1.0, 50.0, 400.0, 800.0}) {
    for (const double defects : {0.0, 0.05, 0.1, 0.5}) {
      const double n = area / 100 * defects;
      CostConfig config;
      config.clustering = 2.5;
      EXPECT_NEAR(cost::yield_of(area, defects, config),
                  1 / (std::pow(1 + n / 2.5, 2) * std::sqrt(1 + n / 2.5)), 1e-12);
      config.yield = YieldModel::poisson;
      EXPECT_NEAR(cost::yield_of(area, defects, config), 1 / std::exp(n), 1e-12);
      config.yield = YieldModel::murphy;
      const double of_murphy = n == 0 ? 1 : (1 - std::exp(-n)) / n;
      EXPECT_NEAR(cost::yield_of(area, defects, config), of_murphy * of_murphy, 1e-12);
    }
  }
}

// Of 100 dies 60 are good and the test lets 10 % of the 40 others pass: 64 pass, and share what 100 cost.
TEST(Silicon, DiesThatPassPayForThoseThatDoNot) {
  CostConfig config = bare_wafer();
  config.yield = YieldModel::poisson;
  config.test_coverage = 0.9;
  const double defects = -std::log(0.6);  // of a die of 1 cm2
  const cost::TestedDie die =
      cost::tested_die(100, {.usd = 6400, .defects_per_cm2 = defects, .test_usd_per_die = 2}, config);
  EXPECT_EQ(die.per_wafer, 640);
  EXPECT_NEAR(die.yield, 0.6, 1e-12);
  EXPECT_NEAR(die.passing, 0.64, 1e-12);
  EXPECT_NEAR(die.good, 0.9375, 1e-12);
  EXPECT_NEAR(die.usd, (10 + 2) / 0.64, 1e-12);
}

TEST(Silicon, ADieThatFitsNoWaferHasNoPrice) {
  const cost::TestedDie die = cost::tested_die(60'000, {}, CostConfig{});
  EXPECT_EQ(die.usd, std::numeric_limits<double>::infinity());
}

}  // namespace
}  // namespace hecaton::test::silicon_test
