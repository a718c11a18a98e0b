#include "runs/verify/die/panels.hpp"

#include <algorithm>
#include <numeric>

namespace hecaton::runs {

using chiplet::OpCode;
using chiplet::Ring;
using chiplet::Work;
using training::Meaning;
using training::Pass;
using training::Verb;

namespace {

bool is_root(const Work& work) {
  const std::uint32_t position =
      chiplet::uses_ring(work.op) ? work.places.ring.position : work.places.line.position;
  return position == work.root % chiplet::group_size(work.op, work.places);
}

// Part `index` of features that are cut into parts of this size.
Indices part_of(const Indices& all, std::uint64_t index, std::uint64_t size) {
  const auto begin = all.begin() + static_cast<std::ptrdiff_t>(index * size);
  return {begin, begin + static_cast<std::ptrdiff_t>(size)};
}

// Rows of `from` numbers each, with zeros up to `to`, or cut off after so many.
Numbers with_width(const Numbers& numbers, std::uint64_t from, std::uint64_t to) {
  Numbers result;
  for (std::size_t row = 0; from > 0 && row < numbers.size() / from; ++row)
    for (std::uint64_t f = 0; f < to; ++f) result.push_back(f < from ? numbers[row * from + f] : 0);
  return result;
}

bool are_zeros(const Numbers& numbers, std::uint64_t width, std::uint64_t from) {
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (i % width >= from && numbers[i] != 0) return false;
  return true;
}

}  // namespace

std::uint64_t DiePanels::panel_count() const {
  return std::lcm(die_.places.size_of(Ring::row), die_.places.size_of(Ring::column));
}

// Panel l of X is part l / columns of what column l mod columns has.
Indices DiePanels::inputs_of(const Work& work, std::uint64_t step, Ring line, std::uint64_t width) const {
  const std::uint64_t lines = die_.places.size_of(line), columns = die_.places.size_of(Ring::row);
  const std::uint64_t panel = die_.places.place_in(line) + step / lines * lines;
  const std::uint64_t share = die_.shape.inputs_of(die_.places.linear_of(work)) / columns;
  const std::uint64_t first = std::min(share, panel / columns * width);
  return count_up(panel % columns * share + first, std::min(width, share - first));
}

Indices DiePanels::own_tokens(const Work& work, std::uint64_t tile_tokens) const {
  return die_.tokens.own(work, Ring::column, tile_tokens);
}

// Outputs of the block of weights of a product.
Indices DiePanels::columns_of(const Work& work, std::uint64_t product) const {
  const std::uint64_t blocks = die_.places.meaning(work).blocks, width = die_.payload.width_of(work);
  return part_of(die_.features.outputs_at(work, die_.places.place_in(Ring::row), width * blocks),
                 product % blocks, width);
}

// The outputs of the product are those of a block of columns.
void DiePanels::multiply(const Work& work) {
  const Meaning& m = die_.places.meaning(work);
  const Linear linear = die_.places.linear_of(work);
  const ProductShape s = shape_of(work.op, m.pass);
  const std::uint64_t block = products_ % m.blocks;
  const Indices tokens = own_tokens(work, s.tokens * die_.places.size_of(Ring::column));
  ++products_;
  if (m.pass == Pass::forward) return add_to_output(work, s, tokens);
  const Indices outputs =
      die_.features.outputs_at(work, die_.places.place_in(Ring::row), s.outputs * m.blocks);
  const Numbers dy =
      die_.sheets.cut(tensor(Kind::output_gradient, linear), tokens, part_of(outputs, block, s.outputs));
  Held& product = die_.hand.product;
  if (m.pass == Pass::input_gradient) {
    if (block == 0) product = {Numbers(s.tokens * s.inputs, 0.0), tokens};
    if (die_.fits(weights_, s.inputs * s.outputs, work) &&
        die_.fits(product.numbers, s.tokens * s.inputs, work))
      add(product.numbers, dx_of(dy, weights_, s));
    return;
  }
  const Numbers& x = die_.hand.x.numbers;
  product = {{}, tokens};
  if (die_.fits(x, s.tokens * s.inputs, work)) product.numbers = dw_of(x, dy, s);
}

// Forward: Y is complete after the last panel.
void DiePanels::add_to_output(const Work& work, const ProductShape& s, const Indices& tokens) {
  const Meaning& m = die_.places.meaning(work);
  const Indices outputs =
      die_.features.outputs_at(work, die_.places.place_in(Ring::row), s.outputs * m.blocks);
  const std::uint64_t block = (products_ - 1) % m.blocks;
  const Numbers& x = die_.hand.x.numbers;
  if (products_ == 1) y_ = {Numbers(tokens.size() * outputs.size(), 0.0), tokens};
  if (!die_.fits(x, s.tokens * s.inputs, work) || !die_.fits(weights_, s.inputs * s.outputs, work)) return;
  // Not those of the linear layer before, of which a panel is missing.
  if (!die_.fits(y_.numbers, tokens.size() * outputs.size(), work)) return;
  const Numbers part = y_of(x, weights_, s);
  for (std::uint64_t i = 0; i < part.size(); ++i)
    y_.numbers[i / s.outputs * outputs.size() + block * s.outputs + i % s.outputs] += part[i];
  if (products_ < panel_count() * m.blocks) return;
  die_.sheets.put_all(tensor(Kind::output, die_.places.linear_of(work)), tokens, outputs, y_.numbers);
  die_.tokens.set_recent(tokens);
  products_ = 0;
  die_.tokens.finish_tile(work);
}

void DiePanels::begin(const Work& work) {
  const Numbers& product = die_.hand.product.numbers;
  if (work.op.code == OpCode::reduce) {
    if (die_.fits(product, die_.payload.numbers().size(), work)) die_.payload.set(product);
    return;
  }
  if (is_root(work)) send_panel(work);
}

void DiePanels::send_panel(const Work& work) {
  const Meaning& m = die_.places.meaning(work);
  const Linear linear = die_.places.linear_of(work);
  const std::uint64_t step = products_ / m.blocks, width = die_.payload.width_of(work);
  if (m.verb == Verb::input_panel) {
    const std::uint64_t tile = work.op.units * die_.places.size_of(Ring::column);
    const Indices inputs = inputs_of(work, step, Ring::row, width);
    Numbers x = die_.sheets.cut(tensor(Kind::input, linear), own_tokens(work, tile), inputs);
    x = inputs.empty() ? Numbers(work.op.units * width, 0.0) : with_width(x, inputs.size(), width);
    return die_.payload.set(std::move(x));
  }
  const Indices inputs = inputs_of(work, step, Ring::column, work.op.units);
  Numbers w = die_.sheets.weights(linear, inputs, columns_of(work, products_));
  w.resize(work.op.units * width, 0.0);
  die_.payload.set(std::move(w));
}

void DiePanels::end(const Work& work) {
  const Meaning& m = die_.places.meaning(work);
  const bool is_input = m.verb == Verb::input_panel;
  const Numbers& numbers = die_.payload.numbers();
  if (work.op.code == OpCode::broadcast && !is_input) {
    weights_ = numbers;
    return;
  }
  if (work.op.code == OpCode::broadcast) {
    die_.hand.x = {numbers, own_tokens(work, work.op.units * die_.places.size_of(Ring::column))};
    return;
  }
  if (is_root(work)) keep_gradients(work);
  if (products_ < panel_count() * m.blocks) return;
  products_ = 0;
  die_.tokens.finish_tile(work);
}

// What has been reduced to this die: dX, or dW, of the product done last.
void DiePanels::keep_gradients(const Work& work) {
  const Meaning& m = die_.places.meaning(work);
  const Linear linear = die_.places.linear_of(work);
  const std::uint64_t step = (products_ - 1) / m.blocks, width = die_.payload.width_of(work);
  const Numbers& numbers = die_.payload.numbers();
  if (m.verb == Verb::input_panel) {
    const Indices inputs = inputs_of(work, step, Ring::row, width);
    if (!are_zeros(numbers, width, inputs.size())) die_.fail("a gradient of what pads a panel", work);
    die_.tokens.set_recent(own_tokens(work, work.op.units * die_.places.size_of(Ring::column)));
    return die_.sheets.put_all(tensor(Kind::input_gradient, linear), die_.tokens.recent(), inputs,
                               with_width(numbers, width, inputs.size()));
  }
  const Indices inputs = inputs_of(work, step, Ring::column, work.op.units);
  if (!are_zeros(numbers, numbers.size(), inputs.size() * width))
    die_.fail("a gradient of what pads a panel", work);
  die_.sheets.add_gradient(linear, inputs, columns_of(work, products_ - 1), numbers);
}

}  // namespace hecaton::runs
