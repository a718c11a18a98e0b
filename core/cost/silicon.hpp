// From a die's area to what one that has passed its test costs.
//
// Areas are in mm2, money in US dollars. Sources: dies per wafer and yield as in Hennessy and Patterson, Computer
// Architecture, 5th ed., 1.6, whose Bose-Einstein yield (1 + A D)^-N is the negative binomial one with c = N and N times
// the defects; Murphy, Proc. IEEE 52 (1964), 1537; Stapper, IBM J. Res. Dev. 27 (1983), 549.
#pragma once

#include "core/cost/config.hpp"

namespace hecaton::cost {

// Whole dies of a wafer: pi (d/2)^2 / A - pi d / sqrt(2 A), rounded down, d being the diameter that can be used and A the area
// of a square die with its scribe line. 0 if none fits.
double dies_per_wafer(double die_mm2, const CostConfig& config);

// Share of dies without a defect.
double yield_of(double die_mm2, double defects_per_cm2, const CostConfig& config);

// A die that has passed the test of its wafer.
struct TestedDie {
  double area_mm2 = 0;
  double per_wafer = 0;
  double yield = 0;    // good dies of all
  double passing = 0;  // dies that pass of all: the good ones, and bad ones that the test does not find
  double good = 0;     // good dies of those that pass
  double usd = 0;      // of one that passes; infinite if no die fits a wafer
};
TestedDie tested_die(double die_mm2, const WaferConfig& wafer, const CostConfig& config);

}  // namespace hecaton::cost
