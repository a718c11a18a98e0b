// Mistakes in a schedule, and in what dies are told of their places, are noticed.
#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "runs/verify/verify.hpp"
#include "tests/runs/verify/verify_case.hpp"

namespace hecaton::test::mistakes_test {
namespace {

using chiplet::Op;
using chiplet::OpCode;
using chiplet::Program;
using chiplet::Ring;
using chiplet::Stage;

struct Mistake {
  const char* what;
  const char* method;
  std::function<void(std::vector<Program>&)> programs;
  std::function<void(chiplet::DieSetup&)> places;
  const char* of_model = "";  // as in Case
};

Op& nth_op(std::vector<Program>& programs, OpCode code, chiplet::Stage stage, int n) {
  for (Op& op : programs.at(0))
    if (op.code == code && op.stage == stage && n-- == 0) return op;
  throw std::logic_error("no such operation");
}
Op& first_op(std::vector<Program>& programs, OpCode code, chiplet::Stage stage) {
  return nth_op(programs, code, stage, 0);
}
Op& last_op(std::vector<Program>& programs, OpCode code, chiplet::Stage stage) {
  for (auto op = programs.at(0).rbegin(); op != programs.at(0).rend(); ++op)
    if (op->code == code && op->stage == stage) return *op;
  throw std::logic_error("no such operation");
}

// The innermost loop around the first such operation.
Op& loop_around(std::vector<Program>& programs, OpCode code, chiplet::Stage stage) {
  Op* op = &first_op(programs, code, stage);
  while (op->code != OpCode::loop) --op;
  return *op;
}

Op& attention(std::vector<Program>& programs) {  // the second of its products
  for (std::size_t i = 1; i < programs.at(0).size(); ++i)
    if (programs[0][i].code == OpCode::matmul && programs[0][i].stage == chiplet::Stage::attention)
      return programs[0][i + 2];
  throw std::logic_error("no attention");
}

Op& next_layer(std::vector<Program>& programs) {
  for (Op& op : programs.at(0))
    if (op.code == OpCode::add_layer) return op;
  throw std::logic_error("no layers");
}

// Takes an operation out without moving those behind it.
void drop(Op& op) {
  const chiplet::Stage stage = op.stage;
  op = Op{};
  op.code = OpCode::add_minibatch;  // by 0
  op.value = 0;
  op.stage = stage;
}

// What dies are told of their places.
std::vector<Mistake> mistakes_of_places() {
  return {
      {"wrong neighbour",
       "hecaton",
       {},
       [](chiplet::DieSetup& die) {
         if (die.id == NodeId{5}) die.rings[0].next = NodeId{9};
       }},
      {"wrong place in the ring",
       "hecaton",
       {},
       [](chiplet::DieSetup& die) {
         die.rings[1].position = (die.rings[1].position + 1) % die.rings[1].size;
       }},
      {"two dies changed places",
       "megatron-flat-ring",
       {},
       [](chiplet::DieSetup& die) {
         chiplet::RingPlace& ring = die.rings[2];
         if (ring.position == 3 || ring.position == 4) ring.position = 7 - ring.position;
       }},
      {"two dies of a row changed places for all-to-alls",
       "hecaton",
       {},
       [](chiplet::DieSetup& die) {
         chiplet::LinePlace& row = die.lines[0];
         if (row.position == 1 || row.position == 2) row.position = 3 - row.position;
       },
       mixture},
  };
}

// Collectives along the wrong group, of the wrong kind, in the wrong order, or left out.
std::vector<Mistake> mistakes_of_collectives() {
  return {
      {"swapped axis",
       "hecaton",
       [](auto& p) { first_op(p, OpCode::all_gather, Stage::qkv).ring = Ring::column; },
       {}},
      {"swapped axis of the sums",
       "hecaton",
       [](auto& p) { first_op(p, OpCode::reduce_scatter, Stage::ffn_down).ring = Ring::column; },
       {}},
      {"missing gather",
       "hecaton",
       [](auto& p) { drop(first_op(p, OpCode::all_gather, Stage::ffn_up)); },
       {}},
      {"gather in place of sums",
       "hecaton",
       [](auto& p) { first_op(p, OpCode::reduce_scatter, Stage::qkv).code = OpCode::all_gather; },
       {}},
      {"a chunk too short",
       "hecaton",
       [](auto& p) { first_op(p, OpCode::all_gather, Stage::ffn_down).units -= 4; },
       {}},
      {"sums in place of a gather",
       "megatron-flat-ring",
       [](auto& p) { first_op(p, OpCode::all_gather, Stage::ffn_up).code = OpCode::reduce_scatter; },
       {}},
      {"added up twice along rows",
       "megatron-torus-ring",
       [](auto& p) { (&first_op(p, OpCode::reduce_scatter, Stage::attention_output))[1].ring = Ring::row; },
       {}},
      {"columns before rows",
       "megatron-torus-ring",
       [](auto& p) {
         Op& row = first_op(p, OpCode::reduce_scatter, Stage::ffn_down);
         std::swap(row.ring, (&row)[1].ring);
       },
       {}},
      {"scalars of a norm added up along the wrong axis",
       "hecaton",
       [](auto& p) { first_op(p, OpCode::all_reduce, Stage::norm).ring = Ring::row; },
       {}},
      {"loss over some words only",
       "megatron-flat-ring",
       [](auto& p) { (&first_op(p, OpCode::all_reduce, Stage::loss))[1].code = OpCode::all_gather; },
       {}},
      {"wrong root",
       "optimus",
       [](auto& p) { first_op(p, OpCode::broadcast, Stage::qkv).root_loop = 2; },
       {}},
      {"panel of the other axis",
       "optimus",
       [](auto& p) { first_op(p, OpCode::reduce, Stage::ffn_up).ring = Ring::column; },
       {}},
      {"a step too few",
       "optimus",
       [](auto& p) { --loop_around(p, OpCode::broadcast, Stage::qkv).count; },
       {}},
      {"gradients of weights that stay where they are",
       "optimus",
       [](auto& p) { drop(last_op(p, OpCode::reduce, Stage::qkv)); },
       {}},
  };
}

// What a die computes alone, left out.
std::vector<Mistake> mistakes_of_products() {
  return {
      {"product left out", "hecaton", [](auto& p) { drop(first_op(p, OpCode::matmul, Stage::head)); }, {}},
      {"residual left out",
       "hecaton",
       [](auto& p) { drop(first_op(p, OpCode::vector, Stage::residual)); },
       {}},
      {"activation function left out",
       "hecaton",
       [](auto& p) { drop(first_op(p, OpCode::vector, Stage::activation)); },
       {}},
      {"attention left out", "optimus", [](auto& p) { drop(attention(p)); }, {}},
      {"layers that change places", "megatron-flat-ring", [](auto& p) { next_layer(p).value = 0; }, {}},
      {"no gradient of weights",
       "hecaton",
       [](auto& p) { drop(last_op(p, OpCode::matmul, Stage::qkv)); },
       {}},
      {"no gradient of weights, 1D",
       "megatron-torus-ring",
       [](auto& p) { drop(last_op(p, OpCode::matmul, Stage::attention_output)); },
       {}},
  };
}

// A mixture of experts.
std::vector<Mistake> mistakes_of_experts() {
  return {
      {"tokens sent along the column in place of the row",
       "hecaton",
       [](auto& p) { first_op(p, OpCode::all_to_all, Stage::ffn_up).ring = Ring::column; },
       {},
       mixture},
      {"tokens that do not come back from their experts",
       "hecaton",
       [](auto& p) { drop(first_op(p, OpCode::all_to_all, Stage::ffn_down)); },
       {},
       mixture},
      {"an expert left out",
       "hecaton",
       [](auto& p) { nth_op(p, OpCode::matmul, Stage::ffn_up, 1).count -= 1; },
       {},
       all_kinds},
      {"scores of a part of the features",
       "hecaton",
       [](auto& p) { drop(first_op(p, OpCode::all_reduce, Stage::ffn_up)); },
       {},
       mixture},
      {"experts that all count the same",
       "hecaton",
       [](auto& p) { drop(first_op(p, OpCode::vector, Stage::ffn_up)); },
       {},
       mixture},
      {"gradients of shares not added up",
       "hecaton",
       [](auto& p) { drop(first_op(p, OpCode::all_reduce, Stage::ffn_down)); },
       {},
       mixture},
      {"tokens sent along the row in place of the column",
       "optimus",
       [](auto& p) { first_op(p, OpCode::all_to_all, Stage::ffn_up).ring = Ring::row; },
       {},
       mixture},
      {"an expert left out",
       "optimus",
       [](auto& p) { nth_op(p, OpCode::matmul, Stage::ffn_up, 1).count -= 1; },
       {},
       all_kinds},
      {"scores of a part of the features",
       "optimus",
       [](auto& p) { drop(first_op(p, OpCode::all_reduce, Stage::ffn_up)); },
       {},
       mixture},
      {"sums of results along the column in place of the row",
       "optimus",
       [](auto& p) { first_op(p, OpCode::reduce_scatter, Stage::ffn_down).ring = Ring::column; },
       {},
       mixture},
      {"results of experts not added up",
       "megatron-torus-ring",
       [](auto& p) { drop(first_op(p, OpCode::vector, Stage::ffn_down)); },
       {},
       mixture},
      {"no gradient of the weights of scores",
       "megatron-flat-ring",
       [](auto& p) { drop(last_op(p, OpCode::matmul, Stage::ffn_up)); },
       {},
       mixture},
      {"no gradient of an expert's weights",
       "hecaton",
       [](auto& p) { drop(last_op(p, OpCode::matmul, Stage::ffn_down)); },
       {},
       mixture},
  };
}

bool is_noticed(const Mistake& mistake, std::uint32_t rows) {
  const io::Deck deck =
      deck_of(deck_text({mistake.method, rows, 4, grouped_heads, "", 16, mistake.of_model}));
  runs::VerifyOptions options;
  options.spoil_programs = mistake.programs;
  options.spoil_places = mistake.places;
  try {
    return !verified(deck, options).first_wrong.empty();
  } catch (const std::exception&) {  // dies wait for ever, or get what is no part of the plan
    return true;
  }
}

void expect_each_noticed(const std::vector<Mistake>& mistakes) {
  if (world().size() > 1) GTEST_SKIP() << "dies of one rank are enough";
  for (const Mistake& mistake : mistakes) {
    const bool of_panels = std::string_view(mistake.method) == "optimus";
    for (const std::uint32_t rows : {4U, 2U}) {  // of panels also on a rectangle
      if (rows != 4 && !of_panels) continue;
      EXPECT_TRUE(is_noticed(mistake, rows)) << mistake.what << " on " << rows << " rows";
    }
  }
}

TEST(PlantedMistakes, AreNotFoundInSoundPrograms) {
  if (world().size() > 1) GTEST_SKIP() << "dies of one rank are enough";
  for (const char* method : {"hecaton", "megatron-flat-ring", "megatron-torus-ring", "optimus"})
    ASSERT_EQ(verified(deck_of(deck_text({method, 4, 4}))).wrong, 0U) << method;
  for (const char* method : {"hecaton", "megatron-flat-ring", "megatron-torus-ring", "optimus"})
    ASSERT_EQ(verified(deck_of(deck_text({method, 4, 4, grouped_heads, "", 16, mixture}))).wrong, 0U)
        << method;
}

TEST(PlantedMistakes, OfPlacesAreEachNoticed) {
  expect_each_noticed(mistakes_of_places());
}

TEST(PlantedMistakes, OfCollectivesAreEachNoticed) {
  expect_each_noticed(mistakes_of_collectives());
}

TEST(PlantedMistakes, OfProductsAreEachNoticed) {
  expect_each_noticed(mistakes_of_products());
}

TEST(PlantedMistakes, OfExpertsAreEachNoticed) {
  expect_each_noticed(mistakes_of_experts());
}

// One product of attention less than planned: of the n-th operation.
runs::VerifyOptions without_a_tile(int n) {
  runs::VerifyOptions options;
  options.spoil_programs = [n](auto& p) { --nth_op(p, OpCode::matmul, chiplet::Stage::attention, n).count; };
  return options;
}

// Of tiles of one query and one key every product is needed. Two products forward, five backward.
TEST(PlantedMistakes, ATileOfScoresLeftOutIsNoticed) {
  if (world().size() > 1) GTEST_SKIP() << "dies of one rank are enough";
  const char* triangle = "causal = true\nattention_tile = 1\n";
  for (const char* method : {"hecaton", "megatron-flat-ring", "optimus"}) {
    const io::Deck deck = deck_of(deck_text({method, 2, 2, grouped_heads, triangle}));
    EXPECT_EQ(verified(deck).wrong, 0U) << method;
    for (const int product : {0, 1, 2, 4, 6})
      EXPECT_GT(verified(deck, without_a_tile(product)).wrong, 0U) << method << product;
  }
}

// Of one layer nothing needs what its first operator does last.
TEST(PlantedMistakes, AtTheEndOfAStepAreNoticed) {
  if (world().size() > 1) GTEST_SKIP() << "dies of one rank are enough";
  Model one_layer = grouped_heads;
  one_layer.layers = 1;
  for (const char* method : {"hecaton", "megatron-flat-ring", "megatron-torus-ring", "optimus"}) {
    const io::Deck deck = deck_of(deck_text({method, 2, 2, one_layer}));
    EXPECT_EQ(verified(deck).wrong, 0U) << method;
    runs::VerifyOptions options;
    options.spoil_programs = [](auto& p) { drop(last_op(p, OpCode::vector, chiplet::Stage::residual)); };
    EXPECT_GT(verified(deck, options).wrong, 0U) << method;
  }
}

}  // namespace
}  // namespace hecaton::test::mistakes_test
