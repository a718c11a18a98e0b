// What a step keeps in DRAM, beside closed forms that are worked out here: for all methods, and for what a deck
// may choose of a step.
#include "core/training/plan/footprint.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/training/model/plan_error.hpp"
#include "tests/training/cases.hpp"
#include "tests/training/walk.hpp"

namespace hecaton::training::test::footprint_test {

namespace {

constexpr std::uint64_t e = 2;  // bytes of bf16
constexpr MeshShape mesh{8, 8};
constexpr std::uint64_t rows = 8, columns = 8, dies = 64;
constexpr std::uint64_t sequences = 16, s = 64, tokens = sequences * s;
constexpr std::uint64_t h = 1024, f = 4096, layers = 3, words = 8192, heads = 64;
constexpr std::uint64_t x = tokens * h * e;  // the stream
constexpr std::uint64_t layer_weights = h * (3 * h + h + 2 * f);
constexpr std::uint64_t weights = layers * layer_weights + 2 * h * words;

constexpr const char* all_methods[] = {"hecaton", "optimus", "megatron-flat-ring", "megatron-torus-ring"};
bool is_1d(std::string_view method) {
  return method.starts_with("megatron");
}

TrainingConfig config_for(const char* method) {
  TrainingConfig config;
  config.model = {"test", h, f, heads, heads, layers, words, false};
  config.method = method;
  config.batch_sequences = sequences;
  config.sequence_length = s;
  return config;
}

Footprint footprint(const TrainingConfig& config) {
  const Plan plan = plan_step(config, mesh, large_die());
  EXPECT_EQ(plan.footprints.size(), plan.roles.size());
  Footprint package;
  for (const std::uint32_t role : plan.role_of_die) package.add(plan.footprints[role], 1);
  return package;
}

// Of a layer: queries, keys, values and the output of attention; one scalar per token and head; up; and of the
// stream its sum after attention and the output of the layer. 2D: two norms have a scalar per token in every row
// of dies. `kv` and `up` are features per token of all dies.
std::uint64_t saved_layer(bool one_d, std::uint64_t kv, std::uint64_t up) {
  const std::uint64_t features = h + kv + h + up + 2 * h;
  return tokens * (features * e + heads * 4 + (one_d ? 0 : 2 * rows * 4));
}

TEST(Footprint, IsTheClosedFormForEveryMethod) {
  for (const char* method : all_methods) {
    const Footprint told = footprint(config_for(method));
    EXPECT_EQ(told.weights, weights * 2) << method;
    EXPECT_EQ(told.gradients, weights * 2) << method;
    EXPECT_EQ(told.optimizer_state, weights * 12) << method;
    EXPECT_EQ(told.saved_activations, layers * saved_layer(is_1d(method), 2 * h, f)) << method;
    EXPECT_EQ(told.stream_gradients, x) << method;
    EXPECT_EQ(told.total(), weights * 16 + layers * saved_layer(is_1d(method), 2 * h, f) + x) << method;
  }
}

TEST(Footprint, DoesNotDependOnMiniBatchesNorOnOverlap) {
  for (const char* method : all_methods) {
    TrainingConfig config = config_for(method);
    const Footprint chosen = footprint(config);
    for (const std::uint32_t minibatch : {512U, 1024U}) {
      for (const bool overlap : {true, false}) {
        config.minibatch_tokens = minibatch;
        config.overlap = overlap;
        EXPECT_EQ(footprint(config).saved_activations, chosen.saved_activations) << method << minibatch;
        EXPECT_EQ(footprint(config).stream_gradients, chosen.stream_gradients) << method << minibatch;
      }
    }
  }
}

TEST(Footprint, SgdKeepsAMasterWeightAlone) {
  for (const char* method : all_methods) {
    TrainingConfig config = config_for(method);
    config.optimizer = Optimizer::sgd;
    EXPECT_EQ(footprint(config).optimizer_state, weights * 4) << method;
  }
}

// 2D: the output of a layer alone. 1D: the stream before and after the attention block.
TEST(Footprint, RecomputationKeepsTheStreamAlone) {
  for (const char* method : all_methods) {
    TrainingConfig config = config_for(method);
    config.recompute = true;
    const Footprint told = footprint(config);
    EXPECT_EQ(told.saved_activations, layers * (is_1d(method) ? 2 : 1) * x) << method;
    EXPECT_EQ(told.total(), weights * 16 + told.saved_activations + x) << method;
  }
}

// One matrix; 1D: the words that were looked up are spilled, as the input of the first layer.
TEST(Footprint, ATiedTableLiesThereOnce) {
  for (const char* method : all_methods) {
    TrainingConfig config = config_for(method);
    const std::uint64_t untied = footprint(config).saved_activations;
    config.model.tied = true;
    const Footprint told = footprint(config);
    EXPECT_EQ(told.weights, (weights - h * words) * 2) << method;
    EXPECT_EQ(told.gradients, (weights - h * words) * 2) << method;
    EXPECT_EQ(told.optimizer_state, (weights - h * words) * 12) << method;
    EXPECT_EQ(told.saved_activations, untied + (is_1d(method) ? x : 0)) << method;
  }
}

// Four key/value heads on eight columns, or on 64 dies: each lies on several. Copies have gradients of their own, and
// keys and values of their own, but one master.
TEST(Footprint, CopiesOfKeysAndValuesHaveGradients) {
  constexpr std::uint64_t kv_heads = 4, head = h / heads, kv = 2 * kv_heads * head;
  constexpr std::uint64_t all = layers * h * (h + kv + h + 2 * f) + 2 * h * words;
  for (const char* method : all_methods) {
    const std::uint64_t copies = (is_1d(method) ? dies : columns) / kv_heads;
    TrainingConfig config = config_for(method);
    config.model.kv_heads = kv_heads;
    const Footprint told = footprint(config);
    EXPECT_EQ(told.weights, all * 2) << method;
    EXPECT_EQ(told.optimizer_state, all * 12) << method;
    EXPECT_EQ(told.gradients, (all + layers * (copies - 1) * h * kv) * 2) << method;
    EXPECT_EQ(told.saved_activations, layers * saved_layer(is_1d(method), copies * kv, f)) << method;
  }
}

// All experts have weights; the two of a token save what goes up. What chooses them is in every column (optimus: row;
// 1D: die).
TEST(Footprint, OfAMixtureOfExperts) {
  constexpr std::uint64_t experts = 8, active = 2, router = h * experts;
  constexpr std::uint64_t all = layers * (h * 4 * h + experts * 2 * h * f + router) + 2 * h * words;
  for (const char* method : all_methods) {
    const std::uint64_t copies = is_1d(method) ? dies : columns;
    TrainingConfig config = config_for(method);
    config.model.experts = experts;
    config.model.experts_per_token = active;
    const Footprint told = footprint(config);
    EXPECT_EQ(told.weights, all * 2) << method;
    EXPECT_EQ(told.gradients, (all + layers * (copies - 1) * router) * 2) << method;
    EXPECT_EQ(told.saved_activations, layers * saved_layer(is_1d(method), 2 * h, active * f)) << method;
  }
}

// The batch of its training: 2.8 TB of weights, gradients and states, and 74 TB of activations, which do not show
// in a time.
TEST(Footprint, OfGpt3IsMostlyActivations) {
  TrainingConfig config;
  config.model = *find_model("gpt3-175b");
  config.batch_sequences = 1536;
  const Plan plan = plan_step(config, {32, 32}, large_die());
  ASSERT_EQ(plan.footprints.size(), 1U);
  Footprint package;
  package.add(plan.footprints[0], 1024);
  constexpr std::uint64_t batch = 1536 * 2048ULL, hidden = 12288,
                          all = 96 * 12 * hidden * hidden + hidden * 51200;
  EXPECT_EQ(plan.parameters, all);
  EXPECT_EQ(package.weights + package.gradients + package.optimizer_state, 16 * all);
  EXPECT_EQ(package.saved_activations, 96 * batch * (10 * hidden * 2 + 96 * 4 + 2 * 32 * 4));
  EXPECT_GT(package.saved_activations, 74'000'000'000'000U);
}

// Followed operation by operation: all that is saved is written before the first weight gradient, and what
// backward reads of it, with the input of the first layer but without the output of the last, is as much.
TEST(Footprint, WhatIsSavedIsReadBackwardOnce) {
  for (const char* method : {"hecaton", "optimus"}) {
    for (const bool overlap : {true, false}) {
      TrainingConfig config = config_for(method);
      config.overlap = overlap;
      const Plan plan = plan_step(config, mesh, large_die());
      std::uint64_t written = 0, read = 0;
      bool backward = false;
      walk(plan.roles.at(0), [&](const chiplet::Op& op) {
        const bool moves = op.code == OpCode::dram_read || op.code == OpCode::dram_write;
        const bool saves = op.stage != Stage::weights && op.stage != Stage::gradients &&
                           op.stage != Stage::optimizer && op.stage != Stage::embedding &&
                           op.stage != Stage::activations;
        backward = backward || (op.code == OpCode::dram_write && op.stage == Stage::gradients);
        if (!moves || !saves) return;
        EXPECT_EQ(op.code == OpCode::dram_read, backward) << method;
        (backward ? read : written) += op.bytes;
      });
      EXPECT_GT(written, 0U);
      EXPECT_EQ(read, written) << method;
      EXPECT_EQ(plan.footprints.at(0).saved_activations, written) << method;
    }
  }
}

TEST(Footprint, IsRefusedBeyondSixtyFourBits) {
  Footprint half;
  half.weights = std::uint64_t{1} << 61;
  Footprint sum;
  sum.add(half, 2);
  EXPECT_EQ(sum.weights, std::uint64_t{1} << 62);
  EXPECT_THROW(sum.add(half, 1), PlanError);
}

}  // namespace
}  // namespace hecaton::training::test::footprint_test
