// Named sets of values that fill a table: links, memories, energies and models, each value with its tag. A
// key that the deck gives itself overrides the preset's value.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/deck/registry.hpp"

namespace hecaton::io {

struct PresetValue {
  std::string_view key;  // in the preset's table
  Value value;
  Tag tag;
};

struct Preset {
  std::string name;
  std::string text;
  std::vector<PresetValue> values;
};

// The presets of "link", "memory", "energy" or "training.model"; none for other tables.
std::span<const Preset> presets_of(std::string_view table);
const Preset* find_preset(std::string_view table, std::string_view name);
std::vector<std::string_view> preset_names(std::string_view table);

// Sets what the preset sets.
void apply_preset(Deck& deck, std::string_view table, const Preset& preset);

// The preset that the deck says filled this table; null where there is none.
const Preset* preset_in_use(const Deck& deck, std::string_view table);

}  // namespace hecaton::io
