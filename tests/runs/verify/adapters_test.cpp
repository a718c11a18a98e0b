// Adapters (LoRA) followed with real numbers: U, dU and what they add are in
// messages and products, dA and dB agree with a dense reference, frozen weights
// have no gradient; planted mistakes are noticed.
#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "runs/verify/verify.hpp"
#include "tests/runs/verify/verify_case.hpp"

namespace hecaton::test::adapters_test {
namespace {

using chiplet::Op;
using chiplet::OpCode;
using chiplet::Program;
using chiplet::Ring;
using chiplet::Stage;

const char* const two = "train = \"adapters\"\nadapter_rank = 2\n";
const char* const four = "train = \"adapters\"\nadapter_rank = 4\n";

class VerifyAdapters : public ::testing::TestWithParam<Case> {};

TEST_P(VerifyAdapters, AgreeWithADenseReference) {
  const runs::Findings found = verified(deck_of(deck_text(GetParam())));
  EXPECT_EQ(found.wrong, 0U) << found.first_wrong;
  EXPECT_TRUE(found.first_wrong.empty()) << found.first_wrong;
  EXPECT_LE(found.worst, 1e-10);
  EXPECT_GT(found.weight_gradients, 0U);
}

constexpr Model odd{"odd", 30, 63, 6, 3, 2, 61, true};
constexpr Model few_heads{"few-heads", 32, 64, 8, 2, 2, 64, false};
constexpr Model few_keys{"few-keys", 32, 64, 16, 2, 2, 64, false};

INSTANTIATE_TEST_SUITE_P(
    Methods, VerifyAdapters,
    ::testing::Values(
        Case{"hecaton", 2, 2, grouped_heads, two}, Case{"hecaton", 2, 4, grouped_heads, four},
        Case{"hecaton", 4, 2, grouped_heads, four}, Case{"hecaton", 4, 4, two_layers, four},
        Case{"hecaton", 2, 2, odd, two},        // padded
        Case{"hecaton", 2, 4, few_keys, four},  // keys and values lie on two columns
        Case{"hecaton", 2, 2, grouped_heads, "train = \"adapters\"\nadapter_rank = 2\nfrozen_layers = 1\n"},
        Case{"hecaton", 2, 2, grouped_heads,
             "train = \"adapters\"\nadapter_rank = 4\nattention = "
             "\"by-head\"\n"},
        Case{"hecaton", 2, 2, grouped_heads,
             "train = \"adapters\"\nadapter_rank = 2\nadapter_on = "
             "\"attention\"\n"},
        Case{"hecaton", 2, 2, grouped_heads,
             "train = \"adapters\"\nadapter_rank = 2\nadapter_on = "
             "\"feed-forward\"\n",
             16, "tied = true\n"},
        Case{"hecaton", 2, 2, grouped_heads,
             "train = \"adapters\"\nadapter_rank = 2\nadapter_on = "
             "\"attention\"\n",
             16, mixture},
        Case{"hecaton", 2, 2, grouped_heads, two, 0.014, "", {}, 16},  // token
                                                                       // tiles
        Case{"megatron-flat-ring", 2, 2, grouped_heads, two},
        Case{"megatron-flat-ring", 2, 4, two_layers, four},
        Case{"megatron-torus-ring", 2, 4, grouped_heads, four},
        Case{"megatron-torus-ring", 4, 4, few_heads, two},  // dies share heads, and keys and values
        Case{"megatron-torus-ring", 2, 2, odd, two},
        Case{"megatron-flat-ring", 2, 2, grouped_heads,
             "train = \"adapters\"\nadapter_rank = 3\nfrozen_layers = "
             "1\n",
             16, "tied = true\n"},
        Case{"megatron-torus-ring", 2, 2, grouped_heads,
             "train = \"adapters\"\nadapter_rank = 2\nadapter_on = "
             "\"attention\"\n",
             16, mixture},
        Case{"megatron-torus-ring", 2, 2, grouped_heads, two, 0.016, "", {}, 16}));  // token tiles

// Of a layer on 2 x 2 dies: A and B are there twice, and so are their
// gradients; nothing else has one.
TEST(VerifyAdapters, EveryCopyHasAGradientAndNothingElse) {
  const runs::Findings found = verified(deck_of(deck_text({"hecaton", 2, 2, grouped_heads, two})));
  constexpr std::int64_t h = 32, kv = 4 * 2, f = 64, rank = 2;
  constexpr std::int64_t sides = 3 * h + (h + 2 * kv) + 2 * h + (h + f) + (f + h);
  EXPECT_EQ(whole(found.weight_gradients), 2 * 2 * rank * sides);
}

Op& op_at(std::vector<Program>& programs, OpCode code, Stage stage, int n) {
  for (Op& op : programs.at(0))
    if (op.code == code && op.stage == stage && n-- == 0) return op;
  throw std::logic_error("no such operation");
}

// Takes an operation out without moving those behind it.
void drop(Op& op) {
  const Stage stage = op.stage;
  op = Op{};
  op.code = OpCode::add_minibatch;  // by 0
  op.stage = stage;
}

struct Mistake {
  const char* what;
  const char* method;
  void (*spoil)(std::vector<Program>&);
};

class AdapterMistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(AdapterMistakes, AreNoticed) {
  runs::VerifyOptions options;
  options.spoil_programs = GetParam().spoil;
  const runs::Findings found =
      verified(deck_of(deck_text({GetParam().method, 2, 2, grouped_heads, two})), options);
  EXPECT_TRUE(found.wrong > 0 || !found.first_wrong.empty());
}

// Forward of queries, keys and values: X gathered, Y and U scattered, U
// gathered; products of [W | A] and three of B. Backward begins with three of
// dU, then come three of dB.
INSTANTIATE_TEST_SUITE_P(
    Programs, AdapterMistakes,
    ::testing::Values(
        Mistake{"U is not gathered", "hecaton",
                [](auto& p) { drop(op_at(p, OpCode::all_gather, Stage::qkv, 1)); }},
        Mistake{"U is gathered along the other line", "hecaton",
                [](auto& p) { op_at(p, OpCode::all_gather, Stage::qkv, 1).ring = Ring::column; }},
        Mistake{"dU is not summed", "hecaton",
                [](auto& p) { drop(op_at(p, OpCode::all_reduce, Stage::qkv, 0)); }},
        Mistake{"dU is summed along the other line", "hecaton",
                [](auto& p) { op_at(p, OpCode::all_reduce, Stage::ffn_down, 0).ring = Ring::row; }},
        Mistake{"no dB", "hecaton", [](auto& p) { drop(op_at(p, OpCode::matmul, Stage::ffn_down, 3)); }},
        Mistake{"no dA", "hecaton", [](auto& p) { drop(op_at(p, OpCode::matmul, Stage::ffn_down, 6)); }},
        Mistake{"U B is not added", "hecaton",
                [](auto& p) { drop(op_at(p, OpCode::vector, Stage::ffn_up, 0)); }},
        Mistake{"dU A is not added", "hecaton",
                [](auto& p) { drop(op_at(p, OpCode::vector, Stage::attention_output, 1)); }},
        Mistake{"1D: dU is not summed", "megatron-flat-ring",
                [](auto& p) { drop(op_at(p, OpCode::all_reduce, Stage::qkv, 0)); }},
        Mistake{"1D: U of the tile is missing", "megatron-torus-ring",
                [](auto& p) { drop(op_at(p, OpCode::matmul, Stage::ffn_up, 1)); }},
        Mistake{"1D: U B is not added", "megatron-torus-ring",
                [](auto& p) { drop(op_at(p, OpCode::matmul, Stage::ffn_down, 2)); }},
        Mistake{"1D: no dB", "megatron-torus-ring",
                [](auto& p) { drop(op_at(p, OpCode::matmul, Stage::ffn_down, 6)); }}),
    [](const auto& test) {
      std::string name = test.param.what;
      for (char& c : name)
        if (c == ' ' || c == ':') c = '_';
      return name;
    });

}  // namespace
}  // namespace hecaton::test::adapters_test
