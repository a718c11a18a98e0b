// The nonlinear functions of a step. The dense step and the dies use the same.
#pragma once

#include <cstdint>

#include "runs/verify/dense/number.hpp"

namespace hecaton::runs {

// Gated: silu(gate) x up. Else gelu(up), and the gate is not read.
Number activation(bool gated, Number gate, Number up);

// By the gradient of the result. Not gated: the gate has none.
struct ActivationGradient {
  Number gate = 0, up = 0;
};
ActivationGradient activation_gradient(bool gated, Number gate, Number up, Number gradient);

// The root mean square that a norm divides by, from the sum of the squares of `features` features.
Number norm_root(Number squares, std::uint64_t features);

// Softmax of one query's products with the keys of its sequence, scaled by the size of the head.
Numbers attention_weights(Numbers products, std::uint64_t head_size);

}  // namespace hecaton::runs
