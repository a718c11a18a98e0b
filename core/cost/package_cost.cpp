#include "core/cost/package_cost.hpp"

#include <cmath>

namespace hecaton::cost {

namespace {

constexpr double mm2_per_um2 = 1e-6;
constexpr double bits_per_MiB = 8.0 * 1024 * 1024;

double sram_mm2(double bits, const CostConfig& config) {
  return bits * config.sram_um2_per_bit * mm2_per_um2;
}

double phy_mm2(std::uint32_t links, double link_GBps, const CostConfig& config) {
  return 2 * links * link_GBps / config.phy_GBps_per_mm2;
}

}  // namespace

DieArea die_area(const PackageContent& content, const CostConfig& config) {
  constexpr double GFLOPS_per_TFLOPS = 1e3, operations_per_mac = 2;
  const double macs = content.peak_TFLOPS * GFLOPS_per_TFLOPS / operations_per_mac / config.matrix_clock_GHz;
  DieArea area;
  area.matrix = macs * config.mac_um2 * mm2_per_um2;
  area.sram = sram_mm2(content.buffers_MiB * bits_per_MiB, config);
  area.router = config.router_mm2 + sram_mm2(8 * content.router_buffer_bytes, config);
  area.phy = phy_mm2(content.links_of_die, content.link_GBps, config);
  area.other = area.total() * config.other_share / (1 - config.other_share);
  return area;
}

bool PackageCost::can_be_made() const {
  return std::isfinite(total_usd());
}

PackageCost package_cost(const PackageContent& content, const CostConfig& config) {
  PackageCost cost;
  const auto dies = static_cast<double>(content.dies), io_dies = static_cast<double>(content.io_dies);
  const auto channels = static_cast<double>(content.channels);
  cost.area = die_area(content, config);
  cost.die = tested_die(cost.area.total(), config.wafer, config);
  if (content.io_dies > 0) {
    const double area = phy_mm2(content.links_of_io_die, content.link_GBps, config) +
                        config.io_mm2_per_channel * channels / io_dies;
    cost.io_die = tested_die(area, config.io_wafer, config);
  }
  cost.substrate_mm2 = config.spacing * (dies * cost.die.area_mm2 + io_dies * cost.io_die.area_mm2);
  cost.is_too_large = cost.substrate_mm2 > config.substrate_most_mm2;
  const double good_io_dies = content.io_dies > 0 ? std::pow(cost.io_die.good, io_dies) : 1;
  cost.yield = config.substrate_yield * std::pow(cost.die.good, dies) * good_io_dies *
               std::pow(config.assembly_yield_per_die, dies + io_dies);
  cost.dies_usd = dies * cost.die.usd;
  cost.io_dies_usd = io_dies * cost.io_die.usd;
  cost.substrate_usd = cost.substrate_mm2 * config.substrate_usd_per_mm2;
  cost.assembly_usd = config.assembly_usd_per_die * (dies + io_dies);
  cost.loss_usd = cost.total_usd() * (1 / cost.yield - 1);
  cost.memory_usd = channels * (config.dram_usd_per_channel + content.usd_per_GiB * content.capacity_GiB);
  return cost;
}

}  // namespace hecaton::cost
