// Shapes that do not divide among the dies: padded with the fewest that do, or, where the deck wants that, refused with
// advice that works.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/training/cases.hpp"

namespace hecaton::training::test::padding_test {
namespace {

constexpr std::uint32_t words = 50257, h = 512, layers = 2, sequence = 64, batch = 16;

TrainingConfig config_for(const char* method, std::uint32_t vocabulary, VocabularyPadding padding) {
  TrainingConfig config;
  config.model = {"words", h, 1024, 32, 16, layers, vocabulary, true};
  config.method = method;
  config.batch_sequences = batch;
  config.sequence_length = sequence;
  config.uneven = Uneven::refuse;
  config.vocabulary_padding = padding;
  return config;
}

std::uint64_t macs(const Plan& plan, MeshShape mesh) {
  std::uint64_t sum = 0;
  for (const std::uint32_t role : plan.role_of_die)
    sum += tally(plan.roles[role], rings_of(mesh)).sum(&StageTally::macs);
  return sum;
}

std::string text_of(const Plan& plan, std::string_view key) {
  for (const PlanFact& fact : plan.facts)
    if (fact.key == key) return fact.value;
  return {};
}

// Words that stand for nothing are multiplied like others, and are no useful work.
TEST(Padding, AddsTheFewestWordsThatDivide) {
  const MeshShape mesh{4, 4};
  for (const char* method : {"hecaton", "optimus"}) {
    EXPECT_THROW(plan_step(config_for(method, words, VocabularyPadding::none), mesh, large_die()), PlanError);
    const Plan with = plan_step(config_for(method, words, VocabularyPadding::automatic), mesh, large_die());
    const Plan same = plan_step(config_for(method, words + 3, VocabularyPadding::none), mesh, large_die());
    EXPECT_EQ(macs(with, mesh), macs(same, mesh)) << method;
    EXPECT_EQ(same.model_flops - with.model_flops, Wide{batch * sequence} * 6 * 3 * h) << method;
    EXPECT_EQ(text_of(with, "padded words of the vocabulary"), "50257 to 50260");
    EXPECT_EQ(text_of(same, "padded words of the vocabulary"), "");
  }
}

TEST(Padding, OneDMethodsNeedAWordForEachDie) {
  const MeshShape mesh{8, 8};
  for (const char* method : {"megatron-flat-ring", "megatron-torus-ring"}) {
    EXPECT_THROW(plan_step(config_for(method, 60, VocabularyPadding::none), mesh, large_die()), PlanError);
    const Plan few = plan_step(config_for(method, 60, VocabularyPadding::automatic), mesh, large_die());
    EXPECT_EQ(text_of(few, "padded words of the vocabulary"), "60 to 64") << method;
    const Plan many = plan_step(config_for(method, words, VocabularyPadding::automatic), mesh, large_die());
    EXPECT_EQ(text_of(many, "padded words of the vocabulary"), "") << method;
    EXPECT_EQ(many.roles.size(), 2U);
    TrainingConfig equal = config_for(method, words, VocabularyPadding::none);
    equal.uneven = Uneven::pad;
    EXPECT_EQ(plan_step(equal, mesh, large_die()).roles.size(), 1U);
  }
}

std::string advice(const TrainingConfig& config, MeshShape mesh) {
  try {
    plan_step(config, mesh, large_die());
  } catch (const PlanError& error) {
    return error.suggestion;
  }
  return "none";
}

TEST(Advice, IsPossible) {
  const std::string padded = ", or training.uneven = \"auto\"";
  TrainingConfig config = config_for("hecaton", words, VocabularyPadding::none);
  EXPECT_EQ(advice(config, {4, 4}),
            "use 1 or 29 columns, or training.vocabulary_padding = \"auto\"" + padded);
  config.model.vocabulary = 51200;
  EXPECT_EQ(advice(config, {3, 4}), "use 2 or 4 rows" + padded);
  config.model.heads = 40;
  config.model.kv_heads = 8;
  config.model.hidden = 640;
  EXPECT_EQ(advice(config, {4, 16}), "use 10 or 20 columns" + padded);
  EXPECT_EQ(advice(config, {4, 64}), "use 40 columns" + padded);
  // Mini-batches for every row, or heads of its own for every die: 40 heads are for 40 dies, not for 64.
  config.batch_sequences = 6;
  config.sequence_length = 80;
  EXPECT_EQ(advice(config, {4, 8}), "use a multiple of 4" + padded);
  EXPECT_EQ(advice(config, {5, 8}), "use a multiple of 5, or attention = \"by-head\"" + padded);
  config.attention = Attention::by_head;
  EXPECT_EQ(advice(config, {5, 8}), "none");
  EXPECT_EQ(advice(config, {4, 8}), "use 20 or 40 dies, or \"by-sequence\"" + padded);
  config = config_for("megatron-flat-ring", words, VocabularyPadding::none);
  EXPECT_EQ(advice(config, {4, 6}), "use 16 or 32 dies, or another method" + padded);
}

}  // namespace
}  // namespace hecaton::training::test::padding_test
