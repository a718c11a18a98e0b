// Attention of methods with 2D tiles: by sequence it is local; by head, all-to-alls along the columns
// exchange some heads of all tokens for all heads of the column of some tokens, and back.
#include "core/training/grid.hpp"
#include "core/training/step_parts.hpp"

namespace hecaton::training {

using chiplet::Ring;
using chiplet::Stage;

namespace {

AttentionShape shape_of(const GridLayout& l) {
  const GridDie& d = l.die;
  const std::uint64_t products = d.own_heads > 0 ? l.sequences * d.own_heads : l.sequences / d.rows * d.heads;
  return {products, d.sequence, d.sequence, d.head};
}

// One part for each die of the column: its heads of this die's tokens, or the other way about.
void exchange(ProgramBuilder& b, const GridLayout& l, std::uint64_t features, Verb verb, Pass pass) {
  if (l.die.own_heads == 0) return;
  b.all_to_all(Stage::attention, Ring::column, l.slices.tokens, slice_bytes(1, features));
  const bool is_output = (verb == Verb::from_heads) == (pass == Pass::forward);
  b.mean(verb, pass, is_output ? Stage::attention_output : Stage::qkv);
}

}  // namespace

void add_grid_attention_input(ProgramBuilder& b, const GridLayout& l) {
  exchange(b, l, l.die.own_heads * l.die.head + l.die.own_kv, Verb::to_heads, Pass::forward);
}

void add_grid_attention_forward(ProgramBuilder& b, const GridLayout& l) {
  add_attention_forward(b, shape_of(l));
  exchange(b, l, l.die.own_heads * l.die.head, Verb::from_heads, Pass::forward);
}

void add_grid_attention_backward(ProgramBuilder& b, const GridLayout& l) {
  exchange(b, l, l.die.own_heads * l.die.head, Verb::to_heads, Pass::input_gradient);
  add_attention_backward(b, shape_of(l));
  exchange(b, l, l.die.own_heads * l.die.head + l.die.own_kv, Verb::from_heads, Pass::input_gradient);
  // Gradients of keys and values that several dies have used are added up.
  if (l.slices.own_qkv > l.slices.qkv) b.vector(Stage::attention, l.slices.own_qkv);
}

}  // namespace hecaton::training
