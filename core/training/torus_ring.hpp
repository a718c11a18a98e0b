// Megatron's 1D tensor parallelism on rings along rows and columns (torus_ring.cpp).
#pragma once

#include "core/training/method.hpp"

namespace hecaton::training {

Plan plan_torus_ring(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die);

}  // namespace hecaton::training
