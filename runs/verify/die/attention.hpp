// Attention on a die: of its heads, and of whole sequences. Attention by head first exchanges, along the
// column, all heads of some tokens for some heads of all tokens, and afterwards exchanges them back.
#pragma once

#include "runs/verify/die/step.hpp"

namespace hecaton::runs {

void attend(DieStep& die, const chiplet::Work& work);
void attend_backward(DieStep& die, const chiplet::Work& work);

// The exchanges of attention by head.
void begin_heads(DieStep& die, const chiplet::Work& work);
void end_heads(DieStep& die, const chiplet::Work& work);

}  // namespace hecaton::runs
