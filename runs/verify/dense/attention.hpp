// Attention of the dense step, forward and backward: over the whole square of positions of a sequence, or what
// the step's mask leaves of it.
#pragma once

#include "runs/verify/dense/tensors.hpp"

namespace hecaton::runs {

// From queries, keys and values to X of the projection.
void attend(const StepInputs& inputs, DenseTensors& tensors, std::int32_t block);

// Gradients of keys and values by query head, because several query heads may share a key/value head and lie
// on several dies. A row per token, per query head first those of its key, then those of its value.
struct KeyValueGradients {
  DenseMatrix by_head;
  // What `heads` add to this feature among queries, keys and values.
  Number sum(const StepShape& shape, std::int32_t block, std::uint64_t token, std::uint64_t feature,
             Heads heads) const;
};

// From dX of the projection to the gradients of queries, keys and values.
KeyValueGradients attend_backward(const StepInputs& inputs, DenseTensors& tensors, std::int32_t block);

}  // namespace hecaton::runs
