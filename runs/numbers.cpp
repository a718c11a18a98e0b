#include "runs/numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hecaton::runs {

using chiplet::Ring;
using chiplet::Work;
using training::Spread;
using training::Verb;

namespace {

std::uint64_t mix(std::uint64_t z) {  // splitmix64
  z += 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

struct Matrix {
  const Numbers& numbers;
  std::uint64_t rows, columns;
  bool transposed = false;
  double at(std::uint64_t i, std::uint64_t j) const {
    return transposed ? numbers[j * columns + i] : numbers[i * columns + j];
  }
};

// [rows, depth] times [depth, columns].
Numbers times(const Matrix& a, const Matrix& b, std::uint64_t rows, std::uint64_t depth,
              std::uint64_t columns) {
  Numbers product(rows * columns, 0.0);
  for (std::uint64_t i = 0; i < rows; ++i)
    for (std::uint64_t k = 0; k < depth; ++k)
      for (std::uint64_t j = 0; j < columns; ++j) product[i * columns + j] += a.at(i, k) * b.at(k, j);
  return product;
}

void add(Numbers& to, const Numbers& from) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
}

}  // namespace

DieNumbers::Linear DieNumbers::linear_of(const Work& work) const {
  const chiplet::Stage stage = meaning(work).linear;
  return {stage == chiplet::Stage::none ? work.op.stage : stage, work.layer};
}

std::uint64_t DieNumbers::dies() const {
  return std::uint64_t{ring(Ring::row).size} * ring(Ring::column).size;
}

std::uint64_t DieNumbers::index_1d() const {
  if (ring(Ring::package).size > 1) return ring(Ring::package).position;
  return std::uint64_t{ring(Ring::row).position} * ring(Ring::column).size + ring(Ring::column).position;
}

DieNumbers::Blocks DieNumbers::blocks_of(const Work& work, const Shape& s) const {
  const Spread spread = meaning(work).spread;
  if (spread == Spread::grid || spread == Spread::grid_transposed) {
    const bool swapped = spread == Spread::grid_transposed;
    const chiplet::RingPlace& in = ring(swapped ? Ring::column : Ring::row);
    const chiplet::RingPlace& out = ring(swapped ? Ring::row : Ring::column);
    const auto part = [&](const chiplet::RingPlace& p) {
      return std::pair{chunk_start(s.tokens, p.size, p.position),
                       chiplet::chunk_units(s.tokens, p.size, p.position)};
    };
    const auto [x_row, x_rows] = part(in);
    const auto [y_row, y_rows] = part(out);
    return {{x_row, x_rows, out.position * s.inputs, s.inputs},
            {out.position * s.inputs, s.inputs, in.position * s.outputs, s.outputs},
            {y_row, y_rows, in.position * s.outputs, s.outputs},
            s.inputs * out.size,
            s.outputs * in.size};
  }
  if (spread == Spread::summa) {
    const bool rings = meaning(work).along_rings;
    const auto place = [&](Ring which) {
      const auto group = static_cast<std::size_t>(which);
      return rings ? groups_.rings[group].position : groups_.lines[group].position;
    };
    const std::uint64_t i = place(Ring::column), j = place(Ring::row), p = ring(Ring::row).size;
    return {{i * s.tokens, s.tokens, j * s.inputs, s.inputs},
            {i * s.inputs, s.inputs, j * s.outputs, s.outputs},
            {i * s.tokens, s.tokens, j * s.outputs, s.outputs},
            s.inputs * p,
            s.outputs * p};
  }
  const std::uint64_t d = index_1d();
  if (spread == Spread::outputs) {
    return {{0, s.tokens, 0, s.inputs},
            {0, s.inputs, d * s.outputs, s.outputs},
            {0, s.tokens, d * s.outputs, s.outputs},
            s.inputs,
            s.outputs * dies()};
  }
  return {{0, s.tokens, d * s.inputs, s.inputs},
          {d * s.inputs, s.inputs, 0, s.outputs},
          {0, s.tokens, 0, s.outputs},
          s.inputs * dies(),
          s.outputs};
}

