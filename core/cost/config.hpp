// What silicon, packages and memory cost: plain values in the units that such figures are published in.
#pragma once

#include <cstdint>

#include "core/engine/base/enum_names.hpp"

namespace hecaton::cost {

// Of dies of area A, with D defects per area: negative binomial (1 + A D / c)^-c, Poisson e^(-A D),
// Murphy ((1 - e^(-A D)) / (A D))^2.
enum class YieldModel : std::uint8_t { negative_binomial, poisson, murphy };
constexpr auto enum_names(std::type_identity<YieldModel>) {
  using enum YieldModel;
  return named<YieldModel>(
      {{negative_binomial, "negative-binomial"}, {poisson, "poisson"}, {murphy, "murphy"}});
}

// A process in which dies are made.
struct WaferConfig {
  double usd = 3984;  // of a processed wafer
  double defects_per_cm2 = 0.1;
  double test_usd_per_die = 1.0;  // of every die of the wafer, good or bad
};

struct CostConfig {
  // What of a compute die is made of what.
  double mac_um2 = 57.9;          // one multiply-accumulate unit
  double matrix_clock_GHz = 1.0;  // peak rate over this is how many of them there are
  double sram_um2_per_bit = 0.0964;
  double router_mm2 = 0.1;        // but for its buffers, which are SRAM
  double phy_GBps_per_mm2 = 145;  // of die-to-die links, both directions together
  double other_share = 0.1;       // of a die: vector unit, control, clocks, pads
  // Where dies are made.
  WaferConfig wafer;
  WaferConfig io_wafer;
  double wafer_mm = 300;     // diameter
  double wafer_edge_mm = 3;  // of which no die is good
  double scribe_mm = 0.1;    // between dies
  YieldModel yield = YieldModel::negative_binomial;
  double clustering = 3;        // of defects: c of the negative binomial model
  double test_coverage = 0.99;  // share of bad dies that the test of a wafer finds
  // An IO die: its links, as the compute dies', and what its channels need.
  double io_mm2_per_channel = 10;
  // The package.
  double substrate_usd_per_mm2 = 0.005;
  double substrate_yield = 0.99;
  double substrate_most_mm2 = 10'000;
  double spacing = 1.1;  // area of the substrate over that of the dies on it
  double assembly_usd_per_die = 0.5;
  double assembly_yield_per_die = 0.999;
  // Memory behind the IO dies, bought tested.
  double dram_usd_per_channel = 5;  // of each channel, beside what it holds
};

}  // namespace hecaton::cost
