// What a package costs, as a pure function of what is in it and a table: known-good dies, substrate, assembly, memory.
//
// A compute die is its multiply-accumulate units, its buffers, its router, the PHYs of its links, and a share for all else.
// Dies are put onto the substrate one by one; the package is thrown away if one of them was bad after all, if one was not
// placed well, or if the substrate was bad. So a good package costs
//
//     (compute dies + IO dies + substrate + assembly) / (substrate yield x (good x assembly yield)^dies) + memory.
//
// The parts that are told share this loss: they add up to the total. Areas in mm2, money in US dollars.
#pragma once

#include <cstdint>

#include "core/cost/config.hpp"
#include "core/cost/silicon.hpp"

namespace hecaton::cost {

// What is in a package.
struct PackageContent {
  std::uint64_t dies = 0;  // compute dies that are placed, dead ones among them
  std::uint64_t io_dies = 0;
  std::uint64_t channels = 0;
  double peak_TFLOPS = 0;          // of a die
  double buffers_MiB = 0;          // of a die, weights and activations
  double router_buffer_bytes = 0;  // of a die
  double link_GBps = 0;            // of a link, one direction
  std::uint32_t links_of_die = 4;
  std::uint32_t links_of_io_die = 1;
  double capacity_GiB = 0;  // of a channel
  double usd_per_GiB = 0;
};

// Where the area of a compute die goes, mm2.
struct DieArea {
  double matrix = 0;
  double sram = 0;  // of the buffers
  double router = 0;
  double phy = 0;
  double other = 0;
  double total() const { return matrix + sram + router + phy + other; }
};
DieArea die_area(const PackageContent& content, const CostConfig& config);

struct PackageCost {
  DieArea area;
  TestedDie die;
  TestedDie io_die;
  double substrate_mm2 = 0;
  bool is_too_large = false;  // for the kind of substrate
  double yield = 0;           // of the assembled package
  // Parts of a good package; they add up to the total.
  double dies_usd = 0;
  double io_dies_usd = 0;
  double substrate_usd = 0;
  double assembly_usd = 0;
  double loss_usd = 0;  // packages that are thrown away
  double memory_usd = 0;
  // Not if no die fits a wafer, or next to no package is good.
  bool can_be_made() const;
  double total_usd() const {
    return dies_usd + io_dies_usd + substrate_usd + assembly_usd + loss_usd + memory_usd;
  }
};
PackageCost package_cost(const PackageContent& content, const CostConfig& config);

}  // namespace hecaton::cost
