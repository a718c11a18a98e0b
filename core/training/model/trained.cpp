#include "core/training/model/trained.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/training/model/models.hpp"

namespace hecaton::training {

Trained trained_of(const TrainingConfig& config) {
  const std::uint64_t layers = config.model.layers;
  Trained trained;
  trained.frozen_layers =
      config.train == Train::head ? layers : std::min<std::uint64_t>(config.frozen_layers, layers);
  trained.layers = layers - trained.frozen_layers;
  trained.table = trained.frozen_layers == 0;
  trained.head = trained.table || !config.model.tied;
  return trained;
}

PlanErrors problems_of_trained(const TrainingConfig& config) {
  PlanErrors errors;
  if (config.train == Train::head && config.frozen_layers > 0) {
    errors.emplace_back("training.frozen_layers", "does not go with training.train = \"head\"",
                        "all layers are frozen then", "leave one of the two out");
  } else if (config.train == Train::all && config.frozen_layers >= config.model.layers &&
             config.frozen_layers > 0) {
    errors.emplace_back("training.frozen_layers", "leaves no layer to train",
                        fmt::format("{} of {} layers", config.frozen_layers, config.model.layers),
                        fmt::format("use at most {}, or training.train = \"head\"",
                                    std::max<std::uint32_t>(config.model.layers, 1) - 1));
  }
  if (config.train == Train::head && config.model.tied) {
    errors.emplace_back("training.train", "leaves nothing to train",
                        "the output head is the embedding table, which is frozen with the layers",
                        "use training.frozen_layers, or training.model.tied = false");
  }
  return errors;
}

std::uint64_t trained_weights(const TrainingConfig& config) {
  const Trained trained = trained_of(config);
  const ModelConfig& m = config.model;
  const std::uint64_t words = std::uint64_t{m.hidden} * m.vocabulary;
  const bool has_table = trained.table && !m.tied;
  return trained.layers * layer_weights(m) + (trained.head ? words : 0) + (has_table ? words : 0);
}

}  // namespace hecaton::training
