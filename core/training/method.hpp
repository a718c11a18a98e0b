// The table of training methods, and what plans a step or a collective by it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/chiplet/hardware/config.hpp"
#include "core/chiplet/program/program.hpp"
#include "core/training/model/config.hpp"
#include "core/training/model/plan_error.hpp"
#include "core/training/plan/plan.hpp"

namespace hecaton::training {

// A training method, as tables and the wiring see it.
struct MethodInfo {
  std::string_view name;
  std::string_view summary;
  Plan (*plan)(const TrainingConfig&, MeshShape, const chiplet::DieConfig&);
};

// All methods. A new one is a file with its plan function and a line in the table in method.cpp.
std::span<const MethodInfo> methods();
const MethodInfo* find_method(std::string_view name);

// One training step. Throws PlanError.
Plan plan_step(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die);

// One collective operation, alone: every die takes part in the ring of its group; a unit is one byte. Throws
// PlanError.
Plan plan_collective(const CollectiveConfig& config, MeshShape mesh);
// The ring that a collective of this group runs over.
chiplet::Ring ring_of(CollectiveGroup group);

}  // namespace hecaton::training
