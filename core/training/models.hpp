// The models known by name, by their public shapes, and what follows from a model's shapes alone.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/training/config.hpp"

namespace hecaton::training {

// Tag PUBLIC: the published configurations of the models.
std::span<const ModelConfig> known_models();
std::vector<std::string_view> model_names();
const ModelConfig* find_model(std::string_view name);  // nullptr if unknown

// Bytes of a weight, an activation or a gradient (bf16), and of a scalar of norms, softmax and loss (fp32).
inline constexpr std::uint64_t element_bytes = 2;
inline constexpr std::uint64_t scalar_bytes = 4;

// Features of a head; hidden is a multiple of heads (checked by plan_step).
constexpr std::uint64_t head_size(const ModelConfig& m) {
  return m.hidden / m.heads;
}
// Outputs of the first linear layer of the feed-forward network: gate and up, or up alone.
constexpr std::uint64_t up_features(const ModelConfig& m) {
  return std::uint64_t{m.ffn} * (m.gated ? 2 : 1);
}
// Queries, keys and values of a token, each head once.
constexpr std::uint64_t qkv_features(const ModelConfig& m) {
  return m.hidden + 2 * m.kv_heads * head_size(m);
}
// Weights that choose a token's experts.
constexpr std::uint64_t router_weights(const ModelConfig& m) {
  return m.experts > 1 ? std::uint64_t{m.hidden} * m.experts : 0;
}
// Weights of the linear layers of one Transformer layer, and those of them that a token passes. The gains of
// the norms (2 x hidden) are left out: less than a ten-thousandth.
constexpr std::uint64_t layer_weights(const ModelConfig& m, std::uint64_t experts) {
  return m.hidden * (qkv_features(m) + m.hidden + experts * (up_features(m) + m.ffn)) + router_weights(m);
}
constexpr std::uint64_t layer_weights(const ModelConfig& m) {
  return layer_weights(m, m.experts);
}
constexpr std::uint64_t active_layer_weights(const ModelConfig& m) {
  return layer_weights(m, m.experts_per_token);
}

// Of the layers, the output head and the embedding table.
constexpr std::uint64_t all_weights(const ModelConfig& m) {
  return m.layers * layer_weights(m) + (m.tied ? 1 : 2) * std::uint64_t{m.hidden} * m.vocabulary;
}

// Throws std::overflow_error beyond 64 bits. The formula stands at Plan::model_flops.
std::uint64_t model_flops(const ModelConfig& m, std::uint64_t sequence_length, std::uint64_t tokens);

}  // namespace hecaton::training
