#include "core/training/grid/grid.hpp"

namespace hecaton::training {

using chiplet::Buffer;
using chiplet::Stage;

namespace {

// The loops around a layer, in the last nest of groups; 0 elsewhere: after them more is to be read.
struct Depths {
  std::uint8_t minibatch = 0;
  std::uint8_t layer = 0;
  std::uint8_t tile = 0;
};

GridPlace backward_place(const GridLayout& l, std::size_t i, const Depths& depths) {
  GridPlace place;
  place.is_first = i == 0;
  place.is_last = i + 1 == l.operators.size();
  place.next = &l.operators[(i == 0 ? l.operators.size() : i) - 1];
  place.skip_next = place.is_first ? depths.layer : std::uint8_t{0};
  if (!l.is_tile_ahead) return place;
  place.skip_tile = depths.tile;
  place.reads_own_tile = false;
  return place;
}

// A layer's forward pass up to what its backward pass starts from, without saving anything.
void add_forward_again(ProgramBuilder& b, const GridLayout& l) {
  GridPlace place;
  place.keeps = true;
  for (std::size_t i = 0; i + 1 < l.operators.size(); ++i) {
    b.set_operator(i);
    std::visit([&](const auto& o) { o.forward(b, l, place); }, l.operators[i]);
  }
  b.set_operator(l.operators.size() - 1);
  std::visit([&](const auto& o) { o.forward_again(b, l); }, l.operators.back());
}

// From the input of the layer, which is all that was saved; the next one is read ahead.
void add_layer_again(ProgramBuilder& b, const GridLayout& l, const Depths& depths) {
  const std::uint64_t bytes = l.slices.hidden;
  if (!l.prefetch.saved) b.read(Stage::residual, Slot::saved, bytes);
  b.wait(Stage::residual, Slot::saved);
  if (l.prefetch.saved) b.read(Stage::residual, Slot::saved, bytes, depths.layer);
  add_forward_again(b, l);
}

void add_minibatch(ProgramBuilder& b, const GridLayout& l, std::uint64_t layers, const Depths& depths) {
  add_border_read(b, l, Stage::gradients, depths.minibatch);
  b.loop(layers, [&] {
    if (l.recompute) add_layer_again(b, l, depths);
    for (std::size_t i = l.operators.size(); i-- > 0;) {
      b.set_operator(i);
      // Of the mini-batch before: its buffer is needed.
      if (i == 0) b.wait(Stage::gradients, Slot::output);
      std::visit([&](const auto& o) { o.backward(b, l, backward_place(l, i, depths)); }, l.operators[i]);
    }
    b.add_layer(-1);
  });
  b.write(Stage::gradients, Slot::output, l.slices.hidden);
  b.drop_after(Slot::output, l.slices.hidden);
  b.add_minibatch(1);
  b.add_layer(static_cast<std::int32_t>(layers));
}

void add_groups(ProgramBuilder& b, const GridLayout& l, std::uint64_t count, std::uint64_t layers,
                const Depths& depths) {
  const std::uint64_t weights = layers * l.layer_weights() * element_bytes;
  const bool ahead = l.groups.prefetch_backward;
  if (ahead) b.read(Stage::weights, Slot::weights, weights);
  b.loop(count, [&] {
    if (!ahead) b.read(Stage::weights, Slot::weights, weights);
    b.wait(Stage::weights, Slot::weights);
    b.wait(Stage::gradients, Slot::gradients);  // of the group before: their buffer is filled anew
    b.allocate(Buffer::weight, weights);        // gradients
    if (ahead) b.read(Stage::weights, Slot::weights, weights, 1);
    b.set_minibatch(0);
    b.loop(l.minibatches, [&] { add_minibatch(b, l, layers, depths); });
    b.write(Stage::gradients, Slot::gradients, weights);
    b.release(Buffer::weight, weights);
    b.release_after(Slot::gradients, Buffer::weight, weights);
    b.add_layer(-static_cast<std::int32_t>(layers));
    b.set_minibatch(-1);
  });
}

}  // namespace

void add_grid_backward(ProgramBuilder& b, const GridLayout& l) {
  const std::uint64_t layers = l.groups.backward;
  const std::uint64_t rest = l.layers % layers;
  const Depths last{2, 3, 4};
  b.set_layer(static_cast<std::int32_t>(l.layers) - 1);
  b.wait(Stage::gradients, Slot::output);  // of the output head
  if (l.prefetch.border) b.read(Stage::gradients, Slot::border, l.slices.hidden);
  if (l.prefetch.saved && l.recompute) b.read(Stage::residual, Slot::saved, l.slices.hidden);
  if (l.prefetch.saved && !l.recompute) {
    std::visit([&](const auto& o) { o.read_opening(b, l, 0); }, l.operators.back());
    if (l.is_tile_ahead) {
      for (const GridOperator& o : l.operators)
        std::visit([&](const auto& op) { op.read_first_tile(b, l); }, o);
    }
  }
  add_groups(b, l, l.layers / layers, layers, rest > 0 ? Depths{} : last);
  if (rest > 0) add_groups(b, l, 1, rest, last);
}

}  // namespace hecaton::training
