// The models known by name have the sizes that were published.
#include "core/training/model/models.hpp"

#include <gtest/gtest.h>

namespace hecaton::training::test {
namespace {

struct Published {
  const char* model;
  std::uint64_t parameters;
};

// To the unit: the total that the safetensors index of the published weights says (Hugging Face:
// TinyLlama/TinyLlama-1.1B-intermediate-step-1431k-3T, meta-llama/Llama-2-7b-hf and -70b-hf,
// meta-llama/Llama-3.1-8B, -70B and -405B, mistralai/Mistral-7B-v0.1, Mistral-Nemo-Base-2407, Mixtral-8x7B-v0.1
// and Mixtral-8x22B-v0.1, Qwen/Qwen2.5-72B and Qwen1.5-MoE-A2.7B, google-bert/bert-large-uncased without its
// output heads, bigscience/bloom-1b7).
constexpr Published to_the_unit[] = {
    {"tinyllama-1.1b", 1'100'048'384}, {"llama2-7b", 6'738'415'616},
    {"llama2-70b", 68'976'648'192},    {"llama3.1-8b", 8'030'261'248},
    {"llama3.1-70b", 70'553'706'496},  {"llama3.1-405b", 405'853'388'800},
    {"mistral-7b", 7'241'732'096},     {"mistral-nemo-12b", 12'247'782'400},
    {"mixtral-8x7b", 46'702'792'704},  {"mixtral-8x22b", 140'620'634'112},
    {"qwen2.5-72b", 72'706'203'648},   {"qwen1.5-moe-a2.7b", 14'315'784'192},
    {"bert-large", 335'141'888},       {"bloom-1.7b", 1'722'408'960},
};

TEST(Models, HaveThePublishedParametersToTheUnit) {
  for (const Published& p : to_the_unit) EXPECT_EQ(parameters(p.model), p.parameters) << p.model;
  EXPECT_EQ(parameters("llama4"), std::nullopt);
}

// GPT-3's weights are not public. Its paper (arXiv:2005.14165, table D.1) has its sizes in millions, to three or
// four digits: 1,320, 2,650, 6,660, 12,850 and 174,600. By its architecture, h hidden features and L layers:
// 12 h h of products, 9 h of biases and 4 h of norms in a layer; 50,257 words, 2,048 positions, a last norm.
TEST(Models, OfGpt3HaveTheSizesOfItsPaper) {
  struct Gpt3 {
    const char* model;
    std::uint64_t h, layers;
    double millions, rounding;
  };
  for (const Gpt3& g : {Gpt3{"gpt3-1.3b", 2048, 24, 1320, 5}, Gpt3{"gpt3-2.7b", 2560, 32, 2650, 5},
                        Gpt3{"gpt3-6.7b", 4096, 32, 6660, 5}, Gpt3{"gpt3-13b", 5120, 40, 12850, 5},
                        Gpt3{"gpt3-175b", 12288, 96, 174600, 50}}) {
    const std::uint64_t expected = g.layers * (12 * g.h * g.h + 13 * g.h) + (50257 + 2048 + 2) * g.h;
    EXPECT_EQ(parameters(g.model), expected) << g.model;
    EXPECT_NEAR(static_cast<double>(expected) / 1e6, g.millions, g.rounding) << g.model;
  }
  EXPECT_EQ(parameters("gpt3-175b"), 174'604'259'328U);
}

// A model keeps its name, and its parameters, with either vocabulary.
TEST(Models, HaveThePublishedVocabularyToo) {
  EXPECT_EQ(published_vocabulary("gpt3-175b"), 50257U);
  EXPECT_EQ(published_vocabulary("llama2-7b"), std::nullopt);
  ModelConfig gpt3 = *find_model("gpt3-175b");
  EXPECT_EQ(parameters_of(gpt3), 174'604'259'328U);
  gpt3.vocabulary = 50257;
  EXPECT_EQ(parameters_of(gpt3), 174'604'259'328U);
  gpt3.vocabulary = 50258;
  EXPECT_EQ(parameters_of(gpt3), std::nullopt);
}

// What is simulated is less than a hundredth off: padded words, learned positions, norms and biases.
TEST(Models, AreSimulatedAlmostWhole) {
  for (const ModelConfig& m : known_models()) {
    ASSERT_TRUE(parameters(m.name).has_value()) << m.name;
    const auto published = static_cast<double>(*parameters(m.name));
    EXPECT_NEAR(static_cast<double>(all_weights(m)) / published, 1.0, 0.01) << m.name;
  }
}

}  // namespace
}  // namespace hecaton::training::test
