// Megatron's 1D tensor parallelism on one ring through all dies (flat_ring.cpp).
#pragma once

#include "core/training/method.hpp"

namespace hecaton::training {

Plan plan_flat_ring(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die);

}  // namespace hecaton::training
