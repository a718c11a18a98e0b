// Adapters beside frozen weights (LoRA), against the step that trains all:
// operations, bytes, what lies in DRAM, weights that are trained, and what is
// refused. All of it is worked out here.
#include <gtest/gtest.h>

#include "core/training/model/trained.hpp"
#include "tests/training/sums.hpp"

namespace hecaton::training::test::adapters_test {
namespace {

constexpr std::int64_t e = 2;  // bytes of bf16
constexpr MeshShape mesh{4, 8};
constexpr std::int64_t rows = 4, columns = 8;
constexpr std::int64_t sequences = 16, s = 64, tokens = sequences * s;
constexpr std::int64_t h = 1024, f = 4096, kv = 512, layers = 3, words = 8192, heads = 64, rank = 16;
constexpr std::int64_t x = tokens * h * e;  // the stream
constexpr std::int64_t layer_weights = h * (h + 2 * kv + h + 3 * f), table = h * words;

TrainingConfig config_for(Train train) {
  TrainingConfig config;
  config.model = {"test", h, f, heads, heads / 2, layers, words, true};
  config.batch_sequences = sequences;
  config.sequence_length = s;
  config.minibatch_tokens = tokens / 2;
  config.train = train;
  if (train == Train::adapters) config.adapter_rank = rank;
  return config;
}

// Without the vector unit.
Sums sums_of(const TrainingConfig& config) {
  Sums sums = test::sums_of(config, mesh);
  sums.vector = 0;
  return sums;
}

// A linear layer k to n of so many matrices side by side: of type 1 inputs are
// gathered along rows of dies.
struct Linear {
  std::int64_t k, n, matrices;
  bool is_type_1;

