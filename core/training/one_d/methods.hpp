// The training methods of Megatron's 1D tensor parallelism. Each plans one step and throws PlanError.
#pragma once

#include "core/chiplet/hardware/config.hpp"
#include "core/training/model/config.hpp"
#include "core/training/one_d/divisions.hpp"
#include "core/training/plan/plan.hpp"

namespace hecaton::training {

// What a method cannot do, whatever is padded.
PlanErrors flat_ring_problems(const TrainingConfig& config, MeshShape mesh);

// One ring through all dies (flat_ring.cpp).
Plan plan_flat_ring(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die);
// Rings along rows, then columns (torus_ring.cpp).
Plan plan_torus_ring(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die);

}  // namespace hecaton::training
