// SUMMA (Optimus): a linear layer whose X and W travel as panels. Each product takes a panel of X, broadcast
// along the row, and a panel of W, broadcast along the column; backward, products are reduced to the die that
// has the panel. W has as many panels as the row has dies, each in blocks of columns.
#pragma once

#include <cstdint>

#include "runs/verify/die/products.hpp"
#include "runs/verify/die/step.hpp"

namespace hecaton::runs {

class DiePanels {
 public:
  // `die` must outlive this.
  explicit DiePanels(DieStep& die) : die_(die) {}

  void multiply(const chiplet::Work& work);
  // A broadcast or reduction of a panel.
  void begin(const chiplet::Work& work);
  void end(const chiplet::Work& work);

 private:
  void add_to_output(const chiplet::Work& work, const ProductShape& s, const Indices& tokens);
  Indices columns_of(const chiplet::Work& work, std::uint64_t panel) const;
  Indices own_tokens(const chiplet::Work& work, std::uint64_t tile_tokens) const;

  DieStep& die_;
  Numbers weights_;           // the panel at hand
  Held y_;                    // summed up over panels
  std::uint64_t panels_ = 0;  // multiplied with, of this tile
};

}  // namespace hecaton::runs
