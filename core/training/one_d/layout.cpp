#include "core/training/one_d/layout.hpp"

#include <algorithm>
#include <numeric>

#include "core/training/one_d/minibatch.hpp"
#include "core/training/plan/buffers.hpp"
#include "core/training/plan/operator_list.hpp"

namespace hecaton::training {

namespace {

using Operators = std::vector<OneDOperator>;

OneDDie die_of(const TrainingConfig& config, MeshShape mesh) {
  const ModelConfig& m = config.model;
  const std::uint64_t dies = mesh.dies();
  OneDDie d;
  d.dies = dies;
  d.sequence = config.sequence_length;
  d.hidden = m.hidden;
  d.mask = mask_of(config);
  d.attention_tile = config.attention_tile;
  d.adapters = adapters_of(config);
  d.frozen_weights = !trained_of(config).weights;
  d.tied = m.tied;
  d.soft_cap = m.soft_cap;
  d.vocabulary = ceil_div(m.vocabulary, dies);
  d.table = m.hidden / dies;
  return d;
}

void place_operators(OneDLayout& l, const ModelConfig& config) {
  for (const Operator& o : model_of(config).operators) {
    l.operators.push_back(place_one_d_operator(o, l.die));
    const std::uint64_t sharing = std::visit([](const auto& op) { return op.sharing(); }, l.operators.back());
    l.die.sharing = std::lcm(l.die.sharing, sharing);
  }
}

void place_weights(OneDLayout& l, bool overlap) {
  const std::uint64_t capacity = l.step.weight_capacity;
  const bool is_trained = l.step.trained.layers > 0;
  std::uint64_t most = 0, back_most = 0, both = 0, back_both = 0;
  bool any_split = false;
  for (std::size_t i = 0; i < l.operators.size(); ++i) {
    const std::size_t count = l.operators.size();
    const std::uint64_t after = trained_weights_of(l.operators[(i + 1) % count]);
    const std::uint64_t before = trained_weights_of(l.operators[(i + count - 1) % count]);
    std::visit(
        [&](auto& op) {
          op.place_weights(capacity, is_trained);
          any_split = any_split || op.splits();
          const std::uint64_t weights = op.weights() + op.adapter_weights();
          most = std::max(most, weights);
          both = std::max(both, weights + after);
          if (!is_trained) return;
          back_most = std::max(back_most, op.backward_weights());
          back_both = std::max(back_both, weights + op.gradients() + before);
        },
        l.operators[i]);
  }
  const std::uint64_t head = (l.step.trained.head ? 2 : 1) * l.die.hidden * l.die.vocabulary;
  require_weight_room("output head, weights and gradients", head, capacity);
  l.prefetch_forward = overlap && both * element_bytes <= capacity;
  l.prefetch_backward = overlap && !any_split && back_both * element_bytes <= capacity;
  l.step.weight_peak =
      element_bytes * std::max({l.prefetch_forward ? both : most, l.prefetch_backward ? back_both : back_most,
                                back_most, head});
}

// Passes of a split backward keep activations, which recomputation has not saved.
void refuse_split(const Operators& operators) {
  std::uint64_t needed = 0;
  for (const OneDOperator& o : operators)
    std::visit(
        [&](const auto& op) {
          needed = op.splits() ? std::max(needed, 2 * op.weights() * element_bytes) : needed;
        },
        o);
  if (needed == 0) return;
  PlanError error("training.recompute", "does not fit",
                  "weights of the attention block and their gradients do not fit the weight buffer together, "
                  "so backward takes passes that keep activations",
                  "use a larger die.weight_buffer_MiB, or no recomputation");
  error.needed_bytes = needed;
  throw error;
}

}  // namespace

OneDLayout one_d_layout(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die,
                        const OneDScheme& scheme) {
  OneDLayout l;
  l.step = StepLayout::of(config, die);
  l.scheme = scheme;
  l.mesh = mesh;
  l.die = die_of(config, mesh);
  place_operators(l, config.model);
  l.vocabulary_rest = config.model.vocabulary % l.die.dies;
  place_weights(l, config.overlap);
  if (l.step.recompute) refuse_split(l.operators);
  OneDMinibatches::Fit found =
      choose_minibatch(OneDMinibatches(l.die, l.operators, activation_capacity(die), config), config);
  l.slices = found.slices;
  l.operators = std::move(found.operators);
  l.head = found.head;
  l.ahead = found.prefetch.tiles;
  l.step.choose(found, config);
  return l;
}

}  // namespace hecaton::training
