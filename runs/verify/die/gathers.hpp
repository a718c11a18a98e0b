// Gathers of X and of dY before a linear layer, scatters of partial sums of Y and of dX after it, and the
// same of looked up words. An exchange may be several collectives, one after another along rows and columns:
// the first starts from the sheets or from a product, the last ends there, and those between pass on their
// result.
#pragma once

#include "runs/verify/die/step.hpp"

namespace hecaton::runs {

void begin_gather(DieStep& die, const chiplet::Work& work);
void end_gather(DieStep& die, const chiplet::Work& work);
void begin_scatter(DieStep& die, const chiplet::Work& work);
void end_scatter(DieStep& die, const chiplet::Work& work);

}  // namespace hecaton::runs
