// Shapes that do not divide, followed with real numbers: what dies compute on padded shapes is what a dense step
// computes on those that were asked for, and pads are zeros.
#include <gtest/gtest.h>

#include <random>

#include "core/training/method.hpp"
#include "runs/verify/verify.hpp"
#include "tests/runs/verify/verify_case.hpp"

namespace hecaton::test::odd_test {
namespace {

struct Odd {
  const char* method;
  std::uint32_t rows, columns;
  std::uint32_t heads = 1, kv_heads = 1;
  std::uint32_t hidden = 11, ffn = 11, words = 61, batch = 3, sequence = 7;
  bool by_head = false, causal = false, tied = false, gated = true, recompute = false;
};

std::ostream& operator<<(std::ostream& out, const Odd& o) {
  return out << fmt::format("{} on {} x {}, {} heads, {} kv, hidden {}, ffn {}, {} of {}{}{}{}{}{}", o.method,
                            o.rows, o.columns, o.heads, o.kv_heads, o.hidden, o.ffn, o.batch, o.sequence,
                            o.by_head ? ", by head" : "", o.causal ? ", causal" : "", o.tied ? ", tied" : "",
                            o.gated ? ", gated" : "", o.recompute ? ", recompute" : "");
}

bool is_one_d(const Odd& o) {
  return std::string_view(o.method).starts_with("megatron");
}

std::string deck_text(const Odd& o) {
  TrainingDeck deck;
  deck.model = {"odd", o.hidden, o.ffn, o.heads, o.kv_heads, 1, o.words, o.gated};
  deck.method = o.method;
  deck.rows = o.rows;
  deck.columns = o.columns;
  deck.batch = o.batch;
  deck.sequence = o.sequence;
  deck.minibatch_tokens = 0;
  deck.more = fmt::format("head_dim = 2\ntied = {}\n", o.tied);
  std::string text = text_of(deck);
  const std::string at = "overlap = true\n";
  // Shares of 1D methods are followed where all are equal.
  text.insert(
      text.find(at) + at.size(),
      fmt::format("attention = \"{}\"\ncausal = {}\nrecompute = {}\nattention_tile = 2\nuneven = \"{}\"\n",
                  o.by_head ? "by-head" : "by-sequence", o.causal, o.recompute,
                  is_one_d(o) ? "pad" : "auto"));
  return text;
}

template <class T, std::size_t n>
T one_of(std::mt19937& random, const T (&values)[n]) {
  return values[random() % n];
}

struct Mesh {
  std::uint32_t rows, columns;
};
constexpr Mesh meshes[] = {{2, 3}, {3, 3}, {3, 5}, {1, 7}, {7, 1}, {4, 4}};
constexpr Mesh of_panels[] = {{3, 3}, {2, 3}, {3, 2}, {3, 5}, {2, 4}, {1, 4}, {4, 1}, {4, 4}};
constexpr Mesh cycles[] = {{2, 3}, {4, 4}, {4, 3}};

Odd any_odd(std::mt19937& random, const char* method) {
  const std::string_view name = method;
  const Mesh mesh = name == "optimus"              ? one_of(random, of_panels)
                    : name == "megatron-flat-ring" ? one_of(random, cycles)
                                                   : one_of(random, meshes);
  constexpr std::uint32_t kv_heads[] = {1, 2, 5}, groups[] = {1, 2, 3}, heads_of_one[] = {3, 5, 7};
  constexpr std::uint32_t features[] = {11, 37}, hidden[] = {10, 11, 13}, few[] = {1, 3, 5},
                          tokens[] = {1, 7};
  Odd o{method, mesh.rows, mesh.columns};
  o.kv_heads = one_of(random, kv_heads);
  o.heads = o.kv_heads == 1 ? one_of(random, heads_of_one) : o.kv_heads * one_of(random, groups);
  if (o.heads > 10) o.heads = o.kv_heads;
  o.hidden = one_of(random, hidden);
  o.ffn = one_of(random, features);
  o.batch = one_of(random, few);
  o.sequence = one_of(random, tokens);
  if (o.batch == 5 && is_one_d(o)) o.sequence = 1;  // others would be padded to many more tokens
  o.by_head = !is_one_d(o) && random() % 2 == 0;
  o.causal = random() % 2 == 0;
  o.tied = random() % 3 == 0;
  o.gated = random() % 3 > 0;
  o.recompute = random() % 3 == 0;
  return o;
}

void expect_like_dense(const char* method, int wanted) {
  std::mt19937 random(7);
  for (int i = 0; i < wanted; ++i) {
    const Odd odd = any_odd(random, method);
    const io::Deck deck = deck_of(deck_text(odd));
    const runs::Findings found = verified(deck);
    ASSERT_EQ(found.wrong, 0U) << odd << ": " << found.first_wrong;
    ASSERT_TRUE(found.first_wrong.empty()) << odd << ": " << found.first_wrong;
    ASSERT_LE(found.worst, 1e-10) << odd;
    const std::int64_t tokens = odd.batch * odd.sequence, h = odd.hidden;
    ASSERT_GE(whole(found.outputs), tokens * (3 * h + odd.ffn + odd.words)) << odd;
    ASSERT_GE(whole(found.weight_gradients), h * (2 * odd.ffn + odd.words)) << odd;
  }
}

int wanted() {
  return world().size() == 1 ? 60 : 3;  // ranks wait for each other
}

TEST(OddShapes, OfHecatonAreLikeADenseStep) {
  expect_like_dense("hecaton", wanted());
}
TEST(OddShapes, OfOptimusAreLikeADenseStep) {
  expect_like_dense("optimus", wanted());
}
TEST(OddShapes, OfTheFlatRingAreLikeADenseStep) {
  expect_like_dense("megatron-flat-ring", wanted());
}
TEST(OddShapes, OfTheTorusRingAreLikeADenseStep) {
  expect_like_dense("megatron-torus-ring", wanted());
}

// ---- what dies take for real, where it is a pad; and the other way round

struct Mistake {
  const char* what;
  void (*change)(training::TrainingConfig&);
};
constexpr Mistake mistakes[] = {
    {"a pad of the feed-forward network that is not zero", [](auto& c) { ++c.model.ffn; }},
    {"a pad of the stream that is not zero", [](auto& c) { ++c.model.hidden; }},
    {"the loss over a word that pads", [](auto& c) { ++c.model.vocabulary; }},
    {"attention to a token that pads", [](auto& c) { ++c.sequence_length; }},
    {"the loss of a sequence that pads", [](auto& c) { ++c.batch_sequences; }},
    {"a head that pads", [](auto& c) { c.model.heads += c.model.kv_heads; }},
    {"the last feature between up and down left out", [](auto& c) { --c.model.ffn; }},
    {"the last feature of the stream left out", [](auto& c) { --c.model.hidden; }},
    {"the last word left out", [](auto& c) { --c.model.vocabulary; }},
    {"the last token left out", [](auto& c) { --c.sequence_length; }},
    {"the last sequence left out", [](auto& c) { --c.batch_sequences; }},
    {"the last head of each group left out", [](auto& c) { c.model.heads -= c.model.kv_heads; }},
};

// Whether shapes could be these, which are planned as the others.
bool could_be(const training::TrainingConfig& taken, const training::TrainingConfig& planned) {
  const auto within = [](std::uint32_t own, std::uint32_t all) { return own > 0 && own <= all; };
  const auto& operators = planned.model.operators;
  return within(taken.model.ffn, operators.at(1).ffn) && within(taken.model.hidden, planned.model.hidden) &&
         within(taken.model.vocabulary, planned.model.vocabulary) &&
         within(taken.sequence_length, planned.sequence_length) &&
         within(taken.batch_sequences, planned.batch_sequences) &&
         within(taken.model.heads / taken.model.kv_heads, operators.at(0).heads / operators.at(0).kv_heads);
}

TEST(OddShapes, ThatAreTakenForOthersAreNoticed) {
  if (world().size() > 1) GTEST_SKIP() << "dies of one rank are enough";
  const Odd odds[] = {{"hecaton", 2, 3, 10, 5, 11, 37, 61, 3, 7},
                      {"hecaton", 4, 4, 15, 5, 11, 37, 61, 3, 7, true},
                      {"optimus", 3, 3, 10, 5, 11, 37, 61, 2, 7},
                      {"optimus", 2, 3, 10, 5, 11, 37, 61, 3, 7},
                      {"megatron-torus-ring", 3, 5, 14, 2, 11, 37, 61, 3, 7},
                      {"megatron-flat-ring", 2, 3, 7, 1, 11, 37, 61, 3, 7}};
  int planted = 0;
  for (const Odd& odd : odds) {
    const io::Deck deck = deck_of(deck_text(odd));
    const auto& config = deck.as<training::TrainingConfig>();
    const training::TrainingConfig planned = training::padded(config, {odd.rows, odd.columns});
    const runs::Findings sound = verified(deck);
    ASSERT_EQ(sound.wrong, 0U) << odd << ": " << sound.first_wrong;
    for (const Mistake& mistake : mistakes) {
      training::TrainingConfig taken = config;
      mistake.change(taken);
      if (!could_be(taken, planned)) continue;
      runs::VerifyOptions options;
      options.spoil_shapes = mistake.change;
      EXPECT_GT(verified(deck, options).wrong, 0U) << odd << ": " << mistake.what;
      ++planted;
    }
  }
  EXPECT_GE(planted, 40);
}

}  // namespace
}  // namespace hecaton::test::odd_test
