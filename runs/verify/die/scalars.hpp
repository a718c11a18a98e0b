// Collectives of scalars, one per token: of norms, and of the loss, whose softmax needs the largest logit of
// a token and then the sum of exponentials over all words.
//
// 1D: an exchange may be several collectives. Each but the first takes what the one before it has left on
// this die, padded to what it exchanges itself.
#pragma once

#include "runs/verify/die/pointwise.hpp"
#include "runs/verify/die/step.hpp"

namespace hecaton::runs {

class DieScalars {
 public:
  // Both must outlive this.
  DieScalars(DieStep& die, DiePointwise& pointwise) : die_(die), pointwise_(pointwise) {}

  void begin(const chiplet::Work& work);
  void end(const chiplet::Work& work);

 private:
  Indices tokens_of(const chiplet::Work& work) const;
  Number loss_part(const chiplet::Work& work, std::size_t row);
  void end_loss(const chiplet::Work& work);

  DieStep& die_;
  DiePointwise& pointwise_;
  Numbers loss_max_;  // largest logits, by token of the tile
};

}  // namespace hecaton::runs
