// The models known by name have the sizes that were published.
#include "core/training/model/models.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

namespace hecaton::training::test::models_test {
namespace {

struct Published {
  const char* model;
  std::uint64_t parameters;
};

// To the unit: the total that the safetensors index of the published weights says (Hugging Face:
// TinyLlama/TinyLlama-1.1B-intermediate-step-1431k-3T, meta-llama/Llama-2-7b-hf and -70b-hf,
// meta-llama/Llama-3.1-8B, -70B and -405B, mistralai/Mistral-7B-v0.1, Mistral-Nemo-Base-2407, Mixtral-8x7B-v0.1
// and Mixtral-8x22B-v0.1, Qwen/Qwen2.5-72B and Qwen1.5-MoE-A2.7B, google-bert/bert-large-uncased without its
// output heads, bigscience/bloom-1b7, meta-llama/Llama-3.2-1B and -3B, Qwen/Qwen2.5-*, Qwen3-8B and Qwen3-30B-A3B,
// google/gemma-2-*, microsoft/Phi-3-mini-4k-instruct; tiiuae/falcon-7b says 7,217,189,760 with a copy of its table of
// 65,024 x 4,544). GPT-2 and OPT up to 30B: what the weights add up to that were published as openai-community/gpt2*
// and facebook/opt-*.
constexpr Published to_the_unit[] = {
    {"tinyllama-1.1b", 1'100'048'384},
    {"llama2-7b", 6'738'415'616},
    {"llama2-70b", 68'976'648'192},
    {"llama3.1-8b", 8'030'261'248},
    {"llama3.1-70b", 70'553'706'496},
    {"llama3.1-405b", 405'853'388'800},
    {"mistral-7b", 7'241'732'096},
    {"mistral-nemo-12b", 12'247'782'400},
    {"mixtral-8x7b", 46'702'792'704},
    {"mixtral-8x22b", 140'620'634'112},
    {"qwen2.5-72b", 72'706'203'648},
    {"qwen1.5-moe-a2.7b", 14'315'784'192},
    {"bert-large", 335'141'888},
    {"bloom-1.7b", 1'722'408'960},
    {"llama3.2-1b", 1'235'814'400},
    {"llama3.2-3b", 3'212'749'824},
    {"qwen2.5-0.5b", 494'032'768},
    {"qwen2.5-1.5b", 1'543'714'304},
    {"qwen2.5-3b", 3'085'938'688},
    {"qwen2.5-7b", 7'615'616'512},
    {"qwen2.5-14b", 14'770'033'664},
    {"qwen2.5-32b", 32'763'876'352},
    {"qwen3-8b", 8'190'735'360},
    {"qwen3-30b-a3b", 30'532'122'624},
    {"gemma2-2b", 2'614'341'888},
    {"gemma2-9b", 9'241'705'984},
    {"gemma2-27b", 27'227'128'320},
    {"phi3-mini", 3'821'079'552},
    {"falcon-7b", 7'217'189'760 - 65'024ULL * 4'544},
    {"gpt2", 124'439'808},
    {"gpt2-medium", 354'823'168},
    {"gpt2-large", 774'030'080},
    {"gpt2-xl", 1'557'611'200},
    {"opt-125m", 125'239'296},
    {"opt-1.3b", 1'315'758'080},
    {"opt-2.7b", 2'651'596'800},
    {"opt-6.7b", 6'658'473'984},
    {"opt-13b", 12'853'473'280},
    {"opt-30b", 29'974'540'288},
};

TEST(Models, HaveThePublishedParametersToTheUnit) {
  for (const Published& p : to_the_unit) EXPECT_EQ(parameters(p.model), p.parameters) << p.model;
  EXPECT_EQ(parameters("llama4"), std::nullopt);
}

// Every known model is in the table above, or its published size is a rounded one.
TEST(Models, HaveAllAPublishedSize) {
  const std::vector<std::string_view> rounded = {"gpt3-1.3b", "gpt3-2.7b", "gpt3-6.7b", "gpt3-13b",
                                                 "gpt3-175b", "opt-66b",   "opt-175b"};
  for (const std::string_view name : model_names()) {
    const bool is_exact = std::any_of(std::begin(to_the_unit), std::end(to_the_unit),
                                      [&](const Published& p) { return p.model == name; });
    const bool is_rounded = std::count(rounded.begin(), rounded.end(), name) == 1;
    EXPECT_NE(is_exact, is_rounded) << name;
  }
}

// Shapes of their own papers and model cards: heads, layers and words of each, by arithmetic of this test. h hidden
// features, f of the network, L layers, V words, n heads and m of keys and values with d features each.
TEST(Models, HaveTheSizesThatTheirShapesAddUpTo) {
  const auto gated = [](std::uint64_t h, std::uint64_t f, std::uint64_t n, std::uint64_t m, std::uint64_t d,
                        std::uint64_t L, std::uint64_t tables, std::uint64_t more_in_a_layer) {
    return L * (h * d * (2 * n + 2 * m) + 3 * h * f + more_in_a_layer) + tables * h + h;
  };
  const std::uint64_t llama3 = 128256, qwen = 151936, padded_qwen = 152064, gemma = 256000;
  // Two norms of a layer. Qwen2.5: biases of queries, keys and values. Qwen3: norms of queries and keys, of 128 features.
  EXPECT_EQ(parameters("llama3.2-1b"), gated(2048, 8192, 32, 8, 64, 16, llama3, 2 * 2048));
  EXPECT_EQ(parameters("llama3.2-3b"), gated(3072, 8192, 24, 8, 128, 28, llama3, 2 * 3072));
  EXPECT_EQ(parameters("qwen2.5-0.5b"), gated(896, 4864, 14, 2, 64, 24, qwen, 2 * 896 + 18 * 64));
  EXPECT_EQ(parameters("qwen2.5-1.5b"), gated(1536, 8960, 12, 2, 128, 28, qwen, 2 * 1536 + 16 * 128));
  EXPECT_EQ(parameters("qwen2.5-3b"), gated(2048, 11008, 16, 2, 128, 36, qwen, 2 * 2048 + 20 * 128));
  EXPECT_EQ(parameters("qwen2.5-7b"),
            gated(3584, 18944, 28, 4, 128, 28, 2 * padded_qwen, 2 * 3584 + 36 * 128));
  EXPECT_EQ(parameters("qwen2.5-14b"),
            gated(5120, 13824, 40, 8, 128, 48, 2 * padded_qwen, 2 * 5120 + 56 * 128));
  EXPECT_EQ(parameters("qwen2.5-32b"),
            gated(5120, 27648, 40, 8, 128, 64, 2 * padded_qwen, 2 * 5120 + 56 * 128));
  EXPECT_EQ(parameters("qwen3-8b"), gated(4096, 12288, 32, 8, 128, 36, 2 * qwen, 2 * 4096 + 2 * 128));
  // 128 experts, and a vector of each that chooses it.
  EXPECT_EQ(parameters("qwen3-30b-a3b"),
            gated(2048, 128 * 768, 32, 4, 128, 48, 2 * qwen, 2 * 2048 + 2 * 128 + 128 * 2048));
  // Four norms of a layer.
  EXPECT_EQ(parameters("gemma2-2b"), gated(2304, 9216, 8, 4, 256, 26, gemma, 4 * 2304));
  EXPECT_EQ(parameters("gemma2-9b"), gated(3584, 14336, 16, 8, 256, 42, gemma, 4 * 3584));
  EXPECT_EQ(parameters("gemma2-27b"), gated(4608, 36864, 32, 16, 128, 46, gemma, 4 * 4608));
  EXPECT_EQ(parameters("phi3-mini"), gated(3072, 8192, 32, 32, 96, 32, 2 * 32064, 2 * 3072));
  // One key/value head of 64 features, a network of 4 h, one norm with biases, and a last one.
  EXPECT_EQ(
      parameters("falcon-7b"),
      32 * (4544ULL * (4544 + 2 * 64) + 4544 * 4544 + 8 * 4544 * 4544 + 2 * 4544) + 65024 * 4544 + 2 * 4544);
}

// As GPT-3: 12 h h of products, 9 h of biases and 4 h of norms in a layer; words, positions, a last norm. Of OPT-66B
// and OPT-175B the names are what is published.
TEST(Models, OfGpt2AndOptHaveTheSizesThatTheirShapesAddUpTo) {
  const auto of = [](std::uint64_t h, std::uint64_t layers, std::uint64_t words, std::uint64_t positions) {
    return layers * (12 * h * h + 13 * h) + (words + positions + 2) * h;
  };
  EXPECT_EQ(parameters("gpt2"), of(768, 12, 50257, 1024));
  EXPECT_EQ(parameters("gpt2-medium"), of(1024, 24, 50257, 1024));
  EXPECT_EQ(parameters("gpt2-large"), of(1280, 36, 50257, 1024));
  EXPECT_EQ(parameters("gpt2-xl"), of(1600, 48, 50257, 1024));
  EXPECT_EQ(parameters("opt-125m"), of(768, 12, 50272, 2050));
  EXPECT_EQ(parameters("opt-1.3b"), of(2048, 24, 50272, 2050));
  EXPECT_EQ(parameters("opt-2.7b"), of(2560, 32, 50272, 2050));
  EXPECT_EQ(parameters("opt-6.7b"), of(4096, 32, 50272, 2050));
  EXPECT_EQ(parameters("opt-13b"), of(5120, 40, 50272, 2050));
  EXPECT_EQ(parameters("opt-30b"), of(7168, 48, 50272, 2050));
  EXPECT_EQ(parameters("opt-66b"), of(9216, 64, 50272, 2050));
  EXPECT_EQ(parameters("opt-175b"), of(12288, 96, 50272, 2050));
  EXPECT_NEAR(static_cast<double>(*parameters("opt-66b")) / 1e9, 66, 0.5);
  EXPECT_NEAR(static_cast<double>(*parameters("opt-175b")) / 1e9, 175, 0.5);
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

// What is simulated is less than a hundredth off: padded words, learned positions, norms and biases. The positions of
// the smallest OPT alone are more.
TEST(Models, AreSimulatedAlmostWhole) {
  for (const KnownModel& known : known_models()) {
    const ModelConfig& m = known.shapes;
    ASSERT_TRUE(parameters(m.name).has_value()) << m.name;
    const std::uint64_t positions = m.name == "opt-125m" ? 2050 * 768 : 0;
    const auto published = static_cast<double>(*parameters(m.name) - positions);
    EXPECT_NEAR(static_cast<double>(all_weights(m)) / published, 1.0, 0.01) << m.name;
  }
}

}  // namespace
}  // namespace hecaton::training::test::models_test
