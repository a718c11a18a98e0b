// One collective operation, alone: its checks and its program. Every die takes part, in the group of its row, of
// its column, or of the package; a unit of the program is one byte.
#pragma once

#include "core/training/model/config.hpp"
#include "core/training/plan/plan.hpp"

namespace hecaton::training {

// All that must hold between the settings of a collective and the package it runs on: the operation, the
// algorithm, the group and the form fit each other and the mesh. `has_bypass`: ring traffic may pass a die
// without touching its buffers. Throws PlanError.
void check_collective(const CollectiveConfig& config, MeshShape mesh, bool has_bypass);

// Precondition: the collective has passed check_collective.
Plan plan_collective(const CollectiveConfig& config, MeshShape mesh);

}  // namespace hecaton::training
