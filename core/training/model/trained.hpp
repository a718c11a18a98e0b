// What of a model is trained, and what only passes forward.
//
// Frozen layers are the first ones of the model. The embedding table is frozen with them, and so is an output head that is
// that table. Frozen layers save nothing, have no gradients and no state of an optimizer. Of the lowest trained layer the whole
// backward pass is done.
#pragma once

#include <cstdint>

#include "core/training/model/config.hpp"
#include "core/training/model/plan_error.hpp"

namespace hecaton::training {

struct Trained {
  std::uint64_t frozen_layers = 0;
  std::uint64_t layers = 1;  // trained ones, after these
  bool table = true;
  bool head = true;

  // Whether gradients go on below the output head.
  bool below_head() const { return layers > 0; }
};

// Of a configuration without problems_of_trained().
Trained trained_of(const TrainingConfig& config);

PlanErrors problems_of_trained(const TrainingConfig& config);

// Of all_weights() those that are trained.
std::uint64_t trained_weights(const TrainingConfig& config);

}  // namespace hecaton::training
