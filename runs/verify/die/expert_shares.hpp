// Scores of the experts, the shares that follow from them, and a token's result: the sum of those of its
// experts, each times its share.
#pragma once

#include "runs/verify/die/experts.hpp"
#include "runs/verify/die/products.hpp"
#include "runs/verify/die/step.hpp"

namespace hecaton::runs {

class DieExpertShares {
 public:
  // Both must outlive this.
  DieExpertShares(DieStep& die, DieExperts& experts) : die_(die), experts_(experts) {}

  // The product of the linear layer that scores experts. 2D: partial sums, over this die's features.
  void score(const chiplet::Work& work);
  // Softmax over a token's experts, and backward through it.
  void share(const chiplet::Work& work);
  // Adds up what has come back of a token's experts: forward each times its share.
  void combine(const chiplet::Work& work);

 private:
  void score_backward(const chiplet::Work& work, const Numbers& w, const ProductShape& s);
  void add_score_inputs(const chiplet::Work& work, const Numbers& dx);
  void return_product(const chiplet::Work& work);

  DieStep& die_;
  DieExperts& experts_;
  Sheet input_sums_;       // backward, by token and feature: what has come back of its experts
  Sheet score_gradients_;  // by token and expert
};

}  // namespace hecaton::runs
