#include "runs/verify/die/products.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "runs/verify/die/adapters.hpp"

namespace hecaton::runs {

using chiplet::Ring;
using chiplet::Work;
using training::Meaning;
using training::Pass;

namespace {

// Of each row, whether a number of it is missing.
std::vector<bool> rows_with_gaps(const MatrixView& m) {
  std::vector<bool> gaps(m.rows());
  for (std::uint64_t i = 0; i < m.rows(); ++i)
    for (std::uint64_t j = 0; j < m.columns() && !gaps[i]; ++j) gaps[i] = std::isnan(m.at(i, j));
  return gaps;
}

}  // namespace

// A sum with a number that is missing is missing. It is not added up: x87 units take much longer for such numbers than for
// others. The others' sums stay in a register.
Numbers times(const MatrixView& a, const MatrixView& b) {
  const std::uint64_t rows = a.rows(), depth = a.columns(), columns = b.columns();
  const std::vector<bool> row_gaps = rows_with_gaps(a);
  const std::vector<bool> column_gaps =
      rows_with_gaps({b.numbers, b.stored_rows, b.stored_columns, !b.transposed});
  Numbers product(rows * columns, std::numeric_limits<Number>::quiet_NaN());
  for (std::uint64_t i = 0; i < rows; ++i)
    for (std::uint64_t j = 0; j < columns; ++j) {
      if (row_gaps[i] || column_gaps[j]) continue;
      Number sum = 0;
      for (std::uint64_t k = 0; k < depth; ++k) sum += a.at(i, k) * b.at(k, j);
      product[i * columns + j] = sum;
    }
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

namespace {

// Y beside U: the same tokens with this die's ranks of A after the outputs.
Numbers with_ranks(DieStep& die, const Work& work, const Held& x, const ProductShape& s,
                   const Indices& inputs, const Numbers& y) {
  const Meaning& m = die.places.meaning(work);
  const Linear linear = die.places.linear_of(work), a{linear.stage, linear.block, Linear::adapter_a};
  const Numbers weights = die.sheets.weights(a, inputs, ranks_at(die.places.output_place(m), m.ranks));
  const Numbers u = y_of(x.numbers, weights, {s.tokens, s.inputs, m.ranks});
  Numbers both;
  for (std::uint64_t t = 0; t < s.tokens; ++t) {
    both.insert(both.end(), y.begin() + static_cast<std::ptrdiff_t>(t * s.outputs),
                y.begin() + static_cast<std::ptrdiff_t>((t + 1) * s.outputs));
    both.insert(both.end(), u.begin() + static_cast<std::ptrdiff_t>(t * m.ranks),
                u.begin() + static_cast<std::ptrdiff_t>((t + 1) * m.ranks));
  }
  return both;
}

}  // namespace

void multiply_on_grid(DieStep& die, const Work& work) {
  const Meaning& m = die.places.meaning(work);
  const Linear linear = die.places.linear_of(work);
  ProductShape s = shape_of(work.op, m.pass);
  if (m.pass == Pass::forward) s.outputs -= m.ranks;
  const Indices inputs = die.features.inputs_at(die.places.input_place(m), s.inputs);
  const Indices outputs = die.features.outputs_at(work, die.places.output_place(m), s.outputs);
  const Numbers w = die.sheets.weights(linear, inputs, outputs);
  const Held& x = die.hand.x;
  if (m.pass == Pass::weight_gradient) {
    die.tokens.finish_tile(work);
    // dY has been gathered for this product alone.
    if (linear.block < 0 && die.shape.first_trained() == die.shape.blocks())
      die.tokens.finish_tile(work, Pass::input_gradient);
    const Numbers dy = die.rows_of(die.hand.dy, x.rows, s.outputs, work);
    if (!die.fits(x.numbers, s.tokens * s.inputs, work)) return;
    return die.sheets.add_gradient(linear, inputs, outputs, dw_of(x.numbers, dy, s));
  }
  const bool forward = m.pass == Pass::forward;
  const Held& held = forward ? x : die.hand.dy;
  die.hand.product = {{}, held.rows};
  if (!die.fits(held.numbers, s.tokens * (forward ? s.inputs : s.outputs), work)) return;
  die.hand.product.numbers = forward ? y_of(held.numbers, w, s) : dx_of(held.numbers, w, s);
  if (forward && m.ranks > 0)
    die.hand.product.numbers = with_ranks(die, work, held, s, inputs, die.hand.product.numbers);
}

namespace {

// 1D: queries of a head that several dies share, and the projection of their attention, are products of some
// tokens of a tile.
struct OwnTokens {
  Heads heads;  // of whose queries the product is; else of all tokens
  std::uint64_t sequence = 1;

  OwnTokens(const DieStep& die, const Work& work) : sequence(die.shape.sequence()) {
    const Linear linear = die.places.linear_of(work);
    const bool is_of_queries = linear.stage == chiplet::Stage::attention_output ||
                               (linear.stage == chiplet::Stage::qkv && die.places.meaning(work).half == 0);
    if (is_of_queries) heads = die.features.attention_heads(linear.block);
  }
  std::uint64_t of_tile(std::uint64_t tokens) const { return tokens * heads.shared_by; }
  Indices of(const Indices& tile) const { return DieTokens::with_queries(tile, heads, sequence); }
};

// Partial sums of all tokens of the tile: those of `rows` are added to.
void add_rows(Held& sums, const Indices& rows, const Numbers& numbers) {
  const std::uint64_t width = rows.empty() ? 0 : numbers.size() / rows.size();
  std::size_t row = 0;
  for (std::size_t i = 0; i < sums.rows.size() && row < rows.size(); ++i) {
    if (sums.rows[i] != rows[row]) continue;
    for (std::uint64_t f = 0; f < width; ++f) sums.numbers[i * width + f] += numbers[row * width + f];
    ++row;
  }
}

}  // namespace

void multiply_by_outputs(DieStep& die, const Work& work) {
  const Meaning& m = die.places.meaning(work);
  const Linear linear = die.places.linear_of(work);
  const ProductShape s = shape_of(work.op, m.pass);
  const OwnTokens own(die, work);
  const Indices inputs = die.features.inputs_at(0, s.inputs);
  const Indices outputs = die.features.outputs_at(work, die.places.place_in(Ring::package), s.outputs);
  const Numbers w = die.sheets.weights(linear, inputs, outputs);
  const TensorName gradient = tensor(Kind::output_gradient, linear);
  if (m.pass == Pass::input_gradient) {
    const Indices tile = die.tokens.all(work, Ring::package, own.of_tile(s.tokens)), rows = own.of(tile);
    if (m.half == 0) die.hand.product = {Numbers(tile.size() * s.inputs, 0.0), tile};
    return add_rows(die.hand.product, rows, dx_of(die.sheets.cut(gradient, rows, outputs), w, s));
  }
  if (m.half + 1 == m.halves) die.tokens.finish_tile(work);
  const Held& x = die.hand.x;
  const Indices rows = own.of(x.rows);
  if (!die.fits(x.numbers, x.rows.size() * s.inputs, work) || rows.size() != s.tokens)
    return die.fail("a product of other tokens than are there", work);
  const Numbers numbers = die.rows_of(x, rows, s.inputs, work);
  if (m.pass == Pass::forward) {
    die.tokens.set_recent(x.rows);
    if (m.ranks > 0) return die.keep_partly(rows, outputs, y_of(numbers, w, s));
    return die.sheets.put_all(tensor(Kind::output, linear), rows, outputs, y_of(numbers, w, s));
  }
  die.sheets.add_gradient(linear, inputs, outputs,
                          dw_of(numbers, die.sheets.cut(gradient, rows, outputs), s));
}

void multiply_by_inputs(DieStep& die, const Work& work) {
  const Meaning& m = die.places.meaning(work);
  const Linear linear = die.places.linear_of(work);
  const ProductShape s = shape_of(work.op, m.pass);
  const OwnTokens own(die, work);
  const bool is_of_queries = linear.stage == chiplet::Stage::attention_output;
  const Indices inputs = is_of_queries ? die.features.queries(linear.block)
                                       : die.features.inputs_at(die.places.place_in(Ring::package), s.inputs);
  if (inputs.size() != s.inputs) return die.fail("a product of other features than the die's", work);
  const Indices outputs = die.features.outputs_at(work, 0, s.outputs);
  const Numbers w = die.sheets.weights(linear, inputs, outputs);
  const TensorName input = tensor(Kind::input, linear);
  if (m.pass == Pass::forward) {
    const Indices tile = die.tokens.all(work, Ring::package, own.of_tile(s.tokens)), rows = own.of(tile);
    die.hand.product = {Numbers(tile.size() * s.outputs, 0.0), tile};
    return add_rows(die.hand.product, rows, y_of(die.sheets.cut(input, rows, inputs), w, s));
  }
  die.tokens.finish_tile(work);
  const Held& dy = die.hand.dy;
  const Indices rows = own.of(dy.rows);
  if (!die.fits(dy.numbers, dy.rows.size() * s.outputs, work) || rows.size() != s.tokens)
    return die.fail("a product of other tokens than are there", work);
  const Numbers numbers = die.rows_of(dy, rows, s.outputs, work);
  if (m.pass == Pass::input_gradient) {
    die.tokens.set_recent(dy.rows);
    if (m.ranks > 0) return die.keep_partly(rows, inputs, dx_of(numbers, w, s));
    return die.sheets.put_all(tensor(Kind::input_gradient, linear), rows, inputs, dx_of(numbers, w, s));
  }
  die.sheets.add_gradient(linear, inputs, outputs, dw_of(die.sheets.cut(input, rows, inputs), numbers, s));
}

}  // namespace hecaton::runs
