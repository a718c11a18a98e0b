// Adapters of the dense step, forward and backward: to Y = X W comes U B, where
// U = X A. A has the ranks of all matrices of W side by side; each matrix has
// its own rows of U and of B's columns.
#pragma once

#include "runs/verify/dense/tensors.hpp"

namespace hecaton::runs {

// After Y, and after dX, of this linear layer. Nothing, where it has no
// adapters.
void adapt(const StepInputs& inputs, DenseTensors& tensors, const Linear& linear);
void adapt_backward(const StepInputs& inputs, DenseTensors& tensors, const Linear& linear);

}  // namespace hecaton::runs