double DieNumbers::value(Tensor tensor, const Linear& linear, std::uint8_t half, std::uint64_t row,
                         std::uint64_t column) const {
  const std::uint64_t side = tensor == Tensor::x ? 0 : half;  // the halves share their input
  std::uint64_t z = mix(seed_ ^ (std::uint64_t{static_cast<std::uint8_t>(tensor)} << 8 | side));
  z = mix(z ^ (std::uint64_t{static_cast<std::uint8_t>(linear.stage)} << 32 |
               static_cast<std::uint32_t>(linear.layer)));
  z = mix(z ^ (row << 32 | column));
  return 0.5 + static_cast<double>(z >> 11) * 0x1p-53;
}

Numbers DieNumbers::cut(Tensor tensor, const Work& work, const Block& block,
                        std::uint64_t first_token) const {
  const Linear linear = linear_of(work);
  Numbers numbers;
  numbers.reserve(block.size());
  for (std::uint64_t r = 0; r < block.rows; ++r)
    for (std::uint64_t c = 0; c < block.columns; ++c)
      numbers.push_back(
          value(tensor, linear, meaning(work).half, first_token + block.row + r, block.column + c));
  return numbers;
}

// 1D: this die's share of a tile of the stream, element by element.
Numbers DieNumbers::share(Tensor tensor, const Work& work) const {
  const Meaning& m = meaning(work);
  const std::uint64_t elements = work.op.units * (m.parts == 2 ? ring(Ring::row).size : 1);
  const std::uint64_t tokens = elements / m.width;
  const auto at = done_.find({linear_of(work), m.pass});
  const std::uint64_t first = (at == done_.end() ? 0 : at->second) * tokens;
  const std::uint64_t length = elements / dies();
  Numbers numbers;
  for (std::uint64_t e = index_1d() * length; e < (index_1d() + 1) * length; ++e)
    numbers.push_back(value(tensor, linear_of(work), 0, first + e / m.width, e % m.width));
  return numbers;
}

std::string DieNumbers::name(const Work& work) const {
  const Linear linear = linear_of(work);
  return fmt::format("{} of layer {}", chiplet::stage_name(linear.stage), linear.layer);
}

void DieNumbers::fail(const std::string& what, const Work& work) {
  ++findings_.wrong;
  if (findings_.first_wrong.empty())
    findings_.first_wrong = fmt::format("die {}, {}: {}", id_.value, name(work), what);
}

bool DieNumbers::fits(const Numbers& numbers, std::uint64_t size, const Work& work) {
  if (numbers.size() == size) return true;
  fail(fmt::format("{} numbers where {} belong", numbers.size(), size), work);
  return false;
}

void DieNumbers::compare(double got, double expected, std::uint64_t& counter, const std::string& where) {
  ++counter;
  const double error = std::abs(got - expected) / std::abs(expected);
  findings_.worst = std::max(findings_.worst, error);
  if (error <= tolerated_error) return;  // not so for what is no number
  ++findings_.wrong;
  if (findings_.first_wrong.empty())
    findings_.first_wrong = fmt::format("die {}, {}: {} instead of {}", id_.value, where, got, expected);
}

double DieNumbers::expected_y(const Linear& linear, std::uint8_t half, std::uint64_t inputs,
                              std::uint64_t token, std::uint64_t output) const {
  double sum = 0;
  for (std::uint64_t k = 0; k < inputs; ++k)
    sum += value(Tensor::x, linear, half, token, k) * value(Tensor::w, linear, half, k, output);
  return sum;
}

double DieNumbers::expected_dx(const Linear& linear, std::uint64_t token, std::uint64_t input) const {
  double sum = 0;
  for (const auto& [half, outputs] : outputs_.at(linear))
    for (std::uint64_t n = 0; n < outputs; ++n)
      sum += value(Tensor::dy, linear, half, token, n) * value(Tensor::w, linear, half, input, n);
  return sum;
}

// Y in the forward pass, dX in the pass of input gradients; the tile counts as done.
void DieNumbers::compare_block(const Numbers& got, const Block& block, const Work& work) {
  if (!fits(got, block.size(), work)) return;
  const Linear linear = linear_of(work);
  const bool forward = meaning(work).pass == Pass::forward;
  for (std::uint64_t i = 0; i < block.size(); ++i) {
    const std::uint64_t token = block.row + i / block.columns;
    const std::uint64_t feature = block.column + i % block.columns;
    if (forward) {
      compare(got[i], expected_y(linear, meaning(work).half, inputs_, token, feature), findings_.outputs,
              "Y of " + name(work));
    } else {
      compare(got[i], expected_dx(linear, token, feature), findings_.input_gradients, "dX of " + name(work));
    }
  }
}

