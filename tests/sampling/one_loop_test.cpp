// What is left of a program for one of its loops, and what is outstanding in DRAM when that loop begins.
#include "core/sampling/one_loop.hpp"

#include <gtest/gtest.h>

#include "tests/sampling/operations.hpp"

namespace hecaton::sampling::one_loop_test {
namespace {

using chiplet::Iterates;
using chiplet::Op;
using chiplet::OpCode;
using chiplet::Program;

// A mini-batch reads 100 bytes, works on tiles that write 8 and wait for them, and leaves 30 on their way.
Program step_of(std::uint32_t minibatches, std::uint32_t tiles) {
  return {loop_of(Iterates::minibatches, minibatches),  // 0
          op_of(OpCode::dram_read, 100, 1),
          op_of(OpCode::vector, 5),
          loop_of(Iterates::other, 3),  // 3
          op_of(OpCode::vector, 6),
          op_of(OpCode::end_loop),
          loop_of(Iterates::tiles, tiles),  // 6
          op_of(OpCode::dram_wait, 0, 2),
          op_of(OpCode::dram_write, 8, 2),
          op_of(OpCode::end_loop),
          op_of(OpCode::dram_wait, 0, 1),
          op_of(OpCode::dram_write, 30, 3),
          op_of(OpCode::dram_wait, 0, 3),
          op_of(OpCode::dram_write, 30, 3),
          op_of(OpCode::end_loop)};
}

TEST(OneLoop, StaysWithTheLoopsAroundIt) {
  const std::vector<OneLoop> loops = loops_of(std::vector<Program>{step_of(7, 20)});
  ASSERT_EQ(loops.size(), 2U);
  EXPECT_EQ(loops[0].place, 0U);
  EXPECT_EQ(loops[0].roles[0].size(), step_of(7, 20).size());
  EXPECT_EQ(loops[0].rounds, 7U);
  EXPECT_EQ(loops[1].place, 6U);
  EXPECT_EQ(loops[1].iterates, Iterates::tiles);
  EXPECT_EQ(loops[1].rounds, 7 * 20U);
  std::vector<OpCode> codes;
  for (const Op& op : loops[1].roles[0]) codes.push_back(op.code);
  using enum OpCode;
  EXPECT_EQ(codes, (std::vector<OpCode>{loop, loop, dram_wait, dram_write, end_loop, end_loop}));
  EXPECT_NO_THROW(chiplet::validate(loops[1].roles[0]));
}

TEST(OneLoop, KnowsWhatIsOutstandingInDram) {
  const std::vector<OneLoop> loops = loops_of(std::vector<Program>{step_of(7, 20)});
  EXPECT_EQ(loops[0].outstanding_bytes, 0U);
  // The read, a write of a tile and the last write of the mini-batch before.
  EXPECT_EQ(loops[1].outstanding_bytes, 100U + 8U + 30U);
}

TEST(OneLoop, IsFoundInEachRole) {
  std::vector<Program> roles{step_of(7, 20), step_of(7, 20)};
  roles[1].insert(roles[1].begin(), op_of(OpCode::vector, 1));
  for (const OneLoop& loop : loops_of(roles)) {
    ASSERT_EQ(loop.roles[0].size(), loop.roles[1].size());
    for (std::size_t i = 0; i < loop.roles[0].size(); ++i)
      EXPECT_EQ(loop.roles[0][i].bytes, loop.roles[1][i].bytes) << i;
  }
}

TEST(OneLoop, TheRoleWithMostCounts) {
  const std::vector<OneLoop> loops = loops_of(std::vector<Program>{step_of(7, 20), step_of(8, 19)});
  EXPECT_EQ(loops[0].rounds, 8U);
  EXPECT_EQ(loops[1].rounds, 8 * 19U);
  EXPECT_EQ(loops[1].roles.size(), 2U);
}

}  // namespace
}  // namespace hecaton::sampling::one_loop_test
