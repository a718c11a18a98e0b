// Feed-forward networks and mixtures of experts of the dense step, forward and backward. A network without
// experts is one expert that every token passes.
//
// A token's result is the sum of those of its k experts, each times its share: softmax over the scores of
// these k. dX of down, and so all that follows from it, has the share in it.
#pragma once

#include "runs/verify/dense/tensors.hpp"

namespace hecaton::runs {

// Scores, shares, up, activation, down.
void feed_forward(const StepInputs& inputs, DenseTensors& tensors, std::int32_t block);
void feed_forward_backward(const StepInputs& inputs, DenseTensors& tensors, std::int32_t block);

// An element of dW: of the linear layer that scores experts, where `part` says which tokens and features
// between up and down it is summed over; and of up or down of an expert.
Number score_weight_gradient(const StepInputs& inputs, const DenseTensors& tensors, const Linear& linear,
                             std::uint64_t input, std::uint64_t expert, const GradientPart& part);
Number expert_weight_gradient(const StepInputs& inputs, const DenseTensors& tensors, const Linear& linear,
                              std::uint64_t input, std::uint64_t output);

}  // namespace hecaton::runs
