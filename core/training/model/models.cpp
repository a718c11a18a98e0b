#include "core/training/model/models.hpp"

#include <algorithm>

#include "core/training/model/mask.hpp"
#include "core/training/model/trained.hpp"

namespace hecaton::training {

namespace {

const KnownModel* find_known(std::string_view name) {
  const std::span<const KnownModel> models = known_models();
  const auto found =
      std::find_if(models.begin(), models.end(), [&](const KnownModel& m) { return m.shapes.name == name; });
  return found == models.end() ? nullptr : &*found;
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

// Of a layer, with the gains of norms of queries and keys.
std::uint64_t layer_extras(const Model& m, const Extras& extras) {
  std::uint64_t sum = extras.layer_vectors * m.hidden + layer_biases(m, extras.biases);
  for (const Operator& o : m.operators)
    if (o.kind == OperatorKind::attention) sum += extras.head_vectors * o.head;
  return sum;
}

}  // namespace

std::vector<std::string_view> model_names() {
  std::vector<std::string_view> names;
  for (const KnownModel& model : known_models()) names.push_back(model.shapes.name);
  return names;
}

const ModelConfig* find_model(std::string_view name) {
  const KnownModel* known = find_known(name);
  return known == nullptr ? nullptr : &known->shapes;
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

std::optional<std::uint32_t> published_vocabulary(std::string_view name) {
  const KnownModel* known = find_known(name);
  return known != nullptr && known->vocabulary > 0 ? std::optional(known->vocabulary) : std::nullopt;
}

std::uint64_t parameters(const ModelConfig& m, Family family) {
  const Extras& extras = extras_of(family);
  return all_weights(m) + m.layers * layer_extras(model_of(m), extras) +
         std::uint64_t{extras.vectors + extras.positions} * m.hidden;
}

std::optional<std::uint64_t> parameters(std::string_view name) {
  const KnownModel* known = find_known(name);
  if (known == nullptr) return std::nullopt;
  ModelConfig published = known->shapes;
  if (known->vocabulary > 0) published.vocabulary = known->vocabulary;
  return parameters(published, known->family);
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
  const Trained trained = trained_of(config);
  Wide linear = 0, scored = 0;  // of a token; of a query and a key
  for (const Operator& o : m.operators) {
    linear += 2 * Wide{active_weights(o, m.hidden)};
    scored += 4 * Wide{scored_features(o)};
  }
  // Forward once, backward as much for each of two gradients; frozen weights
  // have one.
  const Wide passes = trained.frozen_layers + 3 * Wide{trained.layers};
  const Wide products = trained.frozen_layers + (trained.weights ? 3 : 2) * Wide{trained.layers};
  const Wide of_adapters = trained.layers * 6 * Wide{adapter_weights(config)};
  const Wide of_head = 1 + (trained.below_head() ? 1 : 0) + (trained.head ? 1 : 0);
  const Wide tokens = Wide{config.batch_sequences} * config.sequence_length;
  const Wide pairs = config.batch_sequences * mask_of(config).pairs(config.sequence_length);
  return tokens * (products * linear + of_adapters + of_head * 2 * m.hidden * m.vocabulary) +
         passes * scored * pairs;
}

}  // namespace hecaton::training
