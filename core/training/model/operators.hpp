// A model as it is planned: an embedding, layers that are all the same list of operators with their shapes,
// and an output head.
//
// A new kind of operator is a value of OperatorKind, a row in the table in operators.cpp (name, weights,
// features, checks), and for each family of methods that can do it a struct beside those of the other kinds,
// in the family's operators.hpp. What else asks for the kind is listed in core/training/README.md; the code that walks
// over the lists does not change.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/training/model/config.hpp"
#include "core/training/model/plan_error.hpp"

namespace hecaton::training {

// Bytes of a weight, an activation or a gradient (bf16), and of a scalar of norms, softmax and loss (fp32).
inline constexpr std::uint64_t element_bytes = 2;
inline constexpr std::uint64_t scalar_bytes = 4;

// With all shapes that its kind has; the others are 0 or false.
struct Operator {
  OperatorKind kind = OperatorKind::attention;
  std::uint64_t heads = 0, kv_heads = 0;  // attention; kv_heads divide heads
  std::uint64_t head = 0;                 // features of a head
  std::uint64_t ffn = 0;                  // feed-forward network, or each of the experts: inner size
  bool gated = false;
  std::uint64_t experts = 0, experts_per_token = 0;  // a feed-forward network: 1 of 1
  std::uint64_t idle_experts = 0;                    // of these, which no token passes
  std::uint64_t projection_pads = 0;                 // attention: inputs of its projection that are none

  std::uint64_t busy_experts() const { return experts - idle_experts; }
};

struct Model {
  std::uint64_t hidden = 1;
  std::uint64_t layers = 1;
  std::uint64_t vocabulary = 1;
  bool tied = false;
  std::vector<Operator> operators;  // of each layer

  bool has(OperatorKind kind) const;
};

// Shapes are taken as they are; problems_of_operators() judges them.
Model model_of(const ModelConfig& config);

// Shapes that no method could do.
PlanErrors problems_of_operators(const Model& model);

// Queries of a token, as many as the output of attention; queries, keys and values, each head once.
constexpr std::uint64_t query_features(const Operator& o) {
  return o.heads * o.head;
}
constexpr std::uint64_t qkv_features(const Operator& o) {
  return (o.heads + 2 * o.kv_heads) * o.head;
}
// Inputs of the projection after attention.
constexpr std::uint64_t projection_inputs(const Operator& o) {
  return query_features(o) + o.projection_pads;
}
// Outputs of the first linear layer of a feed-forward network: gate and up, or up alone.
constexpr std::uint64_t up_features(const Operator& o) {
  return o.ffn * (o.gated ? 2 : 1);
}

// Weights of the linear layers; those of them that a token passes.
std::uint64_t weights(const Operator& o, std::uint64_t hidden);
std::uint64_t active_weights(const Operator& o, std::uint64_t hidden);
std::uint64_t layer_weights(const Model& model);
// Features of a token that are multiplied with those of each token of its sequence, and once more to sum up.
std::uint64_t scored_features(const Operator& o);
// The widest that a token gets, for bounds.
std::uint64_t widest_features(const Operator& o);

}  // namespace hecaton::training
