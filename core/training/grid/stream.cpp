#include "core/training/grid/grid.hpp"

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

GridLinear grid_linear(const GridLayout& l, Stage stage, LinearType type, std::uint64_t inputs,
                       std::uint64_t outputs) {
  GridLinear linear{stage, Ring::row, Ring::column, l.die.panel(inputs), outputs};
  if (type == LinearType::two) std::swap(linear.input_ring, linear.output_ring);
  if (l.scheme.moves_weights) cut_panels(linear, stage == Stage::head ? l.head_panel_room : l.panel_room);
  return linear;
}

GridLinear adapted(const GridLayout& l, GridLinear linear, std::uint64_t rank,
                   const std::array<std::uint64_t, qkv_matrices>& matrices) {
  linear.is_frozen = !l.step.trained.weights;
  linear.rank = rank;
  linear.matrices = matrices;
  return linear;
}

void add_weight_gradient(ProgramBuilder& b, const GridLayout& l, const GridLinear& linear,
                         std::uint64_t tokens) {
  (linear.is_frozen ? l.scheme.leave_gradient : l.scheme.weight_gradient)(b, l, linear, tokens);
}

void save_for_backward(ProgramBuilder& b, const GridLayout& l, const GridPlace& place, Stage stage, Slot slot,
                       std::uint64_t bytes) {
  if (!place.saves) return;
  b.write(stage, slot, bytes);
  if (!l.prefetch.saved) b.wait(stage, slot);
}

void wait_for_layer_output(ProgramBuilder& b, const GridLayout& l) {
  if (l.prefetch.saved) b.wait(Stage::activations, Slot::output);
}

void hold_next_stream(ProgramBuilder& b, const GridLayout& l, const GridPlace& place) {
  if (l.prefetch.saved || place.keeps) hold(b, l.slices.hidden);
}
void drop_last_stream(ProgramBuilder& b, const GridLayout& l, const GridPlace& place) {
  if (!l.prefetch.saved) return;
  drop_after(b, place.is_first ? Slot::output : Slot::saved, l.slices.hidden);
}

void read_next(ProgramBuilder& b, const GridLayout& l, const GridPlace& place) {
  std::visit([&](const auto& next) { next.read_opening(b, l, place.skip_next); }, *place.next);
}

void add_grid_norm(ProgramBuilder& b, const GridLayout& l, Stage linear, Pass pass) {
  b.vector(Stage::norm, (pass == Pass::forward ? 2 : 3) * l.slices.hidden);
  b.all_reduce(Stage::norm, l.scheme.feature_ring, l.slices.tokens_a, scalar_bytes);
  mean_on_grid(b, Verb::norm, pass, linear);
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
  if (l.step.minibatches == 2) b.wait(stage, Slot::output);
  b.read(stage, Slot::border, l.slices.hidden, skip_last);
}

}  // namespace hecaton::training
