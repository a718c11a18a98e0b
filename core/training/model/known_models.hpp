// The models known by name: their public shapes, and what else was published with them.
//
// Tag PUBLIC. Shapes are those that are simulated: a vocabulary may be a padded one, a shared expert is a
// feed-forward network before the experts, and attention and a feed-forward network that a model has side by side
// stand one after the other.
#pragma once

#include <cstdint>
#include <span>

#include "core/engine/base/enum_names.hpp"
#include "core/training/model/config.hpp"

namespace hecaton::training {

// Linear layers that have a bias.
enum class Biases : std::uint8_t { none, qkv, all };

// What the models of a family have beside their linear layers and their embedding table. It is counted by
// parameters(), and not simulated. A vector has as many features as the stream; a norm has one of gains, and one of
// biases if it subtracts the mean.
struct Extras {
  std::uint32_t layer_vectors = 0;  // of the norms of a layer, and what else it has
  std::uint32_t vectors = 0;        // outside the layers: last norm, and what else but positions
  std::uint32_t positions = 0;      // learned, a vector each
  std::uint32_t head_vectors =
      0;  // of each attention, with the features of a head: gains of norms of queries and keys
  Biases biases = Biases::none;
};

// Models that differ in nothing but shapes. `llama` is also Mistral, Mixtral and Phi-3.
enum class Family : std::uint8_t {
  llama,
  qwen2,
  qwen2_moe,
  qwen3,
  gemma2,
  falcon,
  gpt2,
  gpt3,
  opt,
  bloom,
  bert
};

const Extras& extras_of(Family family);

struct KnownModel {
  ModelConfig shapes;
  Family family = Family::llama;
  std::uint32_t vocabulary = 0;  // as published, where the shapes have a padded one; else 0
};

std::span<const KnownModel> known_models();

}  // namespace hecaton::training