  std::int64_t inputs() const {
    return is_type_1 ? columns : rows;
  }  // dies of a line along which X is gathered
  std::int64_t outputs() const { return is_type_1 ? rows : columns; }  // along which Y is scattered
  std::int64_t ranks() const { return rank * matrices; }
  std::int64_t adapters() const { return ranks() * k + rank * n; }
  std::int64_t copies() const { return inputs() * ranks() * k + outputs() * rank * n; }
  std::int64_t kept() const { return inputs() * tokens * ranks() * e; }  // U
  // Of all dies, more than to train all: U beside Y, and gathered; dU summed,
  // and gathered; X is not gathered again.
  std::int64_t nop() const {
    const std::int64_t u = tokens * ranks() * e, i = inputs(), o = outputs();
    return (o - 1) * u + (i - 1) * u + 2 * (i - 1) * u + i * (o - 1) * u - (i - 1) * tokens * k * e;
  }
};
constexpr Linear attention[] = {{h, h + 2 * kv, 3, true}, {h, h, 1, false}};
constexpr Linear feed_forward[] = {{h, 2 * f, 2, true}, {f, h, 1, false}};

struct Totals {
  std::int64_t adapters = 0, copies = 0, kept = 0, nop = 0;
  void add(const Linear& l) {
    adapters += l.adapters(), copies += l.copies(), kept += l.kept(), nop += l.nop();
  }
  // Without adapters X is not gathered again either.
  void add_frozen(const Linear& l) { nop -= (l.inputs() - 1) * tokens * l.k * e; }
};

Totals totals(AdapterOn on) {
  Totals all;
  for (const Linear& l : attention) on == AdapterOn::feed_forward ? all.add_frozen(l) : all.add(l);
  for (const Linear& l : feed_forward) on == AdapterOn::attention ? all.add_frozen(l) : all.add(l);
  return all;
}

TEST(Adapters, AgainstTheStepThatTrainsAll) {
  const Sums full = sums_of(config_for(Train::all));
  for (const AdapterOn on : {AdapterOn::all, AdapterOn::attention, AdapterOn::feed_forward}) {
    TrainingConfig config = config_for(Train::adapters);
    config.adapter_on = on;
    const Totals t = totals(on);
    constexpr std::int64_t all = layers * layer_weights + 2 * table;
    Sums expected;
    // The head has no weight gradient: no product, and X is not gathered for
    // it.
    expected.nop = layers * t.nop - (columns - 1) * x;
    expected.macs = layers * tokens * (3 * t.adapters - layer_weights) - tokens * table;
    // Adapters forward and backward, with their gradients; the optimizer's
    // state. No embedding's gradient.
    expected.reads = layers * (3 * e * t.copies + 12 * t.adapters + t.kept) - 14 * all - 2 * x;
    expected.writes =
        layers * (e * t.copies + 14 * t.adapters + t.kept - e * layer_weights) - e * table - 14 * all - x;
    EXPECT_EQ(sums_of(config) - full, expected) << name_of(on);
  }
}

// 1D. Of layers that are cut by outputs A, and of those cut by inputs B, lies
// whole on every die, which does their products for all tokens; what they add
// to dX, and dA, are of a die's own tokens. dU of the first is added up over
// all dies; inputs are not gathered again.
TEST(Adapters, AgainstTheStepThatTrainsAllIn1D) {
  constexpr std::int64_t dies = rows * columns;
  for (const char* method : {"megatron-flat-ring", "megatron-torus-ring"}) {
    TrainingConfig config = config_for(Train::all);
    config.method = method;
    const Sums full = sums_of(config);
    config = config_for(Train::adapters);
    config.method = method;
    Sums expected;
    expected.nop = -layers * 2 * (dies - 1) * x;
    expected.macs = -layers * tokens * layer_weights - tokens * table;
    std::int64_t adapters = 0, copies = 0, kept = 0;
    for (const Linear& l : {attention[0], feed_forward[0]}) {
      const std::int64_t of_a = l.ranks() * l.k, of_b = rank * l.n;
      expected.nop += layers * 2 * (dies - 1) * tokens * l.ranks() * e;
      expected.macs += layers * tokens * ((dies + 2) * of_a + 3 * of_b);
      adapters += of_a + of_b, copies += dies * of_a + of_b, kept += dies * tokens * l.ranks() * e;
    }
    for (const Linear& l : {attention[1], feed_forward[1]}) {
      const std::int64_t of_a = rank * l.k, of_b = rank * l.n;
      expected.macs += layers * tokens * (3 * of_a + 3 * dies * of_b);
      adapters += of_a + of_b, copies += of_a + dies * of_b, kept += dies * tokens * rank * e;
    }
    constexpr std::int64_t all = layers * layer_weights + 2 * table;
    expected.reads = layers * (3 * e * copies + 12 * adapters + kept) - 14 * all - 2 * x;
    expected.writes =
        layers * (e * copies + 14 * adapters + kept - e * layer_weights) - e * table - 14 * all - x;
    EXPECT_EQ(sums_of(config) - full, expected) << method;
  }
}

// A token tile sends and multiplies what it did.
TEST(Adapters, TilesAndFrozenLayersChangeNoMoreThanTheyShould) {
  TrainingConfig config = config_for(Train::adapters);
  const Sums all = sums_of(config);
  config.frozen_layers = 1;
  const Totals t = totals(AdapterOn::all);
  const Sums without = all - sums_of(config);
  // 2 + 3 of the products of adapters and of weights: forward stays for the
  // latter.
  EXPECT_EQ(without.macs,
            tokens * (3 * t.adapters + layer_weights) + 5 * sequences * heads * s * s * (h / heads));
  EXPECT_EQ(
      without.nop, t.nop + [] {
        std::int64_t backward = 2 * 2 * (rows - 1) * tokens * 4;  // norms
        for (const Linear* l : {&attention[0], &attention[1], &feed_forward[0], &feed_forward[1]})
          backward += tokens * e * ((l->outputs() - 1) * l->n + 2 * (l->inputs() - 1) * l->k);
        return backward;
      }());
}

// Adapters on all linear layers, of 16 ranks.
TEST(Adapters, OfKnownModels) {
  const auto trained = [](const char* model) {
    TrainingConfig config;
    config.model = *find_model(model);
    config.train = Train::adapters;
    config.adapter_rank = 16;
    return trained_weights(config);
  };
  EXPECT_EQ(trained("tinyllama-1.1b"), 12'615'680U);
  EXPECT_EQ(trained("llama2-7b"), 39'976'960U);
  EXPECT_EQ(trained("llama2-70b"), 207'093'760U);
}

// Llama2-7B on 8 x 8 dies. Layers' weights: 18 bytes read and 16 written per
// weight become 4 and none. With adapters once in DRAM a step would move 8.1
// times fewer; there they lie on lines of 8.
TEST(Adapters, SaveWhatFrozenWeightsDoNotMove) {
  TrainingConfig config;
  config.model = *find_model("llama2-7b");
  config.batch_sequences = 32;
  config.sequence_length = 256;
  const MeshShape square{8, 8};
  const Sums full = test::sums_of(config, square);
  config.train = Train::adapters;
  config.adapter_rank = 16;
  const Sums lora = test::sums_of(config, square);
  constexpr std::int64_t hidden = 4096, ffn = 11008, L = 32, T = 32 * 256, outside = hidden * 32000;
  constexpr std::int64_t weights = L * (4 * hidden * hidden + 3 * hidden * ffn);
  constexpr std::int64_t sides = 3 * (hidden + hidden) + 2 * hidden + 3 * (hidden + ffn);
  constexpr std::int64_t adapters = L * 16 * sides, stream = T * hidden * e;
  constexpr std::int64_t u = L * 8 * T * 16 * (3 + 1 + 2 + 1) * e;
  EXPECT_EQ(full.reads - lora.reads,
            14 * weights + 14 * 2 * outside + 2 * stream - adapters * (3 * 8 * e + 12) - u);
  EXPECT_EQ(full.writes - lora.writes,
            16 * weights + 14 * 2 * outside + e * outside + stream - adapters * (8 * e + 14) - u);
  EXPECT_EQ(full.macs - lora.macs, T * (weights + outside - 3 * adapters));
  constexpr double once = 18.0 * weights + 16.0 * weights,
                   with_adapters = 4.0 * weights + (18.0 + 16.0) * adapters;
  EXPECT_NEAR(once / with_adapters, 8.1, 0.05);
  EXPECT_NEAR((2.0 * weights + 3.0 * adapters) / (3.0 * weights), 0.673, 0.0005);
}

TEST(Adapters, FootprintIsThatOfWhatIsTrained) {
  const TrainingConfig config = config_for(Train::adapters);
  const Plan plan = plan_step(config, mesh, large_die());
  ASSERT_EQ(plan.footprints.size(), 1U);
  Footprint package;
  package.add(plan.footprints[0], mesh.dies());
  const Totals t = totals(AdapterOn::all);
  const auto bytes = [](std::int64_t n) { return static_cast<std::uint64_t>(n); };
  EXPECT_EQ(package.weights, bytes(e * (layers * (layer_weights + t.adapters) + 2 * table)));
  EXPECT_EQ(package.gradients, bytes(e * layers * t.copies));
  EXPECT_EQ(package.optimizer_state, bytes(12 * layers * t.adapters));
  const std::int64_t features = h + 2 * kv + h + 2 * f + 2 * h;
  const std::int64_t saved = tokens * (features * e + heads * 4 + 2 * rows * 4);
  EXPECT_EQ(package.saved_activations, bytes(layers * (saved + t.kept)));
  EXPECT_EQ(plan.trained, bytes(layers * t.adapters));
  EXPECT_EQ(plan.parameters, bytes(layers * (layer_weights + t.adapters) + 2 * table));
  EXPECT_EQ(
      static_cast<std::int64_t>(plan.model_flops),
      tokens * (layers * (4 * layer_weights + 6 * t.adapters) + 4 * table) + 12 * layers * tokens * s * h);
}

std::string blamed(const TrainingConfig& config, MeshShape on = mesh) {
  try {
    plan_step(config, on, large_die());
  } catch (const PlanError& error) {
    return error.table_key;
  }
  return "";
}

TEST(Adapters, WhatIsImpossibleIsRefused) {
  TrainingConfig config = config_for(Train::adapters);
  EXPECT_EQ(blamed(config), "");
  config.adapter_rank = 0;
  EXPECT_EQ(blamed(config), "training.adapter_rank");
  config.adapter_rank = 12;  // for 8 columns
  EXPECT_EQ(blamed(config), "training.adapter_rank");
  config.adapter_rank = 520;  // more than keys have features
  EXPECT_EQ(blamed(config), "training.adapter_rank");
  config = config_for(Train::adapters);
  config.recompute = true;
  EXPECT_EQ(blamed(config), "training.recompute");
  config = config_for(Train::adapters);
  config.adapter_on = AdapterOn::feed_forward;
  config.model.experts = 8;
  EXPECT_EQ(blamed(config), "training.adapter_on");
  config = config_for(Train::all);
  config.adapter_rank = 16;
  EXPECT_EQ(blamed(config), "training.adapter_rank");
  config = config_for(Train::adapters);
  config.method = "optimus";
  EXPECT_EQ(blamed(config, {4, 4}), "training.train");
}

}  // namespace
}  // namespace hecaton::training::test::adapters_test
