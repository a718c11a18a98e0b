// The products of a die's linear layers.
#include "runs/verify/die_numbers.hpp"

namespace hecaton::runs {

using chiplet::Ring;
using chiplet::Work;
using training::Spread;
using training::Verb;

Numbers DieNumbers::times(const Matrix& a, const Matrix& b, std::uint64_t rows, std::uint64_t depth,
                          std::uint64_t columns) {
  Numbers product(rows * columns, 0.0);
  for (std::uint64_t i = 0; i < rows; ++i)
    for (std::uint64_t k = 0; k < depth; ++k)
      for (std::uint64_t j = 0; j < columns; ++j) product[i * columns + j] += a.at(i, k) * b.at(k, j);
  return product;
}

namespace {

void add(Numbers& to, const Numbers& from) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
}

Indices part_of(const Indices& all, std::uint64_t index, std::uint64_t size) {
  const auto begin = all.begin() + static_cast<std::ptrdiff_t>(index * size);
  return {begin, begin + static_cast<std::ptrdiff_t>(size)};
}

}  // namespace

void DieNumbers::multiply(const Work& work) {
  const Meaning& m = meaning(work);
  if (m.verb == Verb::attention) return m.pass == Pass::forward ? attend(work) : attend_backward(work);
  if (m.verb == Verb::scores) return score(work);
  if (m.verb != Verb::product) return;
  const chiplet::Op& op = work.op;
  Shape shape{op.m, op.k, op.n};
  if (m.pass == Pass::input_gradient) shape = {op.m, op.n, op.k};
  if (m.pass == Pass::weight_gradient) shape = {op.k, op.m, op.n};
  if (m.spread == Spread::experts) return multiply_experts(work, shape);
  if (m.spread == Spread::summa) return multiply_panels(work, shape);
  if (m.spread == Spread::outputs) return multiply_by_outputs(work, shape);
  if (m.spread == Spread::inputs) return multiply_by_inputs(work, shape);
  multiply_grid(work, shape);
}

void DieNumbers::multiply_grid(const Work& work, const Shape& s) {
  const Meaning& m = meaning(work);
  const Linear linear = linear_of(work);
  const Indices inputs = inputs_at(input_place(m), s.inputs);
  const Indices outputs = outputs_at(work, output_place(m), s.outputs);
  const Numbers w = own_weights(linear, inputs, outputs);
  if (m.pass == Pass::weight_gradient) {
    ++tiles_done(work);
    const Numbers dy = rows(dy_, x_.tokens, s.outputs, work);
    if (!fits(x_.numbers, s.tokens * s.inputs, work)) return;
    return add_gradient(linear, inputs, outputs,
                        times({x_.numbers, s.tokens, s.inputs, true}, {dy, s.tokens, s.outputs}, s.inputs,
                              s.tokens, s.outputs));
  }
  const bool forward = m.pass == Pass::forward;
  const Held& held = forward ? x_ : dy_;
  product_ = {{}, held.tokens};
  if (!fits(held.numbers, s.tokens * (forward ? s.inputs : s.outputs), work)) return;
  const Matrix matrix{w, s.inputs, s.outputs, !forward};
  product_.numbers = forward
                         ? times({held.numbers, s.tokens, s.inputs}, matrix, s.tokens, s.inputs, s.outputs)
                         : times({held.numbers, s.tokens, s.outputs}, matrix, s.tokens, s.outputs, s.inputs);
}

