// Which steps can be verified, and what the check of the programs rests on: tokens are dealt to experts in
// the order in which dies have them.
#pragma once

#include "runs/verify/dense/number.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {

// Throws training::PlanError if the workload can not be verified: it is no training step, it is too large, or
// its tiles are too small to be followed token by token.
void check_verifiable(const Workload& workload);

// The order in which tokens are dealt to experts: as dies have them, so that every tile of every die has
// whole rounds.
Indices dealing_order(const Workload& workload);

}  // namespace hecaton::runs
