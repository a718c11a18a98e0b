#include "core/training/plan/attention.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/training/model/plan_error.hpp"
#include "core/training/plan/tiling.hpp"

namespace hecaton::training {

using chiplet::Stage;

namespace {

// A row of tiles: so many queries from position `first` to `last` of the sequence.
struct Row {
  std::uint64_t queries, first, last;
};

Row row_at(const AttentionShape& a, std::uint64_t from) {
  const std::uint64_t apart = a.keys / a.queries;
  const std::uint64_t queries = std::min(a.tile, a.queries - from);
  return {queries, from * apart, (from + queries) * apart - 1};
}

void add_tiles(std::vector<ScoreTiles>& tiles, const ScoreTiles& more) {
  if (more.count == 0) return;
  for (ScoreTiles& same : tiles)
    if (same.queries == more.queries && same.keys == more.keys) {
      same.count += more.count;
      return;
    }
  tiles.push_back(more);
}

// The operations of one product, for each shape of tiles: [queries, depth] x [depth, features] and so on.
struct Products {
  ProgramBuilder& b;
  const AttentionShape& a;
  std::vector<ScoreTiles> tiles = score_tiles(a);

  // From features of queries and keys to scores, or gradients of these.
  void scores() {
    for (const ScoreTiles& t : tiles) b.matmul(Stage::attention, t.queries, a.head, t.keys, times(t));
  }
  // From scores to features of queries.
  void queries() {
    for (const ScoreTiles& t : tiles) b.matmul(Stage::attention, t.queries, t.keys, a.head, times(t));
  }
  // From scores to features of keys.
  void keys() {
    for (const ScoreTiles& t : tiles) b.matmul(Stage::attention, t.keys, t.queries, a.head, times(t));
  }
  // So many passes over the scores.
  void softmax(std::uint64_t passes) {
    Wide elements = 0;
    for (const ScoreTiles& t : tiles) elements += Wide{times(t)} * t.queries * t.keys;
    const Wide bytes = elements * element_bytes * passes;
    if (bytes > Wide{1} << 62U) {
      throw PlanError("training.sequence_length", "makes attention too large",
                      "the scores of a mini-batch are counted in 64 bits",
                      "use shorter sequences or smaller mini-batches");
    }
    b.vector(Stage::attention, static_cast<std::uint64_t>(bytes));
  }

 private:
  std::uint64_t times(const ScoreTiles& t) const {
    const Wide all = Wide{t.count} * a.count;
    if (all <= std::numeric_limits<std::uint32_t>::max()) return static_cast<std::uint64_t>(all);
    throw PlanError("training.attention_tile", "makes too many tiles",
                    fmt::format("{} tiles of a sequence and head, {} sequences and heads of a die; products "
                                "are counted in 32 bits",
                                t.count, a.count),
                    "use larger tiles, shorter sequences or smaller mini-batches");
  }
};

}  // namespace

std::vector<ScoreTiles> score_tiles(const AttentionShape& a) {
  if (!a.mask.causal) return {{1, a.queries, a.keys}};
  const std::uint64_t rest = a.keys % a.tile;
  std::vector<ScoreTiles> tiles;
  for (std::uint64_t from = 0; from < a.queries; from += a.tile) {
    const Row row = row_at(a, from);
    const std::uint64_t begin = a.mask.first_key(row.first) / a.tile;
    const std::uint64_t end = a.mask.last_key(row.last, a.keys) / a.tile + 1;
    const std::uint64_t ragged = rest > 0 && end > a.keys / a.tile ? 1 : 0;
    add_tiles(tiles, {end - begin - ragged, row.queries, a.tile});
    add_tiles(tiles, {ragged, row.queries, rest});
  }
  return tiles;
}

void add_attention_forward(ProgramBuilder& b, const AttentionShape& a) {
  Products products{b, a};
  products.scores();
  products.softmax(a.soft_cap ? 2 : 1);
  products.queries();
  mean_on_grid(b, Verb::attention, Pass::forward, Stage::attention_output);
}

void add_attention_backward(ProgramBuilder& b, const AttentionShape& a) {
  Products products{b, a};
  products.scores();  // S
  products.scores();  // dP
  products.softmax(a.soft_cap ? 4 : 2);
  products.keys();     // dV
  products.queries();  // dQ
  products.keys();     // dK
  mean_on_grid(b, Verb::attention, Pass::input_gradient, Stage::qkv);
}

}  // namespace hecaton::training
