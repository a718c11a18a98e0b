// Who holds what in methods that tile weights and activations in two dimensions, and what has to fit where:
// everything that their programs are written from.
//
// A grid of r rows and c columns; die (i,j). e = 2 bytes per element. T tokens of a mini-batch, S sequences
// of s tokens.
// - Layout A (layer inputs, residual stream): die (i,j) holds X[t_j, k_i], T/c tokens of hidden/r features.
// - Layout B (between the linear layers of a pair): Y[t_i, n_j], T/r tokens of n/c features. Slice t_i is
// whole
//   sequences, and heads follow the columns, so attention is local. Where there are fewer key/value heads
//   than columns, c/kv_heads columns hold the same key/value head: its weights, its work and its transfers
//   are there as often.
// - Which tokens form t_j is free, so they are chosen such that any token tile takes equally many from every
// t_i
//   and every t_j: the number of tiles divides T/c and T/r.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/training/method.hpp"
#include "core/training/program_builder.hpp"
#include "core/training/tiling.hpp"

namespace hecaton::training {

struct GridLayout;

// A linear layer as one token tile of it is computed on one die. Of type 1 it takes layout A to layout B, of
// type 2 back.
struct GridLinear {
  chiplet::Stage stage = chiplet::Stage::none;
  chiplet::Ring input_ring = chiplet::Ring::row;      // along it X is exchanged: row for type 1
  chiplet::Ring output_ring = chiplet::Ring::column;  // and Y
  std::uint64_t inputs = 1;                           // features of X on this die
  std::uint64_t outputs = 1;
  std::uint64_t blocks = 1;  // of columns, in which panels of its weights are moved
};

// What tells one method of this family from another: how a linear layer is computed, one tile of `tokens`
// tokens of all dies together, and where the other features of a token are.
struct GridScheme {
  using Write = void (*)(ProgramBuilder&, const GridLayout&, const GridLinear&, std::uint64_t tokens);
  Write forward = nullptr;
  Write input_gradient = nullptr;
  Write weight_gradient = nullptr;
  chiplet::Ring norm_ring = chiplet::Ring::column;  // a norm sums one scalar per token along it
  bool gathers = true;         // operands and results of a tile are there for all its tokens at once
  bool moves_weights = false;  // panels of weights and gradients pass through the weight buffer
};

// What is moved ahead of time, as far as the activation buffer has room for it.
struct Prefetch {
  bool border = false;  // a mini-batch's activations or gradients at the border of a fused group
  bool saved = false;   // saved activations of a layer; written ones are waited for later
};

// Features and weights of one die, in elements.
struct GridDie {
  std::uint64_t rows = 1, columns = 1;
  std::uint64_t sequence = 1;    // tokens of a sequence
  std::uint64_t head = 1;        // features of a head
  std::uint64_t heads = 1;       // query heads of this die
  std::uint64_t hidden_a = 1;    // hidden / r: a slice of layout A
  std::uint64_t hidden_b = 1;    // hidden / c: a slice of layout B
  std::uint64_t qkv = 1;         // queries, keys and values of this die's heads
  std::uint64_t kv = 1;          // of which keys and values
  std::uint64_t kv_copies = 1;   // columns that hold the same key/value head
  std::uint64_t up = 1;          // gate and up, or up, / c; of one expert
  std::uint64_t ffn = 1;         // ffn / c
  std::uint64_t vocabulary = 1;  // vocabulary / c
  std::uint64_t experts = 1;     // of the whole layer
  std::uint64_t experts_per_token = 1;
  bool tied = false;
  // Attention by head: every die has some heads of all tokens of its column's; 0 if it is by sequence.
  std::uint64_t own_heads = 0;
  std::uint64_t own_kv = 0;  // keys and values that these need

  bool is_mixture() const { return experts > 1; }
  // Weights that choose a token's experts: features of its row, all experts; every column has them.
  std::uint64_t router_weights() const { return is_mixture() ? hidden_a * experts : 0; }
  std::uint64_t layer_weights() const {
    return hidden_a * (qkv + hidden_b + experts * (up + ffn)) + router_weights();
  }
  std::uint64_t head_weights() const { return hidden_a * vocabulary; }
  // The embedding table: hidden/r features of vocabulary/c words.
  std::uint64_t embedding_weights() const { return hidden_a * vocabulary; }
};

// Slices of one mini-batch on one die, in bytes.
struct GridSlices {
  std::uint64_t tokens = 0;     // T
  std::uint64_t tokens_a = 0;   // T/c
  std::uint64_t tokens_b = 0;   // T/r
  std::uint64_t hidden = 0;     // T h e / N, in either layout
  std::uint64_t qkv = 0;        // queries, keys, values, as they are computed
  std::uint64_t own_qkv = 0;    // and as attention uses them
  std::uint64_t exchanged = 0;  // beside these while attention by head exchanges them
  std::uint64_t scores = 0;     // log-sum-exp of attention: one scalar per query and head
  std::uint64_t norm = 0;       // scalar of a norm, per token of layout A
  std::uint64_t up = 0;         // gate and up
  std::uint64_t ffn = 0;
  std::uint64_t logits = 0;

  // What forward keeps of a layer for backward. First what attention needs (queries, keys, values, their
  // scalars, the output of attention), then the input of the feed-forward network, gate and up (tile by tile)
  // and the output of the layer, which is the input of the next. The input of layer 0 is read from the
  // embedding table. Outputs of norms and of the activation function are computed again.
  std::uint64_t saved_attention() const { return own_qkv + norm + hidden + scores; }
  std::uint64_t saved_middle() const { return hidden + norm; }
  std::uint64_t saved_layer() const { return saved_attention() + saved_middle() + up + hidden; }
};

struct GridTiles {
  std::uint64_t qkv = 1, output = 1, ffn = 1;  // forward; output: the projection after attention
  std::uint64_t head = 1;                      // forward and backward at once
  std::uint64_t back_ffn = 1, back_output = 1, back_qkv = 1;

  std::uint64_t most() const { return std::max({qkv, output, ffn, head, back_ffn, back_output, back_qkv}); }
  std::uint64_t per_layer() const { return qkv + output + ffn + back_ffn + back_output + back_qkv; }
};

struct GridGroups {
  std::uint64_t forward = 1, backward = 1;  // layers per fused group
  bool prefetch_forward = false;            // the next group's weights fit beside this one's
  bool prefetch_backward = false;
};

struct GridLayout {
  GridScheme scheme;
  chiplet::Schedule broadcast = chiplet::Schedule::tree;  // of schemes that broadcast
  std::uint32_t broadcast_chunks = 1;
  std::uint64_t panel_room = 0;       // bytes of the weight buffer for panels of weights and of gradients
  std::uint64_t head_panel_room = 0;  // the same beside the weights of the output head
  GridDie die;
  GridSlices slices;
  GridTiles tiles;
  GridGroups groups;
  Prefetch prefetch;
  bool recompute = false;  // of a layer only its output is saved
  Optimizer optimizer = Optimizer::adam;
  std::uint64_t layers = 1;
  std::uint64_t minibatches = 1;
  std::uint64_t sequences = 1;        // of a mini-batch
  std::uint64_t activation_peak = 0;  // bytes of the activation buffer in use, at most
  std::uint64_t weight_peak = 0;      // bytes of the weight buffer in use, at most
  std::uint64_t weight_capacity = 0;  // bytes
};

// Throws PlanError.
GridLayout grid_layout(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die,
                       const GridScheme& scheme);

}  // namespace hecaton::training
