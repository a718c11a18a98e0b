// SUMMA (Optimus): a linear layer whose X and W travel as panels. Each product takes a panel of X, broadcast
// along the row, and a panel of W, broadcast along the column; backward, products are reduced to the die that
// has the panel. There are as many panels as the least common multiple of rows and columns, dealt out in turn; those of W
// in blocks of columns. The last panels of a column may be longer than what is left of its features: zeros.
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
  std::uint64_t panel_count() const;
  // Inputs of the linear layer in the panel, of so many with pads, that this die has of its line in a step.
  Indices inputs_of(const chiplet::Work& work, std::uint64_t step, chiplet::Ring line,
                    std::uint64_t width) const;
  Indices columns_of(const chiplet::Work& work, std::uint64_t product) const;
  Indices own_tokens(const chiplet::Work& work, std::uint64_t tile_tokens) const;
  void send_panel(const chiplet::Work& work);
  void keep_gradients(const chiplet::Work& work);

  DieStep& die_;
  Numbers weights_;             // the panel at hand
  Held y_;                      // summed up over panels
  std::uint64_t products_ = 0;  // of this tile: panels, times blocks
};

}  // namespace hecaton::runs
