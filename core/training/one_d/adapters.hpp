// Adapters (LoRA) of linear layers of 1D tensor parallelism: to Y = X W comes
// (X A) B for each matrix of W, which is frozen.
//
// N dies, R ranks for each matrix, rho = R x matrices side by side.
// - Cut by outputs (up; queries, keys and values): A is whole on every die, and
// so is U = X A. dU = dY B^T is added up over
//   all dies. What it adds to dX, dU A^T, and dA = X^T dU are of a die's own
//   share of the tokens.
// - Cut by inputs (down, the projection after attention): B is whole on every
// die. Partial sums U of a die's inputs,
//   times B, join those of Y, and dU = dY B^T is there on every die: nothing is
//   sent.
// Copies have gradients of their own; the optimizer adds them up.
#pragma once

#include <array>
#include <cstdint>

#include "core/training/one_d/one_d.hpp"

namespace hecaton::training {

// Of one token tile. The bodies of passes call these beside the products of W.
struct OneDAdapters {
  chiplet::Stage stage = chiplet::Stage::none;
  std::uint64_t rank = 0;    // 0: none, and nothing is done
  std::uint64_t inputs = 1;  // of this die
  // Of each matrix, on this die: its tokens of the tile, and outputs; 0: there
  // is none.
  struct Matrix {
    std::uint64_t tokens = 0, outputs = 0;
  };
  std::array<Matrix, qkv_matrices> matrices = {};
  std::uint64_t tokens = 0;  // of the tile

  std::uint64_t ranks() const;

  // Cut by outputs. U, and what it adds to Y; backward dU, which the die holds
  // from now on, and dB; at last, from the scattered dX, of which a share of
  // `share_bytes` is there: what comes to it, and dA.
  void add_to_outputs(ProgramBuilder& b) const;
  void sum_gradients(ProgramBuilder& b, const OneDLayout& l) const;
  void add_to_input_gradient(ProgramBuilder& b, const OneDLayout& l) const;

  // Cut by inputs: what comes to the partial sums of Y; backward dU, what comes
  // to dX, and dB; then, from the input, dA.
  void add_to_partial_sums(ProgramBuilder& b) const;
  void pass_gradients(ProgramBuilder& b) const;
  void add_gradient_of_a(ProgramBuilder& b) const;

 private:
  void products_of_b(ProgramBuilder& b) const;
  void gradients_of_b(ProgramBuilder& b, Spread spread) const;
};

}  // namespace hecaton::training
