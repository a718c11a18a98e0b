// What an operation of a program computes, for whoever wants to follow it with real numbers: beside the
// program, never in it, so that a run carries none of it.
//
// Linear layers: Y = X W, dX = dY W^T, dW = X^T dY, of one tile of tokens. And what lies between them: norms,
// attention, activation functions, residuals, the loss, and which experts a token passes. Where an operation
// of these is several (products and passes of attention), the last one says it.
#pragma once

#include <cstdint>
#include <vector>

#include "core/chiplet/program/program.hpp"

namespace hecaton::training {

enum class Verb : std::uint8_t {
  none,
  gather,        // of X; of dY for the input gradient
  product,       // of the pass
  scatter,       // partial sums of Y, or of dX, to their owners
  input_panel,   // SUMMA: X broadcast, or dX reduced
  weight_panel,  // SUMMA: W broadcast, or dW reduced, a block of columns
  norm,          // before a linear layer: scalars added up along a line; 1D: of tokens that are whole
  norm_again,    // from its saved scalars
  attention,
  to_heads,    // attention by head: all heads of some tokens for some heads of all tokens
  from_heads,  // and back
  activation,
  residual,  // forward: the sum after a linear layer; backward: before one
  loss_max,
  loss_sum,
  embedding,  // tied, 1D: partial sums of looked up words, to everyone's share
  // A mixture of experts: a token's scores, and their gradients; partial scores added up; the shares of its
  // experts in its result, and the gradients of scores; its features to its experts, and results back;
  // results added up, forward each with its share; gradients of shares back, and added up.
  scores,
  score_sums,
  shares,
  to_experts,
  from_experts,
  combine,
  share_gradients,
  share_sums,
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
  bool along_rings = false;           // SUMMA: panels come in the order of rings, not of lines
};

// One per operation of a program.
using Meanings = std::vector<Meaning>;

}  // namespace hecaton::training
