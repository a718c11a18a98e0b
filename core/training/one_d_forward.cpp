#include "core/training/one_d.hpp"
#include "core/training/step_parts.hpp"

namespace hecaton::training {

using chiplet::Stage;

namespace {

void add_output_tile(ProgramBuilder& b, const OneDLayout& l) {
  const OneDDie& d = l.die;
  const std::uint64_t tokens = l.slices.tokens / l.tiles.attention;
  const std::uint64_t bytes = l.slices.share / l.tiles.attention;
  b.matmul(Stage::attention_output, tokens / d.query_copies, d.queries, d.hidden);
  mean_product(b, Pass::forward, Spread::inputs);
  scatter_stream(b, l, Stage::attention_output, tokens, Pass::forward);
  b.vector(Stage::residual, 2 * bytes);
  b.mean(Verb::residual, Pass::forward, Stage::attention_output);
  write_tile(b, l, Stage::residual, Slot::output, bytes);
}

void save_attention(ProgramBuilder& b, const OneDLayout& l) {
  if (l.recompute) return;
  b.write(Stage::attention, Slot::tile, l.slices.queries + l.slices.scores);
  b.write(Stage::qkv, Slot::saved, l.slices.queries + l.slices.kv);
  if (!l.ahead) b.wait(Stage::attention, Slot::tile);
  if (!l.ahead) b.wait(Stage::qkv, Slot::saved);
}

void add_attention_minibatch(ProgramBuilder& b, const OneDLayout& l, const TilePass& first) {
  const std::uint64_t products = l.sequences * l.die.heads;
  // The second pass reads the share again unless it is one tile and still there.
  const std::uint64_t again = l.tiles.attention > 1 ? first.bytes : 0;
  const TilePass second{Stage::residual, Slot::residual, first.tiles, again, l.ahead, 1};
  if (l.ahead && !l.recompute) {  // their buffers are written anew
    b.wait(Stage::attention, Slot::tile);
    b.wait(Stage::qkv, Slot::saved);
  }
  run_pass(b, first, [&] { add_one_d_qkv_tile(b, l, l.tiles.attention); });
  start_pass(b, second);
  add_attention_forward(b, {products, l.die.sequence / l.die.query_copies, l.die.sequence, l.die.head});
  save_attention(b, l);
  run_pass(b, second, [&] { add_output_tile(b, l); });
  b.add_minibatch(1);
}

void add_attention_block(ProgramBuilder& b, const OneDLayout& l) {
  const std::uint64_t bytes = l.slices.share / l.tiles.attention;
  const TilePass first{Stage::activations, Slot::border, l.tiles.attention, bytes, l.ahead, 2};
  const std::uint64_t weights = l.die.attention_weights() * element_bytes;
  b.wait(Stage::activations, Slot::output);  // what the block before wrote is what this one reads
  start_pass(b, first);
  if (!l.prefetch_forward) b.read(Stage::weights, Slot::weights, weights);
  b.wait(Stage::weights, Slot::weights);
  if (l.prefetch_forward) b.read(Stage::weights, Slot::weights, l.die.ffn_weights() * element_bytes);
  b.set_minibatch(0);
  b.loop(l.minibatches, [&] { add_attention_minibatch(b, l, first); });
}

void add_ffn_tile(ProgramBuilder& b, const OneDLayout& l) {
  const std::uint64_t tokens = l.slices.tokens / l.tiles.ffn;
  const std::uint64_t bytes = l.slices.share / l.tiles.ffn;
  const std::uint64_t up = l.slices.up / l.tiles.ffn;
  gather_stream(b, l, Stage::ffn_up, tokens, Pass::forward);
  b.vector(Stage::norm, 2 * l.slices.stream / l.tiles.ffn);
  b.mean(Verb::norm, Pass::forward, Stage::ffn_up);
  add_one_d_up(b, l, tokens);
  b.vector(Stage::activation, up);
  b.mean(Verb::activation, Pass::forward, Stage::ffn_up);
  if (!l.recompute) write_tile(b, l, Stage::activation, Slot::saved, up);
  add_one_d_down(b, l, tokens);
  scatter_stream(b, l, Stage::ffn_down, tokens, Pass::forward);
  b.vector(Stage::residual, 2 * bytes);
  b.mean(Verb::residual, Pass::forward, Stage::ffn_down);
  write_tile(b, l, Stage::residual, Slot::output, bytes);
}

void add_ffn_block(ProgramBuilder& b, const OneDLayout& l) {
  const TilePass pass{Stage::activations,           Slot::border, l.tiles.ffn,
                      l.slices.share / l.tiles.ffn, l.ahead,      2};
  b.wait(Stage::activations, Slot::output);
  start_pass(b, pass);
  if (!l.prefetch_forward) b.read(Stage::weights, Slot::weights, l.die.ffn_weights() * element_bytes);
  b.wait(Stage::weights, Slot::weights);
  if (l.prefetch_forward) {
    b.read(Stage::weights, Slot::weights, l.die.attention_weights() * element_bytes, 1);
  }
  b.set_minibatch(0);
  b.loop(l.minibatches, [&] {
    run_pass(b, pass, [&] { add_ffn_tile(b, l); });
    b.add_minibatch(1);
  });
}

void reduce_scalars(ProgramBuilder& b, const OneDLayout& l, std::uint64_t tokens, Verb verb) {
  const std::size_t mark = b.mark();
  l.scheme.reduce_scalars(b, l.mesh, Stage::loss, tokens);
  b.mean(mark, {verb, Pass::forward, Spread::outputs, Stage::head});
}

void add_head_tile(ProgramBuilder& b, const OneDLayout& l, std::uint64_t words) {
  const std::uint64_t tokens = l.slices.tokens / l.tiles.head;
  const std::uint64_t bytes = l.slices.share / l.tiles.head;
  gather_stream(b, l, Stage::head, tokens, Pass::forward);
  b.vector(Stage::norm, 2 * l.slices.stream / l.tiles.head);
  b.mean(Verb::norm, Pass::forward, Stage::head);
  b.matmul(Stage::head, tokens, l.die.hidden, words);
  mean_product(b, Pass::forward, Spread::outputs);
  b.vector(Stage::loss, 2 * slice_bytes(tokens, words));
  reduce_scalars(b, l, tokens, Verb::loss_max);
  reduce_scalars(b, l, tokens, Verb::loss_sum);  // of exponentials
  b.matmul(Stage::head, tokens, words, l.die.hidden);
  mean_product(b, Pass::input_gradient, Spread::outputs);
  scatter_stream(b, l, Stage::head, tokens, Pass::input_gradient);
  b.matmul(Stage::head, l.die.hidden, tokens, words);
  mean_product(b, Pass::weight_gradient, Spread::outputs);
  b.vector(Stage::norm, 3 * bytes);
  b.mean(Verb::norm, Pass::input_gradient, Stage::head);
  write_tile(b, l, Stage::gradients, Slot::output, bytes);
}

}  // namespace

void add_one_d_qkv_tile(ProgramBuilder& b, const OneDLayout& l, std::uint64_t tiles) {
  const OneDDie& d = l.die;
  const std::uint64_t tokens = l.slices.tokens / tiles;
  gather_stream(b, l, Stage::qkv, tokens, Pass::forward);
  b.vector(Stage::norm, 2 * l.slices.stream / tiles);
  b.mean(Verb::norm, Pass::forward, Stage::qkv);
  b.matmul(Stage::qkv, tokens / d.query_copies, d.hidden, d.queries);
  mean_product(b, Pass::forward, Spread::outputs, 0, 2);
  b.matmul(Stage::qkv, tokens, d.hidden, d.kv);
  mean_product(b, Pass::forward, Spread::outputs, 1, 2);
}

void add_one_d_up(ProgramBuilder& b, const OneDLayout& l, std::uint64_t tokens) {
  const OneDDie& d = l.die;
  if (d.is_mixture()) {
    b.matmul(Stage::ffn_up, tokens, d.hidden, d.experts);  // the choice
    b.vector(Stage::ffn_up, tokens * d.experts * scalar_bytes);
    b.matmul(Stage::ffn_up, ceil_div(tokens * d.experts_per_token, d.experts), d.hidden, d.up, d.experts);
    return;
  }
  b.matmul(Stage::ffn_up, tokens, d.hidden, d.up);
  mean_product(b, Pass::forward, Spread::outputs);
}

void add_one_d_down(ProgramBuilder& b, const OneDLayout& l, std::uint64_t tokens) {
  const OneDDie& d = l.die;
  if (d.is_mixture()) {
    b.matmul(Stage::ffn_down, ceil_div(tokens * d.experts_per_token, d.experts), d.ffn, d.hidden, d.experts);
    b.vector(Stage::ffn_down, slice_bytes(tokens * d.experts_per_token, d.hidden));  // weighed and added up
    return;
  }
  b.matmul(Stage::ffn_down, tokens, d.ffn, d.hidden);
  mean_product(b, Pass::forward, Spread::inputs);
}

void add_one_d_embedding(ProgramBuilder& b, const OneDLayout& l) {
  const std::uint64_t tokens = l.slices.tokens / l.tiles.head;
  const std::uint64_t bytes = l.slices.share / l.tiles.head;
  const TilePass pass{Stage::embedding, Slot::border, l.tiles.head, bytes, l.ahead, 2};
  start_pass(b, pass);
  b.set_minibatch(0);
  b.loop(l.minibatches, [&] {
    run_pass(b, pass, [&] {
      b.vector(Stage::embedding, bytes);
      const std::size_t mark = b.mark();
      l.scheme.scatter(b, l.mesh, Stage::embedding, tokens * l.die.hidden);
      b.mean(mark, {Verb::embedding, Pass::forward, Spread::outputs, Stage::embedding});
      write_tile(b, l, Stage::embedding, Slot::output, bytes);
    });
    b.add_minibatch(1);
  });
}

void add_one_d_forward(ProgramBuilder& b, const OneDLayout& l) {
  if (l.prefetch_forward) {
    b.read(Stage::weights, Slot::weights, l.die.attention_weights() * element_bytes);
  }
  b.set_layer(0);
  b.loop(l.layers, [&] {
    add_attention_block(b, l);
    add_ffn_block(b, l);
    b.add_layer(1);
  });
}

void add_one_d_head(ProgramBuilder& b, const OneDLayout& l, std::uint64_t words) {
  const std::uint64_t weights = l.die.hidden * words * element_bytes;
  const TilePass pass{
      Stage::activations, Slot::border, l.tiles.head, l.slices.share / l.tiles.head, l.ahead, 2};
  b.set_layer(-1);
  b.wait(Stage::activations, Slot::output);
  start_pass(b, pass);
  b.read(Stage::weights, Slot::weights, weights);
  b.wait(Stage::weights, Slot::weights);
  b.set_minibatch(0);
  b.loop(l.minibatches, [&] {
    run_pass(b, pass, [&] { add_head_tile(b, l, words); });
    b.add_minibatch(1);
  });
  b.write(Stage::gradients, Slot::gradients, weights);
}

}  // namespace hecaton::training
