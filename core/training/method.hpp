// The table of training methods, and what plans a step by it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/chiplet/hardware/config.hpp"
#include "core/chiplet/program/program.hpp"
#include "core/training/model/config.hpp"
#include "core/training/model/plan_error.hpp"
#include "core/training/plan/division.hpp"
#include "core/training/plan/plan.hpp"

namespace hecaton::training {

// A training method, as tables and the wiring see it.
struct MethodInfo {
  std::string_view name;
  std::string_view summary;
  // Of a configuration that divides.
  Plan (*plan)(const TrainingConfig&, MeshShape, const chiplet::DieConfig&);
  // What it cuts into equal parts.
  Divisions (*divisions)(const TrainingConfig&, MeshShape);
  // Lines of dies that key/value heads are cut over; where there are more lines than heads, each is there several times.
  std::uint64_t (*kv_lines)(MeshShape);
  // What it cannot do, whatever is padded.
  PlanErrors (*problems)(const TrainingConfig&, MeshShape);
};

// All methods. A new one is a file with its plan function and a line in the table in method.cpp.
std::span<const MethodInfo> methods();
const MethodInfo* find_method(std::string_view name);

// All that is wrong with the shapes of a step, its mask, batch and method on this mesh; not what its buffers are too
// small for.
PlanErrors problems_of(const TrainingConfig& config, MeshShape mesh);

// The numbers that have to be padded. The configuration has no problems.
Divisions padding_of(const TrainingConfig& config, MeshShape mesh);
// The configuration as it is planned: with these numbers padded. Throws PlanError.
TrainingConfig padded(const TrainingConfig& config, MeshShape mesh);

// One training step. Throws PlanError: with all problems at once, or the first thing that does not fit.
Plan plan_step(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die);

}  // namespace hecaton::training
