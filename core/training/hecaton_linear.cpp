#include "core/training/hecaton.hpp"

namespace hecaton::training {

using chiplet::Ring;
using chiplet::Stage;

HecatonLinears hecaton_linears(const HecatonDie& d) {
  return {{Stage::qkv, Ring::row, Ring::column, d.hidden_a, d.qkv},
          {Stage::attention_output, Ring::column, Ring::row, d.hidden_b, d.hidden_a},
          {Stage::ffn_up, Ring::row, Ring::column, d.hidden_a, d.up},
          {Stage::ffn_down, Ring::column, Ring::row, d.ffn, d.hidden_a},
          {Stage::head, Ring::row, Ring::column, d.hidden_a, d.vocabulary}};
}

void add_linear_forward(ProgramBuilder& b, const HecatonLinear& linear, std::uint64_t tokens) {
  b.all_gather(linear.stage, linear.input_ring, tokens, slice_bytes(1, linear.inputs));
  b.matmul(linear.stage, tokens, linear.inputs, linear.outputs);
  b.reduce_scatter(linear.stage, linear.output_ring, tokens, slice_bytes(1, linear.outputs));
}

void add_linear_input_gradient(ProgramBuilder& b, const HecatonLinear& linear, std::uint64_t tokens) {
  b.all_gather(linear.stage, linear.output_ring, tokens, slice_bytes(1, linear.outputs));
  b.matmul(linear.stage, tokens, linear.outputs, linear.inputs);
  b.reduce_scatter(linear.stage, linear.input_ring, tokens, slice_bytes(1, linear.inputs));
}

void add_linear_weight_gradient(ProgramBuilder& b, const HecatonLinear& linear, std::uint64_t tokens) {
  b.all_gather(linear.stage, linear.input_ring, tokens, slice_bytes(1, linear.inputs));
  b.matmul(linear.stage, linear.inputs, tokens, linear.outputs);
}

void add_hecaton_norm(ProgramBuilder& b, const HecatonSlices& s, std::uint64_t passes) {
  b.vector(Stage::norm, passes * s.hidden);
  b.all_reduce(Stage::norm, Ring::column, s.tokens_a, scalar_bytes);
}

void add_border_read(ProgramBuilder& b, const HecatonLayout& l, Stage stage, std::uint8_t skip_last) {
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
