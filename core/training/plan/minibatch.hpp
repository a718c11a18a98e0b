// How large a mini-batch is, and into how many token tiles its stages are cut: the same search for every
// family of methods. A family says what a mini-batch of so many sequences needs (MinibatchFamily);
// choose_minibatch() finds the best one that fits into the activation buffer.
//
// The order of preference:
// 1. token tiles that fill the rows of the matrix engine,
// 2. more DRAM transfers ahead of time,
// 3. fewer rounds of collectives in a step: mini-batches x token tiles of a layer,
// 4. fewer tiles of the stream that are read twice.
// Of equals, the smallest or the largest, as the family says. Sizes are in bytes where no other unit is
// named.
#pragma once

#include <algorithm>
#include <compare>
#include <concepts>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "core/training/model/config.hpp"
#include "core/training/plan/buffers.hpp"
#include "core/training/plan/tiling.hpp"

namespace hecaton::training {

// A mini-batch whose stages have been planned. `Slices` are its sizes on one die, `Operator` is a variant
// over the kinds of operators, `Prefetch` says which DRAM transfers run ahead of time.
template <class SlicesOf, class OperatorOf, class PrefetchOf>
struct Minibatch {
  SlicesOf slices;  // slices.tokens: tokens of the mini-batch
  std::vector<OperatorOf> operators;
  TiledStage head;
  PrefetchOf prefetch;
  std::uint64_t sequences = 0;
  std::uint64_t peak = 0;  // of the activation buffer, once tiles are chosen

  // Forward, output head, backward: the order of a step.
  template <class Visit>
  void for_each_stage(Visit&& visit) {
    const auto all_of = [&](const auto& stages) {
      for (TiledStage* stage : stages) visit(*stage);
    };
    for (OperatorOf& o : operators) std::visit([&](auto& op) { all_of(op.forward_stages()); }, o);
    visit(head);
    for (auto o = operators.rbegin(); o != operators.rend(); ++o)
      std::visit([&](auto& op) { all_of(op.backward_stages()); }, *o);
  }
  std::vector<TiledStage> stages() {
    std::vector<TiledStage> all;
    for_each_stage([&](const TiledStage& stage) { all.push_back(stage); });
    return all;
  }
  // Nothing is done backward: these stages need no room.
  void drop_backward() {
    for (OperatorOf& o : operators) {
      std::visit(
          [&](auto& op) {
            for (TiledStage* stage : op.backward_stages()) stage->tiling = {slices.tokens, 1, 0, 1, 0};
          },
          o);
    }
  }
  std::uint64_t most_tiles() {
    std::uint64_t most = 1;
    for_each_stage([&](const TiledStage& stage) { most = std::max(most, stage.tiles); });
    return most;
  }
  std::uint64_t tiles_of_layer() {
    std::uint64_t sum = 0;
    for_each_stage([&](const TiledStage& stage) { sum += stage.tiles; });
    return sum - head.tiles;
  }
};

// What a family of methods says about its mini-batches.
template <class F>
concept MinibatchFamily = requires(const F& family, typename F::Fit& fit, std::uint64_t sequences) {
  // Bytes of the activation buffer.
  { family.capacity() } -> std::convertible_to<std::uint64_t>;
  // All mini-batches that could be are multiples of this; the batch is one.
  { family.least_sequences() } -> std::convertible_to<std::uint64_t>;
  // What may run ahead of time in a step of so many mini-batches; most of it first, nothing last.
  family.prefetch_levels(sequences);
  // What the stages of a mini-batch need, before their tiles are chosen.
  { family.plan(sequences, fit.prefetch) } -> std::same_as<typename F::Fit>;
  // Token tiles fill the rows of the matrix engine.
  { family.is_wide(fit) } -> std::same_as<bool>;
  { family.overlap_rank(fit.prefetch) } -> std::convertible_to<std::uint64_t>;
  { family.tiles_read_twice(fit) } -> std::convertible_to<std::uint64_t>;
  { F::prefers_largest } -> std::convertible_to<bool>;
};

// The order of preference among mini-batches; the least is the best.
struct MinibatchRank {
  bool is_narrow = false;
  std::uint64_t transfers_in_time = 0;  // that are not ahead of time
  std::uint64_t rounds = 0;             // of collectives in a step
  std::uint64_t read_twice = 0;
  friend auto operator<=>(const MinibatchRank&, const MinibatchRank&) = default;
};

template <MinibatchFamily F>
class MinibatchSearch {
 public:
  using Fit = typename F::Fit;

  MinibatchSearch(const F& family, const TrainingConfig& config) : family_(family), config_(config) {}

  Fit given() const {
    const std::uint64_t sequences = config_.minibatch_tokens / config_.sequence_length;
    std::optional<Fit> found = best_of(sequences);
    if (!found) fail(sequences);
    return *std::move(found);
  }

  Fit chosen() const {
    const std::uint64_t batch = config_.batch_sequences;
    const std::uint64_t least = family_.least_sequences();
    std::optional<Fit> best;
    for (std::uint64_t sequences = least; sequences <= batch; sequences += least) {
      if (batch % sequences != 0) continue;
      std::optional<Fit> found = best_of(sequences);
      if (found && (!best || replaces(*found, *best))) best = std::move(found);
    }
    if (!best) fail(least);
    return *std::move(best);
  }

 private:
  // The most overlap with wide tiles; the most overlap at all if no tiles are wide.
  std::optional<Fit> best_of(std::uint64_t sequences) const {
    std::optional<Fit> narrow;
    for (const auto ahead : family_.prefetch_levels(config_.batch_sequences / sequences)) {
      Fit found = family_.plan(sequences, ahead);
      if (!choose_tiles(found, family_.capacity())) continue;
      if (family_.is_wide(found)) return found;
      if (!narrow) narrow = std::move(found);
    }
    return narrow;
  }
  MinibatchRank rank(Fit& fit) const {
    return {!family_.is_wide(fit), most_overlap - family_.overlap_rank(fit.prefetch),
            config_.batch_sequences / fit.sequences * fit.tiles_of_layer(), family_.tiles_read_twice(fit)};
  }
  bool replaces(Fit& found, Fit& best) const {
    const auto order = rank(found) <=> rank(best);
    return order < 0 || (order == 0 && F::prefers_largest);
  }
  // With nothing ahead of time.
  [[noreturn]] void fail(std::uint64_t sequences) const {
    Fit fit = family_.plan(sequences, {});
    throw_no_fit(fit.stages(), fit.slices.tokens, family_.capacity());
  }

  static constexpr std::uint64_t most_overlap = 3;

  const F& family_;
  const TrainingConfig& config_;
};

// A mini-batch that the configuration gives is whole sequences and divides the batch (division.hpp). Throws PlanError
// if none fits.
template <MinibatchFamily F>
typename F::Fit choose_minibatch(const F& family, const TrainingConfig& config) {
  const MinibatchSearch<F> search(family, config);
  return config.minibatch_tokens == 0 ? search.chosen() : search.given();
}

}  // namespace hecaton::training
