#include "core/training/grid.hpp"

namespace hecaton::training {

using chiplet::Ring;
using chiplet::Stage;

namespace {

// The fewest blocks of columns of which a panel of weights and one of gradients fit.
void cut_panels(GridLinear& linear, std::uint64_t room) {
  const std::uint64_t column = 2 * slice_bytes(1, linear.inputs);
  linear.blocks = divisor_at_least(linear.outputs, ceil_div(linear.outputs, room / column));
}

}  // namespace

GridLinears grid_linears(const GridLayout& l) {
  const GridDie& d = l.die;
  GridLinears all = {{Stage::qkv, Ring::row, Ring::column, d.hidden_a, d.qkv},
                     {Stage::attention_output, Ring::column, Ring::row, d.hidden_b, d.hidden_a},
                     {Stage::ffn_up, Ring::row, Ring::column, d.hidden_a, d.up},
                     {Stage::ffn_down, Ring::column, Ring::row, d.ffn, d.hidden_a},
                     {Stage::head, Ring::row, Ring::column, d.hidden_a, d.vocabulary}};
  if (!l.scheme.moves_weights) return all;
  for (GridLinear* linear : {&all.qkv, &all.output, &all.up, &all.down}) cut_panels(*linear, l.panel_room);
  cut_panels(all.head, l.head_panel_room);
  return all;
}

void add_grid_norm(ProgramBuilder& b, const GridLayout& l, Stage linear, Pass pass) {
  b.vector(Stage::norm, (pass == Pass::forward ? 2 : 3) * l.slices.hidden);
  b.all_reduce(Stage::norm, l.scheme.norm_ring, l.slices.tokens_a, scalar_bytes);
  b.mean(Verb::norm, pass, linear);
}

void add_border_read(ProgramBuilder& b, const GridLayout& l, Stage stage, std::uint8_t skip_last) {
  if (!l.prefetch.border) {
    b.wait(stage, Slot::output);  // what is read was written by the group before
    b.read(stage, Slot::border, l.slices.hidden);
    b.wait(stage, Slot::border);
    return;
  }
  b.wait(stage, Slot::border);
  // Of two mini-batches the next one was written just before this one started; of more, long ago.
  if (l.minibatches == 2) b.wait(stage, Slot::output);
  b.read(stage, Slot::border, l.slices.hidden, skip_last);
}

}  // namespace hecaton::training
