#include "core/training/model/known_models.hpp"

#include <array>
#include <cstddef>
#include <utility>
#include <vector>

namespace hecaton::training {

namespace {

constexpr std::uint32_t rms_norm = 1, layer_norm = 2;
// BERT has two token types, a norm of the embedding, and a pooler with a bias; its last norm is that of the last
// layer. Bloom has a norm of the embedding. Qwen's first MoE has a gate of its shared expert. Gemma 2 has norms behind
// its operators too. Falcon has one norm for attention and the network beside it. OPT has two positions more than
// tokens of a sequence.
constexpr std::uint32_t bert_vectors = 2 + layer_norm + 1024 + 1;

// By Family.
constexpr std::array<Extras, 11> extras_by_family = {{
    {2 * rms_norm, rms_norm},
    {2 * rms_norm, rms_norm, 0, 0, Biases::qkv},
    {2 * rms_norm + 1, rms_norm, 0, 0, Biases::qkv},
    {2 * rms_norm, rms_norm, 0, 2 * rms_norm},
    {4 * rms_norm, rms_norm},
    {layer_norm, layer_norm},
    {2 * layer_norm, layer_norm, 1024, 0, Biases::all},
    {2 * layer_norm, layer_norm, 2048, 0, Biases::all},
    {2 * layer_norm, layer_norm, 2048 + 2, 0, Biases::all},
    {2 * layer_norm, 2 * layer_norm, 0, 0, Biases::all},
    {2 * layer_norm, bert_vectors, 512, 0, Biases::all},
}};

// A shared expert stands before the experts as a feed-forward network of its own: its weights and products are
// those of a network beside them, with one norm more.
std::vector<OperatorConfig> with_shared_expert(std::uint32_t ffn) {
  OperatorConfig shared{.kind = OperatorKind::feed_forward};
  shared.ffn = ffn;
  return {{.kind = OperatorKind::attention}, shared, {.kind = OperatorKind::experts}};
}

ModelConfig with_head_dim(ModelConfig model, std::uint32_t head_dim) {
  model.head_dim = head_dim;
  return model;
}

KnownModel gemma2(ModelConfig model, std::uint32_t head_dim) {
  model.vocabulary = 256000;
  model.tied = true;
  model.head_dim = head_dim;
  model.soft_cap = true;
  return {std::move(model), Family::gemma2};
}

// GPT-2, OPT: as many key/value heads as heads, four times as many features in the network, tied.
KnownModel gpt(Family family, const char* name, std::uint32_t hidden, std::uint32_t heads,
               std::uint32_t layers) {
  const std::uint32_t vocabulary = family == Family::opt ? 50272 : 50257;
  return {{name, hidden, 4 * hidden, heads, heads, layers, vocabulary, false, true}, family};
}

// GPT-3's and BERT's vocabularies of 50,257 and 30,522 words, padded to a multiple of 1,024 as Megatron does.
KnownModel gpt3(const char* name, std::uint32_t hidden, std::uint32_t heads, std::uint32_t layers) {
  return {{name, hidden, 4 * hidden, heads, heads, layers, 51200, false, true}, Family::gpt3, 50257};
}

std::vector<KnownModel> make_known_models() {
  return {
      {{"tinyllama-1.1b", 2048, 5632, 32, 4, 22, 32000, true}},
      {{"llama2-7b", 4096, 11008, 32, 32, 32, 32000, true}},
      {{"llama2-70b", 8192, 28672, 64, 8, 80, 32000, true}},
      {{"llama3.1-405b", 16384, 53248, 128, 8, 126, 128256, true}},
      {{"bert-large", 1024, 4096, 16, 16, 24, 30720, false, true}, Family::bert, 30522},
      {{"bloom-1.7b", 2048, 8192, 16, 16, 24, 250880, false, true}, Family::bloom},
      gpt3("gpt3-1.3b", 2048, 16, 24),
      gpt3("gpt3-2.7b", 2560, 32, 32),
      gpt3("gpt3-6.7b", 4096, 32, 32),
      gpt3("gpt3-13b", 5120, 40, 40),
      gpt3("gpt3-175b", 12288, 96, 96),
      {{"mixtral-8x7b", 4096, 14336, 32, 8, 32, 32000, true, false, 8, 2}},
      {{"llama3.1-8b", 4096, 14336, 32, 8, 32, 128256, true}},
      {{"llama3.1-70b", 8192, 28672, 64, 8, 80, 128256, true}},
      {{"mistral-7b", 4096, 14336, 32, 8, 32, 32000, true}},
      {with_head_dim({"mistral-nemo-12b", 5120, 14336, 32, 8, 40, 131072, true}, 128)},
      {{"mixtral-8x22b", 6144, 16384, 48, 8, 56, 32000, true, false, 8, 2}},
      {{"qwen2.5-72b", 8192, 29568, 64, 8, 80, 152064, true}, Family::qwen2},
      {{"qwen1.5-moe-a2.7b", 2048, 1408, 16, 16, 24, 151936, true, false, 60, 4, with_shared_expert(5632)},
       Family::qwen2_moe},
      {{"llama3.2-1b", 2048, 8192, 32, 8, 16, 128256, true, true}},
      {{"llama3.2-3b", 3072, 8192, 24, 8, 28, 128256, true, true}},
      {{"qwen2.5-0.5b", 896, 4864, 14, 2, 24, 151936, true, true}, Family::qwen2},
      {{"qwen2.5-1.5b", 1536, 8960, 12, 2, 28, 151936, true, true}, Family::qwen2},
      {{"qwen2.5-3b", 2048, 11008, 16, 2, 36, 151936, true, true}, Family::qwen2},
      {{"qwen2.5-7b", 3584, 18944, 28, 4, 28, 152064, true}, Family::qwen2},
      {{"qwen2.5-14b", 5120, 13824, 40, 8, 48, 152064, true}, Family::qwen2},
      {{"qwen2.5-32b", 5120, 27648, 40, 8, 64, 152064, true}, Family::qwen2},
      {{"qwen3-8b", 4096, 12288, 32, 8, 36, 151936, true}, Family::qwen3},
      {with_head_dim({"qwen3-30b-a3b", 2048, 768, 32, 4, 48, 151936, true, false, 128, 8}, 128),
       Family::qwen3},
      gemma2({"gemma2-2b", 2304, 9216, 8, 4, 26}, 256),
      gemma2({"gemma2-9b", 3584, 14336, 16, 8, 42}, 256),
      gemma2({"gemma2-27b", 4608, 36864, 32, 16, 46}, 128),
      {{"phi3-mini", 3072, 8192, 32, 32, 32, 32064, true}},
      gpt(Family::gpt2, "gpt2", 768, 12, 12),
      gpt(Family::gpt2, "gpt2-medium", 1024, 16, 24),
      gpt(Family::gpt2, "gpt2-large", 1280, 20, 36),
      gpt(Family::gpt2, "gpt2-xl", 1600, 25, 48),
      gpt(Family::opt, "opt-125m", 768, 12, 12),
      gpt(Family::opt, "opt-1.3b", 2048, 32, 24),
      gpt(Family::opt, "opt-2.7b", 2560, 32, 32),
      gpt(Family::opt, "opt-6.7b", 4096, 32, 32),
      gpt(Family::opt, "opt-13b", 5120, 40, 40),
      gpt(Family::opt, "opt-30b", 7168, 56, 48),
      gpt(Family::opt, "opt-66b", 9216, 72, 64),
      gpt(Family::opt, "opt-175b", 12288, 96, 96),
      {{"falcon-7b", 4544, 18176, 71, 1, 32, 65024, false, true}, Family::falcon},
  };
}

}  // namespace

const Extras& extras_of(Family family) {
  return extras_by_family.at(static_cast<std::size_t>(family));
}

// Sources: TinyLlama arXiv:2401.02385; Llama 2 arXiv:2307.09288 and the config.json of meta-llama/Llama-2-*-hf;
// Llama 3.1 arXiv:2407.21783, table 3; Llama 3.2 config.json of meta-llama/Llama-3.2-1B and -3B; BERT
// arXiv:1810.04805; Bloom config.json of bigscience/bloom-1b7; GPT-2 config.json of openai-community/gpt2*; GPT-3
// arXiv:2005.14165, table 2.1; OPT arXiv:2205.01068, table 1, and config.json of facebook/opt-* (opt-350m is left out:
// its embedding is narrower than its stream); Mistral arXiv:2310.06825, table 1; Mixtral arXiv:2401.04088, table 1, and
// the config.json of mistralai/Mixtral-8x22B-v0.1; Mistral Nemo config.json of mistralai/Mistral-Nemo-Base-2407; Qwen2.5
// arXiv:2412.15115, table 1, and config.json of Qwen/Qwen2.5-*; Qwen/Qwen1.5-MoE-A2.7B; Qwen3 arXiv:2505.09388, tables 1
// and 2, and config.json of Qwen/Qwen3-8B and -30B-A3B; Gemma 2 arXiv:2408.00118, table 1; Phi-3 arXiv:2404.14219,
// section 2, and config.json of microsoft/Phi-3-mini-4k-instruct; Falcon arXiv:2311.16867, table 16, and config.json of
// tiiuae/falcon-7b.
std::span<const KnownModel> known_models() {
  static const std::vector<KnownModel> models = make_known_models();
  return models;
}

}  // namespace hecaton::training
