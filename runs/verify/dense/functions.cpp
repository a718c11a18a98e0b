#include "runs/verify/dense/functions.hpp"

#include <cmath>
#include <numbers>

namespace hecaton::runs {

namespace {

constexpr Number norm_epsilon = 1e-5L;  // added to the mean square

Number logistic(Number x) {
  return 1.0 / (1.0 + std::exp(-x));
}
Number normal_distribution(Number x) {
  return 0.5 * (1.0 + std::erf(x / std::numbers::sqrt2_v<Number>));
}

}  // namespace

Number activation(bool gated, Number gate, Number up) {
  return gated ? gate * logistic(gate) * up : up * normal_distribution(up);
}

ActivationGradient activation_gradient(bool gated, Number gate, Number up, Number gradient) {
  if (gated) {
    const Number s = logistic(gate);
    return {gradient * up * s * (1.0 + gate * (1.0 - s)), gradient * gate * s};
  }
  const Number density = std::exp(-0.5 * up * up) / std::sqrt(2.0 * std::numbers::pi_v<Number>);
  return {0.0, gradient * (normal_distribution(up) + up * density)};
}

Number norm_root(Number squares, std::uint64_t features) {
  return std::sqrt(squares / static_cast<Number>(features) + norm_epsilon);
}

Numbers attention_weights(Numbers products, std::uint64_t head_size) {
  Number sum = 0;
  for (Number& p : products) sum += p = std::exp(p / std::sqrt(static_cast<Number>(head_size)));
  for (Number& p : products) p /= sum;
  return products;
}

}  // namespace hecaton::runs