void DieNumbers::multiply(const Work& work) {
  const Meaning& m = meaning(work);
  if (m.verb != Verb::product) return;
  const chiplet::Op& op = work.op;
  Shape shape{op.m, op.k, op.n};
  if (m.pass == Pass::input_gradient) shape = {op.m, op.n, op.k};
  if (m.pass == Pass::weight_gradient) shape = {op.k, op.m, op.n};
  const Blocks blocks = blocks_of(work, shape);
  inputs_ = blocks.inputs;
  outputs_[linear_of(work)][m.half] = blocks.outputs * m.blocks;
  if (m.spread == Spread::summa) return multiply_panels(work, shape);
  if (m.spread == Spread::outputs) return multiply_by_outputs(work, shape);
  if (m.spread == Spread::inputs) return multiply_by_inputs(work, shape);
  multiply_grid(work, shape);
}

void DieNumbers::add_gradient(const Work& work, const Numbers& product, const Block& block) {
  Gradient& gradient = gradients_[{linear_of(work), meaning(work).half}];
  if (gradient.sum.empty()) gradient = {Numbers(block.size(), 0.0), block};
  if (fits(product, gradient.sum.size(), work)) add(gradient.sum, product);
}

void DieNumbers::multiply_grid(const Work& work, const Shape& s) {
  const Blocks blocks = blocks_of(work, s);
  const Numbers weights = cut(Tensor::w, work, blocks.w, 0);
  switch (meaning(work).pass) {
    case Pass::forward:
      if (!fits(x_.numbers, s.tokens * s.inputs, work)) return;
      product_ = times({x_.numbers, s.tokens, s.inputs}, {weights, s.inputs, s.outputs}, s.tokens, s.inputs,
                       s.outputs);
      return;
    case Pass::input_gradient:
      if (!fits(dy_.numbers, s.tokens * s.outputs, work)) return;
      product_ = times({dy_.numbers, s.tokens, s.outputs}, {weights, s.inputs, s.outputs, true}, s.tokens,
                       s.outputs, s.inputs);
      return;
    case Pass::weight_gradient:
      ++tiles_done(work);
      if (!fits(x_.numbers, s.tokens * s.inputs, work) || !fits(dy_.numbers, s.tokens * s.outputs, work))
        return;
      if (x_.first_token != dy_.first_token) fail("X and dY of different tokens meet", work);
      add_gradient(work,
                   times({x_.numbers, s.tokens, s.inputs, true}, {dy_.numbers, s.tokens, s.outputs}, s.inputs,
                         s.tokens, s.outputs),
                   blocks.w);
  }
}

// SUMMA: `s.outputs` are those of a block of columns.
void DieNumbers::multiply_panels(const Work& work, const Shape& s) {
  const Meaning& m = meaning(work);
  const std::uint64_t block = panels_ % m.blocks;
  const std::uint64_t all = std::uint64_t{ring(Ring::row).size} * m.blocks;
  ++panels_;
  const std::uint64_t first = tiles_done(work) * s.tokens * ring(Ring::row).size;
  const Blocks whole = blocks_of(work, {s.tokens, s.inputs, s.outputs * m.blocks});
  Block dy = whole.y;
  dy.column += block * s.outputs;
  dy.columns = s.outputs;
  if (m.pass == Pass::forward) {
    if (panels_ == 1) y_.assign(whole.y.size(), 0.0);
    if (!fits(x_.numbers, s.tokens * s.inputs, work) || !fits(weights_.numbers, s.inputs * s.outputs, work))
      return;
    const Numbers part = times({x_.numbers, s.tokens, s.inputs}, {weights_.numbers, s.inputs, s.outputs},
                               s.tokens, s.inputs, s.outputs);
    for (std::uint64_t i = 0; i < part.size(); ++i)
      y_[i / s.outputs * whole.y.columns + block * s.outputs + i % s.outputs] += part[i];
    if (panels_ < all) return;
    Block y = whole.y;
    y.row += first;
    compare_block(y_, y, work);
    panels_ = 0;
    ++tiles_done(work);
    return;
  }
  const Numbers gradient = cut(Tensor::dy, work, dy, first);
  if (m.pass == Pass::input_gradient) {
    if (block == 0) product_.assign(s.tokens * s.inputs, 0.0);
    if (!fits(weights_.numbers, s.inputs * s.outputs, work)) return;
    add(product_, times({gradient, s.tokens, s.outputs}, {weights_.numbers, s.inputs, s.outputs, true},
                        s.tokens, s.outputs, s.inputs));
    return;
  }
  if (!fits(x_.numbers, s.tokens * s.inputs, work)) return;
  product_ = times({x_.numbers, s.tokens, s.inputs, true}, {gradient, s.tokens, s.outputs}, s.inputs,
                   s.tokens, s.outputs);
}

