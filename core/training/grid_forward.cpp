#include "core/training/grid.hpp"
#include "core/training/step_parts.hpp"

namespace hecaton::training {

using chiplet::Ring;
using chiplet::Stage;

namespace {

// Writes a part of what backward needs; without overlap it waits for it.
void write(ProgramBuilder& b, const GridLayout& l, Stage stage, Slot slot, std::uint64_t bytes) {
  b.write(stage, slot, bytes);
  if (!l.prefetch.saved) b.wait(stage, slot);
}
// The same of what can be computed again.
void save(ProgramBuilder& b, const GridLayout& l, Stage stage, Slot slot, std::uint64_t bytes) {
  if (!l.recompute) write(b, l, stage, slot, bytes);
}

void add_attention_block(ProgramBuilder& b, const GridLayout& l, const GridLinears& linears) {
  const GridSlices& s = l.slices;
  // Their buffers are written anew.
  if (l.prefetch.saved && !l.recompute) b.wait(Stage::activations, Slot::saved);
  add_grid_norm(b, l, Stage::qkv, Pass::forward);
  b.loop(l.tiles.qkv, [&] { l.scheme.forward(b, l, linears.qkv, s.tokens / l.tiles.qkv); });
  add_grid_attention_input(b, l);
  save(b, l, Stage::qkv, Slot::saved, s.own_qkv + s.norm);
  add_grid_attention_forward(b, l);
  save(b, l, Stage::attention, Slot::saved, s.hidden + s.scores);
  b.loop(l.tiles.output, [&] { l.scheme.forward(b, l, linears.output, s.tokens / l.tiles.output); });
  b.vector(Stage::residual, 2 * s.hidden);
  b.mean(Verb::residual, Pass::forward, Stage::attention_output);
}

void add_up(ProgramBuilder& b, const GridLayout& l, const GridLinears& linears, std::uint64_t tokens) {
  if (l.die.is_mixture()) {
    add_experts_up(b, l, tokens);
  } else {
    l.scheme.forward(b, l, linears.up, tokens);
  }
}

void add_ffn_tile(ProgramBuilder& b, const GridLayout& l, const GridLinears& linears) {
  const GridSlices& s = l.slices;
  const std::uint64_t tokens = s.tokens / l.tiles.ffn;
  const std::uint64_t up = s.up / l.tiles.ffn;
  add_up(b, l, linears, tokens);
  // The tile before has left its buffer.
  if (l.prefetch.saved && !l.recompute) b.wait(Stage::activation, Slot::tile);
  b.vector(Stage::activation, up);
  b.mean(Verb::activation, Pass::forward, Stage::ffn_up);
  save(b, l, Stage::activation, Slot::tile, up);
  if (l.die.is_mixture()) {
    add_experts_down(b, l, tokens);
  } else {
    l.scheme.forward(b, l, linears.down, tokens);
  }
}

void add_layer(ProgramBuilder& b, const GridLayout& l, const GridLinears& linears) {
  add_attention_block(b, l, linears);
  save(b, l, Stage::residual, Slot::saved, l.slices.saved_middle());
  add_grid_norm(b, l, Stage::ffn_up, Pass::forward);
  if (l.prefetch.saved) b.wait(Stage::activations, Slot::output);  // before its buffer is written anew
  b.loop(l.tiles.ffn, [&] { add_ffn_tile(b, l, linears); });
  b.vector(Stage::residual, 2 * l.slices.hidden);
  b.mean(Verb::residual, Pass::forward, Stage::ffn_down);
  write(b, l, Stage::residual, Slot::output, l.slices.hidden);
}

// `count` fused groups of `layers` layers.
void add_groups(ProgramBuilder& b, const GridLayout& l, std::uint64_t count, std::uint64_t layers) {
  const GridLinears linears = grid_linears(l);
  const std::uint64_t weights = layers * l.die.layer_weights() * element_bytes;
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
        add_layer(b, l, linears);
        b.add_layer(1);
      });
      b.add_layer(-step);
      b.add_minibatch(1);
    });
    b.add_layer(step);
    b.set_minibatch(-1);
  });
}

void add_head_tile(ProgramBuilder& b, const GridLayout& l, const GridLinear& head) {
  const std::uint64_t tokens = l.slices.tokens / l.tiles.head;
  const std::uint64_t tokens_b = tokens / l.die.rows;
  l.scheme.forward(b, l, head, tokens);
  b.vector(Stage::loss, 2 * l.slices.logits / l.tiles.head);
  b.all_reduce(Stage::loss, Ring::row, tokens_b, scalar_bytes);  // largest logit
  b.mean(Verb::loss_max, Pass::forward, Stage::head);
  b.all_reduce(Stage::loss, Ring::row, tokens_b, scalar_bytes);  // sum of exponentials
  b.mean(Verb::loss_sum, Pass::forward, Stage::head);
  l.scheme.input_gradient(b, l, head, tokens);
  l.scheme.weight_gradient(b, l, head, tokens);
}

}  // namespace

void add_grid_forward_again(ProgramBuilder& b, const GridLayout& l) {
  const GridLinears linears = grid_linears(l);
  add_attention_block(b, l, linears);
  add_grid_norm(b, l, Stage::ffn_up, Pass::forward);
  b.loop(l.tiles.ffn, [&] { add_up(b, l, linears, l.slices.tokens / l.tiles.ffn); });
}

void add_grid_forward(ProgramBuilder& b, const GridLayout& l) {
  const std::uint64_t layers = l.groups.forward;
  b.set_layer(0);
  if (l.prefetch.border) b.read(Stage::embedding, Slot::border, l.slices.hidden);
  add_groups(b, l, l.layers / layers, layers);
  add_groups(b, l, l.layers % layers > 0 ? 1 : 0, l.layers % layers);
}

void add_grid_head(ProgramBuilder& b, const GridLayout& l) {
  const std::uint64_t weights = l.die.head_weights() * element_bytes;
  const GridLinear head = grid_linears(l).head;
  b.set_layer(-1);
  b.read(Stage::weights, Slot::weights, weights);
  b.wait(Stage::weights, Slot::weights);
  b.set_minibatch(0);
  b.loop(l.minibatches, [&] {
    add_border_read(b, l, Stage::activations, 1);
    add_grid_norm(b, l, Stage::head, Pass::forward);
    b.loop(l.tiles.head, [&] { add_head_tile(b, l, head); });
    add_grid_norm(b, l, Stage::head, Pass::input_gradient);
    b.wait(Stage::gradients, Slot::output);  // the gradient of the mini-batch before has left its buffer
    b.write(Stage::gradients, Slot::output, l.slices.hidden);
    if (!l.prefetch.border) b.wait(Stage::gradients, Slot::output);
    b.add_minibatch(1);
  });
  b.set_minibatch(-1);
  b.write(Stage::gradients, Slot::gradients, weights);
}

}  // namespace hecaton::training
