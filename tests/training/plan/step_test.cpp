// The walk over a step, with parts that write one labelled operation each: their order, and what moves
// weights.
#include "core/training/plan/step.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hecaton::training::test::step_test {
namespace {

using chiplet::Op;
using chiplet::OpCode;
using chiplet::Stage;

// A letter for each operation: R weights read (r: unless a loop ends), W written, ( ) a loop, a digit for a
// vector operation of so many bytes, . a wait. Labels, buffers and the optimizer are left out.
std::string text_of(const chiplet::Program& program) {
  std::string text;
  for (const Op& op : program) {
    if (op.stage == Stage::optimizer) break;
    switch (op.code) {
      case OpCode::dram_read:
        text += op.skip_last > 0 ? 'r' : 'R';
        break;
      case OpCode::dram_write:
        text += 'W';
        break;
      case OpCode::dram_wait:
        text += '.';
        break;
      case OpCode::loop:
        text += '(';
        break;
      case OpCode::end_loop:
        text += ')';
        break;
      case OpCode::vector:
        text += static_cast<char>('0' + op.bytes);
        break;
      default:
        break;  // labels and buffers
    }
  }
  return text;
}

StepPart part(std::uint64_t number, bool is_prefetched = false) {
  StepPart p;
  p.weight_bytes = p.next_weight_bytes = 100;
  p.is_prefetched = is_prefetched;
  p.skip_next = is_prefetched ? 1 : 0;
  p.minibatch = [number](ProgramBuilder& b) { b.vector(Stage::qkv, number); };
  return p;
}

LayerGroups layers(std::vector<StepPart> parts) {
  return {2, 1, {}, std::move(parts)};
}

std::string walk(const Step& step) {
  Plan plan;
  add_role(plan, step);
  chiplet::validate(plan.roles.at(0));
  EXPECT_EQ(plan.roles[0].size(), plan.meanings.at(0).size());
  return text_of(plan.roles[0]);
}

Step two_operators() {
  Step step;
  step.minibatches = 3;
  step.optimizer = {8, 8};
  step.optimizer_buffer_bytes = 1000;
  step.forward = {layers({part(1), part(2)})};
  step.head = part(3);
  step.backward = {layers({part(4), part(5)})};
  return step;
}

TEST(Step, GoesForwardThroughTheHeadAndBackward) {
  // Each part loads its weights; backward it also waits for the gradients before, and writes its own.
  EXPECT_EQ(walk(two_operators()), "(R.(1)R.(2))R.(3)W(R..(4)WR..(5)W)");
}

TEST(Step, AsksAFamilyForItsEmbedding) {
  Step step = two_operators();
  step.embedding = [](ProgramBuilder& b) { b.vector(Stage::embedding, 7); };
  step.embedding_gradient = [](ProgramBuilder& b) {
    b.vector(Stage::embedding, 8);
    b.write(Stage::embedding, Slot::gradients, 1);
  };
  EXPECT_EQ(walk(step), "7(R.(1)R.(2))R.(3)W(R..(4)WR..(5)W)8W");
}

TEST(Step, LeavesWeightsToAPartThatIsSplit) {
  Step step = two_operators();
  step.backward[0].parts[0].is_split = true;
  EXPECT_EQ(walk(step), "(R.(1)R.(2))R.(3)W((4)R..(5)W)");
}

TEST(Step, WritesAPartBetweenItsBeginAndItsEnd) {
  Step step = two_operators();
  step.head.begin = [](ProgramBuilder& b) { b.vector(Stage::head, 8); };
  step.head.end = [](ProgramBuilder& b) { b.vector(Stage::head, 9); };
  EXPECT_EQ(walk(step), "(R.(1)R.(2))8R.(3)9W(R..(4)WR..(5)W)");
}

// Five layers by two: two groups, and one of a layer. The first weights of each kind are read before its
// loop, those of the next group within it, but not in its last iteration.
TEST(FusedGroups, TakeTheRestApart) {
  Step step = two_operators();
  std::vector<bool> is_last;
  const auto make = [&](std::uint64_t count, bool last) {
    is_last.push_back(last);
    return part(count, true);
  };
  step.forward = fused_groups(
      5, 2, [](ProgramBuilder& b) { b.vector(Stage::embedding, 9); }, make);
  EXPECT_EQ(is_last, (std::vector<bool>{false, true}));
  EXPECT_EQ(step.forward[0].count, 2U);
  EXPECT_EQ(step.forward[1].count, 1U);
  EXPECT_EQ(walk(step), "9R(.r(2))R(.r(1))R.(3)W(R..(4)WR..(5)W)");
  EXPECT_EQ(fused_groups(4, 2, {}, make).size(), 1U);
  EXPECT_TRUE(is_last.back());
}

}  // namespace
}  // namespace hecaton::training::test::step_test
