#include "core/training/one_d/minibatch.hpp"

#include <variant>

#include "core/training/model/trained.hpp"
#include "core/training/plan/operator_list.hpp"
#include "core/training/plan/program_builder.hpp"

namespace hecaton::training {

namespace {

OneDSlices slices_of(const OneDDie& d, std::uint64_t sequences) {
  const std::uint64_t tokens = sequences * d.sequence;
  return {tokens, slice_bytes(tokens, d.hidden), slice_bytes(tokens, d.table)};
}

}  // namespace

std::vector<OneDPrefetch> OneDMinibatches::prefetch_levels(std::uint64_t) const {
  if (!config_.overlap) return {{false}};
  return {{true}, {false}};
}

OneDMinibatches::Fit OneDMinibatches::plan(std::uint64_t sequences, OneDPrefetch ahead) const {
  Fit f{slices_of(die_, sequences), operators_, {}, ahead, sequences, 0};
  const auto plan = [&](auto& op) {
    op.place_tokens(f.slices);
    op.plan(die_, f.slices, ahead.tiles);
  };
  for (OneDOperator& o : f.operators) std::visit(plan, o);
  // Input, for the weight gradient, beside the partial sum of its gradient.
  f.head = {"head", "output head",
            one_d_tiling(die_, f.slices, 0, 2, 2 + (ahead.tiles ? 2 : 0), die_.vocabulary)};
  if (trained_of(config_).layers == 0) f.drop_backward();
  return f;
}

std::uint64_t OneDMinibatches::tiles_read_twice(const Fit& fit) const {
  return sum_of(fit.operators, [](const auto& op) { return op.reads_twice(); });
}

}  // namespace hecaton::training
