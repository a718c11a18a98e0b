#include "core/training/one_d/adapters.hpp"

#include <algorithm>

namespace hecaton::training {

using chiplet::Stage;

std::uint64_t OneDAdapters::ranks() const {
  const auto count =
      std::count_if(matrices.begin(), matrices.end(), [](const Matrix& m) { return m.outputs > 0; });
  return rank * static_cast<std::uint64_t>(count);
}

void OneDAdapters::products_of_b(ProgramBuilder& b) const {
  for (const Matrix& m : matrices)
    if (m.outputs > 0) b.matmul(stage, m.tokens, rank, m.outputs);
}

void OneDAdapters::gradients_of_b(ProgramBuilder& b, Spread spread) const {
  for (const Matrix& m : matrices)
    if (m.outputs > 0) b.matmul(stage, rank, m.tokens, m.outputs);
  b.mean({Verb::adapter_b, Pass::weight_gradient, spread});
}

// ---- cut by outputs

void OneDAdapters::add_to_outputs(ProgramBuilder& b) const {
  if (rank == 0) return;
  b.matmul(stage, tokens, inputs, ranks());
  b.mean({Verb::rank_product, Pass::forward, Spread::outputs});
  products_of_b(b);
  b.mean({Verb::adapted, Pass::forward, Spread::outputs});
}

void OneDAdapters::sum_gradients(ProgramBuilder& b, const OneDLayout& l) const {
  if (rank == 0) return;
  hold(b, slice_bytes(tokens, ranks()));
  for (const Matrix& m : matrices)
    if (m.outputs > 0) b.matmul(stage, m.tokens, m.outputs, rank);
  const std::size_t mark = b.mark();
  l.scheme.reduce(b, l.mesh, stage, tokens, slice_bytes(1, ranks()));
  b.mean(mark, {Verb::rank_sums, Pass::input_gradient, Spread::outputs});
  gradients_of_b(b, Spread::outputs);
}

void OneDAdapters::add_to_input_gradient(ProgramBuilder& b, const OneDLayout& l) const {
  if (rank == 0) return;
  const std::uint64_t own = ceil_div(tokens, l.die.dies), share = slice_bytes(tokens, l.die.table);
  hold(b, share);
  b.vector(Stage::norm, 2 * share);  // the input of its tokens once more
  mean_on_grid(b, Verb::norm_again, Pass::forward, stage);
  b.matmul(stage, own, ranks(), inputs);
  b.vector(stage, 2 * share);
  b.mean({Verb::adapted, Pass::input_gradient, Spread::outputs});
  b.matmul(stage, inputs, own, ranks());
  b.mean({Verb::adapter_a, Pass::weight_gradient, Spread::outputs});
  drop(b, share + slice_bytes(tokens, ranks()));
}

// ---- cut by inputs

void OneDAdapters::add_to_partial_sums(ProgramBuilder& b) const {
  if (rank == 0) return;
  b.matmul(stage, matrices[0].tokens, inputs, rank);
  b.mean({Verb::rank_product, Pass::forward, Spread::inputs});
  products_of_b(b);
  b.mean({Verb::adapted, Pass::forward, Spread::inputs});
}

void OneDAdapters::pass_gradients(ProgramBuilder& b) const {
  if (rank == 0) return;
  const Matrix& m = matrices[0];
  hold(b, slice_bytes(m.tokens, rank));
  b.matmul(stage, m.tokens, m.outputs, rank);
  b.mean({Verb::rank_product, Pass::input_gradient, Spread::inputs});
  b.matmul(stage, m.tokens, rank, inputs);
  b.mean({Verb::adapted, Pass::input_gradient, Spread::inputs});
  gradients_of_b(b, Spread::inputs);
}

void OneDAdapters::add_gradient_of_a(ProgramBuilder& b) const {
  if (rank == 0) return;
  b.matmul(stage, inputs, matrices[0].tokens, rank);
  b.mean({Verb::adapter_a, Pass::weight_gradient, Spread::inputs});
  drop(b, slice_bytes(matrices[0].tokens, rank));
}

}  // namespace hecaton::training
