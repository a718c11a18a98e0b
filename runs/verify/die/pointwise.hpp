// What a die computes element by element between linear layers: norms, residuals and activation functions.
//
// The scalar of a norm is the root mean square of a token's features. 2D: a die has a part of a token's
// features, so the scalars are summed up by a collective (scalars.hpp). 1D: tokens are whole.
#pragma once

#include <cstdint>
#include <map>

#include "runs/verify/die/step.hpp"

namespace hecaton::runs {

class DiePointwise {
 public:
  // `die` must outlive this.
  explicit DiePointwise(DieStep& die) : die_(die) {}

  void activate(const chiplet::Work& work);
  void activate_backward(const chiplet::Work& work);

  void add_residual(const chiplet::Work& work);
  // The gradient that came through a norm, and the one past the block that the norm begins.
  void add_residual_backward(const chiplet::Work& work);

  // 1D: of whole tokens that have been gathered, and backward of this die's.
  void norm_gathered(const chiplet::Work& work);
  void norm_backward(const chiplet::Work& work);
  // X once more, from the scalars that are kept.
  void norm_again(const chiplet::Work& work);
  // 2D: this die's part of a token's scalar, and the norm when the sum over all dies is there. Forward, of
  // squares; backward, of products of X and dX.
  Number scalar_part(const chiplet::Work& work, std::uint64_t token);
  void norm_with(const chiplet::Work& work, std::uint64_t token, Number sum);

 private:
  void put_norm_gradient(const Linear& linear, std::uint64_t token, Number dot);

  DieStep& die_;
  std::map<Linear, std::map<std::uint64_t, Number>> roots_;  // of norms, by token
  std::map<Linear, Sheet> normed_;  // gradients that came through a norm, until the residual's is added
};

}  // namespace hecaton::runs
