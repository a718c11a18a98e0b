// Attention of methods with 2D tiles: by sequence it is local; by head, all-to-alls along the columns
// exchange some heads of all tokens for all heads of the column of some tokens, and back.
#include "core/training/plan/attention.hpp"

#include "core/training/grid/grid.hpp"

namespace hecaton::training {

using chiplet::Ring;
using chiplet::Stage;

namespace {

GridLinear qkv_linear(const GridLayout& l, const GridAttention& a, bool adapts) {
  return adapted(l, grid_linear(l, Stage::qkv, LinearType::one, a.hidden_a, a.qkv), adapts ? a.rank : 0,
                 {a.queries, a.kv / 2, a.kv / 2});
}
GridLinear output_linear(const GridLayout& l, const GridAttention& a, bool adapts) {
  return adapted(l, grid_linear(l, Stage::attention_output, LinearType::two, a.projected, a.hidden_a),
                 adapts ? a.rank : 0, {a.hidden_a});
}

AttentionShape shape_of(const GridLayout& l, const GridAttention& a) {
  const GridDie& d = l.die;
  const std::uint64_t products =
      a.own_heads > 0 ? l.step.sequences * a.own_heads : l.step.sequences / d.rows * a.heads;
  return {products, d.sequence, d.sequence, a.head, d.mask, d.attention_tile, d.soft_cap};
}

// One part for each die of the column: its heads of this die's tokens, or the other way about.
void exchange(ProgramBuilder& b, const GridLayout& l, const GridAttention& a, std::uint64_t features,
              Verb verb, Pass pass) {
  if (a.own_heads == 0) return;
  b.all_to_all(Stage::attention, Ring::column, l.slices.tokens, slice_bytes(1, features));
  const bool is_output = (verb == Verb::from_heads) == (pass == Pass::forward);
  mean_on_grid(b, verb, pass, is_output ? Stage::attention_output : Stage::qkv);
}

void add_gradients(ProgramBuilder& b, const GridLayout& l, const GridLinear& linear, std::uint64_t tiles) {
  b.loop(chiplet::Iterates::tiles, tiles, [&] {
    const std::uint64_t tokens = l.slices.tokens / tiles;
    l.scheme.input_gradient(b, l, linear, tokens);
    add_weight_gradient(b, l, linear, tokens);
  });
}

}  // namespace

void GridAttention::forward_again(ProgramBuilder& b, const GridLayout& l, const GridPlace& place) const {
  const GridSlices& s = l.slices;
  const GridLinear linear = qkv_linear(l, *this, place.adapts);
  const std::uint64_t ranks = place.adapts ? qkv_ranks : 0;
  // Its buffers are written anew.
  if (l.prefetch.saved && place.saves) b.wait(Stage::activations, Slot::saved);
  hold(b, s.norm + qkv_bytes + ranks);
  add_grid_norm(b, l, Stage::qkv, Pass::forward);
  b.loop(chiplet::Iterates::tiles, qkv_stage.tiles,
         [&] { l.scheme.forward(b, l, linear, s.tokens / qkv_stage.tiles); });
  if (own_heads > 0) hold(b, own_bytes);
  exchange(b, l, *this, own_heads * head + own_kv, Verb::to_heads, Pass::forward);
  if (own_heads > 0) drop(b, qkv_bytes);
  save_for_backward(b, l, place, Stage::qkv, Slot::saved, own_bytes + s.norm + ranks);
  hold(b, output_kept);
  add_attention_forward(b, shape_of(l, *this));
  if (own_heads > 0) hold(b, output_bytes);
  exchange(b, l, *this, own_heads * head, Verb::from_heads, Pass::forward);
  if (own_heads > 0) drop(b, output_bytes);
  save_for_backward(b, l, place, Stage::attention, Slot::saved, output_kept);
}

void GridAttention::forward(ProgramBuilder& b, const GridLayout& l, const GridPlace& place) const {
  const GridLinear linear = output_linear(l, *this, place.adapts);
  const std::uint64_t ranks = place.adapts ? output_ranks : 0;
  forward_again(b, l, place);
  if (place.is_last) wait_for_layer_output(b, l);
  hold_next_stream(b, l, place);
  hold(b, ranks);
  b.loop(chiplet::Iterates::tiles, output_stage.tiles,
         [&] { l.scheme.forward(b, l, linear, l.slices.tokens / output_stage.tiles); });
  if (ranks > 0) save_for_backward(b, l, place, Stage::attention_output, Slot::saved, ranks);
  b.vector(Stage::residual, 2 * l.slices.hidden);
  mean_on_grid(b, Verb::residual, Pass::forward, Stage::attention_output);
  if (place.keeps) return;
  drop_last_stream(b, l, place);
  drop_after(b, Slot::saved, place.adapts ? kept : kept - qkv_ranks - output_ranks);
}

// Gradients take the place of queries, keys and values, head by head.
void GridAttention::core_backward(ProgramBuilder& b, const GridLayout& l) const {
  const bool exchanges = own_heads > 0;
  if (exchanges) hold(b, output_bytes);
  exchange(b, l, *this, own_heads * head, Verb::to_heads, Pass::input_gradient);
  if (exchanges) drop(b, output_bytes);
  add_attention_backward(b, shape_of(l, *this));
  drop(b, output_kept + output_bytes);  // with the gradient of the output
  if (exchanges) hold(b, qkv_bytes);
  exchange(b, l, *this, own_heads * head + own_kv, Verb::from_heads, Pass::input_gradient);
  // Gradients of keys and values that several dies have used are added up.
  if (own_bytes > qkv_bytes) b.vector(Stage::attention, own_bytes);
  if (exchanges) drop(b, own_bytes);
}

void GridAttention::read_opening(ProgramBuilder& b, const GridLayout&, std::uint8_t skip_last) const {
  b.read(Stage::attention, Slot::saved, kept, skip_last);
}

void GridAttention::backward(ProgramBuilder& b, const GridLayout& l, const GridPlace& place) const {
  const GridSlices& s = l.slices;
  if (!l.step.recompute) {
    if (!l.prefetch.saved) read_opening(b, l, 0);
    b.wait(Stage::attention, Slot::saved);
    if (l.prefetch.saved) {
      b.read(Stage::residual, Slot::saved, s.hidden);
      read_next(b, l, place);
    }
  }
  hold(b, output_bytes);  // the gradient of attention's output
  add_gradients(b, l, output_linear(l, *this, true), back_output_stage.tiles);
  core_backward(b, l);
  if (!l.step.recompute) {
    if (!l.prefetch.saved) b.read(Stage::residual, Slot::saved, s.hidden);
    b.wait(Stage::residual, Slot::saved);
  }
  b.vector(Stage::norm, 2 * s.hidden);
  mean_on_grid(b, Verb::norm_again, Pass::forward, Stage::qkv);
  hold(b, s.hidden);  // the gradient of the norm's output
  add_gradients(b, l, qkv_linear(l, *this, true), back_qkv_stage.tiles);
  add_grid_norm(b, l, Stage::qkv, Pass::input_gradient);
  b.vector(Stage::residual, 2 * s.hidden);
  mean_on_grid(b, Verb::residual, Pass::input_gradient, Stage::qkv);
  drop(b, 2 * s.hidden + s.norm + qkv_bytes + qkv_ranks + output_ranks);  // the input too
}

}  // namespace hecaton::training
