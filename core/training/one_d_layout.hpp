// Who holds what in 1D tensor parallelism, and what has to fit where.
//
// N dies. Between blocks each has 1/N of the residual stream. Query heads are dealt out; with more
// dies than heads, N/heads dies share a head: each holds its weights and takes an equal share of its queries.
// Where there are fewer key/value heads than dies, N/kv_heads dies hold the same one: weights, projection and
// transfers are there as often. The feed-forward network is cut into N parts, the vocabulary into parts that
// differ by one word at most.
#pragma once

#include <cstdint>

#include "core/training/method.hpp"
#include "core/training/program_builder.hpp"
#include "core/training/tiling.hpp"

namespace hecaton::training {

// What tells one method of this family from another: how all dies exchange `elements` elements of the stream
// (a multiple of the dies), and one fp32 scalar per token.
struct OneDScheme {
  using Write = void (*)(ProgramBuilder&, MeshShape, chiplet::Stage, std::uint64_t elements);
  Write gather = nullptr;          // everyone's share, to all
  Write scatter = nullptr;         // partial sums, added up, to shares
  Write reduce_scalars = nullptr;  // added up, to all
};

// Features of one die; those of the vocabulary are of the die with the most words.
struct OneDDie {
  std::uint64_t dies = 1;
  std::uint64_t sequence = 1;
  std::uint64_t head = 1;          // features of a head
  std::uint64_t heads = 1;         // query heads of this die
  std::uint64_t query_copies = 1;  // dies that share a query head
  std::uint64_t kv_copies = 1;     // dies that hold the same key/value head
  std::uint64_t hidden = 1;
  std::uint64_t queries = 1;  // heads x head
  std::uint64_t kv = 1;       // keys and values
  std::uint64_t up = 1;       // of one expert
  std::uint64_t ffn = 1;
  std::uint64_t experts = 1;  // every die has a part of each
  std::uint64_t experts_per_token = 1;
  bool tied = false;
  std::uint64_t vocabulary = 1;  // words: every die has this many or one less
  std::uint64_t table = 1;       // hidden / N: features of its share of the stream and of the embedding table

  std::uint64_t qkv_weights() const { return hidden * (queries + kv); }
  std::uint64_t output_weights() const { return queries * hidden; }
  std::uint64_t attention_weights() const { return qkv_weights() + output_weights(); }
  bool is_mixture() const { return experts > 1; }
  // Weights that choose a token's experts: every die has them.
  std::uint64_t router_weights() const { return is_mixture() ? hidden * experts : 0; }
  std::uint64_t ffn_weights() const { return experts * hidden * (up + ffn) + router_weights(); }
};

// Slices of one mini-batch on one die, in bytes.
struct OneDSlices {
  std::uint64_t tokens = 0;
  std::uint64_t stream = 0;   // T h e, whole
  std::uint64_t share = 0;    // of the stream: T h e / N
  std::uint64_t queries = 0;  // this die's share; as large as the output of attention
  std::uint64_t kv = 0;
  std::uint64_t scores = 0;  // log-sum-exp of attention
  std::uint64_t up = 0;
  std::uint64_t ffn = 0;
};

struct OneDTiles {
  std::uint64_t attention = 1, ffn = 1, head = 1, back_ffn = 1, back_attention = 1;
  std::uint64_t per_layer() const { return attention + ffn + back_ffn + back_attention; }
};

struct OneDLayout {
  OneDScheme scheme;
  MeshShape mesh;
  OneDDie die;
  OneDSlices slices;
  OneDTiles tiles;
  bool ahead = false;              // token tiles are read before they are needed and written behind
  bool prefetch_forward = false;   // weights of the next block fit beside those of this one
  bool prefetch_backward = false;  // and beside their gradients too
  // Weights of the attention block and their gradients do not fit together: backward runs in three passes
  // over the tokens (output projection; input gradient; weight gradient), each with its own weights or
  // gradients, for each mini-batch.
  bool split = false;
  bool recompute = false;  // only the stream is saved
  Optimizer optimizer = Optimizer::adam;
  std::uint64_t layers = 1;
  std::uint64_t minibatches = 1;
  std::uint64_t sequences = 1;        // of a mini-batch
  std::uint64_t vocabulary_rest = 0;  // this many dies have die.vocabulary words, the others one less; 0: all
  std::uint64_t activation_peak = 0;
  std::uint64_t weight_peak = 0;
  std::uint64_t weight_capacity = 0;
};

// Throws PlanError.
OneDLayout one_d_layout(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die,
                        const OneDScheme& scheme);

}  // namespace hecaton::training
