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
  const bool has_adapters = config.train == Train::adapters;
  trained.weights = !has_adapters;
  trained.table = trained.frozen_layers == 0 && !has_adapters;
  trained.head = !has_adapters && (trained.table || !config.model.tied);
  return trained;
}

std::uint64_t Adapters::rank_of(OperatorKind kind) const {
  if (kind == OperatorKind::attention) return on == AdapterOn::feed_forward ? 0 : rank;
  return kind == OperatorKind::feed_forward && on != AdapterOn::attention ? rank : 0;
}

Adapters adapters_of(const TrainingConfig& config) {
  if (config.train != Train::adapters) return {};
  return {config.adapter_rank, config.adapter_on};
}

std::uint64_t adapter_weights(const TrainingConfig& config) {
  const Model model = model_of(config.model);
  const Adapters adapters = adapters_of(config);
  const std::uint64_t h = model.hidden;
  std::uint64_t sum = 0;
  for (const Operator& o : model.operators) {
    // Inputs of A, outputs of B.
    const std::uint64_t sides = o.kind == OperatorKind::attention
                                    ? qkv_matrices * h + qkv_features(o) + query_features(o) + h
                                    : up_matrices(o.gated) * h + up_features(o) + o.ffn + h;
    sum += adapters.rank_of(o.kind) * sides;
  }
  return sum;
}

namespace {

// The fewest inputs or outputs of a matrix with an adapter; 0 if there is none.
std::uint64_t narrowest(const TrainingConfig& config) {
  const Model model = model_of(config.model);
  std::uint64_t least = 0;
  for (const Operator& o : model.operators) {
    if (adapters_of(config).rank_of(o.kind) == 0) continue;
    const std::uint64_t inner = o.kind == OperatorKind::attention ? o.kv_heads * o.head : o.ffn;
    least = std::min({least == 0 ? inner : least, inner, model.hidden});
  }
  return least;
}

PlanErrors problems_of_adapters(const TrainingConfig& config) {
  if (config.train != Train::adapters) {
    if (config.adapter_rank == 0) return {};
    return {{"training.adapter_rank", "does nothing", "the deck trains no adapters",
             "use training.train = \"adapters\", or leave it out"}};
  }
  if (config.adapter_rank == 0) {
    return {{"training.adapter_rank", "is missing", "adapters have a rank of at least 1",
             "give training.adapter_rank, for example 16"}};
  }
  const std::uint64_t least = narrowest(config);
  if (least == 0) {
    return {{"training.adapter_on", "leaves nothing to train",
             "no layer has an operator of that kind; experts have no adapters",
             "name operators that the model has"}};
  }
  PlanErrors errors;
  if (config.adapter_rank > least) {
    errors.emplace_back(
        "training.adapter_rank", "is larger than a matrix",
        fmt::format("{} ranks; the narrowest matrix has {} inputs or outputs", config.adapter_rank, least),
        fmt::format("use at most {}", least));
  }
  if (config.recompute) {
    errors.emplace_back("training.recompute", "does not go with adapters",
                        "a layer would compute the products of its adapters "
                        "again, which is not planned",
                        "set training.recompute = false");
  }
  return errors;
}

}  // namespace

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
  const PlanErrors of_adapters = problems_of_adapters(config);
  errors.insert(errors.end(), of_adapters.begin(), of_adapters.end());
  return errors;
}

std::uint64_t trained_weights(const TrainingConfig& config) {
  const Trained trained = trained_of(config);
  const ModelConfig& m = config.model;
  const std::uint64_t words = std::uint64_t{m.hidden} * m.vocabulary;
  const bool has_table = trained.table && !m.tied;
  const std::uint64_t layer = trained.weights ? layer_weights(m) : adapter_weights(config);
  return trained.layers * layer + (trained.head ? words : 0) + (has_table ? words : 0);
}

}  // namespace hecaton::training
