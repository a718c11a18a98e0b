// Every deck that is shipped reads, says what its name says, and starts with a comment.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>

#include "core/training/model/models.hpp"
#include "io/deck/reader.hpp"
#include "io/deck/workloads/kind.hpp"

namespace hecaton::io::shipped_test {
namespace {

std::filesystem::path deck_path(const std::string& name) {
  return std::filesystem::path(HECATON_DECKS) / name;
}

TEST(ShippedDecks, AllReadAndStartWithAComment) {
  int decks = 0;
  for (const auto& entry : std::filesystem::directory_iterator(HECATON_DECKS)) {
    if (entry.path().extension() != ".toml") continue;
    ++decks;
    EXPECT_NO_THROW(read_deck(entry.path(), {})) << entry.path();
    std::ifstream file(entry.path());
    EXPECT_EQ(file.get(), '#') << entry.path();
  }
  EXPECT_GE(decks, 12);
}

TEST(ShippedDecks, ModelsStandAtTheirWeakScalingSizes) {
  struct Pair {
    const char* deck;
    const char* model;
    std::uint32_t dies;
  };
  for (const Pair& pair :
       {Pair{"tinyllama-1.1b-4x4.toml", "tinyllama-1.1b", 16}, Pair{"llama2-7b-8x8.toml", "llama2-7b", 64},
        Pair{"llama2-70b-16x16.toml", "llama2-70b", 256},
        Pair{"llama3.1-405b-32x32.toml", "llama3.1-405b", 1024}}) {
    const Deck deck = read_deck(deck_path(pair.deck), {});
    EXPECT_EQ(deck.as<training::TrainingConfig>().model.name, pair.model);
    EXPECT_EQ(deck.network.package.rows * deck.network.package.columns, pair.dies);
    EXPECT_EQ(deck.as<training::TrainingConfig>().method, "hecaton");
  }
}

// Public training runs: of a known model as it is, causal, with as many tokens as were published, where they were.
TEST(ShippedDecks, PublicTrainingRunsArePlanned) {
  const std::map<std::string, double> million_tokens = {
      {"train-tinyllama-1.1b.toml", 2}, {"train-llama2-7b.toml", 4},   {"train-llama2-70b.toml", 4},
      {"train-llama3.1-405b.toml", 16}, {"train-gpt3-175b.toml", 3.2}, {"train-llama3.1-405b-128k.toml", 16}};
  int decks = 0, published = 0;
  for (const auto& entry : std::filesystem::directory_iterator(HECATON_DECKS)) {
    const std::string file = entry.path().filename().string();
    if (!file.starts_with("train-")) continue;
    ++decks;
    const Deck deck = read_deck(entry.path(), {});
    const auto& step = deck.as<training::TrainingConfig>();
    EXPECT_TRUE(step.causal) << file;
    EXPECT_TRUE(file.starts_with("train-" + step.model.name)) << file << " " << step.model.name;
    EXPECT_TRUE(training::parameters_of(step.model).has_value()) << file;
    const DieWork work = kind_of(deck).die_work(deck);
    const training::Plan& plan = std::get<Programs>(work).plan;
    EXPECT_EQ(plan.tokens, std::uint64_t{step.batch_sequences} * step.sequence_length) << file;
    const auto found = million_tokens.find(file);
    if (found == million_tokens.end()) continue;
    ++published;
    EXPECT_NEAR(static_cast<double>(plan.tokens) / 1e6 / found->second, 1, 0.05) << file;
  }
  EXPECT_GE(decks, 10);
  EXPECT_EQ(published, 6);
}

// The same step of the public model, on the same package; what is trained is worked out here.
TEST(ShippedDecks, FinetuningDecksDifferInWhatIsTrained) {
  constexpr std::uint64_t h = 4096, kv = 1024, f = 14336, words = 128256, layers = 32, rank = 16;
  constexpr std::uint64_t layer = h * (h + 2 * kv + h + 3 * f);
  constexpr std::uint64_t sides = 3 * h + (h + 2 * kv) + (h + h) + 2 * (h + f) + (f + h);
  const std::map<std::string, std::uint64_t> trained = {{"full", layers * layer + 2 * h * words},
                                                        {"frozen", 8 * layer + h * words},
                                                        {"lora", layers * rank * sides}};
  for (const auto& [what, weights] : trained) {
    const Deck deck = read_deck(deck_path("finetune-llama3.1-8b-" + what + ".toml"), {});
    const auto& step = deck.as<training::TrainingConfig>();
    EXPECT_EQ(step.model.name, "llama3.1-8b");
    EXPECT_EQ(deck.network.package.rows * deck.network.package.columns, 64U);
    const DieWork work = kind_of(deck).die_work(deck);
    const training::Plan& plan = std::get<Programs>(work).plan;
    EXPECT_EQ(plan.trained, weights) << what;
    EXPECT_EQ(plan.tokens, 32U * 512U) << what;
  }
}

TEST(ShippedDecks, TheQuickstartsDifferInTheMethodOnly) {
  const Deck hecaton = read_deck(deck_path("quickstart.toml"), {});
  const Deck flat = read_deck(deck_path("quickstart-flat-ring.toml"), {});
  EXPECT_EQ(hecaton.as<training::TrainingConfig>().method, "hecaton");
  EXPECT_EQ(flat.as<training::TrainingConfig>().method, "megatron-flat-ring");
  const std::string with_method = "method = \"megatron-flat-ring\"";
  const auto at = flat.resolved_toml.find(with_method);
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(flat.resolved_toml.substr(0, at), hecaton.resolved_toml.substr(0, at));
  EXPECT_EQ(hecaton.as<training::TrainingConfig>().batch_sequences, 8U);
  EXPECT_EQ(hecaton.as<training::TrainingConfig>().sequence_length, 2048U);
}

TEST(ShippedDecks, EveryCollectiveAlgorithmHasOne) {
  std::set<std::pair<int, int>> found;
  for (const auto& entry : std::filesystem::directory_iterator(HECATON_DECKS)) {
    if (!entry.path().filename().string().starts_with("collective-")) continue;
    const Deck deck = read_deck(entry.path(), {});
    found.insert({static_cast<int>(deck.as<training::CollectiveConfig>().operation),
                  static_cast<int>(deck.as<training::CollectiveConfig>().algorithm)});
  }
  // Three operations on each of the three named rings.
  EXPECT_EQ(found.size(), 9U);
}

}  // namespace
}  // namespace hecaton::io::shipped_test
