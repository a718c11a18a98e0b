// Adapters (LoRA) of linear layers on the grid: to Y = X W comes (X A) B for
// each matrix of W, which is frozen.
//
// Layer k to n of type 1 (type 2: rows and columns swap), R ranks for each
// matrix, rho = R x matrices side by side.
// - Forward: X gathered along the row is multiplied with [W | A's columns of
// this column of dies], and partial sums of
//   both are scattered along the column. U = X A then lies as (t_i, rho_j); it
//   is gathered along the row, and U B is added to Y.
// - Backward: dU = dY B^T is summed along the row, and dB = U^T dY comes from a
// die's own tokens. dY and dU are gathered
//   along the column. To dX comes dU A^T of the die's own tokens, after the
//   scatter, and dA = X^T dU comes from these tokens too, so X is not gathered
//   again.
// - A is whole on every die of a row, B on every die of a column. Each copy has
// a gradient, from its own tokens; the
//   optimizer adds them up.
#pragma once

#include "core/training/grid/die.hpp"

namespace hecaton::training {

// Columns of A that a die multiplies with, beside those of W; 0 without
// adapters.
std::uint64_t own_ranks(const GridLayout& l, const GridLinear& linear);

// A tile of `tokens` tokens. Forward: from Y and U as they have been scattered
// to Y.
void add_adapter_outputs(ProgramBuilder& b, const GridLayout& l, const GridLinear& linear,
                         std::uint64_t tokens);
// Before dY is gathered: dU of the die's own tokens, which it holds from now
// on, and dB.
void add_adapter_gradients(ProgramBuilder& b, const GridLayout& l, const GridLinear& linear,
                           std::uint64_t tokens);
// When it has been: dU of all tokens of the tile, in place of the die's own.
void gather_adapter_gradients(ProgramBuilder& b, const GridLayout& l, const GridLinear& linear,
                              std::uint64_t tokens);
// After the scatter of dX: what adapters add to it.
void add_adapter_input_gradient(ProgramBuilder& b, const GridLayout& l, const GridLinear& linear,
                                std::uint64_t tokens);
// At last, from the input: dA. The die holds dU no longer.
void add_adapter_weight_gradient(ProgramBuilder& b, const GridLayout& l, const GridLinear& linear,
                                 std::uint64_t tokens);

}  // namespace hecaton::training
