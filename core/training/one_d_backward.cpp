#include "core/training/one_d.hpp"
#include "core/training/step_parts.hpp"

namespace hecaton::training {

using chiplet::Stage;

namespace {

void read_weights(ProgramBuilder& b, std::uint64_t elements) {
  b.read(Stage::weights, Slot::weights, elements * element_bytes);
  b.wait(Stage::weights, Slot::weights);
}

void write_gradients(ProgramBuilder& b, std::uint64_t elements) {
  b.write(Stage::gradients, Slot::gradients, elements * element_bytes);
}

// Split backward only: the sums that earlier mini-batches left in DRAM (zeros, for the first) come back.
void read_sums(ProgramBuilder& b, const OneDLayout& l, std::uint64_t elements) {
  b.wait(Stage::gradients, Slot::gradients);
  if (l.minibatches == 1) return;
  b.read(Stage::gradients, Slot::weights, elements * element_bytes);
  b.wait(Stage::gradients, Slot::weights);
}

// The input of a block again, and the output of its norm.
void gather_input(ProgramBuilder& b, const OneDLayout& l, Stage linear, std::uint64_t tiles) {
  gather_stream(b, l, Stage::activations, l.slices.tokens / tiles, Pass::weight_gradient, linear);
  b.vector(Stage::norm, 2 * l.slices.stream / tiles);
  b.mean(Verb::norm, Pass::weight_gradient, linear);
}

// Products of a mixture of experts backward.
void add_experts_down(ProgramBuilder& b, const OneDDie& d, std::uint64_t each) {
  b.matmul(Stage::ffn_down, each, d.hidden, d.ffn, d.experts);
}
void add_experts_down_weights(ProgramBuilder& b, const OneDDie& d, std::uint64_t each) {
  b.matmul(Stage::ffn_down, d.ffn, each, d.hidden, d.experts);
}
void add_experts_up(ProgramBuilder& b, const OneDDie& d, std::uint64_t tokens, std::uint64_t each) {
  b.matmul(Stage::ffn_up, each, d.up, d.hidden, d.experts);
  b.vector(Stage::ffn_up, slice_bytes(tokens * d.experts_per_token, d.hidden));
}
void add_experts_up_weights(ProgramBuilder& b, const OneDDie& d, std::uint64_t tokens, std::uint64_t each) {
  b.matmul(Stage::ffn_up, d.hidden, each, d.up, d.experts);
  b.vector(Stage::ffn_up, tokens * d.experts * scalar_bytes);  // and of the choice
  b.matmul(Stage::ffn_up, tokens, d.experts, d.hidden);
  b.matmul(Stage::ffn_up, d.hidden, tokens, d.experts);
}

void add_ffn_tile(ProgramBuilder& b, const OneDLayout& l) {
  const OneDDie& d = l.die;
  const bool mixture = d.is_mixture();
  const std::uint64_t tokens = l.slices.tokens / l.tiles.back_ffn;
  const std::uint64_t bytes = l.slices.share / l.tiles.back_ffn;
  const std::uint64_t up = l.slices.up / l.tiles.back_ffn;
  const std::uint64_t each = ceil_div(tokens * d.experts_per_token, d.experts);
  if (l.recompute) {  // the input stays for the weight gradient
    gather_input(b, l, Stage::ffn_up, l.tiles.back_ffn);
    add_one_d_up(b, l, tokens);
  }
  gather_stream(b, l, Stage::ffn_down, tokens, Pass::input_gradient);
  if (mixture) {
    add_experts_down(b, d, each);
  } else {
    b.matmul(Stage::ffn_down, tokens, d.hidden, d.ffn);
    mean_product(b, Pass::input_gradient, Spread::inputs);
  }
  b.vector(Stage::activation, 2 * up + l.slices.ffn / l.tiles.back_ffn);  // forward again, and backward
  b.mean(Verb::activation, Pass::input_gradient, Stage::ffn_up);
  if (mixture) {
    add_experts_down_weights(b, d, each);
  } else {
    b.matmul(Stage::ffn_down, d.ffn, tokens, d.hidden);
    mean_product(b, Pass::weight_gradient, Spread::inputs);
  }
  if (!l.recompute) gather_input(b, l, Stage::ffn_up, l.tiles.back_ffn);
  if (mixture) {
    add_experts_up(b, d, tokens, each);
  } else {
    b.matmul(Stage::ffn_up, tokens, d.up, d.hidden);
    mean_product(b, Pass::input_gradient, Spread::outputs);
  }
  scatter_stream(b, l, Stage::ffn_up, tokens, Pass::input_gradient);
  if (mixture) {
    add_experts_up_weights(b, d, tokens, each);
  } else {
    b.matmul(Stage::ffn_up, d.hidden, tokens, d.up);
    mean_product(b, Pass::weight_gradient, Spread::outputs);
  }
  b.vector(Stage::norm, 3 * bytes);
  b.mean(Verb::norm, Pass::input_gradient, Stage::ffn_up);
  b.vector(Stage::residual, 2 * bytes);
  b.mean(Verb::residual, Pass::input_gradient, Stage::ffn_up);
  write_tile(b, l, Stage::gradients, Slot::output, bytes);
}

void add_ffn_block(ProgramBuilder& b, const OneDLayout& l) {
  const std::uint64_t elements = l.die.ffn_weights();
  // Input of the block, gradient of its output, gate and up.
  const std::uint64_t saved = l.recompute ? 0 : l.slices.up;
  const std::uint64_t bytes = (2 * l.slices.share + saved) / l.tiles.back_ffn;
  const TilePass pass{Stage::gradients, Slot::border, l.tiles.back_ffn, bytes, l.ahead, 2};
  b.wait(Stage::gradients, Slot::output);  // what the block before wrote is what this one reads
  start_pass(b, pass);
  if (!l.prefetch_backward) b.read(Stage::weights, Slot::weights, elements * element_bytes);
  b.wait(Stage::weights, Slot::weights);
  b.wait(Stage::gradients, Slot::gradients);
  if (l.prefetch_backward) {
    b.read(Stage::weights, Slot::weights, l.die.attention_weights() * element_bytes);
  }
  b.set_minibatch(0);
  b.loop(l.minibatches, [&] {
    run_pass(b, pass, [&] { add_ffn_tile(b, l); });
    b.add_minibatch(1);
  });
  write_gradients(b, elements);
}

void add_output_tile(ProgramBuilder& b, const OneDLayout& l) {
  const std::uint64_t tokens = l.slices.tokens / l.tiles.back_attention;
  const std::uint64_t own = tokens / l.die.query_copies;
  gather_stream(b, l, Stage::attention_output, tokens, Pass::input_gradient);
  b.matmul(Stage::attention_output, own, l.die.hidden, l.die.queries);
  mean_product(b, Pass::input_gradient, Spread::inputs);
  b.matmul(Stage::attention_output, l.die.queries, own, l.die.hidden);
  mean_product(b, Pass::weight_gradient, Spread::inputs);
}

void add_input_gradient(ProgramBuilder& b, const OneDLayout& l) {
  const OneDDie& d = l.die;
  const std::uint64_t tokens = l.slices.tokens / l.tiles.back_attention;
  b.matmul(Stage::qkv, tokens / d.query_copies, d.queries, d.hidden);
  mean_product(b, Pass::input_gradient, Spread::outputs, 0, 2);
  b.matmul(Stage::qkv, tokens, d.kv, d.hidden);
  mean_product(b, Pass::input_gradient, Spread::outputs, 1, 2);
  scatter_stream(b, l, Stage::qkv, tokens, Pass::input_gradient);
  const std::uint64_t bytes = l.slices.share / l.tiles.back_attention;
  b.vector(Stage::norm, 3 * bytes);
  b.mean(Verb::norm, Pass::input_gradient, Stage::qkv);
  b.vector(Stage::residual, 2 * bytes);
  b.mean(Verb::residual, Pass::input_gradient, Stage::qkv);
  write_tile(b, l, Stage::gradients, Slot::output, bytes);
}

void add_weight_gradient(ProgramBuilder& b, const OneDLayout& l) {
  const OneDDie& d = l.die;
  const std::uint64_t tokens = l.slices.tokens / l.tiles.back_attention;
  gather_input(b, l, Stage::qkv, l.tiles.back_attention);
  b.matmul(Stage::qkv, d.hidden, tokens / d.query_copies, d.queries);
  mean_product(b, Pass::weight_gradient, Spread::outputs, 0, 2);
  b.matmul(Stage::qkv, d.hidden, tokens, d.kv);
  mean_product(b, Pass::weight_gradient, Spread::outputs, 1, 2);
}

void add_output_pass(ProgramBuilder& b, const OneDLayout& l, const TilePass& first) {
  if (!l.recompute) b.wait(Stage::attention, Slot::tile);
  if (l.split) {
    b.wait(Stage::gradients, Slot::gradients);  // the last mini-batch's, before their place is taken
    read_weights(b, l.die.output_weights());
    read_sums(b, l, l.die.output_weights());
  }
  run_pass(b, first, [&] { add_output_tile(b, l); });
  if (l.split) write_gradients(b, l.die.output_weights());
}

void add_qkv_passes(ProgramBuilder& b, const OneDLayout& l, const TilePass& second, const TilePass& third) {
  if (!l.split) {
    run_pass(b, second, [&] {
      add_weight_gradient(b, l);
      add_input_gradient(b, l);
    });
    return;
  }
  b.wait(Stage::gradients, Slot::gradients);
  read_weights(b, l.die.qkv_weights());
  run_pass(b, second, [&] { add_input_gradient(b, l); });
  start_pass(b, third);
  read_sums(b, l, l.die.qkv_weights());
  run_pass(b, third, [&] { add_weight_gradient(b, l); });
  write_gradients(b, l.die.qkv_weights());
}

// Queries, keys, values and the output of attention, from the input of the block.
void add_attention_again(ProgramBuilder& b, const OneDLayout& l, const TilePass& first,
                         const AttentionShape& attention) {
  const TilePass input{Stage::residual, Slot::residual, first.tiles, first.bytes, false, 1};
  run_pass(b, input, [&] { add_one_d_qkv_tile(b, l, first.tiles); });
  add_attention_forward(b, attention);
}

void add_attention_minibatch(ProgramBuilder& b, const OneDLayout& l, const TilePass& first) {
  const OneDSlices& s = l.slices;
  const bool is_one_tile = first.tiles == 1;
  // The input of the block; the gradient of its output again unless it is one tile and still there.
  const TilePass second{
      Stage::residual, Slot::residual, first.tiles, (is_one_tile ? 1 : 2) * first.bytes, l.ahead, 1};
  const TilePass third{
      Stage::residual, Slot::residual, first.tiles, is_one_tile ? 0 : first.bytes, l.ahead, 1};
  const AttentionShape attention{l.sequences * l.die.heads, l.die.sequence / l.die.query_copies,
                                 l.die.sequence, l.die.head};
  if (l.recompute) {
    add_attention_again(b, l, first, attention);
  } else {
    b.read(Stage::attention, Slot::tile, s.queries + s.scores);
    b.read(Stage::qkv, Slot::saved, s.queries + s.kv);
    if (!l.ahead) b.wait(Stage::qkv, Slot::saved);
  }
  add_output_pass(b, l, first);
  start_pass(b, second);
  if (!l.recompute) b.wait(Stage::qkv, Slot::saved);
  add_attention_backward(b, attention);
  add_qkv_passes(b, l, second, third);
  b.add_minibatch(1);
}

void add_attention_block(ProgramBuilder& b, const OneDLayout& l) {
  const std::uint64_t elements = l.die.attention_weights();
  const std::uint64_t bytes = l.slices.share / l.tiles.back_attention;
  const TilePass first{Stage::gradients, Slot::border, l.tiles.back_attention, bytes, l.ahead, 2};
  b.wait(Stage::gradients, Slot::output);
  start_pass(b, first);
  if (!l.split) {
    if (!l.prefetch_backward) b.read(Stage::weights, Slot::weights, elements * element_bytes);
    b.wait(Stage::weights, Slot::weights);
    b.wait(Stage::gradients, Slot::gradients);
    if (l.prefetch_backward) {
      b.read(Stage::weights, Slot::weights, l.die.ffn_weights() * element_bytes, 1);
    }
  }
  b.set_minibatch(0);
  b.loop(l.minibatches, [&] { add_attention_minibatch(b, l, first); });
  if (!l.split) write_gradients(b, elements);
}

}  // namespace

void add_one_d_embedding_backward(ProgramBuilder& b, const OneDLayout& l) {
  const std::uint64_t tokens = l.slices.tokens / l.tiles.head;
  const std::uint64_t bytes = l.slices.share / l.tiles.head;
  b.set_layer(-1);
  b.set_minibatch(0);
  b.wait(Stage::embedding, Slot::output);
  b.wait(Stage::embedding, Slot::gradients);
  b.loop(l.minibatches, [&] {
    b.loop(l.tiles.head, [&] {
      // This die's share of the gradient, and the rows of the head's gradient that words of its part have.
      b.read(Stage::embedding, Slot::border, 2 * bytes);
      b.wait(Stage::embedding, Slot::border);
      l.scheme.gather(b, l.mesh, Stage::embedding, tokens * l.die.hidden);
      b.vector(Stage::embedding, 2 * bytes);
      b.write(Stage::embedding, Slot::gradients, bytes);
      b.wait(Stage::embedding, Slot::gradients);
    });
    b.add_minibatch(1);
  });
}

void add_one_d_backward(ProgramBuilder& b, const OneDLayout& l) {
  b.set_layer(static_cast<std::int32_t>(l.layers) - 1);
  if (l.prefetch_backward) b.read(Stage::weights, Slot::weights, l.die.ffn_weights() * element_bytes);
  b.loop(l.layers, [&] {
    add_ffn_block(b, l);
    add_attention_block(b, l);
    b.add_layer(-1);
  });
}

}  // namespace hecaton::training
