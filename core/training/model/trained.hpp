// What of a model is trained, and what only passes forward.
//
// Frozen layers are the first ones of the model. The embedding table is frozen with them, and so is an output head that is
// that table. Frozen layers save nothing, have no gradients and no state of an optimizer. Of the lowest trained layer the whole
// backward pass is done.
//
// Adapters (LoRA): each matrix W, k x n, of a linear layer gets A, k x R, and
// B, R x n, and Y = X W + X A B. Only A and B are trained; W passes gradients
// on. The embedding table and a head of words are frozen.
#pragma once

#include <cstdint>

#include "core/training/model/config.hpp"
#include "core/training/model/plan_error.hpp"

namespace hecaton::training {

struct Trained {
  std::uint64_t frozen_layers = 0;
  std::uint64_t layers = 1;  // trained ones, after these
  bool weights = true;       // theirs; else their adapters alone
  bool table = true;
  bool head = true;

  // Whether gradients go on below the output head.
  bool below_head() const { return layers > 0; }
};

struct Adapters {
  std::uint64_t rank = 0;  // of each; 0: there are none
  AdapterOn on = AdapterOn::all;

  // For an operator of this kind; 0: without.
  std::uint64_t rank_of(OperatorKind kind) const;
};

Adapters adapters_of(const TrainingConfig& config);
// Weights of the adapters of a layer.
std::uint64_t adapter_weights(const TrainingConfig& config);
// Matrices side by side: queries, keys and values; gate and up, or up.
constexpr std::uint64_t qkv_matrices = 3;
constexpr std::uint64_t up_matrices(bool gated) {
  return gated ? 2 : 1;
}

// Of a configuration without problems_of_trained().
Trained trained_of(const TrainingConfig& config);

PlanErrors problems_of_trained(const TrainingConfig& config);

// Of all_weights() and adapters those that are trained.
std::uint64_t trained_weights(const TrainingConfig& config);

}  // namespace hecaton::training
