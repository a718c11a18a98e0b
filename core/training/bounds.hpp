// What a deck may ask for at most, so that no count of a plan, or of a die that runs it, overflows.
//
// Before a step is planned: bytes of activations and weights of the whole step, and every shape, are so small
// that planning stays within 64 bits. After it: what each die counts stays below 2^63. Sums over the package
// may be more: they are kept wider (Plan::model_flops, io/deck/workloads/large_count.hpp).
#pragma once

#include "core/chiplet/hardware/config.hpp"
#include "core/chiplet/program/program.hpp"
#include "core/training/model/config.hpp"
#include "core/training/model/plan_error.hpp"
#include "core/training/plan/plan.hpp"

namespace hecaton::training {

// Shapes that no method could do.
PlanErrors problems_of_shapes(const ModelConfig& m);
// Throw PlanError.
void check_mesh(MeshShape mesh);
void check_sizes(const TrainingConfig& c);
// `program` is valid, and one of a step's roles.
void check_counts(const chiplet::Program& program, const chiplet::DieConfig& die);

}  // namespace hecaton::training
