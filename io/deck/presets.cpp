#include "io/deck/presets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace hecaton::io {
namespace {

// Sources: README.md of this folder.

// UCIe: lanes per module and direction, and the energy per bit up to 16 GT/s and above it (public
// specification).
struct UciePackage {
  std::string_view name;
  int lanes;
  double slow_pJ_per_bit;
  double fast_pJ_per_bit;
};
constexpr UciePackage ucie_packages[] = {{"standard", 16, 0.5, 0.6}, {"advanced", 64, 0.25, 0.3}};
constexpr int ucie_rates_GTps[] = {4, 8, 12, 16, 24, 32};

Preset ucie(const UciePackage& package, int rate_GTps) {
  const double bandwidth_GBps = package.lanes * rate_GTps / 8.0;
  return {
      fmt::format("ucie-{}-x{}-{}", package.name, package.lanes, rate_GTps),
      fmt::format("one UCIe {}-package module, {} lanes at {} GT/s", package.name, package.lanes, rate_GTps),
      {{"bandwidth_GBps", bandwidth_GBps, Tag::derived},
       {"latency_ns", 2.0, Tag::public_source},
       {"energy_pJ_per_bit", rate_GTps <= 16 ? package.slow_pJ_per_bit : package.fast_pJ_per_bit,
        Tag::public_source}}};
}

std::vector<Preset> make_link_presets() {
  std::vector<Preset> presets;
  for (const UciePackage& package : ucie_packages) {
    for (const int rate : ucie_rates_GTps) presets.push_back(ucie(package, rate));
  }
  return presets;
}

std::vector<Preset> make_memory_presets() {
  return {{"ddr5-6400",
           "one DDR5-6400 channel: 6.4 GT/s x 8 bytes",
           {{"bandwidth_GBps", 51.2, Tag::derived},
            {"energy_pJ_per_bit", 11.8, Tag::public_source},
            {"usual_capacity_GiB", 64.0, Tag::assumed},
            {"usd_per_GiB", 4.0, Tag::assumed}}},
          {"hbm2",
           "one HBM2 stack",
           {{"bandwidth_GBps", 256.0, Tag::public_source},
            {"energy_pJ_per_bit", 3.9, Tag::public_source},
            {"usual_capacity_GiB", 8.0, Tag::public_source},
            {"usd_per_GiB", 15.0, Tag::assumed}}}};
}

// A multiply-accumulate is a product and a sum; SRAM is made of banks of 32 KiB.
std::vector<Preset> make_energy_presets() {
  const auto horowitz = [](std::string name, const char* type, double product_pJ, double sum_pJ) {
    return Preset{std::move(name),
                  fmt::format("{} in 45 nm, by Horowitz", type),
                  {{"matrix_pJ_per_MAC", product_pJ + sum_pJ, Tag::derived},
                   {"sram_read_pJ_per_byte", 20.0 / 8, Tag::derived},
                   {"sram_write_pJ_per_byte", 20.0 / 8, Tag::derived}}};
  };
  const double baton_pJ_per_bit = 0.0165 * 32 + 0.284;
  return {horowitz("45nm-fp32", "32-bit floating point", 3.7, 0.9),
          horowitz("45nm-fp16", "16-bit floating point", 1.1, 0.4),
          horowitz("45nm-int8", "8-bit integers", 0.2, 0.03),
          {"nn-baton",
           "8-bit integers, by NN-Baton",
           {{"matrix_pJ_per_MAC", 0.024, Tag::public_source},
            {"sram_read_pJ_per_byte", 8 * baton_pJ_per_bit, Tag::derived},
            {"sram_write_pJ_per_byte", 8 * baton_pJ_per_bit, Tag::derived}}}};
}

}  // namespace

std::span<const Preset> link_presets() {
  static const std::vector<Preset> presets = make_link_presets();
  return presets;
}

std::span<const Preset> memory_presets() {
  static const std::vector<Preset> presets = make_memory_presets();
  return presets;
}

std::span<const Preset> energy_presets() {
  static const std::vector<Preset> presets = make_energy_presets();
  return presets;
}

std::span<const Preset> presets_of(std::string_view name) {
  const Table* table = find_table(name);
  return table == nullptr ? std::span<const Preset>() : table->presets;
}

const Preset* find_preset(std::string_view table, std::string_view name) {
  for (const Preset& preset : presets_of(table)) {
    if (preset.name == name) return &preset;
  }
  return nullptr;
}

std::vector<std::string_view> preset_names(std::string_view table) {
  std::vector<std::string_view> names;
  for (const Preset& preset : presets_of(table)) names.push_back(preset.name);
  return names;
}

bool preset_fills(const Preset& preset, std::string_view key) {
  return std::any_of(preset.values.begin(), preset.values.end(),
                     [&](const PresetValue& value) { return value.key == key; });
}

void apply_preset(Deck& deck, std::string_view table, const Preset& preset) {
  for (const PresetValue& entry : preset.values) {
    const Key* key = find_key(table, entry.key);
    key->set(deck, *key, entry.value);
  }
}

const Preset* preset_in_use(const Deck& deck, std::string_view table) {
  const Table* filled = find_table(table);
  if (filled == nullptr || filled->preset_key.empty()) return nullptr;
  const Key& chooses = *find_key(table, filled->preset_key);
  return find_preset(table, std::get<std::string>(chooses.get(deck, chooses)));
}

}  // namespace hecaton::io
