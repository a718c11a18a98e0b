// The operators of a layer, as methods with 2D tiles do them: what each holds on a die, what has to fit into
// the buffers while it works, and its part of the program. Layout, mini-batches, forward and backward pass go
// over lists of them and know no kind.
//
// GridAttention documents what the family asks of an operator. A new kind is a struct with the same
// functions, an alternative of GridOperator, and a case in place_grid_operator(). Sizes are in elements,
// those of a mini-batch in bytes.
#pragma once

#include <array>
#include <cstdint>
#include <variant>

#include "core/training/grid/die.hpp"
#include "core/training/model/operators.hpp"
#include "core/training/plan/step_parts.hpp"

namespace hecaton::training {

struct GridAttention;
struct GridFeedForward;
using GridOperator = std::variant<GridAttention, GridFeedForward>;

// An operator's place in the list while its program is written. Backward, the next operator is the one before
// it in the layer, or the last one of the layer before.
struct GridPlace {
  bool is_first = false, is_last = false;  // of the layer
  const GridOperator* next = nullptr;      // backward
  std::uint8_t skip_next = 0;  // read ahead for it unless the loops so far out are in their last iteration
  std::uint8_t skip_tile = 1;  // the same for tiles of the operator itself
  bool reads_own_tile = true;  // the first tile has not been read ahead
  bool keeps = false;          // recomputation: what backward needs stays on the die
  bool saves = false;          // forward: what backward needs is written
  bool adapts = false;         // forward: adapters of the operator, if it has any, are at work
};

// What lies in the activation buffer beside the operator's own data while it works, in bytes.
struct GridBeside {
  std::uint64_t stream = 0;     // forward: the residual stream
  std::uint64_t gradients = 0;  // backward: of the stream and the norm's output; and the norm's input
  std::uint64_t border = 0;     // of a mini-batch, on its way in or out
  std::uint64_t leaving = 0;    // forward: what an operator before has saved and not yet written
  std::uint64_t next = 0;       // backward: what has been read ahead for the next operator
};

// Attention: norm, queries, keys and values (type 1), attention, projection (type 2).
struct GridAttention {
  // Features of this die, in elements.
  std::uint64_t head = 1;               // of a head
  std::uint64_t heads = 1;              // query heads
  std::uint64_t hidden_a = 1;           // as in GridDie
  std::uint64_t hidden_rows = 1;        // likewise
  std::uint64_t queries = 1;            // heads x head; as large as the output of attention
  std::uint64_t projected = 1;          // the same, with what pads the projection's inputs
  std::uint64_t qkv = 1;                // queries, keys and values
  std::uint64_t kv = 1;                 // of which keys and values
  std::uint64_t kv_copies = 1;          // columns that hold the same key/value head
  std::uint64_t own_heads = 0;          // attention by head: of all tokens; 0 if it is by sequence
  std::uint64_t own_kv = 0;             // keys and values that these need
  std::uint64_t rank = 0;               // of adapters; 0: none
  std::uint64_t rows = 1, columns = 1;  // of dies
  // Bytes of a mini-batch.
  std::uint64_t qkv_bytes = 0;  // as they are computed
  std::uint64_t own_bytes = 0;  // and as attention uses them
  std::uint64_t exchanged = 0;  // beside these while attention by head exchanges them
  std::uint64_t kept = 0;       // what backward needs: these, the output, log-sum-exp, and the norm's scalar
  std::uint64_t output_bytes = 0;  // the output of attention
  std::uint64_t output_kept = 0;   // of what backward needs: output and log-sum-exp
  std::uint64_t qkv_ranks = 0;     // and what adapters keep: of queries, keys and values,
  std::uint64_t output_ranks = 0;  // and of the projection

  TiledStage qkv_stage{"QKV", "queries, keys and values", {}};
  TiledStage output_stage{"output", "projection after attention", {}};
  TiledStage back_output_stage{"output", "projection after attention backward", {}};
  TiledStage back_qkv_stage{"QKV", "queries, keys and values backward", {}};

  // What the family asks. Weights of this die, and the widest input of its linear layers, in elements:
  std::uint64_t weights() const { return hidden_rows * (qkv + projected); }
  std::uint64_t widest_inputs() const { return std::max(hidden_a, projected); }
  Masters masters() const;
  std::uint64_t adapter_weights() const { return adapter_masters().gradients; }
  Masters adapter_masters() const;
  // Sets the sizes of a mini-batch. Bytes of a mini-batch:
  void place_tokens(const GridSlices& s);
  std::uint64_t saved() const { return kept; }                           // for backward, beside its input
  std::uint64_t saved_with_input(const GridSlices&) const { return 0; }  // of these, scalars of the norm
  std::uint64_t leaving() const { return kept; }  // may still be on the way to DRAM when the operator ends
  std::uint64_t opening(const GridSlices&) const { return kept; }  // read backward before it begins
  std::uint64_t tiled() const { return 0; }                        // read backward token tile by token tile
  // Its stages, in the order in which they are done; plan() sets what their token tiles need.
  std::array<TiledStage*, 2> forward_stages() { return {&qkv_stage, &output_stage}; }
  std::array<TiledStage*, 2> backward_stages() { return {&back_output_stage, &back_qkv_stage}; }
  void plan(const GridDie& d, const GridSlices& s, const GridRoom& room, Prefetch ahead,
            const GridBeside& beside);
  // Its part of the program; forward_again() stops where backward can start.
  void forward(ProgramBuilder& b, const GridLayout& l, const GridPlace& place) const;
  void forward_again(ProgramBuilder& b, const GridLayout& l, const GridPlace& place) const;
  void read_opening(ProgramBuilder& b, const GridLayout& l, std::uint8_t skip_last) const;
  void read_first_tile(ProgramBuilder&, const GridLayout&) const {}
  void backward(ProgramBuilder& b, const GridLayout& l, const GridPlace& place) const;

