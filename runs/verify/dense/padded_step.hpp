// The dense step as dies see it that work on padded shapes: in the numbering of these, with zeros for pads.
//
// The step itself is computed on the shapes that were asked for, so it knows nothing of padding: that dies
// agree with it is that padding changes nothing.
#pragma once

#include <cstdint>

#include "runs/verify/dense/dense_step.hpp"
#include "runs/verify/dense/pads.hpp"

namespace hecaton::runs {

// What dies start from. What they take for pads may differ from what is: for tests of mistakes.
class PaddedInputs {
 public:
  // `real` must outlive this. `pads`: of the step. `routes`: of all tokens, also of those that pad.
  PaddedInputs(const StepInputs& real, Pads pads, Pads taken, ExpertRoutes all_routes)
      : shape(pads.planned()),
        routes(std::move(all_routes)),
        real_(real),
        pads_(std::move(pads)),
        taken_(std::move(taken)) {}

  const StepShape shape;  // as planned
  const ExpertRoutes routes;

  Number weight(const Linear& linear, std::uint64_t input, std::uint64_t output) const;
  // The word of a token; one that no die has, of a pad.
  std::uint64_t word_of(std::uint64_t token) const;
  Number embedding(std::uint64_t word, std::uint64_t feature) const;
  bool is_label(std::uint64_t token, std::uint64_t word) const;

  bool is_token(std::uint64_t token) const { return taken_.token(token).has_value(); }
  bool is_word(std::uint64_t word) const { return taken_.word(word).has_value(); }
  bool is_head(std::int32_t block, std::uint64_t head) const {
    return taken_.heads(block, {head, 1}).count == 1;
  }
  // Features of the stream, over which norms take their mean.
  std::uint64_t norm_features() const { return taken_.real().hidden(); }
  StepShape::Keys keys_of(std::uint64_t token) const { return taken_.keys_of(token); }

 private:
  const StepInputs& real_;
  const Pads pads_, taken_;
};

// What dies are compared with.
class PaddedStep {
 public:
  // Both must outlive this.
  PaddedStep(const DenseStep& dense, const PaddedInputs& inputs, Pads pads)
      : dense_(dense), inputs_(inputs), pads_(std::move(pads)) {}

  const PaddedInputs& inputs() const { return inputs_; }
  bool has(const TensorName& name) const { return dense_.has(pads_.planned().kept_as(name)); }
  std::uint64_t rows(const TensorName& name) const;
  // Of gradients of keys and values: what `heads` add to them.
  Number at(const TensorName& name, std::uint64_t row, std::uint64_t feature, Heads heads) const;
  Number weight_gradient(const Linear& linear, std::uint64_t input, std::uint64_t output,
                         const GradientPart& part) const;

 private:
  const DenseStep& dense_;
  const PaddedInputs& inputs_;
  const Pads pads_;
};

}  // namespace hecaton::runs
