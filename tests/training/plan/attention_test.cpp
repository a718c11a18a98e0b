// What a mask leaves of attention: which tiles are computed, and what that changes in a step of each method.
#include "core/training/plan/attention.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/training/sums.hpp"

namespace hecaton::training::test::attention_test {
namespace {

constexpr const char* all_methods[] = {"hecaton", "megatron-flat-ring", "megatron-torus-ring", "optimus"};

AttentionShape causal(std::uint64_t queries, std::uint64_t keys, std::uint64_t tile,
                      std::uint64_t window = 0) {
  return {1, queries, keys, 1, {true, window}, tile};
}

// Tiles in which some query of some die sees some key, found pair by pair. Queries of a die are `apart` apart.
std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> needed(const AttentionShape& a) {
  std::set<std::pair<std::uint64_t, std::uint64_t>> tiles;
  const std::uint64_t apart = a.keys / a.queries;
  for (std::uint64_t query = 0; query < a.keys; ++query)
    for (std::uint64_t key = 0; key < a.keys; ++key) {
      const bool sees = key <= query && (a.mask.window == 0 || key + a.mask.window > query);
      if (sees) tiles.insert({query / apart / a.tile, key / a.tile});
    }
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> counts;
  for (const auto& [row, column] : tiles)
    ++counts[{std::min(a.tile, a.queries - row * a.tile), std::min(a.tile, a.keys - column * a.tile)}];
  return counts;
}

TEST(ScoreTiles, AreThoseThatAnyQueryNeeds) {
  for (const std::uint64_t tile : {1, 3, 4, 7, 16, 64})
    for (const std::uint64_t window : {0, 1, 2, 5, 8, 30, 100})
      for (const auto& [queries, keys] : {std::pair{24, 24}, {25, 25}, {12, 24}, {6, 24}, {5, 35}, {1, 1}}) {
        const AttentionShape a = causal(queries, keys, tile, window);
        std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> found;
        for (const ScoreTiles& t : score_tiles(a)) {
          EXPECT_EQ(found.count({t.queries, t.keys}), 0U);
          found[{t.queries, t.keys}] = t.count;
        }
        EXPECT_EQ(found, needed(a)) << queries << " queries, " << keys << " keys, tile " << tile
                                    << ", window " << window;
      }
}

TEST(ScoreTiles, AreAboutHalfOfTheSquare) {
  // 32 rows of tiles: 1 + 2 + ... + 32, which is (s + tile) / 2s of the square.
  EXPECT_EQ(score_tiles(causal(4096, 4096, 128)), (std::vector<ScoreTiles>{{528, 128, 128}}));
  EXPECT_EQ(2 * 528 * 128 * 128, (4096 + 128) * 4096);
  // Rows of 9 tiles once the window of 1,024 tokens has filled: 8 and the one that it begins in.
  EXPECT_EQ(score_tiles(causal(4096, 4096, 128, 1024)),
            (std::vector<ScoreTiles>{{8 * 9 / 2 + 24 * 9, 128, 128}}));
  // Two dies share a head: 16 rows of tiles, twice as long at their end.
  EXPECT_EQ(score_tiles(causal(2048, 4096, 128)), (std::vector<ScoreTiles>{{2 * 16 * 17 / 2, 128, 128}}));
  EXPECT_EQ(score_tiles({1, 100, 100, 1, {}, 8}), (std::vector<ScoreTiles>{{1, 100, 100}}));
}

TEST(Mask, PairsAreTheTriangleOrTheBand) {
  for (const std::uint64_t s : {1, 2, 17, 64})
    for (const std::uint64_t window : {0, 1, 5, 17, 64, 100}) {
      const AttentionMask mask{true, window};
      Wide pairs = 0;
      for (std::uint64_t query = 0; query < s; ++query)
        for (std::uint64_t key = 0; key < s; ++key)
          if (key <= query && (window == 0 || query - key < window)) ++pairs;
      EXPECT_TRUE(mask.pairs(s) == pairs) << s << " " << window;
    }
  EXPECT_TRUE(AttentionMask{}.pairs(1ULL << 40) == Wide{1} << 80U);
}

// ---- in a step

constexpr std::int64_t h = 512, heads = 32, layers = 3, batch = 16, sequence = 96, words = 2048;
constexpr std::int64_t tokens = batch * sequence, dies = 16;
constexpr MeshShape mesh{4, 4};

TrainingConfig config_for(const char* method) {
  TrainingConfig config;
  config.model = {"causal", h, 1024, heads, heads, layers, words, true};
  config.method = method;
  config.batch_sequences = batch;
  config.sequence_length = sequence;
  config.minibatch_tokens = tokens / 2;
  config.attention_tile = 32;
  return config;
}

// Seven products of each tile, and three passes over it; nothing else changes.
TEST(Causal, LeavesOutWholeTilesOfEveryProduct) {
  constexpr std::int64_t square = sequence * sequence;
  for (const char* method : all_methods) {
    for (const auto& [window, tiles] : {std::pair{0, 6}, {32, 5}, {1, 3}}) {
      TrainingConfig config = config_for(method);
      const Sums whole = sums_of(config, mesh);
      config.causal = true;
      config.window = static_cast<std::uint32_t>(window);
      const std::int64_t left_out = batch * heads * layers * (square - tiles * 32 * 32);
      EXPECT_EQ(whole - sums_of(config, mesh), (Sums{0, 7 * left_out * (h / heads), 0, 0, 3 * left_out * 2}))
          << method << ", window " << window;
    }
  }
}

TEST(Causal, OfOneTileIsTheWholeSquare) {
  for (const char* method : all_methods) {
    TrainingConfig config = config_for(method);
    const Sums whole = sums_of(config, mesh);
    config.causal = true;
    config.attention_tile = sequence;
    EXPECT_EQ(sums_of(config, mesh), whole) << method;
  }
}

TEST(Causal, ByHeadAndRecomputedLeavesOutTheSame) {
  constexpr std::int64_t left_out = batch * heads * layers * 3 * 32 * 32;
  TrainingConfig config = config_for("hecaton");
  config.attention = Attention::by_head;
  config.recompute = true;
  const Sums whole = sums_of(config, mesh);
  config.causal = true;
  // Both products of the forward pass once more.
  EXPECT_EQ(whole - sums_of(config, mesh), (Sums{0, 9 * left_out * (h / heads), 0, 0, 4 * left_out * 2}));
}

// 64 dies, 32 heads: two share a head and have every second query of it.
TEST(Causal, DiesThatShareAHeadHaveTheSameTiles) {
  for (const char* method : {"megatron-flat-ring", "megatron-torus-ring"}) {
    TrainingConfig config = config_for(method);
    const Sums whole = sums_of(config, {8, 8});
    config.causal = true;
    // Of 48 queries a tile of 32, which need the first 64 keys, and one of 16, which need all 96.
    constexpr std::int64_t computed = 2 * (32 * 64 + 16 * 96);
    constexpr std::int64_t left_out = batch * heads * layers * (sequence * sequence - computed);
    EXPECT_EQ(whole - sums_of(config, {8, 8}), (Sums{0, 7 * left_out * (h / heads), 0, 0, 3 * left_out * 2}))
        << method;
  }
}

TEST(Causal, UsefulOperationsAreThoseOfTheTriangle) {
  TrainingConfig config = config_for("hecaton");
  config.causal = true;
  const auto useful = [&](Wide pairs) {
    const Wide weights = layers * (4 * h * h + 3 * h * 1024) + h * words;
    return tokens * 6 * weights + batch * pairs * 12 * layers * h;
  };
  EXPECT_TRUE(plan_step(config, mesh, large_die()).model_flops == useful(sequence * (sequence + 1) / 2));
  config.window = 10;  // rows of 1, 2, ..., 9, and then of 10
  EXPECT_TRUE(plan_step(config, mesh, large_die()).model_flops == useful(45 + 10 * (sequence - 9)));
}

std::string blamed(const TrainingConfig& config, MeshShape dies_of) {
  try {
    plan_step(config, dies_of, large_die());
  } catch (const PlanError& error) {
    return error.table_key;
  }
  return {};
}

TEST(Causal, RefusesWhatCannotBe) {
  TrainingConfig config = config_for("hecaton");
  config.window = 8;
  EXPECT_EQ(blamed(config, mesh), "training.window");
  config.causal = true;
  EXPECT_EQ(blamed(config, mesh), "");
  config.attention_tile = 0;
  EXPECT_EQ(blamed(config, mesh), "training.attention_tile");
  // 2^17 rows of single tokens, 2^33 tiles.
  config = config_for("hecaton");
  config.causal = true;
  config.attention_tile = 1;
  config.sequence_length = 1U << 17U;
  config.minibatch_tokens = 0;
  config.batch_sequences = 4;
  EXPECT_EQ(blamed(config, mesh), "training.attention_tile");
  config.attention_tile = 128;
  EXPECT_EQ(blamed(config, mesh), "");
}

}  // namespace
}  // namespace hecaton::training::test::attention_test
