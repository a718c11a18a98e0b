// Methods that tile weights and activations in two dimensions: a die among the others, its slices, and how a
// linear layer lies on them.
//
// A grid of r rows and c columns; die (i,j). e = 2 bytes per element. T tokens of a mini-batch, S sequences
// of s tokens.
// - Layout A (layer inputs, residual stream): die (i,j) holds X[t_j, k_i], T/c tokens of hidden/r features.
// - Layout B (between the linear layers of a pair): Y[t_i, n_j], T/r tokens of n/c features. Slice t_i is
//   whole sequences, and heads follow the columns, so attention is local. Where there are fewer key/value
//   heads than columns, c/kv_heads columns hold the same key/value head: its weights, its work and its
//   transfers are there as often.
// - SUMMA (optimus.cpp) has one layout, B, for the stream too: die (i,j) holds X[t_i, k_j] and W[k_i, n_j].
// - Which tokens form t_j is free, so they are chosen such that any token tile takes equally many from every
//   t_i and every t_j: the number of tiles divides T/c and T/r.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <string_view>

#include "core/chiplet/hardware/config.hpp"
#include "core/training/model/mask.hpp"
#include "core/training/model/trained.hpp"
#include "core/training/plan/buffers.hpp"
#include "core/training/plan/program_builder.hpp"
#include "core/training/plan/tiling.hpp"

namespace hecaton::training {

struct GridLayout;

// A linear layer as one token tile of it is computed on one die. Of type 1 it takes layout A to layout B, of
// type 2 back.
struct GridLinear {
  chiplet::Stage stage = chiplet::Stage::none;
  chiplet::Ring input_ring = chiplet::Ring::row;      // along it X is exchanged: row for type 1
  chiplet::Ring output_ring = chiplet::Ring::column;  // and Y
  std::uint64_t inputs = 1;                           // features of X on this die; SUMMA: of a panel
  std::uint64_t outputs = 1;
  std::uint64_t blocks = 1;  // of columns, in which panels of its weights are moved
  bool is_frozen = false;    // its weights get no gradient
  // Adapters of its matrices, of so many ranks each; 0: none. Outputs of each
  // matrix on this die.
  std::uint64_t rank = 0;
  std::array<std::uint64_t, qkv_matrices> matrices = {};

  std::uint64_t ranks() const {
    const auto count = std::count_if(matrices.begin(), matrices.end(), [](std::uint64_t n) { return n > 0; });
    return rank * static_cast<std::uint64_t>(count);
  }
};

// What a method of this family defines: how a linear layer is computed, one tile at a time (`tokens` tokens,
// of all dies together), and along which line the features of a token are split.
struct GridScheme {
  using Write = void (*)(ProgramBuilder&, const GridLayout&, const GridLinear&, std::uint64_t tokens);
  Write forward = nullptr;
  Write input_gradient = nullptr;
  Write weight_gradient = nullptr;
  // The gradient of the output, where no input gradient has brought it, and where no weight gradient is done with it.
  Write take_gradient = nullptr;
  Write leave_gradient = nullptr;
  // Along it features of the stream are split, so a norm sums one scalar per token along it; tokens along the other.
  chiplet::Ring feature_ring = chiplet::Ring::column;
  bool gathers = true;         // operands and results of a tile are there for all its tokens at once
  bool moves_weights = false;  // panels of weights and gradients pass through the weight buffer

  chiplet::Ring token_ring() const {
    return feature_ring == chiplet::Ring::row ? chiplet::Ring::column : chiplet::Ring::row;
  }
};

// What is moved ahead of time, as far as the activation buffer has room for it.
struct Prefetch {
  bool border = false;  // a mini-batch's activations or gradients at the border of a fused group
  bool saved = false;   // saved activations of a layer; written ones are waited for later
};

// A die among the others, and its part of what is outside the layers; in elements.
struct GridDie {
  std::uint64_t rows = 1, columns = 1;
  // Dies of a line that cut the stream's tokens, and its features: c and r (layout A); SUMMA: r and c.
  std::uint64_t token_places = 1, feature_places = 1;
  std::uint64_t panels = 1;       // SUMMA: in which X of this die, or its column, is moved
  std::uint64_t sequence = 1;     // tokens of a sequence
  std::uint64_t hidden_a = 1;     // hidden / feature_places: a slice of the stream
  std::uint64_t hidden_rows = 1;  // hidden / r: rows of weights whose input is the stream
  std::uint64_t vocabulary = 1;   // vocabulary / c
  bool tied = false;
  bool soft_cap = false;
  bool by_head = false;  // attention: every die has some heads of all tokens of its column's
  AttentionMask mask;
  std::uint64_t attention_tile = 1;
  Adapters adapters;
  bool frozen_weights = false;  // of layers, whose adapters alone are trained

  // Of so many features of X those of a panel.
  std::uint64_t panel(std::uint64_t features) const { return features / panels; }
  std::uint64_t head_weights() const { return hidden_rows * vocabulary; }
  // The embedding table: hidden/r features of vocabulary/c words.
  std::uint64_t embedding_weights() const { return hidden_rows * vocabulary; }
};

// Slices of one mini-batch on one die: of the stream, and outside the layers. In bytes, where it does not say
// tokens.
struct GridSlices {
  std::uint64_t tokens = 0;    // T
  std::uint64_t tokens_a = 0;  // of the stream: T/c; SUMMA: T/r
  std::uint64_t tokens_b = 0;  // T/r
  std::uint64_t hidden = 0;    // T h e / N, in either layout
  std::uint64_t norm = 0;      // scalar of a norm, per token of layout A
  std::uint64_t logits = 0;
};

// The size of the activation buffer, and the tokens of a tile that fill the rows of the matrix engine. With
// fewer tokens part of the engine idles, which costs more than a transfer that is not ahead of time.
struct GridRoom {
  GridScheme scheme;
  std::uint64_t capacity = 0;
  std::uint64_t wide_tile = 1;
  bool recompute = false;
};

// The working set of a stage: for each token of a tile `whole` features of operand and partial result (bf16),
// of every token where they are gathered, else of this die's; and `scattered` features of the tokens of its
// row slice.
inline Tiling grid_tiling(const GridDie& d, const GridSlices& s, bool gathers, std::uint64_t resident,
                          std::uint64_t whole, std::uint64_t scattered) {
  return {s.tokens, std::gcd(s.tokens_a, s.tokens_b), resident, d.rows,
          slice_bytes(gathers ? d.rows : 1, whole) + slice_bytes(1, scattered)};
}

}  // namespace hecaton::training
