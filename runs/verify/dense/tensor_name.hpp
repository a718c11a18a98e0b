// What the tensors and linear layers of a step are called, by the dense step and by dies alike.
//
// Rows of a tensor are tokens. Between up and down of a feed-forward network, and for shares of experts, they
// are routes (expert_routes.hpp). A block is an operator of a layer, counted through the model; -1 is the
// output head. In a linear layer Y = X W, dX = dY W^T, dW = X^T dY.
#pragma once

#include <compare>
#include <cstdint>

#include "core/chiplet/program/program.hpp"
#include "runs/verify/dense/number.hpp"

namespace hecaton::runs {

// Gradients come last.
enum class Kind : std::uint8_t {
  norm_input,           // the residual stream, before the norm of a linear layer
  input,                // X of a linear layer
  output,               // Y
  score,                // of a token for each expert
  share,                // of an expert in a token's result: one column
  ranks,                // U = X A of adapters
  output_gradient,      // dY
  input_gradient,       // dX
  norm_input_gradient,  // of the residual stream
  share_gradient,       // times the share
  rank_gradient,        // dU = dY B^T
};

// A linear layer: of one of a block's experts, the one that scores the experts,
// or one of adapters: A has the ranks of all matrices of W side by side for
// outputs, B those of one matrix for inputs.
struct Linear {
  static constexpr std::int32_t scores = -1, adapter_a = -2, adapter_b = -3;
  chiplet::Stage stage = chiplet::Stage::none;
  std::int32_t block = -1;
  std::int32_t expert = 0;
  auto operator<=>(const Linear&) const = default;
};

struct TensorName {
  Kind kind = Kind::input;
  chiplet::Stage stage = chiplet::Stage::none;  // of the linear layer
  std::int32_t block = -1;
  auto operator<=>(const TensorName&) const = default;
};

// The tensor of a linear layer; experts of a block share it.
constexpr TensorName tensor(Kind kind, const Linear& linear) {
  return {kind, linear.stage, linear.block};
}

// Query heads first .. first + count - 1; of heads that several dies share every shared_by-th query of a
// sequence, from `place` on.
struct Heads {
  std::uint64_t first = 0, count = 0;
  std::uint64_t shared_by = 1, place = 0;

  bool has_query(std::uint64_t place_in_sequence) const { return place_in_sequence % shared_by == place; }
};

// A part of a weight gradient. Keys and values: what `heads` add to it; queries and the projection of attention: what
// their queries add. Scores of experts: what these tokens
// and these features between up and down add. Adapters: what
// these tokens add.
struct GradientPart {
  Heads heads;
  Indices tokens;
  Indices features;
};

}  // namespace hecaton::runs