void DieNumbers::multiply_by_outputs(const Work& work, const Shape& s) {
  const Meaning& m = meaning(work);
  const Blocks blocks = blocks_of(work, s);
  const Numbers weights = cut(Tensor::w, work, blocks.w, 0);
  const bool last = m.half + 1 == m.halves;
  if (m.pass == Pass::input_gradient) {
    const Numbers dy = cut(Tensor::dy, work, blocks.y, tiles_done(work) * s.tokens);
    if (m.half == 0) product_.assign(s.tokens * s.inputs, 0.0);
    add(product_, times({dy, s.tokens, s.outputs}, {weights, s.inputs, s.outputs, true}, s.tokens, s.outputs,
                        s.inputs));
    return;
  }
  const std::uint64_t first = x_.first_token;
  if (first != tiles_done(work) * s.tokens) fail("X of other tokens is there", work);
  if (last) ++tiles_done(work);
  if (!fits(x_.numbers, s.tokens * s.inputs, work)) return;
  if (m.pass == Pass::forward) {
    Block y = blocks.y;
    y.row += first;
    compare_block(times({x_.numbers, s.tokens, s.inputs}, {weights, s.inputs, s.outputs}, s.tokens, s.inputs,
                        s.outputs),
                  y, work);
    return;
  }
  const Numbers dy = cut(Tensor::dy, work, blocks.y, first);
  add_gradient(
      work,
      times({x_.numbers, s.tokens, s.inputs, true}, {dy, s.tokens, s.outputs}, s.inputs, s.tokens, s.outputs),
      blocks.w);
}

void DieNumbers::multiply_by_inputs(const Work& work, const Shape& s) {
  const Meaning& m = meaning(work);
  const Blocks blocks = blocks_of(work, s);
  const Numbers weights = cut(Tensor::w, work, blocks.w, 0);
  const std::uint64_t first = tiles_done(work) * s.tokens;
  if (m.pass == Pass::forward) {
    const Numbers x = cut(Tensor::x, work, blocks.x, first);
    product_ = times({x, s.tokens, s.inputs}, {weights, s.inputs, s.outputs}, s.tokens, s.inputs, s.outputs);
    return;
  }
  ++tiles_done(work);
  if (dy_.first_token != first) fail("dY of other tokens is there", work);
  if (!fits(dy_.numbers, s.tokens * s.outputs, work)) return;
  if (m.pass == Pass::input_gradient) {
    Block dx = blocks.x;
    dx.row += first;
    compare_block(times({dy_.numbers, s.tokens, s.outputs}, {weights, s.inputs, s.outputs, true}, s.tokens,
                        s.outputs, s.inputs),
                  dx, work);
    return;
  }
  const Numbers x = cut(Tensor::x, work, blocks.x, first);
  add_gradient(
      work,
      times({x, s.tokens, s.inputs, true}, {dy_.numbers, s.tokens, s.outputs}, s.inputs, s.tokens, s.outputs),
      blocks.w);
}

Findings DieNumbers::finish(std::uint64_t tokens) {
  for (const auto& [key, gradient] : gradients_) {
    const auto& [linear, half] = key;
    const Block& block = gradient.where;
    for (std::uint64_t i = 0; i < block.size(); ++i) {
      const std::uint64_t row = block.row + i / block.columns;
      const std::uint64_t column = block.column + i % block.columns;
      double sum = 0;
      for (std::uint64_t t = 0; t < tokens; ++t)
        sum += value(Tensor::x, linear, half, t, row) * value(Tensor::dy, linear, half, t, column);
      compare(gradient.sum[i], sum, findings_.weight_gradients,
              fmt::format("dW of {} of layer {}", chiplet::stage_name(linear.stage), linear.layer));
    }
  }
  return findings_;
}

}  // namespace hecaton::runs
