#include "core/training/model/models.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "core/training/model/mask.hpp"

namespace hecaton::training {

namespace {

// Linear layers that have a bias.
enum class Biases : std::uint8_t { none, qkv, all };

// What a published model has beside its linear layers and its embedding table: it is counted by parameters(),
// and not simulated. Vectors have as many features as the stream; a norm has one of gains, and one of biases
// if it subtracts the mean.
struct Extras {
  std::string_view model;
  std::uint32_t vocabulary;     // as published, where the shapes have a padded one; else 0
  std::uint32_t layer_vectors;  // of the norms of a layer, and what else it has
  std::uint32_t vectors;        // outside the layers: last norm, learned positions, ...
  Biases biases = Biases::none;
};

constexpr std::uint32_t rms_norm = 1, layer_norm = 2;
// BERT has 512 positions, two token types, a norm of the embedding, and a pooler with a bias; its last norm is
// that of the last layer. Bloom has a norm of the embedding. Qwen's MoE has a gate of its shared expert.
constexpr std::uint32_t bert_vectors = 512 + 2 + layer_norm + 1024 + 1;
constexpr Extras all_extras[] = {
    {"tinyllama-1.1b", 0, 2 * rms_norm, rms_norm},
    {"llama2-7b", 0, 2 * rms_norm, rms_norm},
    {"llama2-70b", 0, 2 * rms_norm, rms_norm},
    {"llama3.1-405b", 0, 2 * rms_norm, rms_norm},
    {"bert-large", 30522, 2 * layer_norm, bert_vectors, Biases::all},
    {"bloom-1.7b", 0, 2 * layer_norm, 2 * layer_norm, Biases::all},
    {"gpt3-1.3b", 50257, 2 * layer_norm, layer_norm + 2048, Biases::all},
    {"gpt3-2.7b", 50257, 2 * layer_norm, layer_norm + 2048, Biases::all},
    {"gpt3-6.7b", 50257, 2 * layer_norm, layer_norm + 2048, Biases::all},
    {"gpt3-13b", 50257, 2 * layer_norm, layer_norm + 2048, Biases::all},
    {"gpt3-175b", 50257, 2 * layer_norm, layer_norm + 2048, Biases::all},
    {"mixtral-8x7b", 0, 2 * rms_norm, rms_norm},
    {"llama3.1-8b", 0, 2 * rms_norm, rms_norm},
    {"llama3.1-70b", 0, 2 * rms_norm, rms_norm},
    {"mistral-7b", 0, 2 * rms_norm, rms_norm},
    {"mistral-nemo-12b", 0, 2 * rms_norm, rms_norm},
    {"mixtral-8x22b", 0, 2 * rms_norm, rms_norm},
    {"qwen2.5-72b", 0, 2 * rms_norm, rms_norm, Biases::qkv},
    {"qwen1.5-moe-a2.7b", 0, 2 * rms_norm + 1, rms_norm, Biases::qkv},
};

const Extras* find_extras(std::string_view model) {
  const auto found = std::find_if(std::begin(all_extras), std::end(all_extras),
                                  [&](const Extras& e) { return e.model == model; });
  return found == std::end(all_extras) ? nullptr : &*found;
}

std::uint64_t layer_biases(const Model& m, Biases biases) {
  std::uint64_t sum = 0;
  for (const Operator& o : m.operators) {
    const bool attends = o.kind == OperatorKind::attention;
    if (biases != Biases::none && attends) sum += qkv_features(o);
    if (biases == Biases::all) sum += m.hidden + (attends ? 0 : up_features(o));
  }
  return sum;
}

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

}  // namespace

// Sources: TinyLlama arXiv:2401.02385; Llama 2 arXiv:2307.09288 and the config.json of meta-llama/Llama-2-*-hf;
// Llama 3.1 arXiv:2407.21783, table 3; BERT arXiv:1810.04805; Bloom config.json of bigscience/bloom-1b7; GPT-3
// arXiv:2005.14165, table 2.1; Mistral arXiv:2310.06825, table 1; Mixtral arXiv:2401.04088, table 1, and the
// config.json of mistralai/Mixtral-8x22B-v0.1; Mistral Nemo and Qwen config.json of
// mistralai/Mistral-Nemo-Base-2407, Qwen/Qwen2.5-72B and Qwen/Qwen1.5-MoE-A2.7B.
std::span<const ModelConfig> known_models() {
  // GPT-3's and BERT's vocabularies of 50,257 and 30,522 words, padded to a multiple of 1,024 as Megatron
  // does.
  static const std::array<ModelConfig, 19> models = {{
      {"tinyllama-1.1b", 2048, 5632, 32, 4, 22, 32000, true},
      {"llama2-7b", 4096, 11008, 32, 32, 32, 32000, true},
      {"llama2-70b", 8192, 28672, 64, 8, 80, 32000, true},
      {"llama3.1-405b", 16384, 53248, 128, 8, 126, 128256, true},
      {"bert-large", 1024, 4096, 16, 16, 24, 30720, false, true},
      {"bloom-1.7b", 2048, 8192, 16, 16, 24, 250880, false, true},
      {"gpt3-1.3b", 2048, 8192, 16, 16, 24, 51200, false, true},
      {"gpt3-2.7b", 2560, 10240, 32, 32, 32, 51200, false, true},
      {"gpt3-6.7b", 4096, 16384, 32, 32, 32, 51200, false, true},
      {"gpt3-13b", 5120, 20480, 40, 40, 40, 51200, false, true},
      {"gpt3-175b", 12288, 49152, 96, 96, 96, 51200, false, true},
      {"mixtral-8x7b", 4096, 14336, 32, 8, 32, 32000, true, false, 8, 2},
      {"llama3.1-8b", 4096, 14336, 32, 8, 32, 128256, true},
      {"llama3.1-70b", 8192, 28672, 64, 8, 80, 128256, true},
      {"mistral-7b", 4096, 14336, 32, 8, 32, 32000, true},
      with_head_dim({"mistral-nemo-12b", 5120, 14336, 32, 8, 40, 131072, true}, 128),
      {"mixtral-8x22b", 6144, 16384, 48, 8, 56, 32000, true, false, 8, 2},
      {"qwen2.5-72b", 8192, 29568, 64, 8, 80, 152064, true},
      {"qwen1.5-moe-a2.7b", 2048, 1408, 16, 16, 24, 151936, true, false, 60, 4, with_shared_expert(5632)},
  }};
  return models;
}

std::vector<std::string_view> model_names() {
  std::vector<std::string_view> names;
  for (const ModelConfig& model : known_models()) names.push_back(model.name);
  return names;
}

const ModelConfig* find_model(std::string_view name) {
  for (const ModelConfig& model : known_models()) {
    if (model.name == name) return &model;
  }
  return nullptr;
}

std::uint64_t layer_weights(const ModelConfig& config) {
  return layer_weights(model_of(config));
}

std::uint64_t active_layer_weights(const ModelConfig& config) {
  const Model model = model_of(config);
  std::uint64_t weights = 0;
  for (const Operator& o : model.operators) weights += active_weights(o, model.hidden);
  return weights;
}

std::uint64_t all_weights(const ModelConfig& m) {
  return m.layers * layer_weights(m) + (m.tied ? 1 : 2) * std::uint64_t{m.hidden} * m.vocabulary;
}

std::optional<std::uint32_t> published_vocabulary(std::string_view known) {
  const Extras* extras = find_extras(known);
  return extras != nullptr && extras->vocabulary > 0 ? std::optional(extras->vocabulary) : std::nullopt;
}

std::optional<std::uint64_t> parameters(std::string_view known) {
  const ModelConfig* model = find_model(known);
  const Extras* extras = find_extras(known);
  if (model == nullptr || extras == nullptr) return std::nullopt;
  ModelConfig published = *model;
  if (extras->vocabulary > 0) published.vocabulary = extras->vocabulary;
  const std::uint64_t layer =
      extras->layer_vectors * std::uint64_t{model->hidden} + layer_biases(model_of(*model), extras->biases);
  return all_weights(published) + model->layers * layer + extras->vectors * std::uint64_t{model->hidden};
}

std::optional<std::uint64_t> parameters_of(const ModelConfig& m) {
  const ModelConfig* known = find_model(m.name);
  if (known == nullptr) return std::nullopt;
  ModelConfig same = m;
  if (m.vocabulary == published_vocabulary(m.name)) same.vocabulary = known->vocabulary;
  return same == *known ? parameters(m.name) : std::nullopt;
}

Wide model_flops(const TrainingConfig& config) {
  const Model m = model_of(config.model);
  Wide linear = 0, scored = 0;  // of a token; of a query and a key
  for (const Operator& o : m.operators) {
    linear += 6 * Wide{active_weights(o, m.hidden)};
    scored += 12 * Wide{scored_features(o)};
  }
  const Wide tokens = Wide{config.batch_sequences} * config.sequence_length;
  const Wide pairs = config.batch_sequences * mask_of(config).pairs(config.sequence_length);
  return tokens * (m.layers * linear + 6 * Wide{m.hidden} * m.vocabulary) + m.layers * scored * pairs;
}

}  // namespace hecaton::training
