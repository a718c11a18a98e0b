// The feed-forward network of 1D tensor parallelism, tile by tile: what is between up and down stays on a
// die.
#include "core/training/one_d/adapters.hpp"
#include "core/training/one_d/one_d.hpp"

namespace hecaton::training {

using chiplet::Stage;

namespace {

// Products of a mixture of experts backward.
void add_experts_down(ProgramBuilder& b, const OneDFeedForward& d, std::uint64_t each) {
  b.matmul(Stage::ffn_down, each, d.hidden, d.ffn, d.experts);
  mean_product(b, Pass::input_gradient, Spread::experts);
}
void add_experts_down_weights(ProgramBuilder& b, const OneDFeedForward& d, std::uint64_t each) {
  b.matmul(Stage::ffn_down, d.ffn, each, d.hidden, d.experts);
  mean_product(b, Pass::weight_gradient, Spread::experts);
}
void add_experts_up(ProgramBuilder& b, const OneDFeedForward& d, std::uint64_t tokens, std::uint64_t each) {
  b.matmul(Stage::ffn_up, each, d.up, d.hidden, d.experts);
  mean_product(b, Pass::input_gradient, Spread::experts);
  b.vector(Stage::ffn_up, slice_bytes(tokens * d.experts_per_token, d.hidden));
  mean_on_grid(b, Verb::combine, Pass::input_gradient, Stage::ffn_up);
  // And of the choice: the gradient of its scalars is a sum over features, of which this die has a part.
  b.vector(Stage::ffn_up, tokens * d.experts * scalar_bytes);
  mean_on_grid(b, Verb::shares, Pass::input_gradient, Stage::ffn_up);
  b.matmul(Stage::ffn_up, tokens, d.experts, d.hidden);
  mean_on_grid(b, Verb::scores, Pass::input_gradient, Stage::ffn_up);
}
void add_experts_up_weights(ProgramBuilder& b, const OneDFeedForward& d, std::uint64_t tokens,
                            std::uint64_t each) {
  b.matmul(Stage::ffn_up, d.hidden, each, d.up, d.experts);
  mean_product(b, Pass::weight_gradient, Spread::experts);
  b.matmul(Stage::ffn_up, d.hidden, tokens, d.experts);  // and of the choice
  mean_on_grid(b, Verb::scores, Pass::weight_gradient, Stage::ffn_up);
}

// Of a tile of so many tokens.
OneDAdapters up_adapters(const OneDFeedForward& f, std::uint64_t tokens, Layers layers = Layers::trained) {
  const std::uint64_t gate = f.matrices == 2 ? f.up / 2 : 0;
  return {Stage::ffn_up,
          layers == Layers::trained ? f.rank : 0,
          f.hidden,
          {{{tokens, f.up - gate}, {gate > 0 ? tokens : 0, gate}}},
          tokens};
}
OneDAdapters down_adapters(const OneDFeedForward& f, std::uint64_t tokens, Layers layers = Layers::trained) {
  return {Stage::ffn_down, layers == Layers::trained ? f.rank : 0, f.ffn, {{{tokens, f.hidden}}}, tokens};
}

}  // namespace

TilePass OneDFeedForward::forward_pass(const OneDLayout& l) const {
  return {Stage::activations, Slot::border, stage.tiles, l.slices.share / stage.tiles, l.ahead, 2};
}

void OneDFeedForward::write_up(ProgramBuilder& b, std::uint64_t tokens, Layers layers) const {
  if (is_mixture()) {
    b.matmul(Stage::ffn_up, tokens, hidden, experts);  // the choice
    mean_on_grid(b, Verb::scores, Pass::forward, Stage::ffn_up);
    b.vector(Stage::ffn_up, tokens * experts * scalar_bytes);
    mean_on_grid(b, Verb::shares, Pass::forward, Stage::ffn_up);
    b.matmul(Stage::ffn_up, ceil_div(tokens * experts_per_token, experts), hidden, up, experts);
    mean_product(b, Pass::forward, Spread::experts);
    return;
  }
  const OneDAdapters adapters = up_adapters(*this, tokens, layers);
  b.matmul(Stage::ffn_up, tokens, hidden, up);
  mean_product(b, Pass::forward, Spread::outputs, 0, 1, adapters.ranks());
  adapters.add_to_outputs(b);
}

void OneDFeedForward::write_down(ProgramBuilder& b, std::uint64_t tokens, Layers layers) const {
  if (is_mixture()) {
    b.matmul(Stage::ffn_down, ceil_div(tokens * experts_per_token, experts), ffn, hidden, experts);
    mean_product(b, Pass::forward, Spread::experts);
    b.vector(Stage::ffn_down, slice_bytes(tokens * experts_per_token, hidden));  // weighed and added up
    mean_on_grid(b, Verb::combine, Pass::forward, Stage::ffn_down);
    return;
  }
  b.matmul(Stage::ffn_down, tokens, ffn, hidden);
  mean_product(b, Pass::forward, Spread::inputs);
  down_adapters(*this, tokens, layers).add_to_partial_sums(b);
}

void OneDFeedForward::forward_tile(ProgramBuilder& b, const OneDLayout& l, Layers layers) const {
  const std::uint64_t tokens = l.slices.tokens / stage.tiles;
  const std::uint64_t bytes = l.slices.share / stage.tiles;
  const std::uint64_t up_tile = up_bytes / stage.tiles;
  gather_stream(b, l, Stage::ffn_up, tokens, Pass::forward);
  b.vector(Stage::norm, 2 * l.slices.stream / stage.tiles);
  mean_on_grid(b, Verb::norm, Pass::forward, Stage::ffn_up);
  const std::uint64_t whole = slice_bytes(tokens, hidden), ffn_tile = ffn_bytes / stage.tiles;
  const std::uint64_t ranks = layers == Layers::trained ? ranks_bytes / stage.tiles : 0;
  hold(b, up_tile + ranks);
  write_up(b, tokens, layers);
  drop(b, whole);
  hold(b, ffn_tile);
  b.vector(Stage::activation, up_tile);
  mean_on_grid(b, Verb::activation, Pass::forward, Stage::ffn_up);
  if (!saves(l, layers)) drop(b, up_tile);
  // With adapters, together with what those of down keep.
  if (saves(l, layers) && ranks == 0) write_tile(b, l, Stage::activation, Slot::saved, up_tile);
  hold(b, whole);
  write_down(b, tokens, layers);
  drop(b, ffn_tile);
  if (ranks > 0) write_tile(b, l, Stage::activation, Slot::saved, up_tile + ranks);
  scatter_stream(b, l, Stage::ffn_down, tokens, Pass::forward);
  b.vector(Stage::residual, 2 * bytes);
  mean_on_grid(b, Verb::residual, Pass::forward, Stage::ffn_down);
  write_tile(b, l, output_stage(layers), Slot::output, bytes);
}

void OneDFeedForward::forward(ProgramBuilder& b, const OneDLayout& l, const TilePass& first,
                              Layers layers) const {
  run_pass(b, first, [&] { forward_tile(b, l, layers); });
}

// ---- backward

TilePass OneDFeedForward::backward_pass(const OneDLayout& l) const {
  // Input of the block, gradient of its output, gate and up.
  const std::uint64_t saved = l.step.recompute ? 0 : up_bytes + ranks_bytes;
  const std::uint64_t bytes = (2 * l.slices.share + saved) / back_stage.tiles;
  return {Stage::gradients, Slot::border, back_stage.tiles, bytes, l.ahead, 2};
}

void OneDFeedForward::down_gradients(ProgramBuilder& b, std::uint64_t tokens) const {
  const std::uint64_t each = ceil_div(tokens * experts_per_token, experts);
  const std::uint64_t up_tile = up_bytes / back_stage.tiles, ffn_tile = ffn_bytes / back_stage.tiles;
  const OneDAdapters adapters = down_adapters(*this, tokens);
  if (is_mixture()) {
    add_experts_down(b, *this, each);
  } else {
    b.matmul(Stage::ffn_down, tokens, hidden, ffn);
    mean_product(b, Pass::input_gradient, Spread::inputs, 0, 1, adapters.ranks());
    adapters.pass_gradients(b);
  }
  b.vector(Stage::activation,
           2 * up_tile + ffn_tile);  // forward again, and backward
  mean_on_grid(b, Verb::activation, Pass::input_gradient, Stage::ffn_up);
  adapters.add_gradient_of_a(b);
  if (is_frozen) return;
  if (is_mixture()) return add_experts_down_weights(b, *this, each);
  b.matmul(Stage::ffn_down, ffn, tokens, hidden);
  mean_product(b, Pass::weight_gradient, Spread::inputs);
}

void OneDFeedForward::up_gradients(ProgramBuilder& b, const OneDLayout& l, std::uint64_t tokens) const {
  const std::uint64_t each = ceil_div(tokens * experts_per_token, experts);
  const OneDAdapters adapters = up_adapters(*this, tokens);
  adapters.sum_gradients(b, l);
  hold(b, slice_bytes(tokens, hidden));  // partial sums
  if (is_mixture()) {
    add_experts_up(b, *this, tokens, each);
  } else {
    b.matmul(Stage::ffn_up, tokens, up, hidden);
    mean_product(b, Pass::input_gradient, Spread::outputs);
  }
  scatter_stream(b, l, Stage::ffn_up, tokens, Pass::input_gradient, adapters.ranks());
  adapters.add_to_input_gradient(b, l);
  if (is_frozen) return;
  if (is_mixture()) return add_experts_up_weights(b, *this, tokens, each);
  b.matmul(Stage::ffn_up, hidden, tokens, up);
  mean_product(b, Pass::weight_gradient, Spread::outputs);
}

void OneDFeedForward::backward_tile(ProgramBuilder& b, const OneDLayout& l) const {
  const std::uint64_t tokens = l.slices.tokens / back_stage.tiles;
  const std::uint64_t bytes = l.slices.share / back_stage.tiles;
  const std::uint64_t up_tile = up_bytes / back_stage.tiles;
  const std::uint64_t whole = slice_bytes(tokens, hidden), ffn_tile = ffn_bytes / back_stage.tiles;
  if (l.step.recompute) {  // the input stays for the weight gradient
    hold(b, up_tile);
    gather_block_input(b, l, Stage::ffn_up, back_stage.tiles);
    write_up(b, tokens, Layers::trained);
  }
  gather_stream(b, l, Stage::ffn_down, tokens, Pass::input_gradient);
  hold(b, up_tile + 2 * ffn_tile);  // gradients of up and of the activation's output, and that again
  down_gradients(b, tokens);
  drop(b, whole + 2 * ffn_tile);
  // Frozen weights need it no more.
  if (!l.step.recompute && !is_frozen) gather_block_input(b, l, Stage::ffn_up, back_stage.tiles);
  up_gradients(b, l, tokens);
  drop(b, (is_frozen ? 0 : whole) + (l.step.recompute ? 2 : 1) * up_tile);
  b.vector(Stage::norm, 3 * bytes);
  mean_on_grid(b, Verb::norm, Pass::input_gradient, Stage::ffn_up);
  b.vector(Stage::residual, 2 * bytes);
  mean_on_grid(b, Verb::residual, Pass::input_gradient, Stage::ffn_up);
  write_tile(b, l, Stage::gradients, Slot::output, bytes);
}

void OneDFeedForward::backward(ProgramBuilder& b, const OneDLayout& l, const TilePass& first) const {
  run_pass(b, first, [&] { backward_tile(b, l); });
}

}  // namespace hecaton::training
