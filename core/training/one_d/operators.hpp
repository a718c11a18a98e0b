// The operators of a layer, as 1D tensor parallelism does them: what each holds on a die, what has to fit
// into the buffers while it works, and its part of the program. Layout, mini-batches, forward and backward
// pass go over lists of them and know no kind.
//
// OneDAttention documents what the family asks of an operator. A new kind is a struct with the same
// functions, an alternative of OneDOperator, and a case in place_one_d_operator(). Sizes are in elements,
// those of a mini-batch in bytes.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <variant>

#include "core/training/model/operators.hpp"
#include "core/training/one_d/die.hpp"
#include "core/training/plan/attention.hpp"
#include "core/training/plan/step_layout.hpp"
#include "core/training/plan/step_parts.hpp"

namespace hecaton::training {

struct TilePass;

// Attention: norm, queries, keys and values (column-parallel), attention, projection (row-parallel).
struct OneDAttention {
  std::uint64_t head = 1;          // features of a head
  std::uint64_t heads = 1;         // query heads of this die
  std::uint64_t query_copies = 1;  // dies that share a query head
  std::uint64_t kv_copies = 1;     // dies that hold the same key/value head
  std::uint64_t hidden = 1;
  std::uint64_t queries = 1;  // heads x head
  std::uint64_t kv = 1;       // keys and values
  std::uint64_t dies = 1;
  std::uint64_t rank = 0;  // of adapters; 0: none
  bool is_frozen = false;  // its weights get no gradients
  // Bytes of a mini-batch.
  std::uint64_t queries_bytes = 0;  // this die's share; as large as the output of attention
  std::uint64_t kv_bytes = 0;
  std::uint64_t scores_bytes = 0;  // log-sum-exp of attention
  std::uint64_t qkv_ranks = 0;     // what adapters keep: of queries, keys, values; of the projection
  std::uint64_t output_ranks = 0;
  // Weights and their gradients do not fit together: backward runs in three passes over the tokens (output
  // projection; input gradient; weight gradient), each with its own weights or gradients, for each
  // mini-batch.
  bool is_split = false;

  TiledStage stage{"attention", "attention block", {}};
  TiledStage back_stage{"attention", "attention block backward", {}};

  std::uint64_t qkv_weights() const { return hidden * (queries + kv); }
  std::uint64_t output_weights() const { return queries * hidden; }
  AttentionShape shape(const OneDDie& d, std::uint64_t sequences) const {
    return {sequences * heads, d.sequence / query_copies, d.sequence, head, d.mask, d.attention_tile,
            d.soft_cap};
  }

  // What the family asks. Weights of this die, and what is in the weight buffer at once backward, with
  // gradients:
  std::uint64_t weights() const { return qkv_weights() + output_weights(); }
  std::uint64_t backward_weights() const {
    if (is_split) return std::max(2 * output_weights(), qkv_weights());
    return weights() + adapter_weights() + gradients();
  }
  Masters masters() const;
  std::uint64_t adapter_weights() const { return adapter_masters().gradients; }
  Masters adapter_masters() const;
  // Of this die, that are trained.
  std::uint64_t gradients() const { return is_frozen ? adapter_weights() : weights(); }
  // Chooses how its backward pass, if there is one, fits into a weight buffer of so many bytes. Throws PlanError.
  void place_weights(std::uint64_t capacity, bool is_trained);
  bool splits() const { return is_split; }
  // Dies that share a token's work.
  std::uint64_t sharing() const { return query_copies; }
  void place_tokens(const OneDSlices& s);
  std::array<TiledStage*, 1> forward_stages() { return {&stage}; }
  std::array<TiledStage*, 1> backward_stages() { return {&back_stage}; }
  // Sets what the token tiles of its stages need. With `ahead`, tiles are read before they are needed and
  // written behind: the next shares, and those on their way out, are in the buffer too.
  void plan(const OneDDie& d, const OneDSlices& s, bool ahead);
  // Passes over the stream that read it a second time, because it did not fit at once.
  std::uint64_t reads_twice() const { return (stage.tiles > 1 ? 1 : 0) + (back_stage.tiles > 1 ? 1 : 0); }
  // Its part of the program for one mini-batch. The family starts the read of the first pass, and hands it
  // in.
  TilePass forward_pass(const OneDLayout& l) const;
  TilePass backward_pass(const OneDLayout& l) const;
  void forward(ProgramBuilder& b, const OneDLayout& l, const TilePass& first, Layers layers) const;
  void backward(ProgramBuilder& b, const OneDLayout& l, const TilePass& first) const;
};

// A feed-forward network: norm, up (column-parallel), activation function, down (row-parallel); or a mixture
// of such networks, of each of which every die has a part.
struct OneDFeedForward {
  std::uint64_t hidden = 1;
  std::uint64_t table = 1;
  std::uint64_t up = 1;  // of one expert
  std::uint64_t ffn = 1;
  std::uint64_t experts = 1;
  std::uint64_t experts_per_token = 1;
  std::uint64_t dies = 1;
  std::uint64_t up_bytes = 0;  // of a mini-batch
  std::uint64_t ffn_bytes = 0;
  std::uint64_t rank = 0;         // of adapters; 0: none
  std::uint64_t matrices = 1;     // gate and up, or up
  std::uint64_t ranks_bytes = 0;  // of a mini-batch: what adapters keep
  bool is_frozen = false;         // its weights get no gradients

