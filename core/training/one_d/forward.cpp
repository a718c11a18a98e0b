#include "core/training/one_d/one_d.hpp"

namespace hecaton::training {

using chiplet::Buffer;
using chiplet::Stage;

namespace {

// An operator for all mini-batches; while it works, the weights of the next one come.
void add_block(ProgramBuilder& b, const OneDLayout& l, std::size_t i) {
  const OneDOperator& o = l.operators[i];
  b.set_operator(i);
  const bool is_last = i + 1 == l.operators.size();
  const TilePass first = std::visit([&](const auto& op) { return op.forward_pass(l); }, o);
  b.wait(Stage::activations, Slot::output);  // what the block before wrote is what this one reads
  start_pass(b, first);
  if (!l.prefetch_forward) read_block_weights(b, o);
  b.wait(Stage::weights, Slot::weights);
  if (l.prefetch_forward) read_block_weights(b, l.operators[is_last ? 0 : i + 1], is_last ? 1 : 0);
  b.set_minibatch(0);
  b.loop(l.minibatches, [&] {
    std::visit([&](const auto& op) { op.forward(b, l, first); }, o);
    b.add_minibatch(1);
  });
  b.release(Buffer::weight, std::visit([](const auto& op) { return op.weights(); }, o) * element_bytes);
}

void reduce_scalars(ProgramBuilder& b, const OneDLayout& l, std::uint64_t tokens, Verb verb) {
  const std::size_t mark = b.mark();
  l.scheme.reduce_scalars(b, l.mesh, Stage::loss, tokens);
  b.mean(mark, {verb, Pass::forward, Spread::outputs, Stage::head});
}

void add_head_tile(ProgramBuilder& b, const OneDLayout& l, std::uint64_t words) {
  const std::uint64_t tokens = l.slices.tokens / l.head.tiles;
  const std::uint64_t bytes = l.slices.share / l.head.tiles;
  gather_stream(b, l, Stage::head, tokens, Pass::forward);
  b.vector(Stage::norm, 2 * l.slices.stream / l.head.tiles);
  b.mean(Verb::norm, Pass::forward, Stage::head);
  const std::uint64_t whole = slice_bytes(tokens, l.die.hidden);
  b.hold(slice_bytes(tokens, words));
  b.matmul(Stage::head, tokens, l.die.hidden, words);
  mean_product(b, Pass::forward, Spread::outputs);
  b.vector(Stage::loss, 2 * slice_bytes(tokens, words));
  reduce_scalars(b, l, tokens, Verb::loss_max);
  reduce_scalars(b, l, tokens, Verb::loss_sum);  // of exponentials
  b.hold(whole);
  b.matmul(Stage::head, tokens, words, l.die.hidden);
  mean_product(b, Pass::input_gradient, Spread::outputs);
  scatter_stream(b, l, Stage::head, tokens, Pass::input_gradient);
  b.matmul(Stage::head, l.die.hidden, tokens, words);
  mean_product(b, Pass::weight_gradient, Spread::outputs);
  b.drop(whole + slice_bytes(tokens, words));
  b.vector(Stage::norm, 3 * bytes);
  b.mean(Verb::norm, Pass::input_gradient, Stage::head);
  write_tile(b, l, Stage::gradients, Slot::output, bytes);
}

}  // namespace

void add_one_d_embedding(ProgramBuilder& b, const OneDLayout& l) {
  const std::uint64_t tokens = l.slices.tokens / l.head.tiles;
  const std::uint64_t bytes = l.slices.share / l.head.tiles;
  const TilePass pass{Stage::embedding, Slot::border, l.head.tiles, bytes, l.ahead, 2};
  start_pass(b, pass);
  b.set_minibatch(0);
  b.loop(l.minibatches, [&] {
    run_pass(b, pass, [&] {
      b.vector(Stage::embedding, bytes);
      b.hold(slice_bytes(tokens, l.die.hidden));
      const std::size_t mark = b.mark();
      l.scheme.scatter(b, l.mesh, Stage::embedding, tokens * l.die.hidden);
      b.mean(mark, {Verb::embedding, Pass::forward, Spread::outputs, Stage::embedding});
      b.drop(slice_bytes(tokens, l.die.hidden));
      b.hold(bytes);
      write_tile(b, l, Stage::embedding, Slot::output, bytes);
    });
    b.add_minibatch(1);
  });
}

void add_one_d_forward(ProgramBuilder& b, const OneDLayout& l) {
  if (l.prefetch_forward) read_block_weights(b, l.operators.front());
  b.set_layer(0);
  b.loop(l.layers, [&] {
    for (std::size_t i = 0; i < l.operators.size(); ++i) add_block(b, l, i);
    b.add_layer(1);
  });
}

void add_one_d_head(ProgramBuilder& b, const OneDLayout& l, std::uint64_t words) {
  const std::uint64_t weights = l.die.hidden * words * element_bytes;
  const TilePass pass{
      Stage::activations, Slot::border, l.head.tiles, l.slices.share / l.head.tiles, l.ahead, 2};
  b.set_layer(-1);
  b.wait(Stage::activations, Slot::output);
  start_pass(b, pass);
  b.read(Stage::weights, Slot::weights, weights);
  b.wait(Stage::weights, Slot::weights);
  b.allocate(Buffer::weight, weights);  // gradients
  b.set_minibatch(0);
  b.loop(l.minibatches, [&] {
    run_pass(b, pass, [&] { add_head_tile(b, l, words); });
    b.add_minibatch(1);
  });
  b.write(Stage::gradients, Slot::gradients, weights);
  b.release(Buffer::weight, weights);
  b.release_after(Slot::gradients, Buffer::weight, weights);
}

}  // namespace hecaton::training
