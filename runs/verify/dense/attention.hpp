// Attention of the dense step, forward and backward: over the whole square of positions of a sequence, or what
// the step's mask leaves of it.
#pragma once

#include "runs/verify/dense/tensors.hpp"

namespace hecaton::runs {

// From queries, keys and values to X of the projection.
void attend(const StepInputs& inputs, DenseTensors& tensors, std::int32_t block);

// Gradients of keys and values by query head, because several query heads may share a key/value head and lie
// on several dies; and, because several dies may share a query head, by kind of query: its place in its sequence
// modulo the number of kinds. A row per token; per kind and query head first those of its key, then of its value.
struct KeyValueGradients {
  DenseMatrix by_head;
  std::uint64_t query_kinds = 1;
  // What `heads` add to this feature among queries, keys and values.
  Number sum(const StepShape& shape, std::int32_t block, std::uint64_t token, std::uint64_t feature,
             Heads heads) const;
};

// From dX of the projection to the gradients of queries, keys and values.
KeyValueGradients attend_backward(const StepInputs& inputs, DenseTensors& tensors, std::int32_t block,
                                  std::uint64_t query_kinds);

}  // namespace hecaton::runs
