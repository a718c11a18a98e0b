// The table [cost] and its presets: a process for the compute dies, and a kind of package.
#include <fmt/format.h>

#include "io/deck/presets.hpp"
#include "io/deck/registry_entry.hpp"

namespace hecaton::io {
namespace {

// Sources: README.md of io/deck.

struct Process {
  std::string_view name;
  double shrink;  // areas over those of 12 nm
  double wafer_usd;
};
constexpr Process processes[] = {{"12nm", 1.0, 3984}, {"7nm", 0.7, 9346}};

struct Package {
  std::string_view name;
  std::string_view text;
  double phy_GBps_per_mm2;
  double substrate_usd_per_mm2;
  double substrate_yield;
  double substrate_most_mm2;
  double assembly_yield_per_die;
};
constexpr Package packages[] = {
    {"organic", "an organic substrate", 145, 0.005, 0.99, 14'400, 0.9995},
    {"fan-out", "a fan-out package", 631, 0.015, 0.98, 5'000, 0.999},
    {"interposer", "a silicon interposer", 947, 0.04, 0.95, 2'831, 0.999},
};

Preset preset_of(const Process& process, const Package& package) {
  constexpr double mac_um2 = 57.9, sram_um2_per_bit = 0.0964;  // at 12 nm
  const Tag area = process.shrink == 1.0 ? Tag::public_source : Tag::derived;
  return {fmt::format("{}-{}", process.name, package.name),
          fmt::format("compute dies of {} on {}", process.name, package.text),
          {{"mac_um2", process.shrink * mac_um2, area},
           {"sram_um2_per_bit", process.shrink * sram_um2_per_bit, area},
           {"wafer_usd", process.wafer_usd, Tag::public_source},
           {"phy_GBps_per_mm2", package.phy_GBps_per_mm2, Tag::public_source},
           {"substrate_usd_per_mm2", package.substrate_usd_per_mm2, Tag::assumed},
           {"substrate_yield", package.substrate_yield, Tag::assumed},
           {"substrate_most_mm2", package.substrate_most_mm2, Tag::assumed},
           {"assembly_yield_per_die", package.assembly_yield_per_die, Tag::assumed}}};
}

std::span<const Preset> cost_presets() {
  static const std::vector<Preset> presets = [] {
    std::vector<Preset> all;
    for (const Process& process : processes)
      for (const Package& package : packages) all.push_back(preset_of(process, package));
    return all;
  }();
  return presets;
}

// A key of numbers of programs that compute: what else is priced is of no use without them.
template <class Field>
Key price(std::string_view name, RealType range, std::string_view unit, std::string_view text, Field field) {
  return key(name, range, unit, Tag::assumed, ActsOn::computation, text, field);
}

std::vector<Key> area_keys() {
  return {
      price(
          "mac_um2", RealType{0, 1e6}, "um2", "Area of a multiply-accumulate unit.",
          [](auto& d) -> auto& { return d.cost.mac_um2; }),
      price(
          "matrix_clock_GHz", RealType{1e-3, 100}, "GHz",
          "Of these units: die.peak_TFLOPS over it is how many a die has. 0.5 to 2 are usual.",
          [](auto& d) -> auto& { return d.cost.matrix_clock_GHz; }),
      price(
          "sram_um2_per_bit", RealType{0, 1e3}, "um2", "Area of a bit of buffers, of dies and routers.",
          [](auto& d) -> auto& { return d.cost.sram_um2_per_bit; }),
      price(
          "router_mm2", RealType{0, 1e3}, "mm2", "Area of a router but for its buffers. 0.05 to 0.5.",
          [](auto& d) -> auto& { return d.cost.router_mm2; }),
      price(
          "phy_GBps_per_mm2", RealType{1e-3, 1e9}, "GB/s/mm2",
          "Bandwidth of die-to-die PHYs, of both directions together, in their area.",
          [](auto& d) -> auto& { return d.cost.phy_GBps_per_mm2; }),
      price(
          "other_share", RealType{0, 0.95}, "",
          "Share of a compute die that is anything else: vector unit, control, clocks, pads. 0.05 to 0.3.",
          [](auto& d) -> auto& { return d.cost.other_share; }),
      price(
          "io_mm2_per_channel", RealType{0, 1e3}, "mm2",
          "Area of an IO die for each DRAM channel, beside the PHY of its link. 5 to 20.",
          [](auto& d) -> auto& { return d.cost.io_mm2_per_channel; })};
}

std::vector<Key> wafer_keys() {
  return {
      price(
          "wafer_usd", RealType{0, 1e9}, "USD", "A processed wafer of compute dies.",
          [](auto& d) -> auto& { return d.cost.wafer.usd; }),
      price(
          "defects_per_cm2", RealType{0, 1e3}, "1/cm2", "Defects of such a wafer. 0.05 to 0.3.",
          [](auto& d) -> auto& { return d.cost.wafer.defects_per_cm2; }),
      price(
          "test_usd_per_die", RealType{0, 1e6}, "USD",
          "Test of a compute die on its wafer, good or bad. 0.1 to 5.",
          [](auto& d) -> auto& { return d.cost.wafer.test_usd_per_die; }),
      price(
          "io_wafer_usd", RealType{0, 1e9}, "USD", "A processed wafer of IO dies.",
          [](auto& d) -> auto& { return d.cost.io_wafer.usd; }),
      price(
          "io_defects_per_cm2", RealType{0, 1e3}, "1/cm2", "Defects of such a wafer. 0.05 to 0.3.",
          [](auto& d) -> auto& { return d.cost.io_wafer.defects_per_cm2; }),
      price(
          "io_test_usd_per_die", RealType{0, 1e6}, "USD", "Test of an IO die on its wafer. 0.1 to 5.",
          [](auto& d) -> auto& { return d.cost.io_wafer.test_usd_per_die; }),
      price(
          "wafer_mm", RealType{10, 1000}, "mm", "Diameter of wafers.",
          [](auto& d) -> auto& { return d.cost.wafer_mm; }),
      price(
          "wafer_edge_mm", RealType{0, 4.9}, "mm", "Rim of a wafer that holds no die.",
          [](auto& d) -> auto& { return d.cost.wafer_edge_mm; }),
      price(
          "scribe_mm", RealType{0, 10}, "mm", "Between dies of a wafer.",
          [](auto& d) -> auto& { return d.cost.scribe_mm; }),
      key(
          "yield_model", choice_of<cost::YieldModel>(), "", Tag::assumed, ActsOn::computation,
          "Share of dies of area A that D defects per area leave good. negative-binomial: (1 + A D / c)^-c; "
          "poisson: e^(-A D); murphy: ((1 - e^(-A D)) / (A D))^2.",
          [](auto& d) -> auto& { return d.cost.yield; }),
      price(
          "clustering", RealType{1e-3, 1e6}, "", "c of the negative binomial yield. 1.5 to 15.",
          [](auto& d) -> auto& { return d.cost.clustering; }),
      price(
          "test_coverage", RealType{0, 1}, "",
          "Share of bad dies that the test of a wafer finds; a package with another one is thrown away. "
          "0.95 to 1.",
          [](auto& d) -> auto& { return d.cost.test_coverage; })};
}

std::vector<Key> package_keys() {
  return {price(
              "substrate_usd_per_mm2", RealType{0, 1e3}, "USD/mm2", "The substrate or interposer.",
              [](auto& d) -> auto& { return d.cost.substrate_usd_per_mm2; }),
          price(
              "substrate_yield", RealType{1e-3, 1}, "", "Share of substrates that are good.",
              [](auto& d) -> auto& { return d.cost.substrate_yield; }),
          price(
              "substrate_most_mm2", RealType{1, 1e9}, "mm2",
              "Largest substrate of this kind. A larger one is priced all the same, and told.",
              [](auto& d) -> auto& { return d.cost.substrate_most_mm2; }),
          price(
              "spacing", RealType{1, 100}, "", "Area of the substrate over that of its dies. 1.05 to 1.5.",
              [](auto& d) -> auto& { return d.cost.spacing; }),
          price(
              "assembly_usd_per_die", RealType{0, 1e6}, "USD", "To place a die. 0.1 to 5.",
              [](auto& d) -> auto& { return d.cost.assembly_usd_per_die; }),
          price(
              "assembly_yield_per_die", RealType{0.5, 1}, "",
              "Share of dies that are placed well; one that is not costs the package. 0.99 to 0.9999.",
              [](auto& d) -> auto& { return d.cost.assembly_yield_per_die; }),
          price(
              "dram_usd_per_channel", RealType{0, 1e6}, "USD",
              "Of each DRAM channel, beside what it holds (memory.usd_per_GiB). 1 to 50.",
              [](auto& d) -> auto& { return d.cost.dram_usd_per_channel; })};
}

}  // namespace

Table cost_table() {
  std::vector<Key> keys = {key(
      "preset", choice_or_none(cost_presets()), "", Tag::assumed, ActsOn::computation,
      "Fills keys of this table: process of the compute dies and kind of package; a key given here overrides "
      "it.",
      [](auto& d) -> auto& { return d.cost_preset; })};
  for (std::vector<Key> part : {area_keys(), wafer_keys(), package_keys()})
    keys.insert(keys.end(), part.begin(), part.end());
  return filled_table(
      table("cost", "What the package costs; nothing that is simulated depends on it.", std::move(keys)),
      cost_presets());
}

}  // namespace hecaton::io
