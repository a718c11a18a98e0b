// Optimus: 2D tensor parallelism by SUMMA on a square of dies (optimus.cpp).
#pragma once

#include "core/chiplet/hardware/config.hpp"
#include "core/training/model/config.hpp"
#include "core/training/model/plan_error.hpp"
#include "core/training/plan/plan.hpp"

namespace hecaton::training {

Plan plan_optimus(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die);

}  // namespace hecaton::training
