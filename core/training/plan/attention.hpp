// The products of attention over whole sequences, and what of them a mask leaves out.
//
// Forward is S = Q K^T and P V. Backward computes S again (the probabilities were never stored), then dP = dO
// V^T, dV = P^T dO, dQ = dS K and dK = dS^T Q: 5 products against 2.
//
// Without a mask the whole square of queries and keys is one product. With one it is cut into tiles of
// `tile` queries and `tile` keys, and those in which no query sees a key are not computed; all others are
// computed whole, each as a product of its own. Dies that share a head take every so many-th query of it, so
// that they have the same work: a tile then spans more positions of queries than of keys, and each of them
// computes what any of them needs.
#pragma once

#include <cstdint>
#include <vector>

#include "core/training/model/mask.hpp"
#include "core/training/plan/program_builder.hpp"

namespace hecaton::training {

struct AttentionShape {
  std::uint64_t count = 1;    // sequences x heads
  std::uint64_t queries = 1;  // of this die; divide the keys
  std::uint64_t keys = 1;     // all tokens of a sequence
  std::uint64_t head = 1;     // features
  AttentionMask mask = {};
  std::uint64_t tile = 1;  // with a mask: queries, and keys, of a tile
  bool soft_cap = false;   // scores pass a tanh: a pass more over them, and a second one for its gradient
};

// Tiles of one shape that are computed of a sequence and head.
struct ScoreTiles {
  std::uint64_t count = 0, queries = 0, keys = 0;
  friend bool operator==(const ScoreTiles&, const ScoreTiles&) = default;
};
// At most four shapes: whole tiles, and those at the ends of queries, of keys, and of both.
std::vector<ScoreTiles> score_tiles(const AttentionShape& a);

// Throw PlanError for more scores than can be counted.
void add_attention_forward(ProgramBuilder& b, const AttentionShape& a);
void add_attention_backward(ProgramBuilder& b, const AttentionShape& a);

}  // namespace hecaton::training
