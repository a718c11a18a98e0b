#include "runs/verify/die/products.hpp"

namespace hecaton::runs {

using chiplet::Ring;
using chiplet::Work;
using training::Meaning;
using training::Pass;

Numbers times(const MatrixView& a, const MatrixView& b) {
  const std::uint64_t rows = a.rows(), depth = a.columns(), columns = b.columns();
  Numbers product(rows * columns, 0.0);
  for (std::uint64_t i = 0; i < rows; ++i)
    for (std::uint64_t k = 0; k < depth; ++k)
      for (std::uint64_t j = 0; j < columns; ++j) product[i * columns + j] += a.at(i, k) * b.at(k, j);
  return product;
}

void add(Numbers& to, const Numbers& from) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
}

ProductShape shape_of(const chiplet::Op& op, Pass pass) {
  if (pass == Pass::input_gradient) return {op.m, op.n, op.k};
  if (pass == Pass::weight_gradient) return {op.k, op.m, op.n};
  return {op.m, op.k, op.n};
}

void multiply_on_grid(DieStep& die, const Work& work) {
  const Meaning& m = die.places.meaning(work);
  const Linear linear = die.places.linear_of(work);
  const ProductShape s = shape_of(work.op, m.pass);
  const Indices inputs = die.features.inputs_at(die.places.input_place(m), s.inputs);
  const Indices outputs = die.features.outputs_at(work, die.places.output_place(m), s.outputs);
  const Numbers w = die.sheets.weights(linear, inputs, outputs);
  const Held& x = die.hand.x;
  if (m.pass == Pass::weight_gradient) {
    die.tokens.finish_tile(work);
    const Numbers dy = die.rows_of(die.hand.dy, x.rows, s.outputs, work);
    if (!die.fits(x.numbers, s.tokens * s.inputs, work)) return;
    return die.sheets.add_gradient(linear, inputs, outputs, dw_of(x.numbers, dy, s));
  }
  const bool forward = m.pass == Pass::forward;
  const Held& held = forward ? x : die.hand.dy;
  die.hand.product = {{}, held.rows};
  if (!die.fits(held.numbers, s.tokens * (forward ? s.inputs : s.outputs), work)) return;
  die.hand.product.numbers = forward ? y_of(held.numbers, w, s) : dx_of(held.numbers, w, s);
}

void multiply_by_outputs(DieStep& die, const Work& work) {
  const Meaning& m = die.places.meaning(work);
  const Linear linear = die.places.linear_of(work);
  const ProductShape s = shape_of(work.op, m.pass);
  const Indices inputs = die.features.inputs_at(0, s.inputs);
  const Indices outputs = die.features.outputs_at(work, die.places.place_in(Ring::package), s.outputs);
  const Numbers w = die.sheets.weights(linear, inputs, outputs);
  const TensorName gradient = tensor(Kind::output_gradient, linear);
  if (m.pass == Pass::input_gradient) {
    const Indices tokens = die.tokens.all(work, Ring::package, s.tokens);
    if (m.half == 0) die.hand.product = {Numbers(s.tokens * s.inputs, 0.0), tokens};
    return add(die.hand.product.numbers, dx_of(die.sheets.cut(gradient, tokens, outputs), w, s));
  }
  if (m.half + 1 == m.halves) die.tokens.finish_tile(work);
  const Held& x = die.hand.x;
  if (!die.fits(x.numbers, s.tokens * s.inputs, work)) return;
  if (m.pass == Pass::forward) {
    die.sheets.put_all(tensor(Kind::output, linear), x.rows, outputs, y_of(x.numbers, w, s));
    die.tokens.set_recent(x.rows);
    return;
  }
  die.sheets.add_gradient(linear, inputs, outputs,
                          dw_of(x.numbers, die.sheets.cut(gradient, x.rows, outputs), s));
}

void multiply_by_inputs(DieStep& die, const Work& work) {
  const Meaning& m = die.places.meaning(work);
  const Linear linear = die.places.linear_of(work);
  const ProductShape s = shape_of(work.op, m.pass);
  const Indices inputs = die.features.inputs_at(die.places.place_in(Ring::package), s.inputs);
  const Indices outputs = die.features.outputs_at(work, 0, s.outputs);
  const Numbers w = die.sheets.weights(linear, inputs, outputs);
  const TensorName input = tensor(Kind::input, linear);
  if (m.pass == Pass::forward) {
    const Indices tokens = die.tokens.all(work, Ring::package, s.tokens);
    die.hand.product = {y_of(die.sheets.cut(input, tokens, inputs), w, s), tokens};
    return;
  }
  die.tokens.finish_tile(work);
  const Held& dy = die.hand.dy;
  if (!die.fits(dy.numbers, s.tokens * s.outputs, work)) return;
  if (m.pass == Pass::input_gradient) {
    die.sheets.put_all(tensor(Kind::input_gradient, linear), dy.rows, inputs, dx_of(dy.numbers, w, s));
    die.tokens.set_recent(dy.rows);
    return;
  }
  die.sheets.add_gradient(linear, inputs, outputs,
                          dw_of(die.sheets.cut(input, dy.rows, inputs), dy.numbers, s));
}

}  // namespace hecaton::runs
