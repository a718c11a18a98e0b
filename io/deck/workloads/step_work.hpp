// The programs of a training step, with its collectives done as the deck says; or all ways to plan it, where the deck leaves
// that open.
#pragma once

#include "io/deck/deck.hpp"
#include "io/deck/workloads/die_work.hpp"

namespace hecaton::io {

// Throws training::PlanError.
DieWork work_of_step(const Deck& deck);

}  // namespace hecaton::io
