// The feed-forward network of methods with 2D tiles, tile by tile: what is between up and down stays on a
// die.
#include "core/training/grid/grid.hpp"

namespace hecaton::training {

using chiplet::Stage;

namespace {

GridLinear up_linear(const GridLayout& l, const GridFeedForward& f, bool adapts) {
  const std::uint64_t gate = f.matrices == 2 ? f.up / 2 : 0;
  return adapted(l, grid_linear(l, Stage::ffn_up, LinearType::one, f.hidden_a, f.up), adapts ? f.rank : 0,
                 {f.up - gate, gate});
}
GridLinear down_linear(const GridLayout& l, const GridFeedForward& f, bool adapts) {
  return adapted(l, grid_linear(l, Stage::ffn_down, LinearType::two, f.ffn, f.hidden_a), adapts ? f.rank : 0,
                 {f.hidden_a});
}

}  // namespace

void GridFeedForward::write_up(ProgramBuilder& b, const GridLayout& l, const GridPlace& place,
                               std::uint64_t tokens) const {
  if (is_mixture()) {
    add_experts_up(b, l, *this, tokens);
  } else {
    l.scheme.forward(b, l, up_linear(l, *this, place.adapts), tokens);
  }
}

void GridFeedForward::forward_tile(ProgramBuilder& b, const GridLayout& l, const GridPlace& place) const {
  const std::uint64_t tokens = l.slices.tokens / stage.tiles;
  const std::uint64_t bytes = up_bytes / stage.tiles;
  const std::uint64_t ranks = place.adapts ? ranks_bytes / stage.tiles : 0;
  hold(b, bytes + ranks);
  write_up(b, l, place, tokens);
  // The tile before has left its buffer.
  if (l.prefetch.saved && place.saves) b.wait(Stage::activation, Slot::tile);
  hold(b, ffn_bytes / stage.tiles);
  b.vector(Stage::activation, bytes);
  mean_on_grid(b, Verb::activation, Pass::forward, Stage::ffn_up);
  save_for_backward(b, l, place, Stage::activation, Slot::tile, bytes);
  if (is_mixture()) {
    add_experts_down(b, l, *this, tokens);
  } else {
    l.scheme.forward(b, l, down_linear(l, *this, place.adapts), tokens);
  }
  if (ranks > 0) save_for_backward(b, l, place, Stage::activation, Slot::tile, ranks);
  drop(b, ffn_bytes / stage.tiles);
  if (!place.keeps) drop_after(b, Slot::tile, bytes + ranks);
}

void GridFeedForward::forward(ProgramBuilder& b, const GridLayout& l, const GridPlace& place) const {
  hold(b, norm_bytes);
  add_grid_norm(b, l, Stage::ffn_up, Pass::forward);
  if (place.is_last) wait_for_layer_output(b, l);
  hold_next_stream(b, l, place);
  b.loop(chiplet::Iterates::tiles, stage.tiles, [&] { forward_tile(b, l, place); });
  b.vector(Stage::residual, 2 * l.slices.hidden);
  mean_on_grid(b, Verb::residual, Pass::forward, Stage::ffn_down);
  if (place.keeps) return;
  drop_last_stream(b, l, place);
  drop_after(b, Slot::saved, norm_bytes);
}

void GridFeedForward::forward_again(ProgramBuilder& b, const GridLayout& l, const GridPlace& place) const {
  hold(b, norm_bytes + up_bytes);
  add_grid_norm(b, l, Stage::ffn_up, Pass::forward);
  b.loop(chiplet::Iterates::tiles, stage.tiles,
         [&] { write_up(b, l, place, l.slices.tokens / stage.tiles); });
}

void GridFeedForward::read_opening(ProgramBuilder& b, const GridLayout& l, std::uint8_t skip_last) const {
  b.read(Stage::residual, Slot::residual, opening(l.slices), skip_last);
}

void GridFeedForward::read_first_tile(ProgramBuilder& b, const GridLayout&) const {
  b.read(Stage::activation, Slot::tile, tiled() / back_stage.tiles);
}

void GridFeedForward::backward_tile(ProgramBuilder& b, const GridLayout& l, std::uint8_t skip_last) const {
  const std::uint64_t tokens = l.slices.tokens / back_stage.tiles;
  const std::uint64_t up_tile = up_bytes / back_stage.tiles;
  const std::uint64_t ffn_tile = ffn_bytes / back_stage.tiles, ranks = ranks_bytes / back_stage.tiles;
  if (!l.step.recompute) {
    if (!l.prefetch.saved) b.read(Stage::activation, Slot::tile, up_tile + ranks);
    b.wait(Stage::activation, Slot::tile);
    if (l.prefetch.saved) b.read(Stage::activation, Slot::tile, up_tile + ranks, skip_last);
  }
  hold(b, up_tile + 2 * ffn_tile);  // gradients of gate and up, of the activation's output, and that again
  if (is_mixture()) {
    b.vector(Stage::activation, up_tile);
    add_experts_down_backward(b, l, *this, tokens);
    b.vector(Stage::activation, up_tile + ffn_tile);
    mean_on_grid(b, Verb::activation, Pass::input_gradient, Stage::ffn_up);
    add_experts_up_backward(b, l, *this, tokens);
    drop(b, 2 * up_tile + 2 * ffn_tile);
    return;
  }
  const GridLinear up_layer = up_linear(l, *this, true), down = down_linear(l, *this, true);
  l.scheme.input_gradient(b, l, down, tokens);
  b.vector(Stage::activation, up_tile);  // its output again
  mean_on_grid(b, Verb::activation, Pass::forward, Stage::ffn_up);
  add_weight_gradient(b, l, down, tokens);
  b.vector(Stage::activation, up_tile + ffn_tile);
  mean_on_grid(b, Verb::activation, Pass::input_gradient, Stage::ffn_up);
  l.scheme.input_gradient(b, l, up_layer, tokens);
  add_weight_gradient(b, l, up_layer, tokens);
  drop(b, 2 * up_tile + 2 * ffn_tile + ranks);
}

void GridFeedForward::backward(ProgramBuilder& b, const GridLayout& l, const GridPlace& place) const {
  const GridSlices& s = l.slices;
  if (!l.step.recompute) {
    if (!l.prefetch.saved) read_opening(b, l, 0);
    b.wait(Stage::residual, Slot::residual);
    if (l.prefetch.saved && place.reads_own_tile) read_first_tile(b, l);
    if (l.prefetch.saved) read_next(b, l, place);
  }
  b.vector(Stage::norm, 2 * s.hidden);  // its output again, from the saved scalars
  mean_on_grid(b, Verb::norm_again, Pass::forward, Stage::ffn_up);
  hold(b, s.hidden);  // the gradient of the norm's output
  b.loop(chiplet::Iterates::tiles, back_stage.tiles, [&] { backward_tile(b, l, place.skip_tile); });
  add_grid_norm(b, l, Stage::ffn_up, Pass::input_gradient);
  b.vector(Stage::residual, 2 * s.hidden);
  mean_on_grid(b, Verb::residual, Pass::input_gradient, Stage::ffn_up);
  drop(b, s.hidden + opening(s));  // the input too
}

}  // namespace hecaton::training
