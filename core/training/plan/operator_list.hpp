// The operators of a layer as a family of methods holds them: a list of variants, one alternative for each
// kind. What every kind answers, and questions to a whole list.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "core/training/plan/step_parts.hpp"
#include "core/training/plan/tiling.hpp"

namespace hecaton::training {

// What the steps that are common to all families ask of an operator on one die. A family asks more of its own
// (GridAttention, OneDAttention).
template <class O>
concept LayerOperator = requires(O& o) {
  { o.weights() } -> std::convertible_to<std::uint64_t>;  // elements that this die holds
  { o.masters() } -> std::same_as<Masters>;
  // Of the adapters beside these weights.
  { o.adapter_weights() } -> std::convertible_to<std::uint64_t>;
  { o.adapter_masters() } -> std::same_as<Masters>;
  // Its stages, in the order in which they are done: pointers to TiledStage.
  o.forward_stages();
  o.backward_stages();
};

template <class Operator, class Question>
std::uint64_t sum_of(const std::vector<Operator>& operators, Question&& question) {
  std::uint64_t sum = 0;
  for (const Operator& o : operators) sum += std::visit(question, o);
  return sum;
}

template <class Operator>
std::uint64_t weights_of(const Operator& o) {
  return std::visit([]<LayerOperator O>(const O& op) { return op.weights(); }, o);
}
template <class Operator>
std::uint64_t weights_of(const std::vector<Operator>& operators) {
  return sum_of(operators, [](const auto& op) { return op.weights(); });
}

// With adapters.
template <class Operator>
std::uint64_t trained_weights_of(const Operator& o) {
  return std::visit([]<LayerOperator O>(const O& op) { return op.weights() + op.adapter_weights(); }, o);
}
template <class Operator>
std::uint64_t adapter_weights_of(const std::vector<Operator>& operators) {
  return sum_of(operators, [](const auto& op) { return op.adapter_weights(); });
}

template <class Operator>
OptimizerShare optimizer_share(const std::vector<Operator>& operators, const Trained& trained,
                               const OutsideLayers& outside, Optimizer optimizer) {
  OptimizerShare share{outside.trained, outside.trained, optimizer, outside.frozen};
  for (const Operator& o : operators) {
    const Masters masters = std::visit([](const auto& op) { return op.masters(); }, o);
    const Masters adapters = std::visit([](const auto& op) { return op.adapter_masters(); }, o);
    const Masters& updated = trained.weights ? masters : adapters;
    share.weights += trained.layers * updated.weights;
    share.gradients += trained.layers * updated.gradients;
    share.frozen += trained.frozen_layers * masters.weights;
    if (!trained.weights) share.frozen += trained.layers * masters.weights;
  }
  return share;
}

template <class Operator>
std::vector<TiledStage> forward_stages(std::vector<Operator> operators) {
  std::vector<TiledStage> stages;
  for (Operator& o : operators) {
    std::visit(
        [&](auto& op) {
          for (const TiledStage* s : op.forward_stages()) stages.push_back(*s);
        },
        o);
  }
  return stages;
}
template <class Operator>
std::vector<TiledStage> backward_stages(std::vector<Operator> operators) {
  std::vector<TiledStage> stages;
  for (std::size_t i = operators.size(); i-- > 0;) {
    std::visit(
        [&](auto& op) {
          for (const TiledStage* s : op.backward_stages()) stages.push_back(*s);
        },
        operators[i]);
  }
  return stages;
}

}  // namespace hecaton::training
