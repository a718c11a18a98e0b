#include "core/training/models.hpp"

#include <array>
#include <stdexcept>

namespace hecaton::training {

std::span<const ModelConfig> known_models() {
  static const std::array<ModelConfig, 4> models = {{
      {"tinyllama-1.1b", 2048, 5632, 32, 4, 22, 32000, true},
      {"llama2-7b", 4096, 11008, 32, 32, 32, 32000, true},
      {"llama2-70b", 8192, 28672, 64, 8, 80, 32000, true},
      {"llama3.1-405b", 16384, 53248, 128, 8, 126, 128256, true},
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

std::uint64_t model_flops(const ModelConfig& m, std::uint64_t sequence_length, std::uint64_t tokens) {
  __extension__ using Wide = unsigned __int128;
  const Wide weights = Wide{m.layers} * layer_weights(m) + Wide{m.hidden} * m.vocabulary;
  const Wide attention = Wide{m.layers} * sequence_length * m.hidden;
  const Wide flops = tokens * (6 * weights + 12 * attention);
  if (flops > ~std::uint64_t{0}) throw std::overflow_error("the operations of a step overflowed 64 bits");
  return static_cast<std::uint64_t>(flops);
}

}  // namespace hecaton::training
