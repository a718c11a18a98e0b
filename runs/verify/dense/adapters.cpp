#include "runs/verify/dense/adapters.hpp"

namespace hecaton::runs {

namespace {

Linear part_of(Linear linear, std::int32_t which) {
  linear.expert = which;
  return linear;
}

// Calls visit(column of U, row of B, output, weight of B).
template <class Visit>
void for_each_b(const StepInputs& inputs, const Linear& linear, Visit&& visit) {
  const Linear b = part_of(linear, Linear::adapter_b);
  for (std::uint64_t rank = 0; rank < adapter_rank(inputs.shape, linear); ++rank)
    for (std::uint64_t n = 0; n < inputs.shape.outputs_of(linear); ++n)
      visit(adapter_column(inputs.shape, linear, rank, n), n, inputs.drawn.weight(b, rank, n));
}
template <class Visit>
void for_each_a(const StepInputs& inputs, const Linear& linear, Visit&& visit) {
  const Linear a = part_of(linear, Linear::adapter_a);
  for (std::uint64_t k = 0; k < inputs.shape.inputs_of(linear); ++k)
    for (std::uint64_t rank = 0; rank < adapter_ranks(inputs.shape, linear); ++rank)
      visit(k, rank, inputs.drawn.weight(a, k, rank));
}

}  // namespace

void adapt(const StepInputs& inputs, DenseTensors& tensors, const Linear& linear) {
  if (adapter_rank(inputs.shape, linear) == 0) return;
  const DenseMatrix& x = tensors.get(tensor(Kind::input, linear));
  DenseMatrix& u =
      tensors.make(tensor(Kind::ranks, linear), inputs.shape.tokens(), adapter_ranks(inputs.shape, linear));
  for_each_a(inputs, linear, [&](auto k, auto rank, Number a) {
    for (std::uint64_t t = 0; t < u.rows(); ++t) u.at(t, rank) += x.at(t, k) * a;
  });
  DenseMatrix& y = tensors.edit(tensor(Kind::output, linear));
  for_each_b(inputs, linear, [&](auto rank, auto n, Number b) {
    for (std::uint64_t t = 0; t < u.rows(); ++t) y.at(t, n) += u.at(t, rank) * b;
  });
}

void adapt_backward(const StepInputs& inputs, DenseTensors& tensors, const Linear& linear) {
  if (adapter_rank(inputs.shape, linear) == 0) return;
  const DenseMatrix& dy = tensors.get(tensor(Kind::output_gradient, linear));
  DenseMatrix& du = tensors.make(tensor(Kind::rank_gradient, linear), inputs.shape.tokens(),
                                 adapter_ranks(inputs.shape, linear));
  for_each_b(inputs, linear, [&](auto rank, auto n, Number b) {
    for (std::uint64_t t = 0; t < du.rows(); ++t) du.at(t, rank) += dy.at(t, n) * b;
  });
  DenseMatrix& dx = tensors.edit(tensor(Kind::input_gradient, linear));
  for_each_a(inputs, linear, [&](auto k, auto rank, Number a) {
    for (std::uint64_t t = 0; t < du.rows(); ++t) dx.at(t, k) += du.at(t, rank) * a;
  });
}

}  // namespace hecaton::runs
