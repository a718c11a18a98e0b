// Optimus against closed forms that are worked out here, from the model's public shapes.
#include <gtest/gtest.h>

#include <utility>

#include "tests/training/cases.hpp"

namespace hecaton::training::test::optimus_test {
namespace {

constexpr std::uint64_t e = 2;  // bytes of bf16

std::uint64_t log2_of(std::uint64_t p) {
  std::uint64_t depth = 0;
  while ((std::uint64_t{1} << depth) < p) ++depth;
  return depth;
}

// Bytes that tree broadcasts and reductions of the linear layers take, one after the other: every round of a
// tree moves the whole panel.
std::uint64_t tree_bytes(const Program& program, std::size_t begin, std::size_t end, std::uint64_t p) {
  std::uint64_t bytes = 0;
  std::vector<std::uint64_t> loops;
  for (std::size_t i = 0; i < end; ++i) {
    const Op& op = program[i];
    if (op.code == OpCode::loop) loops.push_back(op.count);
    if (op.code == OpCode::end_loop) loops.pop_back();
    if (i < begin || !chiplet::has_root(op.code) || op.stage == Stage::head) continue;
    bytes += times_of(op, loops) * log2_of(p) * op.units * op.unit_bytes;
  }
  return bytes;
}

// Two layers, one mini-batch of 2,048 tokens, on p x p dies.
Program gpt_program(std::uint32_t p) {
  TrainingConfig config;
  config.model = gpt_style(4096, 32, 2);
  config.method = "optimus";
  config.batch_sequences = 32;
  config.sequence_length = 64;
  config.minibatch_tokens = 32 * 64;
  return plan_step(config, {p, p}, large_die()).roles[0];
}

// Forward (log2 p / p) (7 + 12 h/T) U, backward twice that, with U = T h e: multiplied out, integers.
TEST(Optimus, BytesInSequenceEqualThePublishedForm) {
  for (const std::uint32_t p : {2U, 4U, 8U, 16U}) {
    const Program program = gpt_program(p);
    const std::uint64_t tokens = 32 * 64, h = 4096, layers = 2;
    std::size_t head = 0;
    while (program[head].stage != Stage::head) ++head;
    const std::uint64_t forward = layers * log2_of(p) * (7 * tokens * h + 12 * h * h) * e / p;
    EXPECT_EQ(tree_bytes(program, 0, head, p), forward) << p;
    EXPECT_EQ(tree_bytes(program, head, program.size(), p), 2 * forward) << p;
  }
}

// p panels along each of two axes for each linear layer, log2 p rounds each: X and W forward; W and dX, X and
// dW backward.
TEST(Optimus, LatencyIsThatOfTheTrees) {
  for (const std::uint32_t p : {2U, 4U, 8U, 16U}) {
    const Program program = gpt_program(p);
    std::uint64_t rounds = 0;
    std::vector<std::uint64_t> loops;
    for (const Op& op : program) {
      if (op.code == OpCode::loop) loops.push_back(op.count);
      if (op.code == OpCode::end_loop) loops.pop_back();
      if (chiplet::has_root(op.code) && op.stage != Stage::head) rounds += times_of(op, loops) * log2_of(p);
    }
    EXPECT_EQ(rounds, 2 * 4 * (2 + 4) * p * log2_of(p)) << p;
  }
}

// Per linear layer k to n: X and W once each forward, twice each backward, X to c - 1 dies of every row, W to r - 1 of
// every column. Each mini-batch moves the weights again. Columns that share a key/value head have its weights each.
TEST(Optimus, NopBytesFlopsAndDramBytesEqualTheClosedForms) {
  for (const Case& c : {Case{"tinyllama-1.1b", 4, 4, 16, 128, 2048},
                        {"tinyllama-1.1b", 4, 4, 16, 128, 1024},
                        {"llama2-7b", 8, 8, 16, 64, 1024},
                        {"llama2-70b", 16, 16, 32, 64, 2048},
                        {"llama3.1-405b", 32, 32, 64, 64, 2048},
                        {"tinyllama-1.1b", 2, 8, 16, 128, 1024},
                        {"tinyllama-1.1b", 8, 4, 16, 128, 2048},
                        {"llama2-7b", 1, 16, 16, 64, 1024},
                        {"llama2-7b", 16, 1, 16, 64, 1024},
                        {"llama2-70b", 8, 16, 32, 64, 2048}}) {
    const MeshShape mesh{c.rows, c.columns};
    const TrainingConfig config = config_of(c, "optimus");
    const Tally all = tally(plan_step(config, mesh, large_die()).roles[0], rings_of(mesh));
    const ModelConfig& m = config.model;
    const std::uint64_t n = mesh.dies(), tokens = std::uint64_t{c.batch} * c.sequence;
    const std::uint64_t minibatches = tokens / c.minibatch_tokens;
    const std::uint64_t h = m.hidden, f = m.ffn, words = m.vocabulary, layers = m.layers;
    const std::uint64_t there = std::max<std::uint64_t>(m.kv_heads, c.columns) * 2 * (h / m.heads);
    const std::uint64_t once = std::uint64_t{m.kv_heads} * 2 * (h / m.heads);
    const std::uint64_t x = h + h + h + f;  // inputs of the four linear layers of a layer
    const std::uint64_t rest = h * h + h * h + h * 2 * f + f * h;
    const std::uint64_t w = rest + h * there;
    const auto moved = [&](std::uint64_t inputs, std::uint64_t weights) {
      return 3 * ((c.columns - 1) * tokens * inputs + (c.rows - 1) * minibatches * weights) * e;
    };
    EXPECT_EQ(all.layer_nop_bytes(), layers * moved(x, w)) << c;
    EXPECT_EQ(all.of(Stage::head, &StageTally::nop_bytes), moved(h, h * words)) << c;
    const std::uint64_t attention = 7 * std::uint64_t{c.batch} * c.sequence * c.sequence * h;
    EXPECT_EQ(all.sum(&StageTally::macs),
              (layers * (3 * tokens * w + attention) + 3 * tokens * h * words) / n)
        << c;
    EXPECT_EQ(all.of(Stage::optimizer, &StageTally::written_bytes),
              (layers * (rest + h * once) + 2 * h * words) * 14 / n)
        << c;
    EXPECT_EQ(all.of(Stage::weights, &StageTally::read_bytes), (2 * layers * w + h * words) * e / n) << c;
  }
}

TEST(Optimus, PipelinesItsPanelsIfAsked) {
  TrainingConfig config = config_of({"tinyllama-1.1b", 4, 4, 16, 128, 2048}, "optimus");
  const Tally tree = tally(plan_step(config, {4, 4}, large_die()).roles[0], rings_of({4, 4}));
  config.broadcast = Broadcast::pipelined;
  config.broadcast_chunks = 5;
  const Program program = plan_step(config, {4, 4}, large_die()).roles[0];
  EXPECT_EQ(tally(program, rings_of({4, 4})).sum(&StageTally::nop_bytes), tree.sum(&StageTally::nop_bytes));
  for (const Op& op : program) {
    if (!chiplet::has_root(op.code)) continue;
    EXPECT_EQ(op.schedule, chiplet::Schedule::pipelined);
    EXPECT_EQ(op.count, 5U);
  }
}

// As many panels of X and of W, forward, as the least common multiple of rows and columns; in each step the root of either
// is the next die of its line.
TEST(Optimus, TakesAStepForEachPanel) {
  for (const auto& [mesh, steps] : {std::pair<MeshShape, std::uint32_t>{{4, 4}, 4},
                                    {{2, 4}, 4},
                                    {{6, 4}, 12},
                                    {{7, 8}, 56},
                                    {{1, 5}, 5},
                                    {{5, 1}, 5}}) {
    TrainingConfig config = config_of({"tinyllama-1.1b", 4, 4, 56, 64, 0}, "optimus");
    config.model.heads = config.model.kv_heads = 40;
    config.model.head_dim = 64;
    const Program program = plan_step(config, mesh, large_die()).roles[0];
    std::vector<std::uint32_t> loops;
    for (const Op& op : program) {
      if (op.code == OpCode::loop) loops.push_back(op.count);
      if (op.code == OpCode::end_loop) loops.pop_back();
      if (!chiplet::has_root(op.code)) continue;
      EXPECT_EQ(loops.at(loops.size() - op.root_loop), steps) << mesh.rows << " x " << mesh.columns;
      EXPECT_EQ(op.root_loop, op.ring == chiplet::Ring::row ? 1 : 2);
    }
  }
}

// 40 heads of 52 features: 520 for each of 4 columns, whose 3 panels are of 174, so 522. On 8 rows, 2 panels: none.
TEST(Optimus, PadsTheInputsOfTheProjectionAlone) {
  TrainingConfig config = config_of({"tinyllama-1.1b", 4, 4, 24, 64, 0}, "optimus");
  config.model = {"odd", 2040, 1200, 40, 40, 2, 1200, true};
  config.model.head_dim = 52;
  const Plan plan = plan_step(config, {3, 4}, large_die());
  ASSERT_EQ(plan.padding.size(), 1U);
  EXPECT_EQ(padding_text(plan.padding[0]), "2080 inputs of the projection after attention, padded to 2088");
  const std::uint64_t tokens = 24 * 64,
                      pads = 2 * 3 * tokens * 8 * 2040;  // of two layers, in multiply-accumulates
  const Tally all = tally(plan.roles[0], rings_of({3, 4}));
  EXPECT_NEAR(plan.padding_cost.flops,
              static_cast<double>(pads) / (12 * static_cast<double>(all.sum(&StageTally::macs))), 1e-12);
  EXPECT_EQ(plan.parameters, 2 * (2040 * (3 * 2080 + 2088) + 3 * 2040 * 1200) + 2 * 2040 * 1200ULL);
  EXPECT_TRUE(plan_step(config, {8, 4}, large_die()).padding.empty());
  config.uneven = Uneven::refuse;
  const PlanErrors errors = problems_of(config, {3, 4});
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].table_key, "package.rows");
  EXPECT_EQ(errors[0].suggestion, "use 2 or 4 rows, or training.uneven = \"auto\"");
}

TEST(Optimus, NeedsRoomForItsPanels) {
  const TrainingConfig config = config_of({"tinyllama-1.1b", 4, 4, 16, 128, 2048}, "optimus");
  chiplet::DieConfig small = large_die();
  small.weight_buffer_MiB = 15.6249;  // the output head, but no panels beside it
  try {
    plan_step(config, {4, 4}, small);
    ADD_FAILURE() << "planned without room for panels";
  } catch (const PlanError& error) {
    EXPECT_EQ(error.table_key, "die.weight_buffer_MiB");
  }
}

}  // namespace
}  // namespace hecaton::training::test::optimus_test
