// The Hecaton training method: 2D tiles that are exchanged on rings along rows and columns (hecaton.cpp).
#pragma once

#include "core/training/method.hpp"

namespace hecaton::training {

Plan plan_hecaton(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die);

}  // namespace hecaton::training
