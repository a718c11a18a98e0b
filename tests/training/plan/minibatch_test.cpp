// The search for a mini-batch, with a family made for it: what it prefers, and what it says if nothing fits.
#include "core/training/plan/minibatch.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "core/training/model/plan_error.hpp"

namespace hecaton::training::test::minibatch_test {
namespace {

struct Slices {
  std::uint64_t tokens = 0;
};

// One operator of one stage each way, which keeps `resident` bytes for every sequence and takes a byte per
// token.
struct ToyOperator {
  TiledStage stage{"toy", "toy forward", {}};
  TiledStage back_stage{"toy", "toy backward", {}};
  std::array<TiledStage*, 1> forward_stages() { return {&stage}; }
  std::array<TiledStage*, 1> backward_stages() { return {&back_stage}; }
};

// Sequences of 16 tokens. What is ahead of time takes another 100 bytes.
struct ToyFamily {
  using Fit = Minibatch<Slices, std::variant<ToyOperator>, bool>;
  static constexpr bool prefers_largest = false;
  std::uint64_t buffer = 1000;
  std::uint64_t resident = 0;
  std::uint64_t wide_tile = 1;
  std::uint64_t least = 1;

  std::uint64_t capacity() const { return buffer; }
  std::uint64_t least_sequences() const { return least; }
  std::array<bool, 2> prefetch_levels(std::uint64_t) const { return {true, false}; }
  Fit plan(std::uint64_t sequences, bool ahead) const {
    const std::uint64_t tokens = 16 * sequences;
    const Tiling tiling{tokens, tokens, resident * sequences + (ahead ? 100 : 0), 1, 1};
    ToyOperator o;
    o.stage.tiling = o.back_stage.tiling = tiling;
    return {{tokens}, {o}, {"head", "head", tiling}, ahead, sequences, 0};
  }
  bool is_wide(Fit& fit) const { return fit.slices.tokens / fit.most_tiles() >= wide_tile; }
  std::uint64_t overlap_rank(bool ahead) const { return ahead ? 1 : 0; }
  std::uint64_t tiles_read_twice(const Fit&) const { return 0; }
};

struct LargestFamily : ToyFamily {
  static constexpr bool prefers_largest = true;
};

TrainingConfig batch_of(std::uint32_t sequences, std::uint32_t minibatch_tokens = 0) {
  TrainingConfig config;
  config.batch_sequences = sequences;
  config.sequence_length = 16;
  config.minibatch_tokens = minibatch_tokens;
  return config;
}

TEST(MinibatchSearch, TakesTheFewestRounds) {
  // All sizes fit at once, so the whole batch is one mini-batch with one tile.
  const auto fit = choose_minibatch(ToyFamily{}, batch_of(8));
  EXPECT_EQ(fit.sequences, 8U);
  EXPECT_TRUE(fit.prefetch);
  EXPECT_EQ(fit.peak, 100U + 8 * 16);
}

TEST(MinibatchSearch, PrefersOverlapToFewerRounds) {
  // Of 4 sequences 380 bytes stay, and 100 more ahead of time leave no room in 480; of 2 they do.
  const auto fit = choose_minibatch(ToyFamily{480, 95}, batch_of(4));
  EXPECT_EQ(fit.sequences, 2U);
  EXPECT_TRUE(fit.prefetch);
}

TEST(MinibatchSearch, PrefersWideTilesToOverlap) {
  // Ahead of time only 8 bytes are left for a tile of tokens, else 108.
  ToyFamily family{108};
  family.wide_tile = 16;
  const auto fit = choose_minibatch(family, batch_of(1));
  EXPECT_FALSE(fit.prefetch);
  family.wide_tile = 8;
  EXPECT_TRUE(choose_minibatch(family, batch_of(1)).prefetch);
  family.wide_tile = 17;  // none is wide
  EXPECT_TRUE(choose_minibatch(family, batch_of(1)).prefetch);
}

TEST(MinibatchSearch, BreaksTiesAsTheFamilySays) {
  // Tiles of at most 16 tokens: every size takes as many rounds.
  EXPECT_EQ(choose_minibatch(ToyFamily{116}, batch_of(4)).sequences, 1U);
  EXPECT_EQ(choose_minibatch(LargestFamily{{116}}, batch_of(4)).sequences, 4U);
}

TEST(MinibatchSearch, GoesByTheLeastSizeAndTheBatch) {
  ToyFamily family;
  family.least = 2;
  family.resident = 80;
  family.buffer = 500;  // four sequences keep 320 bytes, and 100 are ahead; six would keep 480
  EXPECT_EQ(choose_minibatch(family, batch_of(12)).sequences, 4U);
}

std::string key_of_error(const ToyFamily& family, const TrainingConfig& config) {
  try {
    choose_minibatch(family, config);
  } catch (const PlanError& error) {
    return error.table_key + " " + error.problem;
  }
  return "";
}

TEST(MinibatchSearch, TakesWhatIsGivenOrSaysWhyNot) {
  EXPECT_EQ(choose_minibatch(ToyFamily{}, batch_of(8, 64)).sequences, 4U);
  EXPECT_EQ(key_of_error({10, 11}, batch_of(8)),
            "die.activation_buffer_MiB is too small for this mini-batch");
  EXPECT_EQ(key_of_error({10, 11}, batch_of(8, 16)),
            "die.activation_buffer_MiB is too small for this mini-batch");
}

}  // namespace
}  // namespace hecaton::training::test::minibatch_test
