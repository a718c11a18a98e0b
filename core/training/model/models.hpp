// Sizes of models: those known by name (known_models.hpp), and any other by its shapes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/training/model/known_models.hpp"
#include "core/training/model/operators.hpp"

namespace hecaton::training {

std::vector<std::string_view> model_names();
const ModelConfig* find_model(std::string_view name);  // nullptr if unknown

// All parameters of a known model as it was published: with gains of norms, biases, learned positions and the
// published vocabulary, none of which are simulated. None for other names.
std::optional<std::uint64_t> parameters(std::string_view known);
// Of any model of a family.
std::uint64_t parameters(const ModelConfig& m, Family family);
// The vocabulary that a known model was published with, where its shapes have a padded one.
std::optional<std::uint32_t> published_vocabulary(std::string_view known);
// The parameters of a model that has a known model's name and shapes; the vocabulary may be the published one.
std::optional<std::uint64_t> parameters_of(const ModelConfig& m);

// Weights of the operators of a layer, and those of them that a token passes. The gains of the norms are left
// out: less than a ten-thousandth.
std::uint64_t layer_weights(const ModelConfig& m);
std::uint64_t active_layer_weights(const ModelConfig& m);

// Of the layers, the output head and the embedding table.
std::uint64_t all_weights(const ModelConfig& m);

// Useful operations of a step. The formula stands at Plan::model_flops.
Wide model_flops(const TrainingConfig& config);

}  // namespace hecaton::training
