// What the operations of a program compute, for `verify`, which follows them with real numbers. It stands
// beside the program, one Meaning per operation, so that a run carries none of it.
//
// Linear layers compute Y = X W, dX = dY W^T and dW = X^T dY of one tile of tokens. Between them are norms,
// attention, activation functions, residuals, the loss, and the choice of a token's experts. Where one of
// these takes several operations (products and vector operations of attention), the last operation has its
// meaning, the others none.
#pragma once

#include <cstdint>
#include <vector>

#include "core/chiplet/program/program.hpp"

namespace hecaton::training {

enum class Verb : std::uint8_t {
  none,
  gather,        // of X; of dY for the input gradient
  product,       // of the pass
  scatter,       // partial sums of Y, or of dX, are added up and go to their owners
  input_panel,   // SUMMA: X is broadcast, or dX reduced
  weight_panel,  // SUMMA: W is broadcast, or dW reduced, a block of columns
  norm,          // before a linear layer. 2D: scalars are added up along a line; 1D: tokens are whole
  norm_again,    // from its saved scalars
  attention,
  to_heads,    // attention by head: a die gives all heads of some tokens for some heads of all tokens
  from_heads,  // and back
  activation,
  residual,  // forward: the sum after a linear layer; backward: before one
  loss_max,
  loss_sum,
  embedding,  // tied, 1D: partial sums of looked up words are added up and go to their owners
  // A mixture of experts.
  scores,           // of a token for each expert; backward: their gradients
  score_sums,       // partial scores are added up
  shares,           // of a token's experts in its result, from its scores; backward: gradients of the scores
  to_experts,       // features of tokens go to the dies of their experts
  from_experts,     // results come back
  combine,          // results are added up, forward each times its share
  share_gradients,  // gradients of shares go back
  share_sums,       // and are added up
  // Adapters (LoRA) of a linear layer: U = X A, Y = X W + U B.
  rank_product,  // 1D: U = X A; cut by inputs, backward, dU = dY B^T
  ranks,         // 2D: U, backward dU, is gathered
  rank_sums,     // dU is added up
  adapted,       // U B is added to Y, backward dU A^T to dX
  adapter_a,     // the product dA = X^T dU
  adapter_b,     // the product dB = U^T dY
};
enum class Pass : std::uint8_t { forward, input_gradient, weight_gradient };

// How a linear layer lies on the dies.
enum class Spread : std::uint8_t {
  grid,             // 2D, tokens exchanged on rings; type 1: X along rows, Y along columns
  grid_transposed,  // type 2
  summa,            // 2D, both along rows and columns
  outputs,          // 1D, each die has some columns of W; X is whole
  inputs,           // 1D, each die has some rows of W; partial sums of Y
  experts,          // several, each with its own tokens: up by outputs, down by inputs
};

struct Meaning {
  Verb verb = Verb::none;
  Pass pass = Pass::forward;
  Spread spread = Spread::grid;
  // The linear layer that this belongs to: before which a norm is, after (backward: before) which a residual
  // is; none: that of the operation's stage.
  chiplet::Stage linear = chiplet::Stage::none;
  std::uint8_t place = 0;             // of its operator in the list of a layer
  std::uint8_t part = 0, parts = 1;   // of an exchange that is several collectives
  std::uint8_t half = 0, halves = 1;  // of a linear layer whose weights are several matrices, side by side
  std::uint32_t blocks = 1;           // of columns of a weight panel
  // A product or scatter with adapters: forward columns of A beside those of W;
  // backward not 0 if more is added to dX.
  std::uint16_t ranks = 0;
  bool along_rings = false;  // SUMMA: panels come in the order of rings, not of lines
};

// One per operation of a program.
using Meanings = std::vector<Meaning>;

}  // namespace hecaton::training
