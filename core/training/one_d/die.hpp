// Who holds what in 1D tensor parallelism.
//
// N dies. Between operators each has 1/N of the residual stream. Query heads are dealt out; with more
// dies than heads, N/heads dies share a head: each holds its weights and takes an equal share of its queries.
// Where there are fewer key/value heads than dies, N/kv_heads dies hold the same one: weights, projection and
// transfers are there as often. The feed-forward network is cut into N parts, the vocabulary into parts that
// differ by one word at most.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/chiplet/hardware/config.hpp"
#include "core/training/model/config.hpp"
#include "core/training/model/mask.hpp"
#include "core/training/model/plan_error.hpp"
#include "core/training/model/trained.hpp"
#include "core/training/plan/buffers.hpp"
#include "core/training/plan/plan.hpp"
#include "core/training/plan/program_builder.hpp"
#include "core/training/plan/tiling.hpp"

namespace hecaton::training {

struct OneDLayout;

// What a method of this family defines: how all dies exchange `elements` elements of the stream (a multiple
// of the dies), and a few numbers per token.
struct OneDScheme {
  using Write = void (*)(ProgramBuilder&, MeshShape, chiplet::Stage, std::uint64_t elements);
  Write gather = nullptr;   // everyone's share, to all
  Write scatter = nullptr;  // partial sums, added up, to shares
  // Added up, to all: something of so many bytes for each token.
  using Reduce = void (*)(ProgramBuilder&, MeshShape, chiplet::Stage, std::uint64_t tokens,
                          std::uint64_t bytes);
  Reduce reduce = nullptr;
};

// A die's part of what is outside the operators; of the vocabulary that of the die with the most words.
struct OneDDie {
  std::uint64_t dies = 1;
  std::uint64_t sequence = 1;
  std::uint64_t sharing = 1;  // a token tile is cut among so many dies: the most that share a query head
  std::uint64_t hidden = 1;
  AttentionMask mask;
  std::uint64_t attention_tile = 1;
  bool tied = false;
  bool soft_cap = false;
  std::uint64_t vocabulary = 1;  // words: every die has this many or one less
  Adapters adapters;
  bool frozen_weights = false;  // of layers, whose adapters alone are trained
  std::uint64_t table = 1;      // hidden / N: features of its share of the stream and of the embedding table
};

// Slices of one mini-batch on one die, in bytes.
struct OneDSlices {
  std::uint64_t tokens = 0;
  std::uint64_t stream = 0;  // T h e, whole
  std::uint64_t share = 0;   // of the stream: T h e / N
};

// The working set of a stage: how many whole tiles of the stream are there at once, how many shares of one,
// and other features.
inline Tiling one_d_tiling(const OneDDie& d, const OneDSlices& s, std::uint64_t resident,
                           std::uint64_t streams, std::uint64_t shares, std::uint64_t features) {
  return {s.tokens, s.tokens / d.sharing, resident, d.sharing,
          slice_bytes(d.sharing, streams * d.hidden + shares * d.table + features)};
}

}  // namespace hecaton::training
