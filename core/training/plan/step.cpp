#include "core/training/plan/step.hpp"

namespace hecaton::training {

using chiplet::Buffer;
using chiplet::Iterates;
using chiplet::Section;
using chiplet::Stage;

namespace {

enum class Direction : std::uint8_t { forward, backward };

void write(ProgramBuilder& b, const WriteOperations& operations) {
  if (operations) operations(b);
}

void load_weights(ProgramBuilder& b, const StepPart& part) {
  if (!part.is_prefetched) b.read(Stage::weights, Slot::weights, part.weight_bytes);
  b.wait(Stage::weights, Slot::weights);
}

void prefetch_next(ProgramBuilder& b, const StepPart& part) {
  if (!part.is_prefetched) return;
  b.read(Stage::weights, Slot::weights, part.next_weight_bytes, part.skip_next);
}

std::uint64_t gradient_bytes(const StepPart& part) {
  return part.weight_bytes - part.frozen_bytes;
}

void store_gradients(ProgramBuilder& b, const StepPart& part) {
  const std::uint64_t bytes = gradient_bytes(part);
  if (bytes > 0) b.write(Stage::gradients, Slot::gradients, bytes);
  b.release(Buffer::weight, part.weight_bytes);
  b.release_after(Slot::gradients, Buffer::weight, bytes);
}

void add_minibatches(ProgramBuilder& b, const Step& step, const StepPart& part) {
  b.set_minibatch(0);
  b.loop(Iterates::minibatches, step.minibatches, [&] { part.minibatch(b); });
  write(b, part.end);
}

void add_forward_part(ProgramBuilder& b, const Step& step, const StepPart& part) {
  write(b, part.begin);
  load_weights(b, part);
  prefetch_next(b, part);
  add_minibatches(b, step, part);
  b.release(Buffer::weight, part.weight_bytes);
}

void add_backward_part(ProgramBuilder& b, const Step& step, const StepPart& part) {
  write(b, part.begin);
  if (part.is_split) return add_minibatches(b, step, part);
  load_weights(b, part);
  b.wait(Stage::gradients, Slot::gradients);  // of the part before: their place is taken
  b.allocate(Buffer::weight, gradient_bytes(part));
  prefetch_next(b, part);
  add_minibatches(b, step, part);
  store_gradients(b, part);
}

// Forward and backward at once; its gradients are the first of the step.
void add_head(ProgramBuilder& b, const Step& step) {
  const StepPart& head = step.head;
  b.set_layer(-1);
  write(b, head.begin);
  load_weights(b, head);
  b.allocate(Buffer::weight, gradient_bytes(head));
  add_minibatches(b, step, head);
  store_gradients(b, head);
}

void add_layers(ProgramBuilder& b, const Step& step, const std::vector<LayerGroups>& all,
                Direction direction) {
  const bool is_forward = direction == Direction::forward;
  for (const LayerGroups& groups : all) {
    const auto layers = static_cast<std::int32_t>(groups.layers);
    write(b, groups.begin);
    b.loop(Iterates::groups, groups.count, [&] {
      for (const StepPart& part : groups.parts)
        (is_forward ? add_forward_part : add_backward_part)(b, step, part);
      b.add_layer(is_forward ? layers : -layers);
      if (groups.ends_label) b.set_minibatch(-1);
    });
  }
}

// With what is read before the first of them.
LayerGroups groups_of(std::uint64_t count, std::uint64_t layers, const WriteOperations& begin,
                      const StepPart& part) {
  LayerGroups groups{count, layers, {}, {part}, true};
  groups.begin = [begin, bytes = part.is_prefetched ? part.weight_bytes : 0](ProgramBuilder& b) {
    write(b, begin);
    if (bytes > 0) b.read(Stage::weights, Slot::weights, bytes);
  };
  return groups;
}

}  // namespace

std::vector<LayerGroups> fused_groups(std::uint64_t layers, std::uint64_t fused, const WriteOperations& begin,
                                      const std::function<StepPart(std::uint64_t, bool)>& part_of) {
  const std::uint64_t rest = layers % fused;
  std::vector<LayerGroups> groups = {groups_of(layers / fused, fused, begin, part_of(fused, rest == 0))};
  if (rest > 0) groups.push_back(groups_of(1, rest, {}, part_of(rest, true)));
  return groups;
}

void add_role(Plan& plan, const Step& step) {
  ProgramBuilder b;
  b.set_section(Section::embedding);
  write(b, step.embedding);
  b.set_section(Section::forward);
  add_layers(b, step, step.forward, Direction::forward);
  b.set_section(Section::head);
  add_head(b, step);
  b.set_section(Section::backward);
  add_layers(b, step, step.backward, Direction::backward);
  b.set_section(Section::embedding_gradient);
  write(b, step.embedding_gradient);
  b.set_section(Section::optimizer);
  add_optimizer(b, step.optimizer, step.optimizer_buffer_bytes, step.overlap);
  plan.roles.push_back(b.take());
  plan.meanings.push_back(b.take_meanings());
  plan.footprints.push_back(footprint_of(plan.roles.back(), step.optimizer, step.frozen_stream_bytes));
}

void set_totals(Plan& plan, const TrainingConfig& config, MeshShape mesh, std::uint64_t minibatch_tokens) {
  plan.role_of_die.assign(mesh.dies(), 0);
  plan.tokens = std::uint64_t{config.batch_sequences} * config.sequence_length;
  plan.minibatch_tokens = minibatch_tokens;
  plan.parameters = all_weights(config.model) + trained_of(config).layers * adapter_weights(config);
  plan.trained = trained_weights(config);
}

}  // namespace hecaton::training
