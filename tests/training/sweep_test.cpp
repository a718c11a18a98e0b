// Many decks, reasonable and not: each is planned or refused, and what is planned adds up.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "tests/training/cases.hpp"

namespace hecaton::training::test::sweep_test {
namespace {

// Powers of two with an odd factor now and then, so that many decks divide evenly and many do not.
std::uint32_t size(std::mt19937& random, std::uint32_t largest_power) {
  const std::uint32_t power = 1U << random() % (largest_power + 1);
  const std::uint32_t factors[] = {1, 1, 1, 3, 5};
  return power * factors[random() % 5];
}

TrainingConfig any_config(std::mt19937& random) {
  TrainingConfig c;
  c.model.heads = size(random, 6);
  c.model.kv_heads = random() % 2 == 0 ? c.model.heads : size(random, 3);
  c.model.hidden = c.model.heads * size(random, 6);
  c.model.ffn = size(random, 12);
  c.model.layers = size(random, 5);
  c.model.vocabulary = size(random, 12);
  c.model.gated = random() % 2 == 0;
  c.method = methods()[random() % methods().size()].name;
  c.batch_sequences = size(random, 6);
  c.sequence_length = size(random, 9);
  c.minibatch_tokens = random() % 2 == 0 ? 0 : c.sequence_length * size(random, 4);
  c.fusion = random() % 4;
  c.overlap = random() % 2 == 0;
  if (random() % 4 == 0) c.model.head_dim = size(random, 6);
  c.causal = random() % 2 == 0;
  c.attention_tile = size(random, 9);
  if (random() % 2 == 0) c.vocabulary_padding = VocabularyPadding::automatic;
  constexpr Uneven choices[] = {Uneven::refuse, Uneven::refuse, Uneven::automatic, Uneven::pad};
  c.uneven = choices[random() % 4];
  return c;
}

chiplet::DieConfig any_die(std::mt19937& random) {
  chiplet::DieConfig die;
  die.weight_buffer_MiB = 0.001 * size(random, 14);
  die.activation_buffer_MiB = 0.001 * size(random, 14);
  if (random() % 2 == 0) die.matrix = chiplet::MatrixModel::roofline;
  return die;
}

// Scores of a sequence and head that are needed, and those of the tiles in which they are.
std::uint64_t needed_scores(const TrainingConfig& c) {
  const std::uint64_t s = c.sequence_length;
  return c.causal ? s * (s + 1) / 2 : s * s;
}
std::uint64_t tiled_scores(const TrainingConfig& c) {
  const std::uint64_t s = c.sequence_length, tile = c.attention_tile;
  if (!c.causal) return s * s;
  std::uint64_t scores = 0;
  for (std::uint64_t from = 0; from < s; from += tile) {
    const std::uint64_t end = std::min(from + tile, s);
    scores += (end - from) * end;
  }
  return scores;
}

// Multiply-accumulates of all dies together, if nothing is there twice: forward and backward of the layers and
// the output head.
std::uint64_t macs_of(const TrainingConfig& c, std::uint64_t scores) {
  const ModelConfig& m = c.model;
  const std::uint64_t tokens = std::uint64_t{c.batch_sequences} * c.sequence_length;
  const std::uint64_t weights = m.layers * layer_weights(m) + std::uint64_t{m.hidden} * m.vocabulary;
  const std::uint64_t queries = query_features(model_of(m).operators.at(0));
  return tokens * 3 * weights + c.batch_sequences * scores * 7 * m.layers * queries;
}

TEST(AnyDeck, IsPlannedOrRefused) {
  std::mt19937 random(1);
  int planned = 0, refused = 0;
  for (int i = 0; i < 60000; ++i) {
    const TrainingConfig config = any_config(random);
    const chiplet::DieConfig die = any_die(random);
    const MeshShape mesh{size(random, 3), size(random, 3)};
    try {
      const Plan plan = plan_step(config, mesh, die);
      ASSERT_EQ(plan.role_of_die.size(), mesh.dies());
      std::uint64_t macs = 0, written = 0;
      for (const std::uint32_t role : plan.role_of_die) {
        const Tally all = tally(plan.roles.at(role), rings_of(mesh));
        macs += all.sum(&StageTally::macs);
        written += all.of(Stage::optimizer, &StageTally::written_bytes);
      }
      const TrainingConfig used = padded(config, mesh);
      const ModelConfig& m = used.model;
      const std::uint64_t weights = all_weights(m);
      EXPECT_GE(macs, macs_of(config, needed_scores(config)));
      EXPECT_GE(macs, macs_of(used, needed_scores(used)));
      EXPECT_GE(written, 14 * weights);
      if (model_of(m).operators.at(0).kv_heads >= mesh.dies()) {  // nothing is there twice
        EXPECT_EQ(macs, macs_of(used, tiled_scores(used)));
        EXPECT_EQ(written, 14 * weights);
      }
      ++planned;
    } catch (const PlanError& error) {
      EXPECT_FALSE(error.table_key.empty() || error.problem.empty() || error.why.empty() ||
                   error.suggestion.empty());
      ++refused;
    }
  }
  EXPECT_GT(planned, 500);
  EXPECT_GT(refused, 500);
}

// The largest values that a deck may hold: refused, never an overflow.
TEST(AnyDeck, OfTheLargestSizesIsRefused) {
  for (const MethodInfo& method : methods()) {
    TrainingConfig c;
    c.model = {"largest", 1000000, 16000000, 50000, 50000, 10000, 16000000, true};
    c.method = method.name;
    c.batch_sequences = 1000000;
    c.sequence_length = 16000000;
    chiplet::DieConfig die;
    die.weight_buffer_MiB = die.activation_buffer_MiB = 1e6;
    EXPECT_THROW(plan_step(c, {256, 256}, die), PlanError);
    c.batch_sequences = c.sequence_length = 1;
    EXPECT_THROW(plan_step(c, {256, 256}, die), PlanError);
  }
}

}  // namespace
}  // namespace hecaton::training::test::sweep_test
