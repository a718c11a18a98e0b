#include "core/training/one_d/one_d.hpp"

namespace hecaton::training {

using chiplet::Buffer;
using chiplet::Stage;

namespace {

// An operator for all mini-batches. One whose weights and gradients do not fit together moves them itself.
void add_block(ProgramBuilder& b, const OneDLayout& l, std::size_t i) {
  const OneDOperator& o = l.operators[i];
  b.set_operator(i);
  const std::uint64_t weights = std::visit([](const auto& op) { return op.weights(); }, o) * element_bytes;
  const bool splits = std::visit([](const auto& op) { return op.splits(); }, o);
  const TilePass first = std::visit([&](const auto& op) { return op.backward_pass(l); }, o);
  b.wait(Stage::gradients, Slot::output);  // what the block before wrote is what this one reads
  start_pass(b, first);
  if (!splits) {
    if (!l.prefetch_backward) read_block_weights(b, o);
    b.wait(Stage::weights, Slot::weights);
    b.wait(Stage::gradients, Slot::gradients);
    b.allocate(Buffer::weight, weights);  // gradients
    const OneDOperator& next = i == 0 ? l.operators.back() : l.operators[i - 1];
    if (l.prefetch_backward) read_block_weights(b, next, i == 0 ? 1 : 0);
  }
  b.set_minibatch(0);
  b.loop(l.minibatches, [&] {
    std::visit([&](const auto& op) { op.backward(b, l, first); }, o);
    b.add_minibatch(1);
  });
  if (splits) return;
  b.write(Stage::gradients, Slot::gradients, weights);
  b.release(Buffer::weight, weights);
  b.release_after(Slot::gradients, Buffer::weight, weights);
}

}  // namespace

void add_one_d_embedding_backward(ProgramBuilder& b, const OneDLayout& l) {
  const std::uint64_t tokens = l.slices.tokens / l.head.tiles;
  const std::uint64_t bytes = l.slices.share / l.head.tiles;
  b.set_layer(-1);
  b.set_minibatch(0);
  b.wait(Stage::embedding, Slot::output);
  b.wait(Stage::embedding, Slot::gradients);
  b.loop(l.minibatches, [&] {
    b.loop(l.head.tiles, [&] {
      // This die's share of the gradient, and the rows of the head's gradient that words of its part have.
      b.read(Stage::embedding, Slot::border, 2 * bytes);
      b.wait(Stage::embedding, Slot::border);
      b.hold(slice_bytes(tokens, l.die.hidden));
      l.scheme.gather(b, l.mesh, Stage::embedding, tokens * l.die.hidden);
      b.vector(Stage::embedding, 2 * bytes);
      b.write(Stage::embedding, Slot::gradients, bytes);
      b.wait(Stage::embedding, Slot::gradients);
      b.drop(slice_bytes(tokens, l.die.hidden) + 2 * bytes);
    });
    b.add_minibatch(1);
  });
}

void add_one_d_backward(ProgramBuilder& b, const OneDLayout& l) {
  b.set_layer(static_cast<std::int32_t>(l.layers) - 1);
  if (l.prefetch_backward) read_block_weights(b, l.operators.back());
  b.loop(l.layers, [&] {
    for (std::size_t i = l.operators.size(); i-- > 0;) add_block(b, l, i);
    b.add_layer(-1);
  });
}

}  // namespace hecaton::training
