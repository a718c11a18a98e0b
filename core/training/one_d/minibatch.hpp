// Mini-batches of 1D tensor parallelism: their sizes on a die, and what has to fit into the activation buffer
// while each operator works. The family that choose_minibatch() searches.
//
// The stream leaves the die after every operator, so an operator has the buffer to itself:
// OneDAttention::plan() and OneDFeedForward::plan() say all that it needs.
#pragma once

#include <cstdint>
#include <vector>

#include "core/training/model/config.hpp"
#include "core/training/one_d/operators.hpp"
#include "core/training/plan/minibatch.hpp"

namespace hecaton::training {

// What is moved ahead of time, as far as the activation buffer has room for it.
struct OneDPrefetch {
  bool tiles = false;  // token tiles are read before they are needed, and written behind
};

class OneDMinibatches {
 public:
  using Fit = Minibatch<OneDSlices, OneDOperator, OneDPrefetch>;
  // Weights that have to be read for every mini-batch are read less often.
  static constexpr bool prefers_largest = true;

  // All outlive this object.
  OneDMinibatches(const OneDDie& die, const std::vector<OneDOperator>& operators, std::uint64_t capacity,
                  const TrainingConfig& config)
      : die_(die), operators_(operators), capacity_(capacity), config_(config) {}

  std::uint64_t capacity() const { return capacity_; }
  std::uint64_t least_sequences() const { return 1; }
  std::vector<OneDPrefetch> prefetch_levels(std::uint64_t minibatches) const;
  Fit plan(std::uint64_t sequences, OneDPrefetch ahead) const;
  bool is_wide(const Fit&) const { return true; }
  std::uint64_t overlap_rank(OneDPrefetch ahead) const { return ahead.tiles ? 1 : 0; }
  std::uint64_t tiles_read_twice(const Fit& fit) const;

 private:
  const OneDDie& die_;
  const std::vector<OneDOperator>& operators_;
  std::uint64_t capacity_;
  const TrainingConfig& config_;
};

}  // namespace hecaton::training
