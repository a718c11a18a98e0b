#include "core/cost/silicon.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace hecaton::cost {

double dies_per_wafer(double die_mm2, const CostConfig& config) {
  const double side = std::sqrt(die_mm2) + config.scribe_mm;
  const double area = side * side;
  const double diameter = config.wafer_mm - 2 * config.wafer_edge_mm;
  const double radius = diameter / 2;
  const double cut_off = std::numbers::pi * diameter / std::sqrt(2 * area);
  return std::max(0.0, std::floor(std::numbers::pi * radius * radius / area - cut_off));
}

double yield_of(double die_mm2, double defects_per_cm2, const CostConfig& config) {
  constexpr double mm2_per_cm2 = 100;
  const double defects = die_mm2 / mm2_per_cm2 * defects_per_cm2;
  if (defects == 0) return 1;
  switch (config.yield) {
    case YieldModel::negative_binomial:
      return std::pow(1 + defects / config.clustering, -config.clustering);
    case YieldModel::poisson:
      return std::exp(-defects);
    case YieldModel::murphy:
      return std::pow(-std::expm1(-defects) / defects, 2);
  }
  return 0;
}

TestedDie tested_die(double die_mm2, const WaferConfig& wafer, const CostConfig& config) {
  TestedDie die;
  die.area_mm2 = die_mm2;
  die.per_wafer = dies_per_wafer(die_mm2, config);
  die.yield = yield_of(die_mm2, wafer.defects_per_cm2, config);
  die.passing = die.yield + (1 - die.yield) * (1 - config.test_coverage);
  die.good = die.yield / die.passing;
  die.usd = die.per_wafer > 0 ? (wafer.usd / die.per_wafer + wafer.test_usd_per_die) / die.passing
                              : std::numeric_limits<double>::infinity();
  return die;
}

}  // namespace hecaton::cost
