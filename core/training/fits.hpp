// Whether a step can be planned on a mesh, what has to be padded, and how small the buffers of a die may be. Sizes are in
// bytes.
#pragma once

#include <cstdint>
#include <optional>

#include "core/chiplet/hardware/config.hpp"
#include "core/training/model/config.hpp"
#include "core/training/model/plan_error.hpp"
#include "core/training/plan/plan.hpp"

namespace hecaton::training {

struct Fit {
  // Why it cannot be planned, however large the buffers; else all below is told.
  std::optional<PlanError> refusal;
  double padded_flops = 0;  // the share of all operations that is for pads
  // The smallest buffers with which it can be planned, each beside one of the other kind that is ample.
  std::uint64_t weight_buffer = 0, activation_buffer = 0;
  bool is_planned = false;  // with the buffers of the die that was given
};

Fit fit_of(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die);

}  // namespace hecaton::training