 private:
  void core_backward(ProgramBuilder& b, const GridLayout& l) const;
};

// A feed-forward network: norm, up (type 1; with a gate or without), activation function, down (type 2). Or a
// mixture of such networks (experts.cpp).
struct GridFeedForward {
  std::uint64_t hidden_a = 1, hidden_rows = 1;  // as in GridDie
  std::uint64_t up = 1;                         // gate and up, or up, of one expert
  std::uint64_t ffn = 1;
  std::uint64_t experts = 1;       // of the whole layer
  std::uint64_t busy_experts = 1;  // of these, which tokens pass
  std::uint64_t experts_per_token = 1;
  std::uint64_t rows = 1, columns = 1;                 // of dies
  std::uint64_t token_places = 1, feature_places = 1;  // as in GridDie
  std::uint64_t up_bytes = 0;                          // of a mini-batch
  std::uint64_t ffn_bytes = 0;
  std::uint64_t norm_bytes = 0;
  std::uint64_t rank = 0;         // of adapters; 0: none
  std::uint64_t matrices = 1;     // gate and up, or up
  std::uint64_t ranks_bytes = 0;  // of a mini-batch: what adapters keep of up and down
  bool is_frozen = false;         // its weights get no gradients

  TiledStage stage{"FFN", "feed-forward network", {}};
  TiledStage back_stage{"FFN", "feed-forward network backward", {}};

  bool is_mixture() const { return experts > 1; }
  // Room for the routes of so many tokens of a die: as much at every expert, also at those that pad.
  std::uint64_t routes(std::uint64_t tokens) const {
    return ceil_div(tokens * experts_per_token * experts, busy_experts);
  }
  // Weights that choose a token's experts: this die's features, all experts; every line of such dies has them.
  std::uint64_t router_weights() const { return is_mixture() ? hidden_a * experts : 0; }

  std::uint64_t weights() const { return hidden_rows * experts * (up + ffn) + router_weights(); }
  std::uint64_t widest_inputs() const { return is_mixture() ? hidden_a : std::max(hidden_a, ffn); }
  Masters masters() const;
  std::uint64_t adapter_weights() const { return adapter_masters().gradients; }
  Masters adapter_masters() const;
  void place_tokens(const GridSlices& s);
  std::uint64_t saved() const { return tiled() + norm_bytes; }
  std::uint64_t saved_with_input(const GridSlices& s) const { return s.norm; }
  std::uint64_t leaving() const { return 0; }  // gate and up go out tile by tile, while it runs
  std::uint64_t opening(const GridSlices& s) const { return s.hidden + s.norm; }
  std::uint64_t tiled() const { return up_bytes + ranks_bytes; }
  std::array<TiledStage*, 1> forward_stages() { return {&stage}; }
  std::array<TiledStage*, 1> backward_stages() { return {&back_stage}; }
  void plan(const GridDie& d, const GridSlices& s, const GridRoom& room, Prefetch ahead,
            const GridBeside& beside);
  void forward(ProgramBuilder& b, const GridLayout& l, const GridPlace& place) const;
  void forward_again(ProgramBuilder& b, const GridLayout& l, const GridPlace& place) const;
  void read_opening(ProgramBuilder& b, const GridLayout& l, std::uint8_t skip_last) const;
  void read_first_tile(ProgramBuilder& b, const GridLayout& l) const;
  void backward(ProgramBuilder& b, const GridLayout& l, const GridPlace& place) const;

 private:
  void write_up(ProgramBuilder& b, const GridLayout& l, const GridPlace& place, std::uint64_t tokens) const;
  void forward_tile(ProgramBuilder& b, const GridLayout& l, const GridPlace& place) const;
  void backward_tile(ProgramBuilder& b, const GridLayout& l, std::uint8_t skip_last) const;
};

// Of shapes that divide among the lines (divisions.hpp). The first throws PlanError for what this family does not have.
GridOperator place_grid_operator(const Operator& o, const GridDie& d);
GridAttention place_grid_attention(const Operator& o, const GridDie& d);
GridFeedForward place_grid_feed_forward(const Operator& o, const GridDie& d);

}  // namespace hecaton::training
