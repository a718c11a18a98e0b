// Mini-batches of methods that tile weights and activations in two dimensions: their sizes on a die, and what
// has to fit into the activation buffer while each operator works. The family that choose_minibatch()
// searches.
//
// The residual stream lies in the activation buffer from operator to operator. `GridBeside` is what is there
// beside an operator's own data; GridAttention::plan() and GridFeedForward::plan() add their own. All sizes
// in bytes, except where tokens or elements are named.
#pragma once

#include <cstdint>
#include <vector>

#include "core/training/grid/operators.hpp"
#include "core/training/model/config.hpp"
#include "core/training/plan/minibatch.hpp"

namespace hecaton::training {

class GridMinibatches {
 public:
  using Fit = Minibatch<GridSlices, GridOperator, Prefetch>;
  static constexpr bool prefers_largest = false;

  // All outlive this object.
  GridMinibatches(const TrainingConfig& config, const GridDie& die,
                  const std::vector<GridOperator>& operators, const GridRoom& room)
      : config_(config), die_(die), operators_(operators), room_(room) {}

  std::uint64_t capacity() const { return room_.capacity; }
  std::uint64_t least_sequences() const;
  std::vector<Prefetch> prefetch_levels(std::uint64_t minibatches) const;
  Fit plan(std::uint64_t sequences, Prefetch ahead) const;
  bool is_wide(Fit& fit) const;
  // What is saved is several times what crosses a border.
  std::uint64_t overlap_rank(Prefetch ahead) const { return (ahead.border ? 1 : 0) + (ahead.saved ? 2 : 0); }
  std::uint64_t tiles_read_twice(const Fit&) const { return 0; }

 private:
  const TrainingConfig& config_;
  const GridDie& die_;
  const std::vector<GridOperator>& operators_;
  const GridRoom& room_;
};

// Saved for backward of a layer and a mini-batch: what each operator keeps, and the stream after it. Bytes.
std::uint64_t saved_of(const std::vector<GridOperator>& operators, const GridSlices& slices);

// The one operator of a layer that reads tile by tile backward; none if there are several.
GridOperator* tiled_operator(std::vector<GridOperator>& operators);

}  // namespace hecaton::training
