// The embedding of 1D tensor parallelism where it is the matrix of the output head: each die has the words of
// its part of the head. Every die looks up the words that it has, and a reduce-scatter adds them up;
// backward, an all-gather gives every die the whole gradient.
#include "core/training/one_d/one_d.hpp"

namespace hecaton::training {

using chiplet::Stage;

void add_tied_embedding(ProgramBuilder& b, const OneDLayout& l) {
  const std::uint64_t tokens = l.slices.tokens / l.head.tiles;
  const std::uint64_t bytes = l.slices.share / l.head.tiles;
  const TilePass pass{Stage::embedding, Slot::border, l.head.tiles, bytes, l.ahead, 2};
  start_pass(b, pass);
  b.set_minibatch(0);
  b.loop(chiplet::Iterates::minibatches, l.step.minibatches, [&] {
    run_pass(b, pass, [&] {
      b.vector(Stage::embedding, bytes);
      hold(b, slice_bytes(tokens, l.die.hidden));
      const std::size_t mark = b.mark();
      l.scheme.scatter(b, l.mesh, Stage::embedding, tokens * l.die.hidden);
      b.mean(mark, {Verb::embedding, Pass::forward, Spread::outputs, Stage::embedding});
      drop(b, slice_bytes(tokens, l.die.hidden));
      hold(b, bytes);
      write_tile(b, l, Stage::embedding, Slot::output, bytes);
    });
    b.add_minibatch(1);
  });
}

void add_tied_embedding_gradient(ProgramBuilder& b, const OneDLayout& l) {
  const std::uint64_t tokens = l.slices.tokens / l.head.tiles;
  const std::uint64_t bytes = l.slices.share / l.head.tiles;
  b.set_layer(-1);
  b.set_minibatch(0);
  b.wait(Stage::embedding, Slot::output);
  b.wait(Stage::embedding, Slot::gradients);
  b.loop(chiplet::Iterates::minibatches, l.step.minibatches, [&] {
    b.loop(chiplet::Iterates::tiles, l.head.tiles, [&] {
      // This die's share of the gradient, and the rows of the head's gradient that words of its part have.
      b.read(Stage::embedding, Slot::border, 2 * bytes);
      b.wait(Stage::embedding, Slot::border);
      hold(b, slice_bytes(tokens, l.die.hidden));
      l.scheme.gather(b, l.mesh, Stage::embedding, tokens * l.die.hidden);
      b.vector(Stage::embedding, 2 * bytes);
      b.write(Stage::embedding, Slot::gradients, bytes);
      b.wait(Stage::embedding, Slot::gradients);
      drop(b, slice_bytes(tokens, l.die.hidden) + 2 * bytes);
    });
    b.add_minibatch(1);
  });
}

}  // namespace hecaton::training
