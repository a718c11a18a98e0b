// The operators of a layer, as 1D tensor parallelism does them: what each holds on a die, what it has to fit,
// and its part of the program. Lists of them are walked over by one_d_layout.cpp, one_d_forward.cpp and
// one_d_backward.cpp, which know no kind.
//
// What a list asks of an operator is said at OneDAttention. A new kind is a struct that has the same, a
// member of OneDOperator, and its case in place_one_d_operator().
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "core/training/model/operators.hpp"
#include "core/training/one_d/die.hpp"
#include "core/training/plan/step_parts.hpp"

namespace hecaton::training {

struct TilePass;

// Weights of a layer's operator that the optimizer of one die updates, and gradients of them that it reads.
struct OneDMasters {
  std::uint64_t weights = 0, gradients = 0;
};

// Attention: norm, queries, keys and values (column-parallel), attention, projection (row-parallel).
struct OneDAttention {
  std::uint64_t head = 1;          // features of a head
  std::uint64_t heads = 1;         // query heads of this die
  std::uint64_t query_copies = 1;  // dies that share a query head
  std::uint64_t kv_copies = 1;     // dies that hold the same key/value head
  std::uint64_t hidden = 1;
  std::uint64_t queries = 1;  // heads x head
  std::uint64_t kv = 1;       // keys and values
  // Bytes of a mini-batch.
  std::uint64_t queries_bytes = 0;  // this die's share; as large as the output of attention
  std::uint64_t kv_bytes = 0;
  std::uint64_t scores_bytes = 0;  // log-sum-exp of attention
  // Weights and their gradients do not fit together: backward runs in three passes over the tokens (output
  // projection; input gradient; weight gradient), each with its own weights or gradients, for each
  // mini-batch.
  bool is_split = false;

  TiledStage stage{"attention", "attention block", {}};
  TiledStage back_stage{"attention", "attention block backward", {}};

  std::uint64_t qkv_weights() const { return hidden * (queries + kv); }
  std::uint64_t output_weights() const { return queries * hidden; }
  AttentionShape shape(const OneDDie& d, std::uint64_t sequences) const {
    return {sequences * heads, d.sequence / query_copies, d.sequence, head};
  }

  // The list's questions. Weights of this die, and what is at once in the weight buffer backward, gradients
  // included; in elements.
  std::uint64_t weights() const { return qkv_weights() + output_weights(); }
  std::uint64_t backward_weights() const {
    return is_split ? std::max(2 * output_weights(), qkv_weights()) : 2 * weights();
  }
  OneDMasters masters() const;
  // Fits its backward pass to a weight buffer of so many bytes, if it can choose. Throws PlanError.
  void place_weights(std::uint64_t capacity);
  bool splits() const { return is_split; }
  // Dies that share a token's work.
  std::uint64_t sharing() const { return query_copies; }
  void place_tokens(const OneDSlices& s);
  // What its stages have to fit; with tiles read ahead and written behind (`ahead`), the next shares and
  // those on their way out come on top.
  void plan(const OneDDie& d, const OneDSlices& s, bool ahead);
  // A pass over the stream that does not fit at once reads it again.
  std::uint64_t reads_twice() const { return (stage.tiles > 1 ? 1 : 0) + (back_stage.tiles > 1 ? 1 : 0); }
  // Its part of the program, a mini-batch at a time: the pass it starts with, and all of it.
  TilePass forward_pass(const OneDLayout& l) const;
  TilePass backward_pass(const OneDLayout& l) const;
  void forward(ProgramBuilder& b, const OneDLayout& l, const TilePass& first) const;
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

  TiledStage stage{"FFN", "feed-forward block", {}};
  TiledStage back_stage{"FFN", "feed-forward block backward", {}};

  bool is_mixture() const { return experts > 1; }
  // Weights that choose a token's experts: every die has them.
  std::uint64_t router_weights() const { return is_mixture() ? hidden * experts : 0; }

  std::uint64_t weights() const { return experts * hidden * (up + ffn) + router_weights(); }
  std::uint64_t backward_weights() const { return 2 * weights(); }
  OneDMasters masters() const;
  void place_weights(std::uint64_t capacity);
  bool splits() const { return false; }
  std::uint64_t sharing() const { return 1; }
  void place_tokens(const OneDSlices& s);
  void plan(const OneDDie& d, const OneDSlices& s, bool ahead);
  std::uint64_t reads_twice() const { return 0; }
  TilePass forward_pass(const OneDLayout& l) const;
  TilePass backward_pass(const OneDLayout& l) const;
  void forward(ProgramBuilder& b, const OneDLayout& l, const TilePass& first) const;
  void backward(ProgramBuilder& b, const OneDLayout& l, const TilePass& first) const;

 private:
  void write_up(ProgramBuilder& b, std::uint64_t tokens) const;
  void write_down(ProgramBuilder& b, std::uint64_t tokens) const;
  void forward_tile(ProgramBuilder& b, const OneDLayout& l) const;
  void backward_down(ProgramBuilder& b, const OneDLayout& l) const;
  void backward_tile(ProgramBuilder& b, const OneDLayout& l) const;
};

using OneDOperator = std::variant<OneDAttention, OneDFeedForward>;

[[noreturn]] void throw_uneven_dies(std::string_view what, std::uint64_t number, std::uint64_t dies);
// Throws PlanError if so many elements do not fit.
void require_weight_room(const char* what, std::uint64_t elements, std::uint64_t capacity);

// Throws PlanError for what does not fit so many dies.
OneDOperator place_one_d_operator(const Operator& o, const OneDDie& d);

}  // namespace hecaton::training
