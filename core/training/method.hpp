// The table of training methods, and what plans a step by it.
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
  // The smallest vocabulary of at least so many words that it can divide among the dies.
  std::uint64_t (*padded)(std::uint64_t words, MeshShape);
};

// All methods. A new one is a file with its plan function and a line in the table in method.cpp.
std::span<const MethodInfo> methods();
const MethodInfo* find_method(std::string_view name);

// The configuration as it is planned: with a padded vocabulary, where it wants that. Throws PlanError.
TrainingConfig padded(const TrainingConfig& config, MeshShape mesh);

// One training step. Throws PlanError.
Plan plan_step(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die);

}  // namespace hecaton::training
