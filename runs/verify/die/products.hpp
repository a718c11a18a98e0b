// Products of linear layers as a die does them: Y = X W, dX = dY W^T or dW = X^T dY of a tile, with the part
// of the weights that the die has.
#pragma once

#include <cstdint>

#include "runs/verify/die/step.hpp"

namespace hecaton::runs {

// A matrix by rows; `transposed`: its transpose is meant.
struct MatrixView {
  const Numbers& numbers;
  std::uint64_t stored_rows, stored_columns;
  bool transposed = false;
  std::uint64_t rows() const { return transposed ? stored_columns : stored_rows; }
  std::uint64_t columns() const { return transposed ? stored_rows : stored_columns; }
  Number at(std::uint64_t i, std::uint64_t j) const {
    return transposed ? numbers[j * stored_columns + i] : numbers[i * stored_columns + j];
  }
};

Numbers times(const MatrixView& a, const MatrixView& b);
void add(Numbers& to, const Numbers& from);

// Of a product as the die does it, whatever its pass.
struct ProductShape {
  std::uint64_t tokens = 0, inputs = 0, outputs = 0;
};
ProductShape shape_of(const chiplet::Op& op, training::Pass pass);

inline Numbers y_of(const Numbers& x, const Numbers& w, const ProductShape& s) {
  return times({x, s.tokens, s.inputs}, {w, s.inputs, s.outputs});
}
inline Numbers dx_of(const Numbers& dy, const Numbers& w, const ProductShape& s) {
  return times({dy, s.tokens, s.outputs}, {w, s.inputs, s.outputs, true});
}
inline Numbers dw_of(const Numbers& x, const Numbers& dy, const ProductShape& s) {
  return times({x, s.tokens, s.inputs, true}, {dy, s.tokens, s.outputs});
}

// 2D with tokens exchanged on rings: X and dY have been gathered, and partial sums are left to be scattered.
void multiply_on_grid(DieStep& die, const chiplet::Work& work);
// 1D, each die some columns of W: X has been gathered, and partial sums of dX are left.
void multiply_by_outputs(DieStep& die, const chiplet::Work& work);
// 1D, each die some rows of W: dY has been gathered, and partial sums of Y are left.
void multiply_by_inputs(DieStep& die, const chiplet::Work& work);

}  // namespace hecaton::runs
