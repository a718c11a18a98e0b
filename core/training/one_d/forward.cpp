#include "core/training/one_d/one_d.hpp"
#include "core/training/plan/operator_list.hpp"

namespace hecaton::training {

using chiplet::Stage;

namespace {

StepPart part_of(const OneDLayout& l, std::size_t i, Layers layers) {
  const OneDOperator& o = l.operators[i];
  const bool is_last = i + 1 == l.operators.size();
  const TilePass first = std::visit([&](const auto& op) { return op.forward_pass(l); }, o);
  StepPart part;
  const auto weights = [layers](const OneDOperator& op) {
    return (layers == Layers::trained ? trained_weights_of(op) : weights_of(op)) * element_bytes;
  };
  part.weight_bytes = weights(o);
  part.is_prefetched = l.prefetch_forward;
  part.next_weight_bytes = weights(l.operators[is_last ? 0 : i + 1]);
  part.skip_next = is_last ? 1 : 0;
  part.begin = [i, first](ProgramBuilder& b) {
    b.set_operator(i);
    b.wait(Stage::activations, Slot::output);  // what the operator before wrote is what this one reads
    start_pass(b, first);
  };
  part.minibatch = [&l, &o, first, layers](ProgramBuilder& b) {
    std::visit([&](const auto& op) { op.forward(b, l, first, layers); }, o);
    b.add_minibatch(1);
  };
  return part;
}

void reduce_scalars(ProgramBuilder& b, const OneDLayout& l, std::uint64_t tokens, Verb verb) {
  const std::size_t mark = b.mark();
  l.scheme.reduce(b, l.mesh, Stage::loss, tokens, scalar_bytes);
  b.mean(mark, {verb, Pass::forward, Spread::outputs, Stage::head});
}

void add_head_tile(ProgramBuilder& b, const OneDLayout& l, std::uint64_t words) {
  const std::uint64_t tokens = l.slices.tokens / l.head.tiles;
  const std::uint64_t bytes = l.slices.share / l.head.tiles;
  gather_stream(b, l, Stage::head, tokens, Pass::forward);
  b.vector(Stage::norm, 2 * l.slices.stream / l.head.tiles);
  mean_on_grid(b, Verb::norm, Pass::forward, Stage::head);
  const std::uint64_t whole = slice_bytes(tokens, l.die.hidden);
  hold(b, slice_bytes(tokens, words));
  b.matmul(Stage::head, tokens, l.die.hidden, words);
  mean_product(b, Pass::forward, Spread::outputs);
  b.vector(Stage::loss, loss_passes(l.die.soft_cap) * slice_bytes(tokens, words));
  reduce_scalars(b, l, tokens, Verb::loss_max);
  reduce_scalars(b, l, tokens, Verb::loss_sum);  // of exponentials
  const Trained& trained = l.step.trained;
  if (trained.below_head()) {
    hold(b, whole);
    b.matmul(Stage::head, tokens, words, l.die.hidden);
    mean_product(b, Pass::input_gradient, Spread::outputs);
    scatter_stream(b, l, Stage::head, tokens, Pass::input_gradient);
  }
  if (trained.head) {
    b.matmul(Stage::head, l.die.hidden, tokens, words);
    mean_product(b, Pass::weight_gradient, Spread::outputs);
  }
  drop(b, whole + slice_bytes(tokens, words));
  if (!trained.below_head()) return;
  b.vector(Stage::norm, 3 * bytes);
  mean_on_grid(b, Verb::norm, Pass::input_gradient, Stage::head);
  write_tile(b, l, Stage::gradients, Slot::output, bytes);
}

}  // namespace

std::vector<LayerGroups> one_d_forward(const OneDLayout& l) {
  std::vector<LayerGroups> all;
  const auto add = [&](std::uint64_t count, Layers layers) {
    if (count == 0) return;
    const bool is_first = all.empty();
    LayerGroups& groups = all.emplace_back(LayerGroups{count, 1, {}, {}});
    for (std::size_t i = 0; i < l.operators.size(); ++i) groups.parts.push_back(part_of(l, i, layers));
    groups.begin = [&l, is_first, bytes = groups.parts.front().weight_bytes](ProgramBuilder& b) {
      if (l.prefetch_forward) read_weights(b, bytes / element_bytes);
      if (is_first) b.set_layer(0);
    };
  };
  add(l.step.trained.frozen_layers, Layers::frozen);
  add(l.step.trained.layers, Layers::trained);
  return all;
}

StepPart one_d_head(const OneDLayout& l, std::uint64_t words) {
  const TilePass pass{
      Stage::activations, Slot::border, l.head.tiles, l.slices.share / l.head.tiles, l.ahead, 2};
  StepPart part;
  part.weight_bytes = l.die.hidden * words * element_bytes;
  if (!l.step.trained.head) part.frozen_bytes = part.weight_bytes;
  part.begin = [pass](ProgramBuilder& b) {
    b.wait(Stage::activations, Slot::output);
    start_pass(b, pass);
  };
  part.minibatch = [&l, pass, words](ProgramBuilder& b) {
    run_pass(b, pass, [&] { add_head_tile(b, l, words); });
    b.add_minibatch(1);
  };
  return part;
}

}  // namespace hecaton::training
