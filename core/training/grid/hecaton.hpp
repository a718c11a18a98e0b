// The Hecaton training method: 2D tiles that are exchanged on rings along rows and columns (hecaton.cpp).
#pragma once

#include "core/chiplet/hardware/config.hpp"
#include "core/training/model/config.hpp"
#include "core/training/model/plan_error.hpp"
#include "core/training/plan/plan.hpp"

namespace hecaton::training {

Plan plan_hecaton(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die);

}  // namespace hecaton::training
