// All that the programs of 1D tensor parallelism are written from: what lies where (die.hpp), which weights
// fit into the weight buffer, and the mini-batch that was chosen (minibatch.hpp). Sizes in bytes where no
// unit is named.
#pragma once

#include <cstdint>
#include <vector>

#include "core/training/one_d/operators.hpp"

namespace hecaton::training {

struct OneDLayout {
  OneDScheme scheme;
  MeshShape mesh;
  OneDDie die;
  OneDSlices slices;
  std::vector<OneDOperator> operators;  // of a layer
  TiledStage head;
  bool ahead = false;              // token tiles are read before they are needed and written behind
  bool prefetch_forward = false;   // weights of the next operator fit beside those of this one
  bool prefetch_backward = false;  // and beside their gradients too
  bool recompute = false;          // only the stream is saved
  Optimizer optimizer = Optimizer::adam;
  std::uint64_t layers = 1;
  std::uint64_t minibatches = 1;
  std::uint64_t sequences = 1;        // of a mini-batch
  std::uint64_t vocabulary_rest = 0;  // this many dies have die.vocabulary words, the others one less; 0: all
  std::uint64_t activation_peak = 0;
  std::uint64_t weight_peak = 0;
  std::uint64_t weight_capacity = 0;
};

// Throws PlanError.
OneDLayout one_d_layout(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die,
                        const OneDScheme& scheme);

}  // namespace hecaton::training
