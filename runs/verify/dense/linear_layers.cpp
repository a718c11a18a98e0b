#include "runs/verify/dense/linear_layers.hpp"

#include "runs/verify/dense/functions.hpp"

namespace hecaton::runs {

void normalise(const StepInputs& inputs, DenseTensors& tensors, const Linear& linear) {
  const std::uint64_t hidden = inputs.shape.hidden();
  const DenseMatrix& in = tensors.get(tensor(Kind::norm_input, linear));
  DenseMatrix& x = tensors.make(tensor(Kind::input, linear), inputs.shape.tokens(), hidden);
  for (std::uint64_t t = 0; t < inputs.shape.tokens(); ++t) {
    Number squares = 0;
    for (std::uint64_t f = 0; f < hidden; ++f) squares += in.at(t, f) * in.at(t, f);
    const Number root = norm_root(squares, hidden);
    for (std::uint64_t f = 0; f < hidden; ++f) x.at(t, f) = in.at(t, f) / root;
  }
}

void normalise_backward(const StepInputs& inputs, DenseTensors& tensors, const Linear& linear,
                        const DenseMatrix* past) {
  const std::uint64_t hidden = inputs.shape.hidden();
  const DenseMatrix& in = tensors.get(tensor(Kind::norm_input, linear));
  const DenseMatrix& x = tensors.get(tensor(Kind::input, linear));
  const DenseMatrix& dx = tensors.get(tensor(Kind::input_gradient, linear));
  DenseMatrix& gradient =
      tensors.make(tensor(Kind::norm_input_gradient, linear), inputs.shape.tokens(), hidden);
  for (std::uint64_t t = 0; t < inputs.shape.tokens(); ++t) {
    Number squares = 0, dot = 0;
    for (std::uint64_t f = 0; f < hidden; ++f) squares += in.at(t, f) * in.at(t, f);
    for (std::uint64_t f = 0; f < hidden; ++f) dot += dx.at(t, f) * x.at(t, f);
    const Number root = norm_root(squares, hidden);
    for (std::uint64_t f = 0; f < hidden; ++f) {
      gradient.at(t, f) = (dx.at(t, f) - x.at(t, f) * dot / static_cast<Number>(hidden)) / root;
      if (past != nullptr) gradient.at(t, f) += past->at(t, f);
    }
  }
}

void multiply(const StepInputs& inputs, DenseTensors& tensors, const Linear& linear) {
  const DenseMatrix& x = tensors.get(tensor(Kind::input, linear));
  DenseMatrix& y =
      tensors.make(tensor(Kind::output, linear), inputs.shape.tokens(), inputs.shape.outputs_of(linear));
  for (std::uint64_t k = 0; k < x.columns; ++k)
    for (std::uint64_t n = 0; n < y.columns; ++n) {
      const Number w = inputs.drawn.weight(linear, k, n);
      for (std::uint64_t t = 0; t < inputs.shape.tokens(); ++t) y.at(t, n) += x.at(t, k) * w;
    }
}

void multiply_backward(const StepInputs& inputs, DenseTensors& tensors, const Linear& linear) {
  const DenseMatrix& dy = tensors.get(tensor(Kind::output_gradient, linear));
  DenseMatrix& dx = tensors.make(tensor(Kind::input_gradient, linear), inputs.shape.tokens(),
                                 inputs.shape.inputs_of(linear));
  for (std::uint64_t k = 0; k < dx.columns; ++k)
    for (std::uint64_t n = 0; n < dy.columns; ++n) {
      const Number w = inputs.drawn.weight(linear, k, n);
      for (std::uint64_t t = 0; t < inputs.shape.tokens(); ++t) dx.at(t, k) += dy.at(t, n) * w;
    }
}

}  // namespace hecaton::runs
