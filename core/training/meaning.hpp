// What an operation of a program computes, for whoever wants to follow it with real numbers: beside the
// program, never in it, so that a run carries none of it.
//
// Linear layers are described: Y = X W, dX = dY W^T, dW = X^T dY, of one tile of tokens. Everything else a
// die does on its own.
#pragma once

#include <cstdint>
#include <vector>

#include "core/chiplet/program.hpp"

namespace hecaton::training {

enum class Verb : std::uint8_t {
  none,
  gather,        // of X; of dY for the input gradient
  product,       // of the pass
  scatter,       // partial sums of Y, or of dX, to their owners
  input_panel,   // SUMMA: X broadcast, or dX reduced
  weight_panel,  // SUMMA: W broadcast, or dW reduced, a block of columns
};
enum class Pass : std::uint8_t { forward, input_gradient, weight_gradient };

// How a linear layer lies on the dies.
enum class Spread : std::uint8_t {
  grid,             // 2D, tokens exchanged on rings; type 1: X along rows, Y along columns
  grid_transposed,  // type 2
  summa,            // 2D, both along rows and columns
  outputs,          // 1D, each die has some columns of W; X is whole
  inputs,           // 1D, each die has some rows of W; partial sums of Y
};

struct Meaning {
  Verb verb = Verb::none;
  Pass pass = Pass::forward;
  Spread spread = Spread::grid;
  chiplet::Stage linear = chiplet::Stage::none;  // the linear layer; none: that of the operation's stage
  std::uint8_t part = 0, parts = 1;              // of an exchange that is several collectives
  std::uint8_t half = 0, halves = 1;  // of a linear layer whose weights are several matrices, side by side
  std::uint32_t blocks = 1;           // of columns of a weight panel
  bool along_rings = false;           // SUMMA: panels come in the order of rings, not of lines
  std::uint32_t width = 0;            // 1D: features of the stream
};

// One per operation of a program.
using Meanings = std::vector<Meaning>;

}  // namespace hecaton::training
