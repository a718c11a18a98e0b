// The architectures of models whose config.json can be read, and what each of their keys says.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/training/model/known_models.hpp"

namespace hecaton::io {

// A whole number that is a shape of the model.
struct ShapeKey {
  std::string_view name;
  std::uint32_t training::ModelConfig::*shape;
  std::uint32_t least, most;  // as in a deck
  bool is_required;           // else null or none: follows from the others (Architecture)
};

// A key that has to have one value, which is also what it has if it is left out: with any other the model is one that is
// not known. The value is written as JSON.
struct FixedKey {
  std::string_view name;
  std::string_view value;
};

struct Architecture {
  std::string_view name;        // as the key "architectures" has it
  std::string_view model_type;  // as the key of this name has it
  training::Family family;
  std::span<const ShapeKey> shapes;
  std::span<const FixedKey> fixed;
  std::string_view positions = {};  // the key that counts learned positions
  std::string_view passed = {};     // a key of its own that changes no shape
  bool is_tied = false;             // if it is not said
  // Key/value heads if they are not said: 0: as many as heads. Features of the network: 4 h.
  std::uint32_t kv_heads = 0;
  bool is_gated = true;
  bool has_soft_caps = false;        // unless it is said that they are null
  std::uint32_t more_positions = 0;  // than the key says
};

std::span<const Architecture> architectures();

// Keys of any architecture that change no shape: what is left out at random, token ids, initialisation, types of
// elements, positions by rotation, windows of attention, how text is generated.
bool changes_no_shape(std::string_view key);
// Keys of any architecture that have to have one value.
std::span<const FixedKey> fixed_keys();

}  // namespace hecaton::io