  TiledStage stage{"FFN", "feed-forward block", {}};
  TiledStage back_stage{"FFN", "feed-forward block backward", {}};

  bool is_mixture() const { return experts > 1; }
  // Weights that choose a token's experts: every die has them.
  std::uint64_t router_weights() const { return is_mixture() ? hidden * experts : 0; }

  std::uint64_t weights() const { return experts * hidden * (up + ffn) + router_weights(); }
  std::uint64_t backward_weights() const { return weights() + adapter_weights() + gradients(); }
  Masters masters() const;
  std::uint64_t adapter_weights() const { return adapter_masters().gradients; }
  Masters adapter_masters() const;
  // Of this die, that are trained.
  std::uint64_t gradients() const { return is_frozen ? adapter_weights() : weights(); }
  void place_weights(std::uint64_t capacity, bool is_trained);
  bool splits() const { return false; }
  std::uint64_t sharing() const { return 1; }
  void place_tokens(const OneDSlices& s);
  std::array<TiledStage*, 1> forward_stages() { return {&stage}; }
  std::array<TiledStage*, 1> backward_stages() { return {&back_stage}; }
  void plan(const OneDDie& d, const OneDSlices& s, bool ahead);
  std::uint64_t reads_twice() const { return 0; }
  TilePass forward_pass(const OneDLayout& l) const;
  TilePass backward_pass(const OneDLayout& l) const;
  void forward(ProgramBuilder& b, const OneDLayout& l, const TilePass& first, Layers layers) const;
  void backward(ProgramBuilder& b, const OneDLayout& l, const TilePass& first) const;

 private:
  void write_up(ProgramBuilder& b, std::uint64_t tokens, Layers layers) const;
  void write_down(ProgramBuilder& b, std::uint64_t tokens, Layers layers) const;
  void forward_tile(ProgramBuilder& b, const OneDLayout& l, Layers layers) const;
  // Of a tile: from the gathered gradient to that of up, and from there to the
  // input's.
  void down_gradients(ProgramBuilder& b, std::uint64_t tokens) const;
  void up_gradients(ProgramBuilder& b, const OneDLayout& l, std::uint64_t tokens) const;
  void backward_tile(ProgramBuilder& b, const OneDLayout& l) const;
};

using OneDOperator = std::variant<OneDAttention, OneDFeedForward>;

// Throws PlanError if so many elements do not fit.
void require_weight_room(const char* what, std::uint64_t elements, std::uint64_t capacity);

// Of shapes that divide among the dies (divisions.hpp). Throws PlanError for what this family does not have.
OneDOperator place_one_d_operator(const Operator& o, const OneDDie& d);

}  // namespace hecaton::training
