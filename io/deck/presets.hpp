// Named sets of values that fill a table: links, memories, energies and, by kind of workload, more; each value
// with its tag. A key that the deck gives itself overrides the preset's value.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "io/deck/registry.hpp"

namespace hecaton::io {

// The presets of the hardware.
std::span<const Preset> link_presets();
std::span<const Preset> memory_presets();
std::span<const Preset> energy_presets();

// The presets that may fill this table; none for most tables.
std::span<const Preset> presets_of(std::string_view table);
const Preset* find_preset(std::string_view table, std::string_view name);
std::vector<std::string_view> preset_names(std::string_view table);

// Whether the preset gives this key of its table a value.
bool preset_fills(const Preset& preset, std::string_view key);

// Sets what the preset sets.
void apply_preset(Deck& deck, std::string_view table, const Preset& preset);

// The preset that the deck says filled this table; null where there is none.
const Preset* preset_in_use(const Deck& deck, std::string_view table);

}  // namespace hecaton::io
