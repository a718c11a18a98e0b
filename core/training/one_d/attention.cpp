// Attention of 1D tensor parallelism: two passes over the stream, before and after the attention over whole
// sequences.
#include "core/training/one_d/adapters.hpp"
#include "core/training/one_d/one_d.hpp"

namespace hecaton::training {

using chiplet::Buffer;
using chiplet::Stage;

namespace {

// Of a tile of so many tokens.
OneDAdapters qkv_adapters(const OneDAttention& a, std::uint64_t tokens, Layers layers = Layers::trained) {
  const std::uint64_t rank = layers == Layers::trained ? a.rank : 0;
  return {Stage::qkv,
          rank,
          a.hidden,
          {{{tokens / a.query_copies, a.queries}, {tokens, a.kv / 2}, {tokens, a.kv / 2}}},
          tokens};
}
OneDAdapters output_adapters(const OneDAttention& a, std::uint64_t tokens, Layers layers = Layers::trained) {
  const std::uint64_t rank = layers == Layers::trained ? a.rank : 0;
  return {Stage::attention_output, rank, a.queries, {{{tokens / a.query_copies, a.hidden}}}, tokens};
}

void add_qkv_tile(ProgramBuilder& b, const OneDLayout& l, const OneDAttention& a, std::uint64_t tiles,
                  Layers layers) {
  const std::uint64_t tokens = l.slices.tokens / tiles;
  const OneDAdapters adapters = qkv_adapters(a, tokens, layers);
  gather_stream(b, l, Stage::qkv, tokens, Pass::forward);
  b.vector(Stage::norm, 2 * l.slices.stream / tiles);
  mean_on_grid(b, Verb::norm, Pass::forward, Stage::qkv);
  b.matmul(Stage::qkv, tokens / a.query_copies, a.hidden, a.queries);
  mean_product(b, Pass::forward, Spread::outputs, 0, 2, adapters.ranks());
  b.matmul(Stage::qkv, tokens, a.hidden, a.kv);
  mean_product(b, Pass::forward, Spread::outputs, 1, 2, adapters.ranks());
  adapters.add_to_outputs(b);
  drop(b, slice_bytes(tokens, a.hidden));
}

void add_output_tile(ProgramBuilder& b, const OneDLayout& l, const OneDAttention& a, Layers layers) {
  const std::uint64_t tokens = l.slices.tokens / a.stage.tiles;
  const std::uint64_t bytes = l.slices.share / a.stage.tiles;
  hold(b, slice_bytes(tokens, a.hidden));
  b.matmul(Stage::attention_output, tokens / a.query_copies, a.queries, a.hidden);
  mean_product(b, Pass::forward, Spread::inputs);
  output_adapters(a, tokens, layers).add_to_partial_sums(b);
  scatter_stream(b, l, Stage::attention_output, tokens, Pass::forward);
  b.vector(Stage::residual, 2 * bytes);
  mean_on_grid(b, Verb::residual, Pass::forward, Stage::attention_output);
  write_tile(b, l, output_stage(layers), Slot::output, bytes);
}

void save_attention(ProgramBuilder& b, const OneDLayout& l, const OneDAttention& a, Layers layers) {
  if (!saves(l, layers)) return;
  b.write(Stage::attention, Slot::tile, a.queries_bytes + a.scores_bytes);
  b.write(Stage::qkv, Slot::saved, a.queries_bytes + a.kv_bytes + a.qkv_ranks);
  if (!l.ahead) b.wait(Stage::attention, Slot::tile);
  if (!l.ahead) b.wait(Stage::qkv, Slot::saved);
}

// ---- backward

void load_weights(ProgramBuilder& b, std::uint64_t elements) {
  read_weights(b, elements);
  b.wait(Stage::weights, Slot::weights);
}

void write_gradients(ProgramBuilder& b, std::uint64_t elements) {
  b.write(Stage::gradients, Slot::gradients, elements * element_bytes);
  b.release_after(Slot::gradients, Buffer::weight, elements * element_bytes);
}

// Split backward only: the sums that earlier mini-batches left in DRAM (zeros, for the first) come back.
void read_sums(ProgramBuilder& b, const OneDLayout& l, std::uint64_t elements) {
  b.wait(Stage::gradients, Slot::gradients);
  if (l.step.minibatches == 1) return b.allocate(Buffer::weight, elements * element_bytes);
  b.read(Stage::gradients, Slot::weights, elements * element_bytes);
  b.wait(Stage::gradients, Slot::weights);
}

void add_output_tile_backward(ProgramBuilder& b, const OneDLayout& l, const OneDAttention& a) {
  const std::uint64_t tokens = l.slices.tokens / a.back_stage.tiles;
  const std::uint64_t own = tokens / a.query_copies;
  gather_stream(b, l, Stage::attention_output, tokens, Pass::input_gradient);
  b.matmul(Stage::attention_output, own, a.hidden, a.queries);
  const OneDAdapters adapters = output_adapters(a, tokens);
  mean_product(b, Pass::input_gradient, Spread::inputs, 0, 1, adapters.ranks());
  adapters.pass_gradients(b);
  adapters.add_gradient_of_a(b);
  if (!a.is_frozen) {
    b.matmul(Stage::attention_output, a.queries, own, a.hidden);
    mean_product(b, Pass::weight_gradient, Spread::inputs);
  }
  drop(b, slice_bytes(tokens, a.hidden));
}

void add_input_gradient(ProgramBuilder& b, const OneDLayout& l, const OneDAttention& a) {
  const std::uint64_t tokens = l.slices.tokens / a.back_stage.tiles;
  const OneDAdapters adapters = qkv_adapters(a, tokens);
  adapters.sum_gradients(b, l);
  hold(b, slice_bytes(tokens, a.hidden));
  b.matmul(Stage::qkv, tokens / a.query_copies, a.queries, a.hidden);
  mean_product(b, Pass::input_gradient, Spread::outputs, 0, 2);
  b.matmul(Stage::qkv, tokens, a.kv, a.hidden);
  mean_product(b, Pass::input_gradient, Spread::outputs, 1, 2);
  scatter_stream(b, l, Stage::qkv, tokens, Pass::input_gradient, adapters.ranks());
  adapters.add_to_input_gradient(b, l);
  const std::uint64_t bytes = l.slices.share / a.back_stage.tiles;
  b.vector(Stage::norm, 3 * bytes);
  mean_on_grid(b, Verb::norm, Pass::input_gradient, Stage::qkv);
  b.vector(Stage::residual, 2 * bytes);
  mean_on_grid(b, Verb::residual, Pass::input_gradient, Stage::qkv);
  write_tile(b, l, Stage::gradients, Slot::output, bytes);
}

void add_weight_gradient(ProgramBuilder& b, const OneDLayout& l, const OneDAttention& a) {
  const std::uint64_t tokens = l.slices.tokens / a.back_stage.tiles;
  gather_block_input(b, l, Stage::qkv, a.back_stage.tiles);
  b.matmul(Stage::qkv, a.hidden, tokens / a.query_copies, a.queries);
  mean_product(b, Pass::weight_gradient, Spread::outputs, 0, 2);
  b.matmul(Stage::qkv, a.hidden, tokens, a.kv);
  mean_product(b, Pass::weight_gradient, Spread::outputs, 1, 2);
  drop(b, slice_bytes(tokens, a.hidden));
}

void add_output_pass(ProgramBuilder& b, const OneDLayout& l, const OneDAttention& a, const TilePass& first) {
  if (!l.step.recompute) b.wait(Stage::attention, Slot::tile);
  if (a.is_split) {
    b.wait(Stage::gradients, Slot::gradients);  // the last mini-batch's, before their place is taken
    load_weights(b, a.output_weights());
    read_sums(b, l, a.output_weights());
  }
  run_pass(b, first, [&] { add_output_tile_backward(b, l, a); });
  if (!a.is_split) return;
  write_gradients(b, a.output_weights());
  b.release(Buffer::weight, a.output_weights() * element_bytes);
}

void add_qkv_passes(ProgramBuilder& b, const OneDLayout& l, const OneDAttention& a, const TilePass& second,
                    const TilePass& third) {
  if (!a.is_split) {
    run_pass(b, second, [&] {
      if (!a.is_frozen) add_weight_gradient(b, l, a);
      add_input_gradient(b, l, a);
    });
    return;
  }
  b.wait(Stage::gradients, Slot::gradients);
  load_weights(b, a.qkv_weights());
  run_pass(b, second, [&] { add_input_gradient(b, l, a); });
  b.release(Buffer::weight, a.qkv_weights() * element_bytes);
  start_pass(b, third);
  read_sums(b, l, a.qkv_weights());
  run_pass(b, third, [&] { add_weight_gradient(b, l, a); });
  write_gradients(b, a.qkv_weights());
}

// Queries, keys, values and the output of attention, from the input of the block.
void add_attention_again(ProgramBuilder& b, const OneDLayout& l, const OneDAttention& a,
                         const TilePass& first) {
  const TilePass input{Stage::residual, Slot::residual, first.tiles, first.bytes, false, 1};
  hold(b, 2 * a.queries_bytes + a.kv_bytes + a.scores_bytes);
  run_pass(b, input, [&] { add_qkv_tile(b, l, a, first.tiles, Layers::trained); });
  add_attention_forward(b, a.shape(l.die, l.step.sequences));
}

}  // namespace

TilePass OneDAttention::forward_pass(const OneDLayout& l) const {
  return {Stage::activations, Slot::border, stage.tiles, l.slices.share / stage.tiles, l.ahead, 2};
}

void OneDAttention::forward(ProgramBuilder& b, const OneDLayout& l, const TilePass& first,
                            Layers layers) const {
  // The second pass reads the share again unless it is one tile and still there.
  const std::uint64_t again = stage.tiles > 1 ? first.bytes : 0;
  const TilePass second{Stage::residual, Slot::residual, first.tiles, again, l.ahead, 1};
  if (l.ahead && saves(l, layers)) {  // their buffers are written anew
    b.wait(Stage::attention, Slot::tile);
    b.wait(Stage::qkv, Slot::saved);
  }
  const std::uint64_t kept = stage.tiles > 1 ? 0 : first.bytes;
  const bool adapts = layers == Layers::trained;
  const std::uint64_t of_qkv = adapts ? qkv_ranks : 0, of_output = adapts ? output_ranks : 0;
  hold(b, queries_bytes + kv_bytes + of_qkv);
  run_pass(b, first, [&] { add_qkv_tile(b, l, *this, stage.tiles, layers); });
  hold(b, kept + queries_bytes + scores_bytes + of_output);
  start_pass(b, second);
  add_attention_forward(b, shape(l.die, l.step.sequences));
  save_attention(b, l, *this, layers);
  run_pass(b, second, [&] { add_output_tile(b, l, *this, layers); });
  if (of_output > 0) {
    b.write(Stage::attention_output, Slot::tile, of_output);
    if (!l.ahead) b.wait(Stage::attention_output, Slot::tile);
  }
  drop(b, kept);
  drop_after(b, Slot::tile, queries_bytes + scores_bytes + of_output);
  drop_after(b, Slot::saved, queries_bytes + kv_bytes + of_qkv);
}

TilePass OneDAttention::backward_pass(const OneDLayout& l) const {
  return {Stage::gradients, Slot::border, back_stage.tiles, l.slices.share / back_stage.tiles, l.ahead, 2};
}

void OneDAttention::backward(ProgramBuilder& b, const OneDLayout& l, const TilePass& first) const {
  const bool is_one_tile = first.tiles == 1;
  // The input of the block; the gradient of its output again unless it is one tile and still there.
  const TilePass second{
      Stage::residual, Slot::residual, first.tiles, (is_one_tile ? 1 : 2) * first.bytes, l.ahead, 1};
  const TilePass third{
      Stage::residual, Slot::residual, first.tiles, is_one_tile ? 0 : first.bytes, l.ahead, 1};
  if (l.step.recompute) {
    add_attention_again(b, l, *this, first);
  } else {
    b.read(Stage::attention, Slot::tile, queries_bytes + scores_bytes + output_ranks);
    b.read(Stage::qkv, Slot::saved, queries_bytes + kv_bytes + qkv_ranks);
    if (!l.ahead) b.wait(Stage::qkv, Slot::saved);
  }
  hold(b, queries_bytes);  // the gradient of attention's output
  add_output_pass(b, l, *this, first);
  hold(b, is_one_tile ? first.bytes : 0);
  start_pass(b, second);
  if (!l.step.recompute) b.wait(Stage::qkv, Slot::saved);
  add_attention_backward(b, shape(l.die, l.step.sequences));
  drop(b, 2 * queries_bytes + scores_bytes +
              output_ranks);  // gradients of queries, keys and values take their places
  add_qkv_passes(b, l, *this, second, third);
  drop(b, queries_bytes + kv_bytes + qkv_ranks + (is_one_tile ? first.bytes : 0));
}

}  // namespace hecaton::training
