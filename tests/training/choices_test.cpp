// What a deck may choose about a step, each by what it changes against the step without it: optimizer, tied
// embeddings, recomputation, attention by head, a mixture of experts. The changes are worked out here.
#include <gtest/gtest.h>

#include "tests/training/sums.hpp"

namespace hecaton::training::test::choices_test {
namespace {

constexpr std::uint64_t e = 2;  // bytes of bf16

constexpr MeshShape mesh{4, 8};
constexpr std::uint64_t dies = 32, tokens = 16 * 64, h = 1024, f = 4096, layers = 3, words = 8192, heads = 64;
constexpr std::uint64_t x = tokens * h * e;  // the stream

TrainingConfig config_for(const char* method) {
  TrainingConfig config;
  config.model = {"test", h, f, heads, heads, layers, words, false};
  config.method = method;
  config.batch_sequences = 16;
  config.sequence_length = 64;
  config.minibatch_tokens = tokens / 2;
  return config;
}

// Without the vector unit.
Sums sums_of(const TrainingConfig& config) {
  Sums sums = test::sums_of(config, mesh);
  sums.vector = 0;
  return sums;
}

Sums sums(std::int64_t nop, std::int64_t macs, std::int64_t reads, std::int64_t writes) {
  return {nop, macs, reads, writes, 0};
}

constexpr const char* all_methods[] = {"hecaton", "megatron-flat-ring", "megatron-torus-ring"};

constexpr std::int64_t all_weights_here = layers * h * (3 * h + h + 2 * f) + 2 * h * words;

TEST(Choices, SgdKeepsNoMoments) {
  for (const char* method : all_methods) {
    TrainingConfig config = config_for(method);
    const Sums adam = sums_of(config);
    config.optimizer = Optimizer::sgd;
    EXPECT_EQ(adam - sums_of(config), sums(0, 0, 8 * all_weights_here, 8 * all_weights_here)) << method;
  }
}

// bf16 scores and logits: one pass of the vector unit more forward, two backward and two over the logits. The whole
// square of scores is computed, of every head.
TEST(Choices, SoftCapsAreVectorWorkAlone) {
  for (const char* method : all_methods) {
    TrainingConfig config = config_for(method);
    const Sums without = test::sums_of(config, mesh);
    config.model.soft_cap = true;
    const std::int64_t scores = layers * 16 * heads * 64 * 64, logits = tokens * words;
    EXPECT_EQ(test::sums_of(config, mesh) - without,
              (Sums{0, 0, 0, 0, static_cast<std::int64_t>(e) * (3 * scores + 2 * logits)}))
        << method;
  }
}

// One matrix in place of two: its state is read and written once, and one gradient less is read. Where 2D
// tiles of both are the same, nothing else changes.
TEST(Choices, TiedEmbeddingsHaveOneMaster) {
  for (const char* method : all_methods) {
    TrainingConfig config = config_for(method);
    const Sums untied = sums_of(config);
    config.model.tied = true;
    constexpr std::int64_t table = h * words;
    // 1D: rows of the stream are added up over all dies, spilled, and their gradients gathered.
    const bool is_1d = std::string_view(method) != "hecaton";
    const std::int64_t lookup = is_1d ? x : 0;
    EXPECT_EQ(untied - sums_of(config), sums(-2 * static_cast<std::int64_t>(dies - 1) * lookup, 0,
                                             table * (12 + 2) - lookup, table * (12 + 2) - lookup))
        << method;
  }
}

TEST(Choices, RecomputationSavesTheStreamAlone) {
  constexpr std::int64_t forward = tokens * h * (3 * h + h + f);  // without down
  constexpr std::int64_t attention = 2 * 16 * heads * 64 * 64 * (h / heads);
  constexpr std::int64_t attention_saved = tokens * (3 * h + h) * e + tokens * heads * 4;
  constexpr std::int64_t up_saved = tokens * f * e;
  {
    TrainingConfig config = config_for("hecaton");
    const Sums without = sums_of(config);
    config.recompute = true;
    // A linear layer k to n of type 1 sends (c-1) T k e + (r-1) T n e over all dies; type 2 the other way.
    const auto linear = [](std::int64_t k, std::int64_t gather, std::int64_t n, std::int64_t scatter) {
      return static_cast<std::int64_t>(tokens * e) * ((gather - 1) * k + (scatter - 1) * n);
    };
    const std::int64_t nop = linear(h, 8, 3 * h, 4) + linear(h, 4, h, 8) + linear(h, 8, f, 4);
    const std::int64_t norms = 2 * 2 * (4 - 1) * static_cast<std::int64_t>(tokens) * 4;
    // Beside attention and up: its sum with the stream, and a scalar for each norm on each of 4 rows.
    const std::int64_t saved = attention_saved + up_saved + static_cast<std::int64_t>(x) +
                               2 * 4 * static_cast<std::int64_t>(tokens) * 4;
    // The output of each layer was and is written, and read once.
    EXPECT_EQ(sums_of(config) - without,
              sums(layers * (nop + norms), layers * (forward + attention),
                   -static_cast<std::int64_t>(layers) * saved, -static_cast<std::int64_t>(layers) * saved));
  }
  for (const char* method : {"megatron-flat-ring", "megatron-torus-ring"}) {
    TrainingConfig config = config_for(method);
    const Sums without = sums_of(config);
    config.recompute = true;
    const std::int64_t saved = attention_saved + up_saved;
    // The input of the attention block is read and gathered once more; that of the other was gathered anyway,
    // and lies in DRAM, so the projection after attention is not needed again.
    constexpr std::int64_t projection = tokens * h * h;
    EXPECT_EQ(sums_of(config) - without,
              sums(layers * (dies - 1) * x, layers * (forward - projection + attention),
                   static_cast<std::int64_t>(layers) * (static_cast<std::int64_t>(x) - saved),
                   -static_cast<std::int64_t>(layers) * saved))
        << method;
  }
}

// Queries, keys and values, the output, and their gradients, by all-to-alls along columns of r dies: (r-1)/r
// of each.
TEST(Choices, AttentionByHeadExchangesHeads) {
  TrainingConfig config = config_for("hecaton");
  const Sums without = sums_of(config);
  config.attention = Attention::by_head;
  EXPECT_EQ(sums_of(config) - without, sums(layers * 2 * (3 * x + x) * 3 / 4, 0, 0, 0));
}

// With one sequence for many rows, and key/value heads that several dies need.
TEST(Choices, AttentionByHeadNeedsNoSequenceForEveryRow) {
  TrainingConfig config = config_for("hecaton");
  config.model.kv_heads = 8;  // 8 query heads share one; a die has 2
  config.batch_sequences = 1;
  config.sequence_length = tokens;
  config.minibatch_tokens = 0;
  config.uneven = Uneven::refuse;
  EXPECT_THROW(sums_of(config), PlanError);
  config.attention = Attention::by_head;
  const Tally all = tally(plan_step(config, mesh, large_die()).roles[0], rings_of(mesh));
  // A die starts with as many parts as its column has dies: 2 heads of queries, one of keys, one of values,
  // of a quarter of the tokens each.
  const std::uint64_t qkv = tokens * (2 + 2) * (h / heads) * e, queries = tokens * 2 * (h / heads) * e;
  EXPECT_EQ(all.of(Stage::attention, &StageTally::nop_bytes), layers * 8 * (4 - 1) * 2 * (qkv + queries));
  const std::uint64_t products = 7 * heads * tokens * tokens * (h / heads) / dies;
  EXPECT_EQ(all.of(Stage::attention, &StageTally::macs), layers * products);
}

// Every token passes 2 of 8 networks.
TEST(Choices, MixtureOfExpertsAgainstTheDenseModel) {
  constexpr std::int64_t experts = 8, k = 2;
  constexpr std::int64_t router = h * experts;
  constexpr std::int64_t more_weights = layers * ((experts - 1) * 2 * h * f + router);
  constexpr std::int64_t macs = layers * 3 * tokens * ((k - 1) * 2 * h * f + router);
  constexpr std::int64_t up = tokens * f * e;
  const auto t = static_cast<std::int64_t>(tokens * e);
  const auto linear = [t](std::int64_t n, std::int64_t gather, std::int64_t m, std::int64_t scatter) {
    return t * ((gather - 1) * n + (scatter - 1) * m);
  };
  // Of the dense layer: up and down forward, the same backward, their inputs again. Of panels: both inputs along rows of 8,
  // both matrices along columns of 4, for each of two mini-batches, three times.
  const std::int64_t was = 2 * (linear(h, 8, f, 4) + linear(f, 4, h, 8)) + t * ((8 - 1) * h + (4 - 1) * f);
  const std::int64_t panels =
      3 * (linear(h, 8, f, 8) + 2 * (4 - 1) * static_cast<std::int64_t>(2 * h * f * e));
  // Lines along which tokens go to their experts, and along which their features are.
  struct Lines {
    const char* method;
    std::int64_t tokens, features, dense;
  };
  for (const Lines& l : {Lines{"hecaton", 8, 4, was}, Lines{"optimus", 4, 8, panels}}) {
    TrainingConfig config = config_for(l.method);
    const Sums dense = sums_of(config);
    config.model.experts = experts;
    config.model.experts_per_token = k;
    // A way is (c-1)/c along the row and r-1 along the column of what is routed (optimus: the other way about). Forward there
    // and back; backward the gradient there and back, the input there again. And the scalars of the choice.
    const auto routed = static_cast<std::int64_t>(k * x);
    const std::int64_t way = routed * (l.tokens - 1) / l.tokens + routed * (l.features - 1);
    const std::int64_t choice = 2 * (l.features - 1) * static_cast<std::int64_t>(tokens) * experts * 4;
    // Their gradients: k per token, along the row as what is routed, and added up along the column.
    const std::int64_t scalars = static_cast<std::int64_t>(tokens) * k * 4;
    const std::int64_t weighing =
        scalars * l.features * (l.tokens - 1) / l.tokens + 2 * (l.features - 1) * scalars;
    // All columns have the weights of the choice: one master, and all read them and write gradients.
    const std::int64_t copies = l.tokens * layers * router;
    const std::int64_t rest = more_weights - layers * router;
    const Sums change = sums_of(config) - dense;
    EXPECT_EQ(change.nop, static_cast<std::int64_t>(layers) * (5 * way + choice + weighing - l.dense))
        << l.method;
    EXPECT_EQ(change.macs, macs) << l.method;
    // Weights twice, gradients once, 12 bytes of state; gate and up of k experts in place of one.
    EXPECT_EQ(change.reads, 3 * e * (rest + copies) + 12 * more_weights + layers * (k - 1) * up);
    EXPECT_EQ(change.writes, e * (rest + copies) + (12 + e) * more_weights + layers * (k - 1) * up);
  }
  for (const char* method : {"megatron-flat-ring", "megatron-torus-ring"}) {
    TrainingConfig config = config_for(method);
    const Sums dense = sums_of(config);
    config.model.experts = experts;
    config.model.experts_per_token = k;
    const std::int64_t copies = dies * layers * router;  // every die chooses for all tokens
    const std::int64_t rest = more_weights - layers * router;
    const std::int64_t more_macs = layers * 3 * static_cast<std::int64_t>(tokens) * (dies - 1) * router;
    EXPECT_EQ(sums_of(config) - dense,
              sums(0, macs + more_macs, 3 * e * (rest + copies) + 12 * more_weights + layers * (k - 1) * up,
                   e * (rest + copies) + (12 + e) * more_weights + layers * (k - 1) * up))
        << method;
  }
}

TEST(Choices, WhatAMethodCanNotDoIsSaid) {
  const auto blamed = [](const TrainingConfig& config, MeshShape on) -> std::string {
    try {
      plan_step(config, on, large_die());
    } catch (const PlanError& error) {
      return error.table_key;
    }
    return "";
  };
  TrainingConfig config = config_for("megatron-flat-ring");
  config.attention = Attention::by_head;
  EXPECT_EQ(blamed(config, mesh), "training.attention");
  config = config_for("hecaton");
  config.uneven = Uneven::refuse;
  config.attention = Attention::by_head;
  config.model.heads = config.model.kv_heads = 16;  // fewer than dies
  EXPECT_EQ(blamed(config, mesh), "training.attention");
  config = config_for("optimus");
  config.train = Train::adapters;
  config.adapter_rank = 4;
  EXPECT_EQ(blamed(config, {4, 4}), "training.train");
  config = config_for("optimus");
  config.uneven = Uneven::refuse;
  config.model.experts = 6;  // for 4 rows
  EXPECT_EQ(blamed(config, mesh), "package.rows");
  config = config_for("hecaton");
  config.uneven = Uneven::refuse;
  config.model.experts = 4;  // for 8 columns
  EXPECT_EQ(blamed(config, mesh), "package.columns");
  config.model.experts = 8;
  config.model.experts_per_token = 9;
  EXPECT_EQ(blamed(config, mesh), "training.model.experts_per_token");
}

}  // namespace
}  // namespace hecaton::training::test::choices_test
