// Layers that pass forward only, and steps that train the output head alone: what they save against the step that trains all,
// what they keep in DRAM, and what is refused. All of it is worked out here.
#include <gtest/gtest.h>

#include "core/training/model/trained.hpp"
#include "tests/training/sums.hpp"

namespace hecaton::training::test::frozen_test {
namespace {

constexpr std::int64_t e = 2;  // bytes of bf16
constexpr MeshShape mesh{4, 4};
constexpr std::int64_t p = 4, dies = 16;  // dies of a line, and in all
constexpr std::int64_t sequences = 16, s = 64, tokens = sequences * s;
constexpr std::int64_t h = 1024, f = 4096, layers = 6, frozen = 4, words = 8192, heads = 64;
constexpr std::int64_t x = tokens * h * e;  // the stream
constexpr std::int64_t layer_weights = h * (4 * h + 2 * f), table = h * words;
constexpr std::int64_t minibatches = 2;

constexpr const char* all_methods[] = {"hecaton", "optimus", "megatron-flat-ring", "megatron-torus-ring"};
bool is_1d(std::string_view method) {
  return method.starts_with("megatron");
}

TrainingConfig config_for(std::string_view method) {
  TrainingConfig config;
  config.model = {"test", h, f, heads, heads, layers, words, false};
  config.method = method;
  config.batch_sequences = sequences;
  config.sequence_length = s;
  config.minibatch_tokens = tokens / minibatches;
  return config;
}

// Without the vector unit.
Sums sums_of(const TrainingConfig& config) {
  Sums sums = test::sums_of(config, mesh);
  sums.vector = 0;
  return sums;
}

// What forward saves of a layer: queries, keys, values, the output of attention, up, log-sum-exp; the stream twice. 2D:
// two norms have a scalar per token in every row of dies.
std::int64_t saved(std::string_view method) {
  const std::int64_t inner = tokens * ((3 * h + h + f) * e + heads * 4);
  return inner + 2 * x + (is_1d(method) ? 0 : 2 * p * tokens * 4);
}

// Bytes sent by all dies for the backward pass of a linear layer k to n on p x p dies.
std::int64_t nop_backward(std::string_view method, std::int64_t k, std::int64_t n) {
  if (method == "hecaton") return (p - 1) * tokens * (n + k + k) * e;  // dY, dX, X again
  return 2 * (p - 1) * (tokens * k + minibatches * k * n) * e;         // SUMMA: panels of X and of W, twice
}

std::int64_t nop_backward_of_layer(std::string_view method) {
  if (is_1d(method)) return 6 * (dies - 1) * x;
  const std::int64_t norms = 2 * 2 * (p - 1) * tokens * 4;
  return norms + nop_backward(method, h, 3 * h) + nop_backward(method, h, h) + nop_backward(method, h, f) +
         nop_backward(method, f, h);
}

// A backward pass of so many layers: the operations of two gradients, five products of attention for two; weights and what
// was saved are read, gradients written; and the optimizer's part. 1D reads and writes the stream around every block.
Sums backward_of(std::string_view method, std::int64_t count) {
  const std::int64_t attention = sequences * heads * s * s * (h / heads);
  const std::int64_t stream = is_1d(method) ? 2 * x : 0;
  return {count * nop_backward_of_layer(method), count * (2 * tokens * layer_weights + 5 * attention),
          count * (layer_weights * e + saved(method) + stream + 14 * layer_weights),
          count * (layer_weights * e + stream + 14 * layer_weights), 0};
}

// The embedding table's: its gradient, and the optimizer.
Sums embedding() {
  return {0, 0, 2 * x + 14 * table, x + 14 * table, 0};
}

// The stream passes to DRAM and back between frozen and trained layers, whose groups are apart; 1D: it does so anyway.
TEST(Frozen, LayersPassForwardOnly) {
  for (const char* method : all_methods) {
    TrainingConfig config = config_for(method);
    const Sums full = sums_of(config);
    config.frozen_layers = frozen;
    const std::int64_t border = is_1d(method) ? 0 : x;
    const std::int64_t kept = is_1d(method) ? saved(method) - 2 * x : saved(method);
    Sums expected = backward_of(method, frozen) + embedding();
    expected.reads -= border;
    expected.writes += frozen * kept - border;
    EXPECT_EQ(full - sums_of(config), expected) << method;
  }
}

// The head has no input gradient: its product, its sums or panels, the norm's scalars, and what it would write.
TEST(Frozen, OfAHeadAloneNothingGoesBelowIt) {
  for (const char* method : all_methods) {
    TrainingConfig config = config_for(method);
    const Sums full = sums_of(config);
    config.train = Train::head;
    const std::int64_t kept = is_1d(method) ? saved(method) - 2 * x : saved(method);
    Sums expected = backward_of(method, layers) + embedding();
    std::int64_t scattered = (dies - 1) * x;
    if (!is_1d(method)) {
      scattered = (p - 1) * (x + 2 * tokens * 4);
      if (std::string_view(method) == "optimus") scattered += (p - 1) * minibatches * table * e;
      expected.reads += x;   // of the gradients between head and layers
      expected.writes += x;  // the layers' own
      expected.writes -= x;  // for the head: the layers' output, saved otherwise
    }
    expected.nop += scattered;
    expected.macs += tokens * table;
    expected.writes += layers * kept + x;  // and the head's
    EXPECT_EQ(full - sums_of(config), expected) << method;
  }
}

// A tied head is frozen with its table: gradients go through it, and it gets none.
TEST(Frozen, ATiedHeadOnlyPassesGradientsOn) {
  for (const char* method : all_methods) {
    TrainingConfig config = config_for(method);
    config.frozen_layers = frozen;
    const Sums untied = sums_of(config);
    config.model.tied = true;
    std::int64_t sent = 0;
    if (std::string_view(method) == "hecaton") sent = (p - 1) * x;  // X again
    if (std::string_view(method) == "optimus") sent = (p - 1) * (x + minibatches * table * e);
    const std::int64_t looked_up = is_1d(method) ? x : 0;  // added up by all dies, and spilled
    const std::int64_t added_up = is_1d(method) ? (dies - 1) * x : 0;
    EXPECT_EQ(untied - sums_of(config), (Sums{sent - added_up, tokens * table, 14 * table - looked_up,
                                              e * table + 14 * table - looked_up, 0}))
        << method;
  }
}

Footprint footprint(const TrainingConfig& config) {
  const Plan plan = plan_step(config, mesh, large_die());
  Footprint package;
  for (const std::uint32_t role : plan.role_of_die) package.add(plan.footprints[role], 1);
  return package;
}

void expect_footprint(const TrainingConfig& config, std::int64_t trained, std::int64_t saved_layers,
                      std::int64_t stream_gradients, std::int64_t looked_up) {
  const std::int64_t all = layers * layer_weights + (config.model.tied ? 1 : 2) * table;
  const Footprint told = footprint(config);
  const auto bytes = [](std::int64_t n) { return static_cast<std::uint64_t>(n); };
  EXPECT_EQ(told.weights, bytes(e * all)) << config.method;
  EXPECT_EQ(told.gradients, bytes(e * trained)) << config.method;
  EXPECT_EQ(told.optimizer_state, bytes(12 * trained)) << config.method;
  EXPECT_EQ(told.saved_activations, bytes(saved_layers * saved(config.method) + x + looked_up))
      << config.method;
  EXPECT_EQ(told.stream_gradients, bytes(stream_gradients)) << config.method;
  const Plan plan = plan_step(config, mesh, large_die());
  EXPECT_EQ(plan.parameters, bytes(all)) << config.method;
  EXPECT_EQ(plan.trained, bytes(trained)) << config.method;
}

// Frozen weights have neither gradients nor masters. Of frozen layers the stream is there once, whatever their number.
TEST(Frozen, FootprintIsThatOfWhatIsTrained) {
  for (const char* method : all_methods) {
    for (const std::uint32_t fused : {0U, 1U}) {
      if (fused == 1 && is_1d(method)) continue;
      TrainingConfig config = config_for(method);
      config.fusion = fused;
      config.frozen_layers = frozen;
      expect_footprint(config, (layers - frozen) * layer_weights + table, layers - frozen, x, 0);
      config.model.tied = true;
      expect_footprint(config, (layers - frozen) * layer_weights, layers - frozen, x, is_1d(method) ? x : 0);
      config = config_for(method);
      config.fusion = fused;
      config.train = Train::head;
      expect_footprint(config, table, 0, 0, 0);
    }
  }
}

// Two of six for each weight that only passes forward.
TEST(Frozen, UsefulFlopsAreThoseThatSomethingNeeds) {
  TrainingConfig config = config_for("hecaton");
  constexpr std::int64_t attention = tokens * s * h;
  config.frozen_layers = frozen;
  EXPECT_EQ(static_cast<std::int64_t>(model_flops(config)),
            tokens * (frozen * 2 + (layers - frozen) * 6) * layer_weights + tokens * 6 * table +
                (frozen * 4 + (layers - frozen) * 12) * attention);
  config.model.tied = true;
  EXPECT_EQ(static_cast<std::int64_t>(model_flops(config)),
            tokens * (frozen * 2 + (layers - frozen) * 6) * layer_weights + tokens * 4 * table +
                (frozen * 4 + (layers - frozen) * 12) * attention);
  config = config_for("hecaton");
  config.train = Train::head;
  EXPECT_EQ(static_cast<std::int64_t>(model_flops(config)),
            tokens * (2 * layers * layer_weights + 4 * table) + 4 * layers * attention);
}

// What does not fit with gradients may fit without.
TEST(Frozen, AHeadAloneNeedsNoRoomForBackward) {
  for (const char* method : all_methods) {
    TrainingConfig config = config_for(method);
    config.model.vocabulary = 1024;
    chiplet::DieConfig die = large_die();
    // One layer (1D: its feed-forward network), and a quarter for panels.
    die.weight_buffer_MiB = static_cast<double>(layer_weights * e / dies) * 1.3 / 1048576;
    if (is_1d(method)) die.weight_buffer_MiB = static_cast<double>(2 * h * f * e / dies) * 1.1 / 1048576;
    EXPECT_THROW(plan_step(config, mesh, die), PlanError) << method;
    config.train = Train::head;
    EXPECT_NO_THROW(plan_step(config, mesh, die)) << method;
  }
}

std::string blamed(const TrainingConfig& config) {
  try {
    plan_step(config, mesh, large_die());
  } catch (const PlanError& error) {
    return error.table_key;
  }
  return "";
}

TEST(Frozen, WhatTrainsNothingIsRefused) {
  TrainingConfig config = config_for("hecaton");
  config.frozen_layers = layers;
  EXPECT_EQ(blamed(config), "training.frozen_layers");
  config.frozen_layers = layers - 1;
  EXPECT_EQ(blamed(config), "");
  config.train = Train::head;
  EXPECT_EQ(blamed(config), "training.frozen_layers");
  config.frozen_layers = 0;
  EXPECT_EQ(blamed(config), "");
  config.model.tied = true;
  EXPECT_EQ(blamed(config), "training.train");
}

}  // namespace
}  // namespace hecaton::training::test::frozen_test
