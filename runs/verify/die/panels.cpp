#include "runs/verify/die/panels.hpp"

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

}  // namespace

Indices DiePanels::own_tokens(const Work& work, std::uint64_t tile_tokens) const {
  return die_.tokens.own(work, Ring::column, tile_tokens);
}

// Outputs of a block of weights.
Indices DiePanels::columns_of(const Work& work, std::uint64_t panel) const {
  const std::uint64_t blocks = die_.places.meaning(work).blocks, width = die_.payload.width_of(work);
  return part_of(die_.features.outputs_at(work, die_.places.place_in(Ring::row), width * blocks),
                 panel % blocks, width);
}

// The outputs of the product are those of a block of columns.
void DiePanels::multiply(const Work& work) {
  const Meaning& m = die_.places.meaning(work);
  const Linear linear = die_.places.linear_of(work);
  const ProductShape s = shape_of(work.op, m.pass);
  const std::uint64_t block = panels_ % m.blocks;
  const Indices tokens = own_tokens(work, s.tokens * die_.places.size_of(Ring::column));
  ++panels_;
  if (m.pass == Pass::forward) return add_to_output(work, s, tokens);
  const Indices outputs =
      die_.features.outputs_at(work, die_.places.place_in(Ring::row), s.outputs * m.blocks);
  const Numbers dy =
      die_.sheets.cut(tensor(Kind::output_gradient, linear), tokens, part_of(outputs, block, s.outputs));
  Held& product = die_.hand.product;
  if (m.pass == Pass::input_gradient) {
    if (block == 0) product = {Numbers(s.tokens * s.inputs, 0.0), tokens};
    if (die_.fits(weights_, s.inputs * s.outputs, work)) add(product.numbers, dx_of(dy, weights_, s));
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
  const std::uint64_t block = (panels_ - 1) % m.blocks;
  const Numbers& x = die_.hand.x.numbers;
  if (panels_ == 1) y_ = {Numbers(tokens.size() * outputs.size(), 0.0), tokens};
  if (!die_.fits(x, s.tokens * s.inputs, work) || !die_.fits(weights_, s.inputs * s.outputs, work)) return;
  const Numbers part = y_of(x, weights_, s);
  for (std::uint64_t i = 0; i < part.size(); ++i)
    y_.numbers[i / s.outputs * outputs.size() + block * s.outputs + i % s.outputs] += part[i];
  if (panels_ < die_.places.size_of(Ring::row) * m.blocks) return;
  die_.sheets.put_all(tensor(Kind::output, die_.places.linear_of(work)), tokens, outputs, y_.numbers);
  die_.tokens.set_recent(tokens);
  panels_ = 0;
  die_.tokens.finish_tile(work);
}

void DiePanels::begin(const Work& work) {
  const Linear linear = die_.places.linear_of(work);
  const Numbers& product = die_.hand.product.numbers;
  if (work.op.code == OpCode::reduce) {
    if (die_.fits(product, die_.payload.numbers().size(), work)) die_.payload.set(product);
    return;
  }
  if (!is_root(work)) return;
  if (die_.places.meaning(work).verb == Verb::input_panel) {
    const std::uint64_t tile = work.op.units * die_.places.size_of(Ring::column);
    die_.payload.set(die_.sheets.cut(
        tensor(Kind::input, linear), own_tokens(work, tile),
        die_.features.inputs_at(die_.places.place_in(Ring::row), die_.payload.width_of(work))));
  } else {
    die_.payload.set(die_.sheets.weights(
        linear, die_.features.inputs_at(die_.places.place_in(Ring::column), work.op.units),
        columns_of(work, panels_)));
  }
}

void DiePanels::end(const Work& work) {
  const Meaning& m = die_.places.meaning(work);
  const Linear linear = die_.places.linear_of(work);
  const bool is_input = m.verb == Verb::input_panel;
  const std::uint64_t tile = work.op.units * die_.places.size_of(Ring::column);
  const Numbers& numbers = die_.payload.numbers();
  if (work.op.code == OpCode::broadcast && !is_input) {
    weights_ = numbers;
    return;
  }
  if (work.op.code == OpCode::broadcast) {
    die_.hand.x = {numbers, own_tokens(work, tile)};
    return;
  }
  if (is_root(work) && is_input) {
    die_.tokens.set_recent(own_tokens(work, tile));
    die_.sheets.put_all(tensor(Kind::input_gradient, linear), die_.tokens.recent(),
                        die_.features.inputs_at(die_.places.place_in(Ring::row), die_.payload.width_of(work)),
                        numbers);
  } else if (is_root(work)) {
    die_.sheets.add_gradient(linear,
                             die_.features.inputs_at(die_.places.place_in(Ring::column), work.op.units),
                             columns_of(work, panels_ - 1), numbers);
  }
  if (panels_ < die_.places.size_of(Ring::row) * m.blocks) return;
  panels_ = 0;
  die_.tokens.finish_tile(work);
}

}  // namespace hecaton::runs
