// When a die goes from one pass, layer or mini-batch to the next: of rows, and of a program that nobody has run.
#include "core/chiplet/program/passes.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace hecaton::chiplet::passes_test {
namespace {

using K = OperationKind;
using S = Stage;

OperationRow row(K kind, S stage, std::int16_t layer, std::int32_t minibatch, std::int64_t start,
                 std::int64_t end) {
  return {.die = 3,
          .kind = kind,
          .stage = stage,
          .layer = layer,
          .minibatch = minibatch,
          .start_ps = start,
          .end_ps = end};
}

TEST(Phases, AreRowsThatFollowEachOtherAndAgree) {
  const std::vector<OperationRow> rows = {
      row(K::dram_read, S::weights, 1, 0, 0, 9),  // of the layer to come: overlaps, and does not count
      row(K::vector, S::embedding, -1, 0, 0, 5), row(K::matmul, S::qkv, 0, 0, 5, 10),
      row(K::all_gather, S::qkv, 0, 0, 10, 15),  row(K::dram_wait, S::weights, 1, 0, 15, 20),
      row(K::matmul, S::head, -1, 0, 20, 30),    row(K::matmul, S::ffn_up, 1, 0, 30, 40),
      row(K::matmul, S::ffn_up, 1, 1, 40, 50),   row(K::vector, S::optimizer, 1, 1, 50, 60),
  };
  using P = Pass;
  const std::vector<PhaseRow> expected = {{3, P::forward, -1, 0, 0, 5},   {3, P::forward, 0, 0, 5, 15},
                                          {3, P::forward, 1, 0, 15, 20},  {3, P::head, -1, 0, 20, 30},
                                          {3, P::backward, 1, 0, 30, 40}, {3, P::backward, 1, 1, 40, 50},
                                          {3, P::optimizer, 1, 1, 50, 60}};
  EXPECT_EQ(phases_of(rows), expected);
  EXPECT_TRUE(phases_of({}).empty());
}

Op op(OpCode code, std::int32_t value = 0, std::uint32_t count = 1, S stage = S::none) {
  Op made;
  made.code = code;
  made.value = value;
  made.count = count;
  made.stage = stage;
  return made;
}

// 5 mini-batches of 7 layers, each with two loops of tiles; then the head; then 7 layers back.
TEST(Phases, OfAProgramAreCountedWithoutRunningIt) {
  using enum OpCode;
  const Program program = {op(set_minibatch, -1),
                           op(loop, 0, 5),
                           op(add_minibatch, 1),
                           op(set_layer, -1),
                           op(loop, 0, 7),
                           op(add_layer, 1),
                           op(loop, 0, 3),
                           op(vector),
                           op(end_loop),
                           op(dram_read),
                           op(vector),
                           op(end_loop),
                           op(end_loop),
                           op(set_layer, -1),
                           op(vector, 0, 1, S::head),
                           op(vector, 0, 1, S::loss),
                           op(set_layer, 7),
                           op(loop, 0, 7),
                           op(add_layer, -1),
                           op(vector),
                           op(end_loop),
                           op(vector, 0, 1, S::optimizer)};
  EXPECT_EQ(count_phases(program), 5U * 7 + 1 + 7 + 1);
  EXPECT_EQ(count_phases({op(loop, 0, 1'000'000), op(vector), op(end_loop)}), 1U);
  EXPECT_EQ(count_phases({op(loop, 0, 1'000'000), op(add_layer, 1), op(vector), op(end_loop)}), 1'000'000U);
  EXPECT_EQ(count_phases({}), 0U);
}

}  // namespace
}  // namespace hecaton::chiplet::passes_test
