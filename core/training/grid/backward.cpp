#include "core/training/grid/grid.hpp"

namespace hecaton::training {

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
  place.keeps = place.adapts = true;
  for (std::size_t i = 0; i + 1 < l.operators.size(); ++i) {
    b.set_operator(i);
    std::visit([&](const auto& o) { o.forward(b, l, place); }, l.operators[i]);
  }
  b.set_operator(l.operators.size() - 1);
  std::visit([&](const auto& o) { o.forward_again(b, l, place); }, l.operators.back());
}

// From the input of the layer, which is all that was saved; the next one is read ahead.
void add_layer_again(ProgramBuilder& b, const GridLayout& l, const Depths& depths) {
  const std::uint64_t bytes = l.slices.hidden;
  if (!l.prefetch.saved) b.read(Stage::residual, Slot::saved, bytes);
  b.wait(Stage::residual, Slot::saved);
  if (l.prefetch.saved) b.read(Stage::residual, Slot::saved, bytes, depths.layer);
  add_forward_again(b, l);
}

void add_layer(ProgramBuilder& b, const GridLayout& l, const Depths& depths) {
  if (l.step.recompute) add_layer_again(b, l, depths);
  for (std::size_t i = l.operators.size(); i-- > 0;) {
    b.set_operator(i);
    // Of the mini-batch before: its buffer is needed.
    if (i == 0) b.wait(Stage::gradients, Slot::output);
    std::visit([&](const auto& o) { o.backward(b, l, backward_place(l, i, depths)); }, l.operators[i]);
  }
  b.add_layer(-1);
}

StepPart part_of(const GridLayout& l, std::uint64_t layers, const Depths& depths) {
  StepPart part;
  part.weight_bytes = part.next_weight_bytes =
      layers * (l.layer_weights() + l.adapter_weights()) * element_bytes;
  if (!l.step.trained.weights) part.frozen_bytes = layers * l.layer_weights() * element_bytes;
  part.is_prefetched = l.groups.prefetch_backward;
  part.skip_next = 1;
  part.minibatch = [&l, layers, depths](ProgramBuilder& b) {
    add_border_read(b, l, Stage::gradients, depths.minibatch);
    b.loop(chiplet::Iterates::layers, layers, [&] { add_layer(b, l, depths); });
    b.write(Stage::gradients, Slot::output, l.slices.hidden);
    drop_after(b, Slot::output, l.slices.hidden);
    b.add_minibatch(1);
    b.add_layer(static_cast<std::int32_t>(layers));
  };
  return part;
}

// Before the first group: the labels, and what is read ahead of time.
void begin_backward(ProgramBuilder& b, const GridLayout& l) {
  b.set_layer(static_cast<std::int32_t>(l.step.layers) - 1);
  b.wait(Stage::gradients, Slot::output);  // of the output head
  if (l.prefetch.border) b.read(Stage::gradients, Slot::border, l.slices.hidden);
  if (!l.prefetch.saved) return;
  if (l.step.recompute) return b.read(Stage::residual, Slot::saved, l.slices.hidden);
  std::visit([&](const auto& o) { o.read_opening(b, l, 0); }, l.operators.back());
  if (!l.is_tile_ahead) return;
  for (const GridOperator& o : l.operators) std::visit([&](const auto& op) { op.read_first_tile(b, l); }, o);
}

}  // namespace

std::vector<LayerGroups> grid_backward(const GridLayout& l) {
  const auto part = [&l](std::uint64_t layers, bool is_last) {
    return part_of(l, layers, is_last ? Depths{2, 3, 4} : Depths{});
  };
  if (l.step.trained.layers == 0) return {};
  return fused_groups(
      l.step.trained.layers, l.groups.backward, [&l](ProgramBuilder& b) { begin_backward(b, l); }, part);
}

}  // namespace hecaton::training
