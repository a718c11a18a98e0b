// Norms and linear layers of the dense step, forward and backward. Norms divide each token by the root mean
// square of its features; their gains are 1.
#pragma once

#include "runs/verify/dense/tensors.hpp"

namespace hecaton::runs {

// The norm before this linear layer: its X.
void normalise(const StepInputs& inputs, DenseTensors& tensors, const Linear& linear);
// The gradient of the stream before the norm: what comes through the norm, and the gradient past the block
// that the norm begins. `past` null: there is no residual.
void normalise_backward(const StepInputs& inputs, DenseTensors& tensors, const Linear& linear,
                        const DenseMatrix* past);

// Y = X W, and dX = dY W^T.
void multiply(const StepInputs& inputs, DenseTensors& tensors, const Linear& linear);
void multiply_backward(const StepInputs& inputs, DenseTensors& tensors, const Linear& linear);

}  // namespace hecaton::runs
