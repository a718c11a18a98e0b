// Steps whose counts over the package exceed 64 bits are planned, and those whose counts on one die would are
// refused.
#include "core/training/bounds.hpp"

#include <gtest/gtest.h>

#include "core/training/plan/program_builder.hpp"
#include "tests/training/cases.hpp"

namespace hecaton::training::test::bounds_test {
namespace {

// A die of the size that long sequences take: whole sequences lie on the rows of dies.
chiplet::DieConfig roomy_die() {
  chiplet::DieConfig die;
  die.weight_buffer_MiB = 256;
  die.activation_buffer_MiB = 4096;
  return die;
}

std::string blamed(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die) {
  try {
    plan_step(config, mesh, die);
  } catch (const PlanError& error) {
    return error.table_key;
  }
  return {};
}

// Llama 3.1 405B at batches of its pre-training: 4 and 16 million tokens, and sequences of 128 Ki.
constexpr Case public_batches[] = {{"llama3.1-405b", 32, 32, 1024, 4096, 0},
                                   {"llama3.1-405b", 32, 32, 2048, 8192, 0},
                                   {"llama3.1-405b", 8, 128, 8, 131072, 0}};

class PublicBatches : public ::testing::TestWithParam<Case> {};

TEST_P(PublicBatches, ArePlanned) {
  const Case& c = GetParam();
  const TrainingConfig config = config_of(c, "hecaton");
  const MeshShape mesh{c.rows, c.columns};
  const Plan plan = plan_step(config, mesh, roomy_die());
  // By the shapes: hidden 16,384, feed-forward 53,248 with a gate, 128 heads of 128, 8 key/value heads.
  const Wide h = 16384, layers = 126, words = 128256, kv = 2 * 8 * 128;
  const Wide layer = h * (2 * h + kv) + 3 * h * 53248;
  const Wide tokens = Wide{c.batch} * c.sequence, attention = layers * c.sequence * h;
  const Wide useful = tokens * (6 * (layers * layer + h * words) + 12 * attention);
  EXPECT_TRUE(plan.model_flops == useful);
  EXPECT_EQ(plan.tokens, tokens);
  EXPECT_GT(useful, Wide{1} << 62U);
  // Forward, twice backward, scores once more; keys and values on as many columns as have a part of them.
  const Wide copies = mesh.columns / 8;
  const Wide linear = layer + (copies - 1) * h * kv;
  const Wide macs = tokens * (3 * (layers * linear + h * words) + 7 * attention);
  EXPECT_TRUE(Wide{tally(plan.roles[0], rings_of(mesh)).sum(&StageTally::macs)} * mesh.dies() == macs);
}

INSTANTIATE_TEST_SUITE_P(Llama, PublicBatches, ::testing::ValuesIn(public_batches));

TEST(Bounds, AreThoseOfADie) {
  TrainingConfig config = config_of({"tinyllama-1.1b", 1, 1, 1, 2048, 0}, "hecaton");
  const chiplet::DieConfig die = roomy_die();
  EXPECT_EQ(blamed(config, {1, 1}, die), "");
  // One die computes 3 x 10^9 multiply-accumulates for a token: 4 bytes of each, below 2^63.
  config.batch_sequences = 300'000;
  EXPECT_EQ(blamed(config, {1, 1}, die), "training.batch_sequences");
  // As much on each of 16 dies is a step that is planned.
  config.batch_sequences = 400'000;
  EXPECT_EQ(blamed(config, {4, 4}, die), "");
}

// What a die does in 2^62 picoseconds is not planned, however few operations it is.
TEST(Bounds, OfTime) {
  TrainingConfig config = config_of({"tinyllama-1.1b", 1, 1, 8, 2048, 0}, "hecaton");
  chiplet::DieConfig slow = roomy_die();
  slow.peak_TFLOPS = 1e-4;  // 1.1e14 operations at 10^8 a second: 13 days
  EXPECT_EQ(blamed(config, {1, 1}, slow), "");
  slow.peak_TFLOPS = 1e-5;
  EXPECT_EQ(blamed(config, {1, 1}, slow), "training.batch_sequences");
}

TEST(Bounds, ALoopCountsIn32Bits) {
  EXPECT_EQ(count_of(0xffffffff), 0xffffffffU);
  EXPECT_THROW(count_of(0x100000000), PlanError);
  ProgramBuilder b;
  EXPECT_THROW(b.matmul(Stage::attention, 1, 1, 1, 0x100000000), PlanError);
  EXPECT_THROW(b.loop(chiplet::Iterates::other, 0x100000000, [] {}), PlanError);
}

// Counts of one operation, of all of them in their loops, and of the loops themselves.
TEST(Bounds, HoldForEveryProgram) {
  const auto fits = [](std::uint64_t loops, std::uint64_t inner, const Op& op) {
    Program program(5);
    program[0].code = program[1].code = OpCode::loop;
    program[0].count = static_cast<std::uint32_t>(loops);
    program[1].count = static_cast<std::uint32_t>(inner);
    program[2] = op;
    program[3].code = program[4].code = OpCode::end_loop;
    chiplet::DieConfig die;
    die.peak_TFLOPS = 1e6;
    try {
      check_counts(program, die);
    } catch (const PlanError&) {
      return false;
    }
    return true;
  };
  Op product;
  product.code = OpCode::matmul;
  product.m = product.k = product.n = 1ULL << 18;
  EXPECT_TRUE(fits(1U << 3, 1U << 3, product));
  EXPECT_FALSE(fits(1U << 3, 1U << 5, product));
  product.m = product.k = product.n = ~0ULL;
  EXPECT_FALSE(fits(1, 1, product));
  Op transfer;
  transfer.code = OpCode::dram_read;
  transfer.bytes = 1ULL << 40;
  EXPECT_TRUE(fits(1U << 10, 1U << 11, transfer));
  EXPECT_FALSE(fits(1U << 10, 1U << 13, transfer));
  Op collective;
  collective.code = OpCode::all_gather;
  collective.units = 1ULL << 40;
  EXPECT_TRUE(fits(1U << 8, 1U << 9, collective));
  EXPECT_FALSE(fits(1U << 8, 1U << 10, collective));
}

}  // namespace
}  // namespace hecaton::training::test::bounds_test
