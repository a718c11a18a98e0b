// 1D tensor parallelism, on a flat ring and on a torus ring, against closed forms that are worked out here,
// from the model's public shapes.
#include <gtest/gtest.h>

#include <tuple>

#include "tests/training/cases.hpp"

namespace hecaton::training::test::one_d_test {
namespace {

constexpr std::uint64_t e = 2;  // bytes of bf16

// What the closed form depends on beside the shapes: does the attention block take more than one tile, do its
// weights and their gradients fit together.
struct FlatCase {
  Case deck;
  std::uint64_t minibatches;
  bool twice_forward, twice_backward, is_split;
  double buffer_MiB = 16;
};

std::ostream& operator<<(std::ostream& out, const FlatCase& c) {
  return out << c.deck << ", " << c.minibatches << " mini-batches";
}

constexpr FlatCase flat_cases[] = {
    {{"tinyllama-1.1b", 4, 4, 8, 2048, 0}, 4, false, false, false},
    {{"tinyllama-1.1b", 4, 4, 16, 512, 2048}, 4, false, false, false},
    {{"tinyllama-1.1b", 2, 4, 4, 64, 128}, 2, false, false, false, 512},
    {{"llama2-7b", 8, 8, 32, 256, 2048}, 4, true, true, false},
    {{"llama2-70b", 16, 16, 32, 128, 2048}, 2, true, true, false},
    {{"llama3.1-405b", 32, 32, 64, 64, 2048}, 2, true, true, true},
    {{"llama3.1-405b", 32, 32, 64, 64, 4096}, 1, true, true, true},
};

struct Shapes {
  std::uint64_t dies, tokens, sequence, batch, h, ffn, up, heads, kv_heads, head, layers, vocabulary;
  std::uint64_t query_copies, kv_copies;
};

Shapes shapes_of(const TrainingConfig& t, MeshShape mesh) {
  const ModelConfig& m = t.model;
  const std::uint64_t n = mesh.dies();
  return {n,
          std::uint64_t{t.batch_sequences} * t.sequence_length,
          t.sequence_length,
          t.batch_sequences,
          m.hidden,
          m.ffn,
          std::uint64_t{m.ffn} * (m.gated ? 2 : 1),
          m.heads,
          m.kv_heads,
          m.hidden / m.heads,
          m.layers,
          m.vocabulary,
          n > m.heads ? n / m.heads : 1,
          n > m.kv_heads ? n / m.kv_heads : 1};
}

// Weights of one die in a layer.
struct Weights {
  std::uint64_t query, kv, output, ffn;
  std::uint64_t attention() const { return query + kv + output; }
  std::uint64_t layer() const { return attention() + ffn; }
};
Weights weights_of(const Shapes& s) {
  const std::uint64_t query = s.h * s.heads * s.query_copies / s.dies * s.head;
  return {query, s.h * 2 * s.kv_heads * s.kv_copies / s.dies * s.head, query, s.h * (s.up + s.ffn) / s.dies};
}

std::uint64_t macs(const Shapes& s, std::uint64_t words) {
  // Queries and output projection of all dies together are the whole layer's, once; keys and values kv_copies
  // times.
  const std::uint64_t kv = 2 * s.kv_heads * s.kv_copies * s.head;
  const std::uint64_t linear = s.tokens * s.h * (2 * s.h + kv + s.up + s.ffn) / s.dies;
  const std::uint64_t product = s.batch * s.heads * s.sequence * s.sequence * s.head / s.dies;
  return s.layers * (3 * linear + (2 + 5) * product) + 3 * s.tokens * s.h * words;
}

struct Dram {
  std::uint64_t reads = 0, writes = 0;
};

Dram dram(const Shapes& s, const FlatCase& c, std::uint64_t words) {
  const std::uint64_t x = s.tokens * (s.h / s.dies) * e;  // this die's share of the stream
  const std::uint64_t own = s.tokens / s.query_copies;
  const std::uint64_t queries = own * (s.heads * s.query_copies / s.dies) * s.head * e;
  const std::uint64_t kv = s.tokens * (2 * s.kv_heads * s.kv_copies / s.dies) * s.head * e;
  const std::uint64_t scores = own * (s.heads * s.query_copies / s.dies) * 4;
  const std::uint64_t up = s.tokens * s.up / s.dies * e;
  const std::uint64_t saved = 2 * queries + kv + scores + up;  // queries, and as much output of attention
  const Weights w = weights_of(s);
  const std::uint64_t head = s.h * words;
  const std::uint64_t table = s.vocabulary * (s.h / s.dies);
  const std::uint64_t loads = c.is_split ? c.minibatches : 1;  // of the attention weights, backward
  const std::uint64_t sums = c.is_split && c.minibatches > 1 ? loads : 0;  // gradients read back
  Dram d;
  d.reads += s.layers * (w.layer() * e + (c.twice_forward ? 3 : 2) * x);  // forward
  d.writes += s.layers * (2 * x + saved);
  d.reads += head * e + x;  // head
  d.writes += head * e + x;
  d.reads += s.layers * (w.ffn * e + 2 * x + up);  // feed-forward block backward
  d.writes += s.layers * (w.ffn * e + x);
  const std::uint64_t streams = 2 + (c.twice_backward ? 1 : 0) + (c.is_split && c.twice_backward ? 1 : 0);
  d.reads += s.layers * ((loads + sums) * w.attention() * e + streams * x + 2 * queries + kv + scores);
  d.writes += s.layers * (loads * w.attention() * e + x);
  d.reads += 2 * x;  // embedding
  d.writes += x;
  const std::uint64_t all = s.layers * w.layer() + head + table;  // optimizer
  const std::uint64_t mine =
      s.layers * ((w.query + w.output) / s.query_copies + w.kv / s.kv_copies + w.ffn) + head + table;
  d.reads += mine * 12 + all * e;
  d.writes += mine * (12 + e);
  return d;
}

chiplet::DieConfig die_of(const FlatCase& c) {
  chiplet::DieConfig die;
  die.weight_buffer_MiB = c.buffer_MiB;
  die.activation_buffer_MiB = c.buffer_MiB;
  return die;
}

class OneDModels : public ::testing::TestWithParam<std::tuple<FlatCase, const char*>> {};

TEST_P(OneDModels, NopBytesFlopsAndDramBytesEqualTheClosedForms) {
  const auto& [c, method] = GetParam();
  const TrainingConfig config = config_of(c.deck, method);
  const MeshShape mesh{c.deck.rows, c.deck.columns};
  const Plan plan = plan_step(config, mesh, die_of(c));
  const Shapes s = shapes_of(config, mesh);
  const std::uint64_t rest = s.vocabulary % s.dies;
  ASSERT_EQ(plan.roles.size(), rest > 0 ? 2U : 1U);
  for (std::size_t role = 0; role < plan.roles.size(); ++role) {
    const std::uint64_t words = s.vocabulary / s.dies + (rest > 0 && role == 0 ? 1 : 0);
    const Halves half = halves(plan.roles[role], rings_of(mesh));
    const Tally all = tally(plan.roles[role], rings_of(mesh));
    // Two all-reduces of T x h per layer and direction: 4 (1 - 1/N) U per die, U = T h e. Backward gathers
    // the inputs of both blocks again.
    const std::uint64_t unit = s.tokens * s.h * e;
    EXPECT_EQ(half.forward.layer_nop_bytes(), s.layers * 4 * (s.dies - 1) * unit);
    EXPECT_EQ(half.backward.layer_nop_bytes(), s.layers * (4 + 2) * (s.dies - 1) * unit);
    EXPECT_EQ(all.of(Stage::activations, &StageTally::nop_bytes), s.layers * 2 * (s.dies - 1) * unit);
    EXPECT_EQ(all.of(Stage::head, &StageTally::nop_bytes), 2 * (s.dies - 1) * unit);
    EXPECT_EQ(all.scalar_nop_bytes(), 2 * 2 * (s.dies - 1) * s.tokens * 4);  // of the loss; norms are local
    EXPECT_EQ(all.sum(&StageTally::macs), macs(s, words));
    const Dram expected = dram(s, c, words);
    EXPECT_EQ(all.sum(&StageTally::read_bytes), expected.reads);
    EXPECT_EQ(all.sum(&StageTally::written_bytes), expected.writes);
  }
}

TEST_P(OneDModels, EveryWordAndEveryWeightHasOneMaster) {
  const auto& [c, method] = GetParam();
  const TrainingConfig config = config_of(c.deck, method);
  const MeshShape mesh{c.deck.rows, c.deck.columns};
  const Plan plan = plan_step(config, mesh, die_of(c));
  std::uint64_t written = 0;
  for (const std::uint32_t role : plan.role_of_die) {
    written += tally(plan.roles.at(role), rings_of(mesh)).of(Stage::optimizer, &StageTally::written_bytes);
  }
  const ModelConfig& m = config.model;
  const std::uint64_t head = m.hidden / m.heads;
  const std::uint64_t layer =
      std::uint64_t{m.hidden} * (2 * m.hidden + 2 * m.kv_heads * head + 3 * std::uint64_t{m.ffn});
  EXPECT_EQ(written, (m.layers * layer + 2 * std::uint64_t{m.hidden} * m.vocabulary) * 14);
}

INSTANTIATE_TEST_SUITE_P(WeakScaling, OneDModels,
                         ::testing::Combine(::testing::ValuesIn(flat_cases),
                                            ::testing::Values("megatron-flat-ring", "megatron-torus-ring")));

// One each way for the two halves of four all-reduces of a layer, and the inputs again. A torus ring has far
// fewer, for the same bytes.
TEST(OneDLatency, IsThatOfTheRings) {
  chiplet::DieConfig die;
  die.weight_buffer_MiB = die.activation_buffer_MiB = 4096;
  TrainingConfig config;
  config.model = gpt_style(4096, 32, 3);
  config.batch_sequences = 2;
  config.sequence_length = 64;
  config.minibatch_tokens = 128;  // one mini-batch, one tile
  for (const std::uint32_t p : {4U, 8U}) {
    const MeshShape mesh{p, p};
    config.method = "megatron-flat-ring";
    const Plan flat = plan_step(config, mesh, die);
    // 8 (N-1) of the all-reduces, 2 (N-1) of the inputs gathered again.
    EXPECT_EQ(ring_steps(flat.roles[0], rings_of(mesh)), 3 * (8 + 2) * (mesh.dies() - 1));
    config.method = "megatron-torus-ring";
    const Plan torus = plan_step(config, mesh, die);
    EXPECT_EQ(ring_steps(torus.roles[0], rings_of(mesh)), 3U * (16 + 4) * (p - 1));
  }
}

// Without what the flat ring gathers again because its buffers do not hold the stream.
std::uint64_t layer_bytes(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die) {
  const Tally all = tally(plan_step(config, mesh, die).roles[0], rings_of(mesh));
  return all.layer_nop_bytes() - all.of(Stage::activations, &StageTally::nop_bytes);
}

// What the flat ring's all-reduces send over what Hecaton sends, in the layers; published for layers in the
// style of GPT.
TEST(FlatRingOverHecaton, GptStyleLayers) {
  struct Published {
    std::uint32_t side;
    double ratio;
  };
  chiplet::DieConfig die;
  die.weight_buffer_MiB = 4096;
  die.activation_buffer_MiB = 4096;
  for (const auto& [side, ratio] : {Published{4, 1.03}, {8, 1.85}, {16, 3.49}, {32, 6.77}}) {
    TrainingConfig config;
    config.model = gpt_style(4096, 32, 2);
    config.batch_sequences = 32;
    config.sequence_length = 64;
    const auto hecaton = static_cast<double>(layer_bytes(config, {side, side}, die));
    config.method = "megatron-flat-ring";
    const auto flat = static_cast<double>(layer_bytes(config, {side, side}, die));
    EXPECT_NEAR(flat / hecaton, ratio, 0.005) << side;
  }
}

// Published for the models' shapes with every key/value head there once. Where columns share one, Hecaton
// sends its keys, values and their gradients along each of these columns; that part is worked out here and
// taken away.
TEST(FlatRingOverHecaton, RealShapes) {
  struct Published {
    Case deck;
    double ratio;
    double with_copies;
  };
  const Published published[] = {{{"tinyllama-1.1b", 4, 4, 16, 512, 2048}, 1.15, 1.15},
                                 {{"llama2-7b", 8, 8, 32, 256, 2048}, 1.90, 1.90},
                                 {{"llama2-70b", 16, 16, 32, 128, 2048}, 3.40, 3.36},
                                 {{"llama3.1-405b", 32, 32, 64, 64, 2048}, 6.95, 6.81}};
  for (const auto& [deck, ratio, with_copies] : published) {
    const MeshShape mesh{deck.rows, deck.columns};
    const auto flat = static_cast<double>(layer_bytes(config_of(deck, "megatron-flat-ring"), mesh, {}));
    const std::uint64_t hecaton = layer_bytes(config_of(deck, "hecaton"), mesh, {});
    const ModelConfig& m = *find_model(deck.model);
    const std::uint64_t there = std::max(m.kv_heads, deck.columns);  // key/value heads, copies counted
    const std::uint64_t copied = 2 * (there - m.kv_heads) * (m.hidden / m.heads) / deck.columns;
    const std::uint64_t tokens = std::uint64_t{deck.batch} * deck.sequence;
    // A reduce-scatter forward and an all-gather backward along every column.
    const std::uint64_t extra = m.layers * 2 * deck.columns * (deck.rows - 1) * tokens * copied * e;
    EXPECT_NEAR(flat / static_cast<double>(hecaton - extra), ratio, 0.005) << deck;
    EXPECT_NEAR(flat / static_cast<double>(hecaton), with_copies, 0.005) << deck;
  }
}

}  // namespace
}  // namespace hecaton::training::test::one_d_test
