#include "core/training/one_d/one_d.hpp"
#include "core/training/plan/operator_list.hpp"

namespace hecaton::training {

using chiplet::Stage;

namespace {

StepPart part_of(const OneDLayout& l, std::size_t i) {
  const OneDOperator& o = l.operators[i];
  const TilePass first = std::visit([&](const auto& op) { return op.backward_pass(l); }, o);
  StepPart part;
  part.weight_bytes = trained_weights_of(o) * element_bytes;
  if (!l.step.trained.weights) part.frozen_bytes = weights_of(o) * element_bytes;
  part.is_split = std::visit([](const auto& op) { return op.splits(); }, o);
  part.is_prefetched = l.prefetch_backward;
  part.next_weight_bytes =
      trained_weights_of(i == 0 ? l.operators.back() : l.operators[i - 1]) * element_bytes;
  part.skip_next = i == 0 ? 1 : 0;
  part.begin = [i, first](ProgramBuilder& b) {
    b.set_operator(i);
    b.wait(Stage::gradients, Slot::output);  // what the operator before wrote is what this one reads
    start_pass(b, first);
  };
  part.minibatch = [&l, &o, first](ProgramBuilder& b) {
    std::visit([&](const auto& op) { op.backward(b, l, first); }, o);
    b.add_minibatch(1);
  };
  return part;
}

}  // namespace

std::vector<LayerGroups> one_d_backward(const OneDLayout& l) {
  if (l.step.trained.layers == 0) return {};
  LayerGroups layers{l.step.trained.layers, 1, {}, {}};
  for (std::size_t i = l.operators.size(); i-- > 0;) layers.parts.push_back(part_of(l, i));
  layers.begin = [&l](ProgramBuilder& b) {
    b.set_layer(static_cast<std::int32_t>(l.step.layers) - 1);
    if (l.prefetch_backward) read_weights(b, trained_weights_of(l.operators.back()));
  };
  return {layers};
}

}  // namespace hecaton::training
