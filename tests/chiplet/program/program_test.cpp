// What validate() refuses, the set of early arrivals, and the arithmetic of rates.
#include "core/chiplet/program/program.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <stdexcept>
#include <string_view>

#include "core/chiplet/dies/unexpected_chunks.hpp"
#include "core/chiplet/hardware/rate.hpp"
#include "tests/chiplet/fake_host.hpp"

namespace hecaton::chiplet::testing::program_test {
namespace {

TEST(Validate, AcceptsNestedLoopsAndUsedSlots) {
  EXPECT_NO_THROW(validate(Program{}));
  EXPECT_NO_THROW(
      validate({loop(3), loop(2), matmul(1, 2, 3, 4), end_loop(), with_bytes(OpCode::dram_read, 9, 7),
                wait_for(7), end_loop(), collective(OpCode::all_reduce, 0, 1)}));
}

TEST(Validate, RefusesBrokenPrograms) {
  const Op work = with_bytes(OpCode::vector, 1);
  EXPECT_THROW(validate({loop(3), work}), std::logic_error);
  EXPECT_THROW(validate({work, end_loop()}), std::logic_error);
  EXPECT_THROW(validate({loop(3), end_loop()}), std::logic_error);
  EXPECT_THROW(validate({loop(0), work, end_loop()}), std::logic_error);
  EXPECT_THROW(validate({matmul(1, 0, 1, 1)}), std::logic_error);
  EXPECT_THROW(validate({matmul(0, 1, 1, 1)}), std::logic_error);
  EXPECT_THROW(validate({with_bytes(OpCode::dram_read, 1, 8)}), std::logic_error);
  EXPECT_THROW(validate({with_bytes(OpCode::dram_read, 1, 2), wait_for(3)}), std::logic_error);
  EXPECT_THROW(validate({collective(OpCode::all_gather, 1, 0)}), std::logic_error);
  EXPECT_THROW(validate({collective(OpCode::all_gather, ~std::uint64_t{0}, 2)}), std::logic_error);
}

TEST(Validate, RefusesSkippingLoopsThatAreNotThere) {
  Op skipped = with_bytes(OpCode::vector, 1);
  skipped.skip_last = 2;
  EXPECT_NO_THROW(validate({loop(2), loop(2), skipped, end_loop(), end_loop()}));
  EXPECT_THROW(validate({loop(2), skipped, end_loop()}), std::logic_error);
  Op border = loop(2);
  border.skip_last = 1;
  EXPECT_THROW(validate({loop(2), border, skipped, end_loop(), end_loop()}), std::logic_error);
}

TEST(Validate, RefusesLoopsThatNestTooDeep) {
  const auto nested = [](std::size_t depth) {
    Program program(depth, loop(2));
    program.push_back(with_bytes(OpCode::vector, 1));
    program.insert(program.end(), depth, end_loop());
    return program;
  };
  EXPECT_NO_THROW(validate(nested(max_loop_depth)));
  EXPECT_THROW(validate(nested(max_loop_depth + 1)), std::logic_error);
}

TEST(ValidateSetup, RefusesWhatTheDieLacks) {
  const Program reads = {with_bytes(OpCode::dram_read, 1)};
  EXPECT_THROW(validate(in_one_ring(0, 2, reads)), std::logic_error) << "no IO die";
  DieSetup weightless = in_one_ring(0, 2, reads);
  weightless.dram = {{NodeId{9}, 0}};
  EXPECT_THROW(validate(weightless), std::logic_error);
  weightless.dram[0].weight = 1;
  EXPECT_NO_THROW(validate(weightless));

  const Program gathers = {collective(OpCode::all_gather, 2, 0xffffffffU)};
  EXPECT_NO_THROW(validate(in_one_ring(0, 2, gathers)));
  const Program too_large = {collective(OpCode::all_gather, 3, 0xffffffffU)};
  EXPECT_THROW(validate(in_one_ring(0, 2, too_large)), std::logic_error) << "a chunk of 8 GiB";
  DieSetup misplaced = in_one_ring(0, 2, gathers);
  misplaced.rings[0].position = 2;
  EXPECT_THROW(validate(misplaced), std::logic_error);
  DieSetup alone = in_one_ring(0, 2, gathers);
  alone.rings[0].next = NodeId{0};
  EXPECT_THROW(validate(alone), std::logic_error);
  EXPECT_THROW(Die(DieSetup{}), std::logic_error) << "no program";
}

// The digest of a package rests on these words: another order or width is another digest.
TEST(RowDigest, IsThatOfTheseWords) {
  const OperationRow row{.die = 3,
                         .kind = OperationKind::vector,
                         .stage = Stage::norm,
                         .layer = -1,
                         .minibatch = -2,
                         .start_ps = 10,
                         .end_ps = 20,
                         .bytes = 30};
  Digest digest, by_hand;
  add_fields(digest, row);
  for (const std::uint64_t word : {3ULL, 0x0102'ffff'ffff'fffeULL, 10ULL, 20ULL, 30ULL}) by_hand.add(word);
  EXPECT_EQ(digest.value(), by_hand.value());
}

// Traces hold the numbers; readers of traces know them by these names.
TEST(Names, OfWhatATraceHolds) {
  const std::string_view kinds[] = {"matmul",     "vector",     "all-gather", "reduce-scatter", "all-reduce",
                                    "dram-read",  "dram-write", "dram-wait",  "broadcast",      "reduce",
                                    "all-to-all", "idle",       "send",       "receive"};
  EXPECT_TRUE(std::ranges::equal(names_of<OperationKind>(), kinds));
  const std::string_view stages[] = {
      "none",     "embedding", "norm", "qkv",  "attention", "attention-output", "ffn-up",    "activation",
      "ffn-down", "residual",  "head", "loss", "weights",   "activations",      "gradients", "optimizer"};
  EXPECT_TRUE(std::ranges::equal(names_of<Stage>(), stages));
}

TEST(UnexpectedChunks, BehavesLikeASet) {
  std::mt19937_64 random(7);
  UnexpectedChunks chunks;
  std::set<std::uint64_t> expected;
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t tag = random() % 40;
    if (random() % 2 == 0) {
      if (expected.insert(tag).second) chunks.insert(tag);
    } else {
      EXPECT_EQ(chunks.take(tag), expected.erase(tag) == 1);
    }
    ASSERT_EQ(chunks.empty(), expected.empty());
  }
}

TEST(Rate, RoundsUpAndIsExactForLargeCounts) {
  EXPECT_EQ(Rate{}.time_of(12345).ps, 0);
  EXPECT_EQ(Rate{3'000'000'000'000}.time_of(1).ps, 1);
  EXPECT_EQ(Rate{3'000'000'000'000}.time_of(3).ps, 1);
  EXPECT_EQ(Rate{3'000'000'000'000}.time_of(4).ps, 2);
  // 2^60 bytes at 1e18 bytes/s: 1152921504606.85 ps.
  EXPECT_EQ(Rate{1'000'000'000'000'000'000}.time_of(std::uint64_t{1} << 60).ps, 1152921504607);
  EXPECT_THROW(Rate{1}.time_of(10'000'000), std::overflow_error);
  EXPECT_EQ(rate_from(51.2, 1e9).per_second, 51'200'000'000U);
  EXPECT_EQ(rate_from(0.0, 1e9).per_second, 0U);
  EXPECT_EQ(rate_from(1e-12, 1e9).per_second, 1U);
}

}  // namespace
}  // namespace hecaton::chiplet::testing::program_test
