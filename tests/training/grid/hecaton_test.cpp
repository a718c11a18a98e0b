// The Hecaton method against closed forms that are worked out here, from the model's public shapes.
#include <gtest/gtest.h>

#include "tests/training/cases.hpp"

namespace hecaton::training::test::hecaton_test {
namespace {

constexpr std::uint64_t e = 2;  // bytes of bf16

struct Shapes {
  std::uint64_t r, c, tokens, sequence, batch, h, ffn, up, heads, kv_heads, head, layers, vocabulary,
      kv_copies, qkv;
};

// `qkv` features in all columns together, key/value heads that lie on several columns counted on each.
Shapes shapes_of(const TrainingConfig& t, MeshShape mesh) {
  const ModelConfig& m = t.model;
  const std::uint64_t head = m.hidden / m.heads;
  const std::uint64_t copies = mesh.columns > m.kv_heads ? mesh.columns / m.kv_heads : 1;
  return {mesh.rows,
          mesh.columns,
          std::uint64_t{t.batch_sequences} * t.sequence_length,
          t.sequence_length,
          t.batch_sequences,
          m.hidden,
          m.ffn,
          std::uint64_t{m.ffn} * (m.gated ? 2 : 1),
          m.heads,
          m.kv_heads,
          head,
          m.layers,
          m.vocabulary,
          copies,
          m.hidden + 2 * m.kv_heads * copies * head};
}

// Bytes that all dies send for one all-gather or reduce-scatter of all tokens of `features` features, cut
// into `slices`, over rings of `ring` dies: (ring - 1) / ring of a slice's payload per die.
std::uint64_t ring_bytes(const Shapes& s, std::uint64_t features, std::uint64_t slices, std::uint64_t ring) {
  return s.r * s.c / ring * (ring - 1) * s.tokens * (features / slices) * e;
}

// A linear layer from layout A to layout B gathers along the row (c dies), scatters along the column (r
// dies).
std::uint64_t forward_a_to_b(const Shapes& s, std::uint64_t k, std::uint64_t n) {
  return ring_bytes(s, k, s.r, s.c) + ring_bytes(s, n, s.c, s.r);
}
std::uint64_t forward_b_to_a(const Shapes& s, std::uint64_t k, std::uint64_t n) {
  return ring_bytes(s, k, s.c, s.r) + ring_bytes(s, n, s.r, s.c);
}

std::uint64_t nop_forward(const Shapes& s) {
  return s.layers * (forward_a_to_b(s, s.h, s.qkv) + forward_b_to_a(s, s.h, s.h) +
                     forward_a_to_b(s, s.h, s.up) + forward_b_to_a(s, s.ffn, s.h));
}
// Backward moves the same gradients the other way and gathers each layer's input once more.
std::uint64_t nop_backward(const Shapes& s) {
  const std::uint64_t again =
      2 * ring_bytes(s, s.h, s.r, s.c) + ring_bytes(s, s.h, s.c, s.r) + ring_bytes(s, s.ffn, s.c, s.r);
  return nop_forward(s) + s.layers * again;
}
std::uint64_t nop_head(const Shapes& s) {
  return 2 * forward_a_to_b(s, s.h, s.vocabulary) + ring_bytes(s, s.h, s.r, s.c);
}
// Two norms per layer and one before the head, forward and backward, a 4-byte scalar per token summed over r
// dies of a column; two scalars of the loss per token over c dies of a row.
std::uint64_t nop_scalars(const Shapes& s) {
  const std::uint64_t norm = s.c * 2 * (s.r - 1) * (s.tokens / s.c) * 4;
  const std::uint64_t loss = s.r * 2 * (s.c - 1) * (s.tokens / s.r) * 4;
  return 2 * (2 * s.layers + 1) * norm + 2 * loss;
}

// Weights of a layer on one die.
std::uint64_t layer_weights(const Shapes& s) {
  return s.h * (s.qkv + s.h + s.up + s.ffn) / (s.r * s.c);
}

std::uint64_t macs(const Shapes& s) {
  const std::uint64_t dies = s.r * s.c;
  const std::uint64_t linear = s.tokens * s.h * (s.qkv + s.h + s.up + s.ffn) / dies;
  const std::uint64_t product = s.batch * s.heads / dies * s.sequence * s.sequence * s.head;
  const std::uint64_t head = s.tokens * s.h * s.vocabulary / dies;
  return s.layers * (3 * linear + (2 + 5) * product) + 3 * head;
}

struct Dram {
  std::uint64_t reads, writes;
};

Dram dram(const Shapes& s, std::uint64_t groups_forward, std::uint64_t groups_backward) {
  const std::uint64_t dies = s.r * s.c;
  const std::uint64_t x = s.tokens * s.h * e / dies;
  const std::uint64_t scalars = 2 * (s.tokens / s.c) * 4 + s.tokens / s.r * (s.heads / s.c) * 4;
  // Output of attention, its sum with the stream, output of the layer; queries, keys, values, gate and up.
  const std::uint64_t saved = 3 * x + s.tokens * (s.qkv + s.up) * e / dies + scalars;
  const std::uint64_t layer = layer_weights(s);
  const std::uint64_t head = s.h * s.vocabulary / dies;
  const std::uint64_t all = s.layers * layer + 2 * head;  // embedding table and output head are of one size
  const std::uint64_t kv = 2 * s.kv_heads * s.kv_copies * s.head * s.h / dies;
  const std::uint64_t mine = all - s.layers * (kv - kv / s.kv_copies);
  Dram d{};
  d.reads = s.layers * layer * e + groups_forward * x;  // forward
  d.writes = s.layers * saved;
  d.reads += head * e + x;  // head
  d.writes += x + head * e;
  d.reads += s.layers * (layer * e + saved) + groups_backward * x;  // backward
  d.writes += s.layers * layer * e + groups_backward * x;
  d.reads += 2 * x;  // embedding
  d.writes += x;
  d.reads += mine * 12 + all * e;  // optimizer
  d.writes += mine * (12 + e);
  return d;
}

class HecatonModels : public ::testing::TestWithParam<Case> {};

TEST_P(HecatonModels, NopBytesFlopsAndDramBytesEqualTheClosedForms) {
  const Case& c = GetParam();
  const TrainingConfig config = config_of(c, "hecaton");
  const MeshShape mesh{c.rows, c.columns};
  const Plan plan = plan_step(config, mesh, {});
  const Shapes s = shapes_of(config, mesh);
  ASSERT_EQ(plan.roles.size(), 1U);
  ASSERT_EQ(plan.role_of_die.size(), mesh.dies());
  const Halves half = halves(plan.roles[0], rings_of(mesh));
  const Tally all = tally(plan.roles[0], rings_of(mesh));

  EXPECT_EQ(half.forward.layer_nop_bytes(), nop_forward(s));
  EXPECT_EQ(half.backward.layer_nop_bytes(), nop_backward(s));
  EXPECT_EQ(all.of(Stage::head, &StageTally::nop_bytes), nop_head(s));
  EXPECT_EQ(all.scalar_nop_bytes(), nop_scalars(s));
  EXPECT_EQ(all.sum(&StageTally::macs), macs(s));

  const std::uint64_t buffer = 16ULL * 1024 * 1024;
  const std::uint64_t forward = buffer / (layer_weights(s) * e);
  const std::uint64_t backward = buffer / (2 * layer_weights(s) * e);
  const Dram expected = dram(s, (s.layers + forward - 1) / forward, (s.layers + backward - 1) / backward);
  EXPECT_EQ(all.sum(&StageTally::read_bytes), expected.reads);
  EXPECT_EQ(all.sum(&StageTally::written_bytes), expected.writes);
}

TEST_P(HecatonModels, OverlapMovesTheSameBytes) {
  const Case& c = GetParam();
  TrainingConfig config = config_of(c, "hecaton");
  const MeshShape mesh{c.rows, c.columns};
  const Tally with = tally(plan_step(config, mesh, {}).roles[0], rings_of(mesh));
  config.overlap = false;
  const Tally without = tally(plan_step(config, mesh, {}).roles[0], rings_of(mesh));
  EXPECT_EQ(with.sum(&StageTally::read_bytes), without.sum(&StageTally::read_bytes));
  EXPECT_EQ(with.sum(&StageTally::written_bytes), without.sum(&StageTally::written_bytes));
  EXPECT_EQ(with.sum(&StageTally::nop_bytes), without.sum(&StageTally::nop_bytes));
  EXPECT_EQ(with.sum(&StageTally::macs), without.sum(&StageTally::macs));
}

TEST_P(HecatonModels, UsefulFlopsAreThoseOfTheModel) {
  const Case& c = GetParam();
  const TrainingConfig config = config_of(c, "hecaton");
  const Plan plan = plan_step(config, {c.rows, c.columns}, {});
  const Shapes s = shapes_of(config, {1, 1});  // on one die nothing is there twice
  const std::uint64_t weights = s.layers * layer_weights(s) + s.h * s.vocabulary;
  EXPECT_EQ(plan.tokens, s.tokens);
  EXPECT_EQ(plan.model_flops, s.tokens * (6 * weights + 12 * s.layers * s.sequence * s.h));
}

INSTANTIATE_TEST_SUITE_P(WeakScaling, HecatonModels, ::testing::ValuesIn(weak_scaling));

// Six layers.
TrainingConfig gpt_config(std::uint32_t batch, std::uint32_t minibatch_tokens) {
  TrainingConfig config;
  config.model = gpt_style(4096, 32, 6);
  config.batch_sequences = batch;
  config.sequence_length = 64;
  config.minibatch_tokens = minibatch_tokens;
  return config;
}

// 16 (1 - 1/p) / p U forward and 23 (1 - 1/p) / p U backward, U = tokens x hidden x 2 bytes.
TEST(HecatonGptStyle, SquareMeshes) {
  for (const std::uint32_t p : {2U, 4U, 8U, 16U, 32U}) {
    const TrainingConfig config = gpt_config(64, 0);
    const MeshShape mesh{p, p};
    const Halves half = halves(plan_step(config, mesh, large_die()).roles[0], rings_of(mesh));
    const std::uint64_t unit = 64ULL * 64 * 4096 * 2 * 6;
    EXPECT_EQ(half.forward.layer_nop_bytes(), p * p * (16 * unit * (p - 1) / (p * p))) << p;
    EXPECT_EQ(half.backward.layer_nop_bytes(), p * p * (23 * unit * (p - 1) / (p * p))) << p;
  }
}

// 20 (p - 1) steps of a row's or column's ring per layer: two of four linear layers forward, three backward.
TEST(HecatonGptStyle, LatencyIsThatOfTheRings) {
  for (const std::uint32_t p : {2U, 4U, 8U, 16U, 32U}) {
    const TrainingConfig config = gpt_config(32, 32 * 64);  // one mini-batch, one tile
    const MeshShape mesh{p, p};
    EXPECT_EQ(ring_steps(plan_step(config, mesh, large_die()).roles[0], rings_of(mesh)), 6U * 20 * (p - 1));
  }
}

// [4 (c - 1) + 12 (r - 1)] / (r c) U forward and [2 (c - 1) + 5 (r - 1)] / (r c) U more backward.
TEST(HecatonGptStyle, OrientationOfARectangleMatters) {
  struct Rectangle {
    std::uint32_t rows, columns;
    std::uint64_t forward_64ths, again_64ths;
  };
  const Rectangle rectangles[] = {{4, 16, 96, 45}, {8, 8, 112, 49}, {16, 4, 192, 81}};
  for (const auto& [rows, columns, forward, again] : rectangles) {  // 64 dies each
    TrainingConfig config;
    config.model = gpt_style(2048, 16, 3);
    config.batch_sequences = 32;
    config.sequence_length = 128;
    const MeshShape mesh{rows, columns};
    const Halves half = halves(plan_step(config, mesh, large_die()).roles[0], rings_of(mesh));
    const std::uint64_t unit = 32ULL * 128 * 2048 * 2 * 3;
    EXPECT_EQ(half.forward.layer_nop_bytes(), unit * forward) << rows;
    EXPECT_EQ(half.backward.layer_nop_bytes(), unit * (forward + again)) << rows;
  }
}

TEST(Hecaton, SmallRectanglesAndOneDieArePlanned) {
  for (const auto& [rows, columns] : {std::pair{2U, 4U}, {4U, 8U}, {8U, 4U}, {1U, 4U}, {4U, 1U}, {1U, 1U}}) {
    TrainingConfig config;
    config.model = *find_model("tinyllama-1.1b");
    config.sequence_length = 256;
    const MeshShape mesh{rows, columns};
    const Plan plan = plan_step(config, mesh, large_die());
    const Tally all = tally(plan.roles[0], rings_of(mesh));
    const Shapes s = shapes_of(config, mesh);
    EXPECT_EQ(all.sum(&StageTally::nop_bytes),
              nop_forward(s) + nop_backward(s) + nop_head(s) + nop_scalars(s));
    EXPECT_EQ(all.sum(&StageTally::macs), macs(s));
  }
}

// Products of the linear layers over bytes sent, per token: nearly constant for Hecaton as model and package
// grow together, but for the part (1 - 1/p) of a payload that a ring sends; for a flat ring it falls with
// every step.
TEST(WeakScaling, ComputationToCommunication) {
  constexpr Case pairs[] = {{"tinyllama-1.1b", 4, 4, 32, 64, 2048},
                            {"llama2-7b", 8, 8, 32, 64, 2048},
                            {"llama2-70b", 16, 16, 32, 64, 2048},
                            {"llama3.1-405b", 32, 32, 32, 64, 2048}};
  double least = 1e300, most = 0, flat_before = 1e300;
  for (const Case& c : pairs) {
    const MeshShape mesh{c.rows, c.columns};
    const auto ratio = [&](const char* method) {
      const Tally all = tally(plan_step(config_of(c, method), mesh, large_die()).roles[0], rings_of(mesh));
      std::uint64_t macs = 0;
      for (const Stage stage : {Stage::qkv, Stage::attention_output, Stage::ffn_up, Stage::ffn_down})
        macs += all.of(stage, &StageTally::macs);
      return static_cast<double>(macs * mesh.dies()) / static_cast<double>(all.layer_nop_bytes());
    };
    const double hecaton = ratio("hecaton") * (1 - 1.0 / c.rows);
    const double flat = ratio("megatron-flat-ring");
    least = std::min(least, hecaton);
    most = std::max(most, hecaton);
    EXPECT_LT(flat, 0.8 * flat_before) << c;
    flat_before = flat;
  }
  EXPECT_LT(most / least, 1.1);
}

// The state of the optimizer of all dies together is that of the model, also where weights lie on several
// dies.
TEST(Hecaton, EveryWeightHasOneMaster) {
  for (const Case& c : weak_scaling) {
    const TrainingConfig config = config_of(c, "hecaton");
    const MeshShape mesh{c.rows, c.columns};
    const Tally all = tally(plan_step(config, mesh, {}).roles[0], rings_of(mesh));
    const Shapes s = shapes_of(config, {1, 1});
    const std::uint64_t weights = s.layers * layer_weights(s) + 2 * s.h * s.vocabulary;
    EXPECT_EQ(all.of(Stage::optimizer, &StageTally::written_bytes) * mesh.dies(), weights * 14) << c;
  }
}

}  // namespace
}  // namespace hecaton::training::test::hecaton_test
