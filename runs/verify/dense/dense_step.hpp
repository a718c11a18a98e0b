// One training step on a single die, densely: what any method has to compute.
//
// Embedding; the blocks; a norm, the output head and the cross entropy summed over tokens; and all of it
// backward. A block is a norm, attention (queries/keys/values, products, projection) or a feed-forward
// network or a mixture of such networks, and a residual.
#pragma once

#include <cstdint>
#include <map>

#include "runs/verify/dense/attention.hpp"
#include "runs/verify/dense/tensors.hpp"

namespace hecaton::runs {

class DenseStep {
 public:
  // Computes the step. `inputs` must outlive it. Dies that share a head each have every so many-th query of it: of
  // `query_kinds` kinds of queries one or several (Heads).
  explicit DenseStep(const StepInputs& inputs, std::uint64_t query_kinds = 1);

  const StepInputs& inputs() const { return inputs_; }
  // Whether the step computes it: gradients only where something below, or the weights, are trained.
  bool has(const TensorName& name) const { return tensors_.has(name); }
  std::uint64_t rows(const TensorName& name) const { return tensors_.get(name).rows(); }
  // Gradients of keys and values: what `heads` add to them.
  Number at(const TensorName& name, std::uint64_t row, std::uint64_t feature, Heads heads) const;
  Number weight_gradient(const Linear& linear, std::uint64_t input, std::uint64_t output,
                         const GradientPart& part) const;

 private:
  Number adapter_gradient(const Linear& linear, std::uint64_t input, std::uint64_t output,
                          const GradientPart& part) const;
  void forward();
  void backward();
  void embed();
  void add_residual(std::int32_t block);
  void loss();

  const StepInputs& inputs_;
  std::uint64_t query_kinds_;
  DenseTensors tensors_;
  std::map<std::int32_t, KeyValueGradients> key_value_gradients_;  // by block
};

}  // namespace hecaton::runs
