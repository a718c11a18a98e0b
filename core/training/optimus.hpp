// Optimus: 2D tensor parallelism by SUMMA on a square of dies (optimus.cpp).
#pragma once

#include "core/training/method.hpp"

namespace hecaton::training {

Plan plan_optimus(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die);

}  // namespace hecaton::training
