#include "core/training/grid/grid.hpp"

namespace hecaton::training {

using chiplet::Buffer;
using chiplet::Ring;
using chiplet::Stage;

namespace {

GridPlace forward_place(const GridLayout& l, std::size_t i) {
  GridPlace place;
  place.is_first = i == 0;
  place.is_last = i + 1 == l.operators.size();
  return place;
}

// The stream before an operator: written with what belongs to it. Of the first one it is there, as the output
// of the layer before.
void save_input(ProgramBuilder& b, const GridLayout& l, std::size_t i) {
  const std::uint64_t scalars =
      std::visit([&](const auto& o) { return o.saved_with_input(l.slices); }, l.operators[i]);
  if (i > 0) return save_for_backward(b, l, Stage::residual, Slot::saved, l.slices.hidden + scalars);
  if (scalars == 0) return;
  if (l.prefetch.saved && !l.recompute) b.wait(Stage::activations, Slot::saved);
  save_for_backward(b, l, Stage::norm, Slot::saved, scalars);
}

void add_layer(ProgramBuilder& b, const GridLayout& l) {
  for (std::size_t i = 0; i < l.operators.size(); ++i) {
    b.set_operator(i);
    save_input(b, l, i);
    std::visit([&](const auto& o) { o.forward(b, l, forward_place(l, i)); }, l.operators[i]);
  }
  b.write(Stage::residual, Slot::output, l.slices.hidden);
  if (!l.prefetch.saved) b.wait(Stage::residual, Slot::output);
}

// `count` fused groups of `layers` layers.
void add_groups(ProgramBuilder& b, const GridLayout& l, std::uint64_t count, std::uint64_t layers) {
  const std::uint64_t weights = layers * l.layer_weights() * element_bytes;
  const auto step = static_cast<std::int32_t>(layers);
  const bool ahead = l.groups.prefetch_forward;
  if (count == 0 || layers == 0) return;
  if (ahead) b.read(Stage::weights, Slot::weights, weights);
  b.loop(count, [&] {
    if (!ahead) b.read(Stage::weights, Slot::weights, weights);
    b.wait(Stage::weights, Slot::weights);
    if (ahead) b.read(Stage::weights, Slot::weights, weights, 1);
    b.set_minibatch(0);
    b.loop(l.minibatches, [&] {
      add_border_read(b, l, Stage::activations, 0);  // after the last group: for the output head
      b.loop(layers, [&] {
        add_layer(b, l);
        b.add_layer(1);
      });
      b.drop_after(Slot::output, l.slices.hidden);
      b.add_layer(-step);
      b.add_minibatch(1);
    });
    b.release(Buffer::weight, weights);
    b.add_layer(step);
    b.set_minibatch(-1);
  });
}

void add_head_tile(ProgramBuilder& b, const GridLayout& l, const GridLinear& head) {
  const std::uint64_t tokens = l.slices.tokens / l.head.tiles;
  const std::uint64_t tokens_b = tokens / l.die.rows;
  b.hold(l.slices.logits / l.head.tiles);
  l.scheme.forward(b, l, head, tokens);
  b.vector(Stage::loss, 2 * l.slices.logits / l.head.tiles);
  b.all_reduce(Stage::loss, Ring::row, tokens_b, scalar_bytes);  // largest logit
  b.mean(Verb::loss_max, Pass::forward, Stage::head);
  b.all_reduce(Stage::loss, Ring::row, tokens_b, scalar_bytes);  // sum of exponentials
  b.mean(Verb::loss_sum, Pass::forward, Stage::head);
  l.scheme.input_gradient(b, l, head, tokens);
  l.scheme.weight_gradient(b, l, head, tokens);
  b.drop(l.slices.logits / l.head.tiles);
}

}  // namespace

void add_grid_forward(ProgramBuilder& b, const GridLayout& l) {
  const std::uint64_t layers = l.groups.forward;
  b.set_layer(0);
  if (l.prefetch.border) b.read(Stage::embedding, Slot::border, l.slices.hidden);
  add_groups(b, l, l.layers / layers, layers);
  add_groups(b, l, l.layers % layers > 0 ? 1 : 0, l.layers % layers);
}

void add_grid_head(ProgramBuilder& b, const GridLayout& l) {
  const std::uint64_t weights = l.die.head_weights() * element_bytes;
  const GridLinear head = grid_linear(l, Stage::head, LinearType::one, l.die.hidden_a, l.die.vocabulary);
  b.set_layer(-1);
  b.read(Stage::weights, Slot::weights, weights);
  b.wait(Stage::weights, Slot::weights);
  b.allocate(Buffer::weight, weights);  // gradients
  b.set_minibatch(0);
  b.loop(l.minibatches, [&] {
    add_border_read(b, l, Stage::activations, 1);
    b.hold(l.slices.hidden + l.slices.norm);  // the gradient of the norm's output
    add_grid_norm(b, l, Stage::head, Pass::forward);
    b.loop(l.head.tiles, [&] { add_head_tile(b, l, head); });
    add_grid_norm(b, l, Stage::head, Pass::input_gradient);
    b.wait(Stage::gradients, Slot::output);  // the gradient of the mini-batch before has left its buffer
    b.write(Stage::gradients, Slot::output, l.slices.hidden);
    b.drop(l.slices.hidden + l.slices.norm);
    b.drop_after(Slot::output, l.slices.hidden);
    if (!l.prefetch.border) b.wait(Stage::gradients, Slot::output);
    b.add_minibatch(1);
  });
  b.set_minibatch(-1);
  b.write(Stage::gradients, Slot::gradients, weights);
  b.release(Buffer::weight, weights);
  b.release_after(Slot::gradients, Buffer::weight, weights);
}

}  // namespace hecaton::training
