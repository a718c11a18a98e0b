// Adapters of linear layers. What W does to Y or dX of a tile has been left in
// hand (InHand::partly), and is written when what adapters add has been added
// to it. U and dU are sheets as others are; 1D, cut by inputs, a die's part of
// U stays in hand.
#pragma once

#include "runs/verify/die/step.hpp"

namespace hecaton::runs {

// Columns of A, among the ranks of all matrices, at a place among the dies that
// cut them.
Indices ranks_at(std::uint64_t place, std::uint64_t count);

// 2D: a gather of U or dU. Both: the sum of dU.
void begin_ranks(DieStep& die, const chiplet::Work& work);
void end_ranks(DieStep& die, const chiplet::Work& work);
// 1D: U = X A, or dU = dY B^T.
void multiply_ranks(DieStep& die, const chiplet::Work& work);
// U B is added to Y; backward, dU A^T to dX.
void add_adapted(DieStep& die, const chiplet::Work& work);
// dA or dB of a tile.
void add_adapter_gradient(DieStep& die, const chiplet::Work& work);

}  // namespace hecaton::runs