// SUMMA: `s.outputs` are those of a block of columns.
void DieNumbers::multiply_panels(const Work& work, const Shape& s) {
  const Meaning& m = meaning(work);
  const Linear linear = linear_of(work);
  const std::uint64_t block = panels_ % m.blocks;
  const std::uint64_t all = size_of(Ring::row) * m.blocks;
  const std::uint64_t tile_tokens = s.tokens * size_of(Ring::column);
  const Indices tokens = own_tokens(work, tile_of(work, tile_tokens), tile_tokens);
  const Indices outputs = outputs_at(work, place_in(Ring::row), s.outputs * m.blocks);
  const Indices columns = part_of(outputs, block, s.outputs);
  ++panels_;
  if (m.pass == Pass::forward) {
    if (panels_ == 1) y_ = {Numbers(tokens.size() * outputs.size(), 0.0), tokens};
    if (!fits(x_.numbers, s.tokens * s.inputs, work) || !fits(weights_, s.inputs * s.outputs, work)) return;
    const Numbers part = times({x_.numbers, s.tokens, s.inputs}, {weights_, s.inputs, s.outputs}, s.tokens,
                               s.inputs, s.outputs);
    for (std::uint64_t i = 0; i < part.size(); ++i)
      y_.numbers[i / s.outputs * outputs.size() + block * s.outputs + i % s.outputs] += part[i];
    if (panels_ < all) return;
    put_all({Kind::output, linear.stage, linear.block}, tokens, outputs, y_.numbers);
    recent_ = tokens;
    panels_ = 0;
    ++tiles_done(work);
    return;
  }
  const Numbers dy = cut({Kind::output_gradient, linear.stage, linear.block}, tokens, columns);
  if (m.pass == Pass::input_gradient) {
    if (block == 0) product_ = {Numbers(s.tokens * s.inputs, 0.0), tokens};
    if (!fits(weights_, s.inputs * s.outputs, work)) return;
    add(product_.numbers, times({dy, s.tokens, s.outputs}, {weights_, s.inputs, s.outputs, true}, s.tokens,
                                s.outputs, s.inputs));
    return;
  }
  product_ = {{}, tokens};
  if (!fits(x_.numbers, s.tokens * s.inputs, work)) return;
  product_.numbers =
      times({x_.numbers, s.tokens, s.inputs, true}, {dy, s.tokens, s.outputs}, s.inputs, s.tokens, s.outputs);
}

void DieNumbers::multiply_by_outputs(const Work& work, const Shape& s) {
  const Meaning& m = meaning(work);
  const Linear linear = linear_of(work);
  const Indices inputs = inputs_at(0, s.inputs);
  const Indices outputs = outputs_at(work, index_1d(), s.outputs);
  const Numbers w = own_weights(linear, inputs, outputs);
  const TensorName gradient{Kind::output_gradient, linear.stage, linear.block};
  if (m.pass == Pass::input_gradient) {
    const Indices tokens = tile_along(work, Ring::package, s.tokens);
    if (m.half == 0) product_ = {Numbers(s.tokens * s.inputs, 0.0), tokens};
    add(product_.numbers, times({cut(gradient, tokens, outputs), s.tokens, s.outputs},
                                {w, s.inputs, s.outputs, true}, s.tokens, s.outputs, s.inputs));
    return;
  }
  if (m.half + 1 == m.halves) ++tiles_done(work);
  if (!fits(x_.numbers, s.tokens * s.inputs, work)) return;
  if (m.pass == Pass::forward) {
    put_all({Kind::output, linear.stage, linear.block}, x_.tokens, outputs,
            times({x_.numbers, s.tokens, s.inputs}, {w, s.inputs, s.outputs}, s.tokens, s.inputs, s.outputs));
    recent_ = x_.tokens;
    return;
  }
  add_gradient(
      linear, inputs, outputs,
      times({x_.numbers, s.tokens, s.inputs, true}, {cut(gradient, x_.tokens, outputs), s.tokens, s.outputs},
            s.inputs, s.tokens, s.outputs));
}

void DieNumbers::multiply_by_inputs(const Work& work, const Shape& s) {
  const Meaning& m = meaning(work);
  const Linear linear = linear_of(work);
  const Indices inputs = inputs_at(index_1d(), s.inputs);
  const Indices outputs = outputs_at(work, 0, s.outputs);
  const Numbers w = own_weights(linear, inputs, outputs);
  const TensorName input{Kind::input, linear.stage, linear.block};
  if (m.pass == Pass::forward) {
    const Indices tokens = tile_along(work, Ring::package, s.tokens);
    product_ = {times({cut(input, tokens, inputs), s.tokens, s.inputs}, {w, s.inputs, s.outputs}, s.tokens,
                      s.inputs, s.outputs),
                tokens};
    return;
  }
  ++tiles_done(work);
  if (!fits(dy_.numbers, s.tokens * s.outputs, work)) return;
  if (m.pass == Pass::input_gradient) {
    put_all({Kind::input_gradient, linear.stage, linear.block}, dy_.tokens, inputs,
            times({dy_.numbers, s.tokens, s.outputs}, {w, s.inputs, s.outputs, true}, s.tokens, s.outputs,
                  s.inputs));
    recent_ = dy_.tokens;
    return;
  }
  add_gradient(linear, inputs, outputs,
               times({cut(input, dy_.tokens, inputs), s.tokens, s.inputs, true},
                     {dy_.numbers, s.tokens, s.outputs}, s.inputs, s.tokens, s.outputs));
}

}  // namespace hecaton::runs
