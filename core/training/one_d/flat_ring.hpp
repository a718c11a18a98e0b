// Megatron's 1D tensor parallelism on one ring through all dies (flat_ring.cpp).
#pragma once

#include "core/chiplet/hardware/config.hpp"
#include "core/training/model/config.hpp"
#include "core/training/model/plan_error.hpp"
#include "core/training/plan/plan.hpp"

namespace hecaton::training {

Plan plan_flat_ring(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die);

}  // namespace hecaton::training
