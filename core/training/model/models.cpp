#include "core/training/model/models.hpp"

#include <array>

namespace hecaton::training {

std::span<const ModelConfig> known_models() {
  // GPT-3's and BERT's vocabularies of 50,257 and 30,522 words, padded to a multiple of 1,024 as Megatron
  // does.
  static const std::array<ModelConfig, 12> models = {{
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

Wide model_flops(const TrainingConfig& config) {
  const Model m = model_of(config.model);
  Wide of_layer = 0;  // for each token
  for (const Operator& o : m.operators)
    of_layer +=
        6 * Wide{active_weights(o, m.hidden)} + 12 * Wide{scored_features(o)} * config.sequence_length;
  const Wide tokens = Wide{config.batch_sequences} * config.sequence_length;
  return tokens * (m.layers * of_layer + 6 * Wide{m.hidden} * m.vocabulary);
}

}  // namespace hecaton::training
