// The training methods that cut weights and activations over rows and columns. Each plans one step and throws PlanError.
#pragma once

#include "core/chiplet/hardware/config.hpp"
#include "core/training/grid/divisions.hpp"
#include "core/training/model/config.hpp"
#include "core/training/plan/plan.hpp"

namespace hecaton::training {

// What a method cannot do, whatever is padded.
PlanErrors hecaton_problems(const TrainingConfig& config, MeshShape mesh);
PlanErrors optimus_problems(const TrainingConfig& config, MeshShape mesh);

// Ring collectives along rows and columns (hecaton.cpp).
Plan plan_hecaton(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die);
// SUMMA (optimus.cpp).
Plan plan_optimus(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die);

}  // namespace hecaton::training
