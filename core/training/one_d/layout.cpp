#include "core/training/one_d/layout.hpp"

#include <fmt/format.h>

#include <numeric>
#include <optional>

#include "core/training/model/models.hpp"
#include "core/training/plan/buffers.hpp"

namespace hecaton::training {

namespace {

using Operators = std::vector<OneDOperator>;

OneDDie die_of(const TrainingConfig& config, MeshShape mesh) {
  const ModelConfig& m = config.model;
  const std::uint64_t dies = mesh.dies();
  if (m.hidden % dies != 0) throw_uneven_dies("hidden features", m.hidden, dies);
  if (m.vocabulary < dies) throw_uneven_dies("words of the vocabulary", m.vocabulary, dies);
  OneDDie d;
  d.dies = dies;
  d.sequence = config.sequence_length;
  d.hidden = m.hidden;
  d.tied = m.tied;
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

struct Fit {
  OneDSlices slices;
  Operators operators;
  TiledStage head;
  bool ahead = false;
  std::uint64_t sequences = 0;
  std::uint64_t peak = 0;

  // Forward, output head, backward.
  template <class Visit>
  void for_each_stage(Visit&& visit) {
    for (OneDOperator& o : operators) std::visit([&](auto& op) { visit(op.stage); }, o);
    visit(head);
    for (auto o = operators.rbegin(); o != operators.rend(); ++o)
      std::visit([&](auto& op) { visit(op.back_stage); }, *o);
  }
  std::uint64_t tiles_of_layer() {
    std::uint64_t sum = 0;
    for_each_stage([&](const TiledStage& stage) { sum += stage.tiles; });
    return sum - head.tiles;
  }
  std::uint64_t read_twice() const {
    std::uint64_t sum = 0;
    for (const OneDOperator& o : operators)
      sum += std::visit([](const auto& op) { return op.reads_twice(); }, o);
    return sum;
  }
};

OneDSlices slices_of(const OneDDie& d, std::uint64_t sequences) {
  const std::uint64_t tokens = sequences * d.sequence;
  return {tokens, slice_bytes(tokens, d.hidden), slice_bytes(tokens, d.table)};
}

// What stages have to fit, before it is known into how many tiles.
Fit plan_fit(const OneDDie& d, const Operators& operators, std::uint64_t sequences, bool ahead) {
  Fit f{slices_of(d, sequences), operators, {}, ahead, sequences, 0};
  for (OneDOperator& o : f.operators) {
    std::visit(
        [&](auto& op) {
          op.place_tokens(f.slices);
          op.plan(d, f.slices, ahead);
        },
        o);
  }
  // Input, for the weight gradient, beside the partial sum of its gradient.
  f.head = {"head", "output head", one_d_tiling(d, f.slices, 0, 2, 2 + (ahead ? 2 : 0), d.vocabulary)};
  return f;
}

std::optional<Fit> fit(const OneDDie& d, const Operators& operators, std::uint64_t sequences, bool ahead,
                       std::uint64_t capacity) {
  Fit f = plan_fit(d, operators, sequences, ahead);
  if (!choose_tiles(f, capacity)) return std::nullopt;
  return f;
}

[[noreturn]] void throw_no_fit(const OneDLayout& l, std::uint64_t sequences, std::uint64_t capacity) {
  Fit f = plan_fit(l.die, l.operators, sequences, false);
  std::vector<TiledStage> stages;
  f.for_each_stage([&](const TiledStage& stage) { stages.push_back(stage); });
  throw_no_fit(stages, f.slices.tokens, capacity);
}

std::optional<Fit> best_fit(const OneDLayout& l, const TrainingConfig& config, std::uint64_t sequences,
                            std::uint64_t capacity) {
  if (config.overlap) {
    if (std::optional<Fit> found = fit(l.die, l.operators, sequences, true, capacity)) return found;
  }
  return fit(l.die, l.operators, sequences, false, capacity);
}

std::uint64_t given_sequences(const TrainingConfig& config) {
  const char* key = "training.minibatch_tokens";
  const std::uint64_t tokens = config.minibatch_tokens;
  if (tokens % config.sequence_length != 0) {
    throw PlanError(key, "is not a whole number of sequences",
                    fmt::format("{} tokens in sequences of {}", tokens, config.sequence_length),
                    fmt::format("use a multiple of {}", config.sequence_length));
  }
  const std::uint64_t sequences = tokens / config.sequence_length;
  if (config.batch_sequences % sequences != 0) {
    throw PlanError(key, "does not divide the batch",
                    fmt::format("{} sequences in mini-batches of {}", config.batch_sequences, sequences),
                    "use a mini-batch of which the batch is a multiple");
  }
  return sequences;
}

// More to overlap first, then fewer collectives, then fewer tiles of the stream read twice.
bool is_no_worse(Fit& a, Fit& b, std::uint64_t batch) {
  if (a.ahead != b.ahead) return a.ahead;
  const auto rounds = [batch](Fit& f) { return batch / f.sequences * f.tiles_of_layer(); };
  if (rounds(a) != rounds(b)) return rounds(a) < rounds(b);
  return a.read_twice() <= b.read_twice();
}

// Of equals the largest: weights that have to be read for every mini-batch are read less often.
Fit chosen_fit(const OneDLayout& l, const TrainingConfig& config, std::uint64_t capacity) {
  std::optional<Fit> best;
  for (std::uint64_t sequences = 1; sequences <= config.batch_sequences; ++sequences) {
    if (config.batch_sequences % sequences != 0) continue;
    std::optional<Fit> found = best_fit(l, config, sequences, capacity);
    if (found && (!best || is_no_worse(*found, *best, config.batch_sequences))) best = std::move(found);
  }
  if (!best) throw_no_fit(l, 1, capacity);
  return *best;
}

Fit fit_of(const OneDLayout& l, const TrainingConfig& config, std::uint64_t capacity) {
  if (config.minibatch_tokens == 0) return chosen_fit(l, config, capacity);
  const std::uint64_t sequences = given_sequences(config);
  std::optional<Fit> found = best_fit(l, config, sequences, capacity);
  if (!found) throw_no_fit(l, sequences, capacity);
  return *found;
}

void place_weights(OneDLayout& l, bool overlap) {
  const std::uint64_t capacity = l.weight_capacity;
  std::uint64_t most = 0, back_most = 0, both = 0, back_both = 0;
  bool any_split = false;
  const auto weights_of = [](const OneDOperator& o) {
    return std::visit([](const auto& op) { return op.weights(); }, o);
  };
  for (std::size_t i = 0; i < l.operators.size(); ++i) {
    const std::size_t count = l.operators.size();
    const std::uint64_t after = weights_of(l.operators[(i + 1) % count]);
    const std::uint64_t before = weights_of(l.operators[(i + count - 1) % count]);
    std::visit(
        [&](auto& op) {
          op.place_weights(capacity);
          any_split = any_split || op.splits();
          most = std::max(most, op.weights());
          back_most = std::max(back_most, op.backward_weights());
          both = std::max(both, op.weights() + after);
          back_both = std::max(back_both, 2 * op.weights() + before);
        },
        l.operators[i]);
  }
  const std::uint64_t head = 2 * l.die.hidden * l.die.vocabulary;
  require_weight_room("output head, weights and gradients", head, capacity);
  l.prefetch_forward = overlap && both * element_bytes <= capacity;
  l.prefetch_backward = overlap && !any_split && back_both * element_bytes <= capacity;
  l.weight_peak = element_bytes * std::max({l.prefetch_forward ? both : most,
                                            l.prefetch_backward ? back_both : back_most, back_most, head});
}

bool any_splits(const Operators& operators) {
  return std::any_of(operators.begin(), operators.end(), [](const OneDOperator& o) {
    return std::visit([](const auto& op) { return op.splits(); }, o);
  });
}

}  // namespace

OneDLayout one_d_layout(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die,
                        const OneDScheme& scheme) {
  if (config.fusion > 1) {
    throw PlanError("training.fusion", "does not go with this method",
                    "activations leave the die at the end of every block",
                    "use 0, or the method \"hecaton\"");
  }
  if (config.attention == Attention::by_head) {
    throw PlanError("training.attention", "does not go with this method",
                    "1D tensor parallelism has its heads on all dies already", "use \"by-sequence\"");
  }
  OneDLayout l;
  l.scheme = scheme;
  l.recompute = config.recompute;
  l.optimizer = config.optimizer;
  l.mesh = mesh;
  l.die = die_of(config, mesh);
  l.layers = config.model.layers;
  place_operators(l, config.model);
  l.vocabulary_rest = config.model.vocabulary % l.die.dies;
  l.weight_capacity = weight_capacity(die);
  place_weights(l, config.overlap);
  if (l.recompute && any_splits(l.operators)) {
    throw PlanError(
        "training.recompute", "does not fit",
        "weights of the attention block and their gradients do not fit the weight buffer together, "
        "so backward takes passes that keep activations",
        "use a larger die.weight_buffer_MiB, or no recomputation");
  }
  Fit found = fit_of(l, config, activation_capacity(die));
  l.slices = found.slices;
  l.operators = std::move(found.operators);
  l.head = found.head;
  l.ahead = found.ahead;
  l.activation_peak = found.peak;
  l.sequences = found.sequences;
  l.minibatches = config.batch_sequences / found.sequences;
  return l;
}

}  // namespace hecaton::training
