// Heads whose features are no equal parts of the hidden size: queries and the output of attention are then
// wider, or narrower, than the stream.
#include <gtest/gtest.h>

#include "tests/training/sums.hpp"

namespace hecaton::training::test::head_dim_test {
namespace {

constexpr MeshShape mesh{4, 4};
constexpr std::int64_t h = 512, heads = 32, kv_heads = 16, words = 2048, sequence = 64, batch = 16;
constexpr std::int64_t tokens = batch * sequence, e = 2, dies = 16;
constexpr const char* all_methods[] = {"hecaton", "megatron-flat-ring", "megatron-torus-ring", "optimus"};

TrainingConfig config_for(const char* method, std::uint32_t head_dim, std::uint32_t layers) {
  TrainingConfig config;
  config.model = {"heads", h, 1024, heads, kv_heads, layers, words, true};
  config.model.head_dim = head_dim;
  config.method = method;
  config.batch_sequences = batch;
  config.sequence_length = sequence;
  config.minibatch_tokens = tokens / 2;
  return config;
}

Sums layer_of(const TrainingConfig& less, const TrainingConfig& more) {
  return sums_of(more, mesh) - sums_of(less, mesh);
}

// What heads of `head` features cost beside heads of 16, which share out the hidden size.
Sums more_of(const char* method, std::uint32_t head, void (*choose)(TrainingConfig&)) {
  const auto layer = [&](std::uint32_t head_dim) {
    TrainingConfig two = config_for(method, head_dim, 2), three = config_for(method, head_dim, 3);
    choose(two);
    choose(three);
    return layer_of(two, three);
  };
  return layer(head) - layer(16);
}

TEST(HeadDim, OfTheHiddenSizeIsTheDefault) {
  for (const char* method : all_methods)
    EXPECT_EQ(sums_of(config_for(method, 0, 2), mesh), sums_of(config_for(method, 16, 2), mesh)) << method;
}

TEST(HeadDim, WidensQueriesKeysValuesAndTheProjection) {
  for (const char* method : all_methods) {
    for (const std::int64_t head : {8, 24, 64}) {
      const Sums more = more_of(method, static_cast<std::uint32_t>(head), [](auto&) {});
      // More features of queries, and of keys and values; on 4 columns and 16 dies 16 of these heads are there
      // once.
      const std::int64_t q = heads * (head - 16), kv = 2 * kv_heads * (head - 16);
      const std::int64_t weights = h * (q + kv) + q * h;
      EXPECT_EQ(more.macs, tokens * (3 * weights + 7 * sequence * q)) << method << head;
      // Saved: queries, keys, values, output of attention. Weights are read forward and backward, with 12
      // bytes of state and a gradient by the optimizer; written as gradients, state and weights.
      const std::int64_t saved = tokens * (q + kv + q) * e;
      EXPECT_EQ(more.reads, saved + weights * (2 * e + 12 + e)) << method << head;
      EXPECT_EQ(more.writes, saved + weights * (e + 12 + e)) << method << head;
    }
  }
}

// Forward scatters queries, keys and values and gathers the output; backward gathers and scatters their
// gradients, and gathers the output once more.
TEST(HeadDim, WidensWhatCrossesThePackage) {
  constexpr std::int64_t line = 3 * tokens * e;  // sent in a column, or a row, of four dies
  const std::int64_t q = heads * 8, kv = 2 * kv_heads * 8;
  EXPECT_EQ(more_of("hecaton", 24, [](auto&) {}).nop, line * (2 * (q + kv) + 3 * q));
  // The stream is what 1D methods exchange.
  EXPECT_EQ(more_of("megatron-flat-ring", 24, [](auto&) {}).nop, 0);
  EXPECT_EQ(more_of("megatron-torus-ring", 24, [](auto&) {}).nop, 0);
}

// All-to-alls along columns of 4: three quarters of queries, keys, values and output, both ways.
TEST(HeadDim, ByHeadExchangesTheWiderHeads) {
  const auto by_head = [](TrainingConfig& c) { c.attention = Attention::by_head; };
  const std::int64_t q = heads * 8, kv = 2 * kv_heads * 8;
  for (const char* method : {"hecaton", "optimus"}) {
    const std::int64_t exchanged = more_of(method, 24, by_head).nop - more_of(method, 24, [](auto&) {}).nop;
    EXPECT_EQ(exchanged, 2 * (3 * tokens * (q + kv + q) * e / 4) * dies / dies) << method;
  }
}

TEST(HeadDim, IsThatOfAnOperatorWhereItSays) {
  TrainingConfig config = config_for("hecaton", 0, 2);
  OperatorConfig attention{.kind = OperatorKind::attention};
  attention.head_dim = 24;
  config.model.operators = {attention, {.kind = OperatorKind::feed_forward}};
  EXPECT_EQ(sums_of(config, mesh), sums_of(config_for("hecaton", 24, 2), mesh));
}

TEST(HeadDim, LetsHeadsBeAnyNumber) {
  TrainingConfig config = config_for("hecaton", 0, 2);
  config.model.heads = config.model.kv_heads = 12;  // of 512 features
  EXPECT_THROW(plan_step(config, mesh, large_die()), PlanError);
  config.model.head_dim = 64;
  EXPECT_EQ(layer_weights(config.model), std::uint64_t{4 * 512 * 12 * 64 + 3 * 512 * 1024});
  EXPECT_EQ(plan_step(config, mesh, large_die()).model_flops,
            Wide{tokens * (6 * (2 * (4 * h * 768 + 3 * h * 1024) + h * words) + 12 * 2 * sequence * 768)});
}

}  // namespace
}  // namespace hecaton::training::test::head_dim_test
