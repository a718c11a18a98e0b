#include "core/training/grid/grid.hpp"

namespace hecaton::training {

using chiplet::Ring;
using chiplet::Stage;

namespace {

GridPlace forward_place(const GridLayout& l, std::size_t i, Layers layers) {
  GridPlace place;
  place.saves = layers == Layers::trained && !l.step.recompute;
  place.adapts = layers == Layers::trained;
  place.is_first = i == 0;
  place.is_last = i + 1 == l.operators.size();
  return place;
}

// The stream before an operator: written with what belongs to it. Of the first one it is there, as the output
// of the layer before.
void save_input(ProgramBuilder& b, const GridLayout& l, std::size_t i, const GridPlace& place) {
  const std::uint64_t scalars =
      std::visit([&](const auto& o) { return o.saved_with_input(l.slices); }, l.operators[i]);
  if (i > 0) return save_for_backward(b, l, place, Stage::residual, Slot::saved, l.slices.hidden + scalars);
  if (scalars == 0) return;
  if (l.prefetch.saved && place.saves) b.wait(Stage::activations, Slot::saved);
  save_for_backward(b, l, place, Stage::norm, Slot::saved, scalars);
}

void write_output(ProgramBuilder& b, const GridLayout& l, Stage stage) {
  b.write(stage, Slot::output, l.slices.hidden);
  if (!l.prefetch.saved) b.wait(stage, Slot::output);
}

void add_layer(ProgramBuilder& b, const GridLayout& l, Layers layers) {
  for (std::size_t i = 0; i < l.operators.size(); ++i) {
    const GridPlace place = forward_place(l, i, layers);
    b.set_operator(i);
    save_input(b, l, i, place);
    std::visit([&](const auto& o) { o.forward(b, l, place); }, l.operators[i]);
  }
  if (layers == Layers::trained) write_output(b, l, Stage::residual);
}

// A fused group: a mini-batch passes all of its layers, then the next one does. Of frozen layers only what the last one
// leaves is written.
StepPart part_of(const GridLayout& l, std::uint64_t layers, Layers what) {
  StepPart part;
  const std::uint64_t adapters = what == Layers::trained ? l.adapter_weights() : 0;
  part.weight_bytes = part.next_weight_bytes = layers * (l.layer_weights() + adapters) * element_bytes;
  part.is_prefetched = l.groups.prefetch_forward;
  part.skip_next = 1;
  part.minibatch = [&l, layers, what](ProgramBuilder& b) {
    add_border_read(b, l, Stage::activations, 0);  // after the last group: for the output head
    b.loop(chiplet::Iterates::layers, layers, [&] {
      add_layer(b, l, what);
      b.add_layer(1);
    });
    if (what == Layers::frozen) write_output(b, l, Stage::activations);
    drop_after(b, Slot::output, l.slices.hidden);
    b.add_layer(-static_cast<std::int32_t>(layers));
    b.add_minibatch(1);
  };
  return part;
}

void add_head_tile(ProgramBuilder& b, const GridLayout& l, const GridLinear& head) {
  const std::uint64_t tokens = l.slices.tokens / l.head.tiles;
  const std::uint64_t tokens_b = tokens / l.die.rows;
  hold(b, l.slices.logits / l.head.tiles);
  l.scheme.forward(b, l, head, tokens);
  b.vector(Stage::loss, loss_passes(l.die.soft_cap) * l.slices.logits / l.head.tiles);
  b.all_reduce(Stage::loss, Ring::row, tokens_b, scalar_bytes);  // largest logit
  mean_on_grid(b, Verb::loss_max, Pass::forward, Stage::head);
  b.all_reduce(Stage::loss, Ring::row, tokens_b, scalar_bytes);  // sum of exponentials
  mean_on_grid(b, Verb::loss_sum, Pass::forward, Stage::head);
  (l.step.trained.below_head() ? l.scheme.input_gradient : l.scheme.take_gradient)(b, l, head, tokens);
  (l.step.trained.head ? l.scheme.weight_gradient : l.scheme.leave_gradient)(b, l, head, tokens);
  drop(b, l.slices.logits / l.head.tiles);
}

void add_head_minibatch(ProgramBuilder& b, const GridLayout& l, const GridLinear& head) {
  add_border_read(b, l, Stage::activations, 1);
  hold(b, l.slices.hidden + l.slices.norm);  // the gradient of the norm's output
  add_grid_norm(b, l, Stage::head, Pass::forward);
  b.loop(chiplet::Iterates::tiles, l.head.tiles, [&] { add_head_tile(b, l, head); });
  if (l.step.trained.below_head()) {
    add_grid_norm(b, l, Stage::head, Pass::input_gradient);
    b.wait(Stage::gradients, Slot::output);  // the gradient of the mini-batch before has left its buffer
    b.write(Stage::gradients, Slot::output, l.slices.hidden);
  }
  drop(b, l.slices.hidden + l.slices.norm);
  drop_after(b, Slot::output, l.slices.hidden);
  if (l.step.trained.below_head() && !l.prefetch.border) b.wait(Stage::gradients, Slot::output);
  b.add_minibatch(1);
}

}  // namespace

std::vector<LayerGroups> grid_forward(const GridLayout& l) {
  const auto begin = [&l](ProgramBuilder& b) {
    b.set_layer(0);
    if (l.prefetch.border) b.read(Stage::embedding, Slot::border, l.slices.hidden);
  };
  std::vector<LayerGroups> all;
  const auto add = [&](std::uint64_t layers, std::uint64_t fused, Layers what) {
    if (layers == 0) return;
    const WriteOperations first = all.empty() ? WriteOperations(begin) : WriteOperations();
    for (LayerGroups& groups : fused_groups(
             layers, fused, first, [&l, what](std::uint64_t n, bool) { return part_of(l, n, what); }))
      all.push_back(std::move(groups));
  };
  add(l.step.trained.frozen_layers, l.groups.frozen, Layers::frozen);
  add(l.step.trained.layers, l.groups.forward, Layers::trained);
  return all;
}

StepPart grid_head(const GridLayout& l) {
  const GridLinear head = grid_linear(l, Stage::head, LinearType::one, l.die.hidden_a, l.die.vocabulary);
  StepPart part;
  part.weight_bytes = l.die.head_weights() * element_bytes;
  if (!l.step.trained.head) part.frozen_bytes = part.weight_bytes;
  part.minibatch = [&l, head](ProgramBuilder& b) { add_head_minibatch(b, l, head); };
  part.end = [](ProgramBuilder& b) { b.set_minibatch(-1); };
  return part;
}

}  // namespace hecaton::training
