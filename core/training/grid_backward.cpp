#include "core/training/grid.hpp"
#include "core/training/step_parts.hpp"

namespace hecaton::training {

using chiplet::Stage;

namespace {

// The loops around a layer, in the last nest of groups; 0 elsewhere: after them more is to be read.
struct Depths {
  std::uint8_t minibatch = 0;
  std::uint8_t layer = 0;
  std::uint8_t tile = 0;
};

void add_ffn_tile(ProgramBuilder& b, const GridLayout& l, const GridLinears& linears,
                  std::uint8_t skip_last) {
  const GridSlices& s = l.slices;
  const std::uint64_t tokens = s.tokens / l.tiles.back_ffn;
  const std::uint64_t up = s.up / l.tiles.back_ffn;
  const std::uint64_t ffn = s.ffn / l.tiles.back_ffn;
  if (!l.recompute) {
    if (!l.prefetch.saved) b.read(Stage::activation, Slot::tile, up);
    b.wait(Stage::activation, Slot::tile);
    if (l.prefetch.saved) b.read(Stage::activation, Slot::tile, up, skip_last);
  }
  if (l.die.is_mixture()) {
    b.vector(Stage::activation, up);
    add_experts_down_backward(b, l, tokens);
    b.vector(Stage::activation, up + ffn);
    add_experts_up_backward(b, l, tokens);
    return;
  }
  l.scheme.input_gradient(b, l, linears.down, tokens);
  b.vector(Stage::activation, up);  // its output again
  b.mean(Verb::activation, Pass::forward, Stage::ffn_up);
  l.scheme.weight_gradient(b, l, linears.down, tokens);
  b.vector(Stage::activation, up + ffn);
  b.mean(Verb::activation, Pass::input_gradient, Stage::ffn_up);
  l.scheme.input_gradient(b, l, linears.up, tokens);
  l.scheme.weight_gradient(b, l, linears.up, tokens);
}

void add_ffn_block(ProgramBuilder& b, const GridLayout& l, const GridLinears& linears, const Depths& depths) {
  const GridSlices& s = l.slices;
  if (!l.recompute) {
    if (!l.prefetch.saved) b.read(Stage::residual, Slot::residual, s.saved_middle());
    b.wait(Stage::residual, Slot::residual);
    if (l.prefetch.saved) b.read(Stage::attention, Slot::saved, s.saved_attention());
  }
  b.vector(Stage::norm, 2 * s.hidden);  // its output again, from the saved scalars
  b.mean(Verb::norm_again, Pass::forward, Stage::ffn_up);
  b.loop(l.tiles.back_ffn, [&] { add_ffn_tile(b, l, linears, depths.tile); });
  add_grid_norm(b, l, Stage::ffn_up, Pass::input_gradient);
  b.vector(Stage::residual, 2 * s.hidden);
  b.mean(Verb::residual, Pass::input_gradient, Stage::ffn_up);
}

void add_attention_block(ProgramBuilder& b, const GridLayout& l, const GridLinears& linears,
                         const Depths& depths) {
  const GridSlices& s = l.slices;
  if (!l.recompute) {
    if (!l.prefetch.saved) b.read(Stage::attention, Slot::saved, s.saved_attention());
    b.wait(Stage::attention, Slot::saved);
    if (l.prefetch.saved) {
      b.read(Stage::residual, Slot::saved, s.hidden);
      b.read(Stage::residual, Slot::residual, s.saved_middle(), depths.layer);
    }
  }
  b.loop(l.tiles.back_output, [&] {
    const std::uint64_t tokens = s.tokens / l.tiles.back_output;
    l.scheme.input_gradient(b, l, linears.output, tokens);
    l.scheme.weight_gradient(b, l, linears.output, tokens);
  });
  add_grid_attention_backward(b, l);
  if (!l.recompute) {
    if (!l.prefetch.saved) b.read(Stage::residual, Slot::saved, s.hidden);
    b.wait(Stage::residual, Slot::saved);
  }
  b.vector(Stage::norm, 2 * s.hidden);
  b.mean(Verb::norm_again, Pass::forward, Stage::qkv);
  b.loop(l.tiles.back_qkv, [&] {
    const std::uint64_t tokens = s.tokens / l.tiles.back_qkv;
    l.scheme.input_gradient(b, l, linears.qkv, tokens);
    l.scheme.weight_gradient(b, l, linears.qkv, tokens);
  });
  add_grid_norm(b, l, Stage::qkv, Pass::input_gradient);
  b.vector(Stage::residual, 2 * s.hidden);
  b.mean(Verb::residual, Pass::input_gradient, Stage::qkv);
}

// From the input of the layer, which is all that was saved; the next one is read ahead.
void add_layer_again(ProgramBuilder& b, const GridLayout& l, const Depths& depths) {
  const std::uint64_t bytes = l.slices.hidden;
  if (!l.prefetch.saved) b.read(Stage::residual, Slot::saved, bytes);
  b.wait(Stage::residual, Slot::saved);
  if (l.prefetch.saved) b.read(Stage::residual, Slot::saved, bytes, depths.layer);
  add_grid_forward_again(b, l);
}

void add_minibatch(ProgramBuilder& b, const GridLayout& l, std::uint64_t layers, const Depths& depths) {
  const GridLinears linears = grid_linears(l);
  add_border_read(b, l, Stage::gradients, depths.minibatch);
  b.loop(layers, [&] {
    if (l.recompute) add_layer_again(b, l, depths);
    add_ffn_block(b, l, linears, depths);
    b.wait(Stage::gradients, Slot::output);  // of the mini-batch before: its buffer is needed
    add_attention_block(b, l, linears, depths);
    b.add_layer(-1);
  });
  b.write(Stage::gradients, Slot::output, l.slices.hidden);
  b.add_minibatch(1);
  b.add_layer(static_cast<std::int32_t>(layers));
}

void add_groups(ProgramBuilder& b, const GridLayout& l, std::uint64_t count, std::uint64_t layers,
                const Depths& depths) {
  const std::uint64_t weights = layers * l.die.layer_weights() * element_bytes;
  const bool ahead = l.groups.prefetch_backward;
  if (ahead) b.read(Stage::weights, Slot::weights, weights);
  b.loop(count, [&] {
    if (!ahead) b.read(Stage::weights, Slot::weights, weights);
    b.wait(Stage::weights, Slot::weights);
    b.wait(Stage::gradients, Slot::gradients);  // of the group before: their buffer is filled anew
    if (ahead) b.read(Stage::weights, Slot::weights, weights, 1);
    b.set_minibatch(0);
    b.loop(l.minibatches, [&] { add_minibatch(b, l, layers, depths); });
    b.write(Stage::gradients, Slot::gradients, weights);
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
    b.read(Stage::residual, Slot::residual, l.slices.saved_middle());
    b.read(Stage::activation, Slot::tile, l.slices.up / l.tiles.back_ffn);
  }
  add_groups(b, l, l.layers / layers, layers, rest > 0 ? Depths{} : last);
  if (rest > 0) add_groups(b, l, 1, rest, last);
}

}  // namespace hecaton::training
