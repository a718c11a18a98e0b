// All that the programs of 1D tensor parallelism are written from: what lies where (die.hpp), which weights
// fit into the weight buffer, and the mini-batch that was chosen (minibatch.hpp). Sizes in bytes where no
// unit is named.
#pragma once

#include <cstdint>
#include <vector>

#include "core/training/one_d/operators.hpp"
#include "core/training/plan/step_layout.hpp"

namespace hecaton::training {

struct OneDLayout {
  StepLayout step;
  OneDScheme scheme;
  MeshShape mesh;
  OneDDie die;
  OneDSlices slices;
  std::vector<OneDOperator> operators;  // of a layer
  TiledStage head;
  bool ahead = false;                 // token tiles are read before they are needed and written behind
  bool prefetch_forward = false;      // weights of the next operator fit beside those of this one
  bool prefetch_backward = false;     // and beside their gradients too
  std::uint64_t vocabulary_rest = 0;  // this many dies have die.vocabulary words, the others one less; 0: all
};

// Throws PlanError.
OneDLayout one_d_layout(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die,
                        const OneDScheme& scheme);

}  // namespace hecaton::training
