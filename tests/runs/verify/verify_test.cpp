// Every method computes what a dense reference does, with real numbers in its messages, on any number of
// ranks.
#include "runs/verify/verify.hpp"

#include <gtest/gtest.h>

#include "tests/runs/verify/verify_case.hpp"

namespace hecaton::test::verify_test {
namespace {

std::vector<Part> parts_of(const Case& c) {
  if (!c.parts.empty()) return c.parts;
  const Model& m = c.model;
  return {{m.heads, m.kv_heads}, {0, 0, m.ffn, 1, 1, m.gated}};
}

// Numbers that are looked at, or there; of a token and layer, or weights.
struct Counts {
  std::int64_t outputs = 0, gradients = 0, weights = 0;
};
// X and Y of the linear layers, scores, shares, and the stream after the operator. dX and dY, where dY of the
// last linear layer is the gradient of the stream.
Counts counts_of(const Part& p, std::int64_t hidden) {
  if (p.heads > 0) {
    const std::int64_t head = p.head_dim > 0 ? p.head_dim : hidden / p.heads, out = p.heads * head;
    const std::int64_t qkv = out + 2 * p.kv_heads * head;
    return {hidden + qkv + out + 2 * hidden, hidden + qkv + out + hidden, hidden * (qkv + out)};
  }
  const std::int64_t up = p.ffn * (p.gated ? 2 : 1), between = p.per_token * (p.ffn + up);
  const std::int64_t scores = p.experts > 1 ? p.experts : 0, shares = p.experts > 1 ? p.per_token : 0;
  return {hidden + between + 2 * hidden + scores + shares, hidden + between + hidden,
          p.experts * hidden * (up + p.ffn) + hidden * scores};
}
Counts layer_of(const Case& c) {
  Counts all;
  for (const Part& part : parts_of(c)) {
    const Counts one = counts_of(part, c.model.hidden);
    all = {all.outputs + one.outputs, all.gradients + one.gradients, all.weights + one.weights};
  }
  return all;
}

class Verify : public ::testing::TestWithParam<Case> {};

TEST_P(Verify, ComputesWhatADenseReferenceDoes) {
  const Case& c = GetParam();
  const runs::Findings found = verified(deck_of(deck_text(c)));
  EXPECT_EQ(found.wrong, 0U) << found.first_wrong;
  EXPECT_TRUE(found.first_wrong.empty()) << found.first_wrong;
  EXPECT_LE(found.worst, 1e-10);
  // Nothing is left out: every element of every output and gradient has been looked at (those of keys and
  // values that several dies hold, on each).
  const Model& m = c.model;
  const Counts layer = layer_of(c);
  const std::int64_t tokens = c.rows == 3 ? 36 : 32;
  EXPECT_GE(whole(found.outputs), tokens * (m.layers * layer.outputs + m.hidden + m.vocabulary));
  EXPECT_GE(whole(found.input_gradients),
            tokens * (m.layers * layer.gradients + 2 * m.hidden + m.vocabulary));
  EXPECT_GE(whole(found.weight_gradients), m.layers * layer.weights + m.hidden * m.vocabulary);
}

INSTANTIATE_TEST_SUITE_P(
    Methods, Verify,
    ::testing::Values(
        Case{"hecaton", 2, 2}, Case{"hecaton", 2, 4}, Case{"hecaton", 4, 2}, Case{"hecaton", 4, 4},
        Case{"hecaton", 3, 3, two_layers}, Case{"megatron-flat-ring", 2, 2}, Case{"megatron-flat-ring", 2, 4},
        Case{"megatron-flat-ring", 4, 4}, Case{"megatron-torus-ring", 2, 2},
        Case{"megatron-torus-ring", 2, 4}, Case{"megatron-torus-ring", 4, 4},
        Case{"megatron-torus-ring", 3, 3, in_nines}, Case{"optimus", 2, 2}, Case{"optimus", 4, 4},
        Case{"optimus", 3, 3, two_layers},
        Case{"optimus", 4, 4, grouped_heads, "broadcast = \"pipelined\"\nbroadcast_chunks = 3\n"},
        Case{"optimus", 2, 2, grouped_heads, "", 0.0068},  // panels in blocks, token tiles
        Case{"optimus", 2, 4}, Case{"optimus", 4, 2, grouped_heads, "", 0.0068},
        Case{"optimus", 3, 2, two_layers}, Case{"optimus", 3, 4, two_layers}, Case{"optimus", 1, 4},
        Case{"optimus", 4, 1, grouped_heads, "attention = \"by-head\"\n"},
        Case{"optimus", 2, 4, grouped_heads, "broadcast = \"pipelined\"\nbroadcast_chunks = 3\n"},
        Case{"hecaton", 2, 2, grouped_heads, "", 0.0115},
        Case{"hecaton", 2, 4, grouped_heads, "recompute = true\nattention = \"by-head\"\n"},
        Case{"optimus", 2, 2, grouped_heads, "recompute = true\nattention = \"by-head\"\n"},
        Case{"megatron-torus-ring", 2, 4, grouped_heads, "recompute = true\n"},
        Case{"megatron-torus-ring", 2, 2, grouped_heads, "", 0.012},
        Case{"hecaton", 4, 4, two_layers, "fusion = 2\n", 16, "tied = true\n"},
        Case{"megatron-flat-ring", 2, 4, two_layers, "", 16, "tied = true\n"},
        Case{"megatron-torus-ring", 2, 4, two_layers, "", 16, "tied = true\n"},
        Case{"megatron-flat-ring", 2, 4, uneven_words, "recompute = true\n"},
        Case{"megatron-torus-ring", 4, 2, uneven_words, ""}));

// Collectives as the method's paper does not draw them: both ways round, along both axes at once, by halving.
Case by(const char* collectives, Case c) {
  c.collectives = collectives;
  return c;
}

INSTANTIATE_TEST_SUITE_P(OtherCollectives, Verify,
                         ::testing::Values(by("all-axes", {"megatron-flat-ring", 2, 2}),
                                           by("both-directions", {"megatron-flat-ring", 2, 4}),
                                           by("all-axes", {"megatron-flat-ring", 2, 4, uneven_words}),
                                           by("all-axes", {"megatron-torus-ring", 4, 4}),
                                           by("all-axes", {"megatron-torus-ring", 3, 3, in_nines}),
                                           by("all-axes", {"megatron-torus-ring", 2, 4, grouped_heads,
                                                           "recompute = true\n", 0.012}),
                                           by("halving-doubling", {"hecaton", 4, 4}),
                                           by("halving-doubling", {"megatron-flat-ring", 2, 4}),
                                           by("auto", {"optimus", 4, 4}),
                                           by("auto", {"hecaton", 3, 3, two_layers}),
                                           by("auto", {"megatron-torus-ring", 4, 2, uneven_words})));

// The same on closed lines, where there is a second way round.
class VerifyOnTori : public ::testing::TestWithParam<Case> {};

TEST_P(VerifyOnTori, ComputesWhatADenseReferenceDoes) {
  std::string text = deck_text(GetParam());
  const std::string bypass = "bypass-ring";
  text.replace(text.find(bypass), bypass.size(), "torus");
  const runs::Findings found = verified(deck_of(text));
  EXPECT_EQ(found.first_wrong, "");
  EXPECT_GT(found.weight_gradients, 0U);
}

INSTANTIATE_TEST_SUITE_P(
    OtherCollectives, VerifyOnTori,
    ::testing::Values(by("both-directions", {"hecaton", 4, 4}),
                      by("both-directions", {"hecaton", 3, 3, two_layers}),
                      by("both-directions", {"megatron-torus-ring", 3, 3, in_nines}),
                      by("all-axes-both-directions", {"megatron-torus-ring", 4, 4}),
                      by("all-axes-both-directions", {"megatron-torus-ring", 3, 3, in_nines}),
                      by("all-axes-both-directions", {"megatron-flat-ring", 4, 4}),
                      by("both-directions", {"optimus", 4, 4, grouped_heads, "broadcast = \"pipelined\"\n"}),
                      by("auto", {"optimus", 4, 4}), by("auto", {"megatron-flat-ring", 4, 4})));

// Masks, with tiles of the sequence's tokens of which some are left out; heads whose features are no equal parts
// of the hidden size; words that pad a vocabulary.
const char* const triangle = "causal = true\nattention_tile = 1\n";
const char* const band = "causal = true\nattention_tile = 2\nwindow = 2\n";
const char* const wide_heads = "head_dim = 3\n";
const std::vector<Part> wide_parts = {{16, 4, 0, 1, 1, true, 3}, {0, 0, 64, 1, 1, false}};
const char* const by_head_band =
    "causal = true\nattention_tile = 3\nwindow = 3\nrecompute = true\nattention = \"by-head\"\n";

INSTANTIATE_TEST_SUITE_P(
    Masks, Verify,
    ::testing::Values(Case{"hecaton", 2, 4, grouped_heads, triangle},
                      Case{"hecaton", 2, 2, grouped_heads, by_head_band},
                      Case{"optimus", 2, 2, grouped_heads, band},
                      Case{"megatron-flat-ring", 2, 4, grouped_heads, band},
                      Case{"megatron-torus-ring", 2, 2, grouped_heads, triangle, 0.012},
                      Case{"hecaton", 2, 4, grouped_heads, band, 16, wide_heads, wide_parts},
                      Case{"hecaton", 2, 2, grouped_heads, by_head_band, 16, wide_heads, wide_parts},
                      Case{"optimus", 4, 4, grouped_heads, "", 16, wide_heads, wide_parts},
                      Case{"megatron-torus-ring", 4, 2, grouped_heads, "", 16, wide_heads, wide_parts},
                      Case{"hecaton", 2, 4, uneven_words, "vocabulary_padding = \"auto\"\n"}));

// Lists of operators, each with shapes of its own; experts by all-to-alls, and by parts of each.
const char* const list = "operators = \"feed-forward: ffn 32, gated 0; attention: heads 32, kv_heads 16\"\n";
const std::vector<Part> list_parts = {{0, 0, 32, 1, 1, false}, {32, 16}};
const std::vector<Part> mixture_parts = {{16, 4}, {0, 0, 64, 4, 2, false}};
const std::vector<Part> all_parts = {
    {0, 0, 64, 4, 3, true}, {16, 4}, {0, 0, 64, 1, 1, false}, {0, 0, 32, 8, 4, false}, {16, 16}};
const char* const in_threes = "operators = \"attention; experts: experts 6, experts_per_token 4, ffn 72\"\n";
const std::vector<Part> in_threes_parts = {{24, 24}, {0, 0, 72, 6, 4, true}};

INSTANTIATE_TEST_SUITE_P(
    Lists, Verify,
    ::testing::Values(
        Case{"hecaton", 2, 4, grouped_heads, "", 16, list, list_parts},
        Case{"optimus", 2, 2, grouped_heads, "", 16, list, list_parts},
        Case{"megatron-flat-ring", 2, 4, grouped_heads, "", 16, list, list_parts},
        Case{"hecaton", 2, 2, grouped_heads, "", 16, mixture, mixture_parts},
        Case{"hecaton", 2, 4, grouped_heads, "", 16, mixture, mixture_parts},
        Case{"hecaton", 4, 2, grouped_heads, "recompute = true\n", 16, mixture, mixture_parts},
        Case{"hecaton", 2, 2, grouped_heads, "", 0.0085, mixture, mixture_parts, 16},  // token tiles
        Case{"hecaton", 3, 3, two_layers, "", 16, in_threes, in_threes_parts},
        Case{"optimus", 2, 2, grouped_heads, "", 0.0085, mixture, mixture_parts, 16},
        Case{"optimus", 2, 4, grouped_heads, "", 16, mixture, mixture_parts},
        Case{"optimus", 4, 2, grouped_heads, "recompute = true\n", 16, mixture, mixture_parts},
        Case{"optimus", 4, 4, grouped_heads, "broadcast = \"pipelined\"\n", 16, mixture, mixture_parts},
        Case{"optimus", 1, 4, grouped_heads, "", 16, mixture, mixture_parts},
        Case{"optimus", 3, 2, two_layers, "", 16, in_threes, in_threes_parts},
        Case{"optimus", 2, 4, grouped_heads, "", 16, all_kinds, all_parts},
        Case{"hecaton", 4, 4, grouped_heads, "", 16, all_kinds, all_parts},
        Case{"megatron-flat-ring", 2, 2, grouped_heads, "recompute = true\n", 16, mixture, mixture_parts},
        Case{"megatron-torus-ring", 2, 4, grouped_heads, "", 16, all_kinds, all_parts}));

}  // namespace
}  // namespace hecaton::test::verify_test
