// A layer is a list of operators: what a program does in all is the sum of what its operators do, in whatever
// order and however often they stand in the list.
#include <gtest/gtest.h>

#include "tests/training/sums.hpp"

namespace hecaton::training::test::operators_test {
namespace {

using Kind = OperatorKind;

constexpr MeshShape mesh{4, 4};
constexpr std::uint64_t h = 512, f = 1024, heads = 32, kv_heads = 16, words = 2048, sequence = 64;
constexpr std::uint64_t batch = 16, tokens = batch * sequence, e = 2;
constexpr std::uint64_t x = tokens * h * e;
constexpr const char* all_methods[] = {"hecaton", "megatron-flat-ring", "megatron-torus-ring", "optimus"};

TrainingConfig config_for(const char* method, std::vector<OperatorConfig> list, std::uint32_t layers) {
  TrainingConfig config;
  config.model = {"list", h, f, heads, kv_heads, layers, words, true};
  config.model.operators = std::move(list);
  config.method = method;
  config.batch_sequences = batch;
  config.sequence_length = sequence;
  config.minibatch_tokens = tokens / 2;
  return config;
}

Sums sums_of(const TrainingConfig& config) {
  return test::sums_of(config, mesh);
}

// What a list does per layer: one layer more.
Sums layer_of(const char* method, const std::vector<OperatorConfig>& list) {
  return sums_of(config_for(method, list, 3)) - sums_of(config_for(method, list, 2));
}

const OperatorConfig attention{.kind = Kind::attention};
const OperatorConfig feed_forward{.kind = Kind::feed_forward};

bool same_programs(const Plan& a, const Plan& b) {
  if (a.roles.size() != b.roles.size()) return false;
  for (std::size_t r = 0; r < a.roles.size(); ++r) {
    if (a.roles[r].size() != b.roles[r].size()) return false;
    for (std::size_t i = 0; i < a.roles[r].size(); ++i) {
      const Op &p = a.roles[r][i], &q = b.roles[r][i];
      if (p.code != q.code || p.stage != q.stage || p.bytes != q.bytes || p.m != q.m || p.k != q.k ||
          p.n != q.n || p.units != q.units || p.skip_last != q.skip_last || p.slot != q.slot)
        return false;
    }
  }
  return true;
}

TEST(Operators, ATransformerIsAttentionAndAFeedForwardNetwork) {
  for (const char* method : all_methods) {
    const Plan named = plan_step(config_for(method, {}, 4), mesh, {});
    EXPECT_TRUE(same_programs(named, plan_step(config_for(method, {attention, feed_forward}, 4), mesh, {})))
        << method;
    EXPECT_FALSE(same_programs(named, plan_step(config_for(method, {feed_forward, attention}, 4), mesh, {})))
        << method;
  }
}

// Half as many layers of the list twice over are the same work, and move the same bytes: the stream is saved
// between operators as it is between layers. 2D: scalars of norms, too.
TEST(Operators, AListTwiceAsLongIsHalfAsManyLayers) {
  for (const char* method : all_methods) {
    const Sums four = sums_of(config_for(method, {attention, feed_forward}, 4));
    const Sums two = sums_of(config_for(method, {attention, feed_forward, attention, feed_forward}, 2));
    EXPECT_EQ(four, two) << method;
  }
}

TEST(Operators, AddUpInAnyOrder) {
  for (const char* method : all_methods) {
    const Sums a = layer_of(method, {attention}), f1 = layer_of(method, {feed_forward});
    EXPECT_EQ(a + f1, layer_of(method, {attention, feed_forward})) << method;
    EXPECT_EQ(a + f1, layer_of(method, {feed_forward, attention})) << method;
    EXPECT_EQ(a + f1 + f1, layer_of(method, {attention, feed_forward, feed_forward})) << method;
    EXPECT_EQ(a + a + f1, layer_of(method, {attention, feed_forward, attention})) << method;
  }
}

// Forward and twice backward; scores once more backward. Weights of the optimizer: 12 bytes of state each,
// the gradient read, the weight written; and read and written on the way of the layers.
TEST(Operators, DoTheWorkOfTheirOwnShapes) {
  OperatorConfig wide = feed_forward, narrow = attention;
  wide.ffn = 4096;
  wide.gated = 0;
  narrow.heads = narrow.kv_heads = 16;
  for (const char* method : all_methods) {
    const std::int64_t up_and_down = 2 * h * 4096;
    EXPECT_EQ(layer_of(method, {wide}).macs, static_cast<std::int64_t>(3 * tokens) * up_and_down) << method;
    const std::int64_t projections = 4 * h * h, scores = 7 * sequence * h;
    EXPECT_EQ(layer_of(method, {narrow}).macs, static_cast<std::int64_t>(tokens) * (3 * projections + scores))
        << method;
    // The step without any layer is the same for all, so weights show in what one layer more writes.
    const std::int64_t stream = x;
    const std::int64_t weights = up_and_down * (e + 12 + e);  // gradients; states and weights
    const std::int64_t up_kept = tokens * 4096 * e;
    const std::int64_t norms = std::string_view(method).starts_with("megatron") ? 0 : 4 * 4 * tokens;
    // 2D: the output of the layer; 1D: of the block forward, and the gradient backward.
    const std::int64_t streams = std::string_view(method).starts_with("megatron") ? 2 * stream : stream;
    EXPECT_EQ(layer_of(method, {wide}).writes, weights + up_kept + norms + streams) << method;
  }
}

TEST(Operators, OfAllKindsStandInOneLayer) {
  OperatorConfig experts{.kind = Kind::experts};
  experts.experts = 4;
  experts.experts_per_token = 2;
  const std::vector<OperatorConfig> list = {attention, feed_forward, attention, experts};
  for (const char* method : all_methods) {
    const Sums dense = layer_of(method, {attention, feed_forward});
    EXPECT_EQ(layer_of(method, list), dense + layer_of(method, {attention, experts})) << method;
  }
  const ModelConfig model = config_for("hecaton", list, 2).model;
  const std::uint64_t attends = h * (h + 2 * kv_heads * (h / heads) + h), network = 3 * h * f;
  EXPECT_EQ(layer_weights(model), 2 * attends + network + 4 * network + 4 * h);
  EXPECT_EQ(active_layer_weights(model), 2 * attends + network + 2 * network + 4 * h);
  EXPECT_EQ(plan_step(config_for("hecaton", list, 2), mesh, large_die()).model_flops,
            tokens * (6 * (2 * active_layer_weights(model) + h * words) + 12 * 2 * 2 * sequence * h));
}

std::string blamed(const TrainingConfig& config) {
  try {
    plan_step(config, mesh, large_die());
  } catch (const PlanError& error) {
    return error.table_key;
  }
  return {};
}

TEST(Operators, AreRefusedWhereTheyDoNotFit) {
  OperatorConfig odd = attention, uneven = attention, alone{.kind = Kind::experts};
  odd.heads = 24;       // of 512 features
  uneven.kv_heads = 3;  // for 32 heads
  for (const char* method : all_methods) {
    EXPECT_EQ(blamed(config_for(method, {feed_forward, odd}, 2)), "training.model.heads") << method;
    EXPECT_EQ(blamed(config_for(method, {uneven}, 2)), "training.model.kv_heads") << method;
    EXPECT_EQ(blamed(config_for(method, {attention, alone}, 2)), "training.model.experts_per_token")
        << method;
    EXPECT_EQ(blamed(config_for(method, std::vector<OperatorConfig>(65, feed_forward), 2)),
              "training.model.operators")
        << method;
  }
}

}  // namespace
}  // namespace hecaton::training::test::operators_test
