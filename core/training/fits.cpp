#include "core/training/fits.hpp"

#include "core/training/method.hpp"

namespace hecaton::training {

namespace {

constexpr double ample_MiB = 1e6;

chiplet::DieConfig with_ample_buffers(chiplet::DieConfig die) {
  die.weight_buffer_MiB = die.activation_buffer_MiB = ample_MiB;
  return die;
}

// An error about a buffer says how many bytes are needed for what it is about. What needs most is found by asking again
// with so many, until there is no error.
std::uint64_t least_buffer(const TrainingConfig& config, MeshShape mesh, chiplet::DieConfig die,
                           double chiplet::DieConfig::*buffer_MiB) {
  for (std::uint64_t bytes = 1;;) {
    die.*buffer_MiB = static_cast<double>(bytes) / 1048576.0;
    try {
      plan_step(config, mesh, die);
      return bytes;
    } catch (const PlanError& error) {
      if (error.needed_bytes <= bytes) throw;
      bytes = error.needed_bytes;
    }
  }
}

bool is_planned(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die) {
  try {
    plan_step(config, mesh, die);
    return true;
  } catch (const PlanError&) {
    return false;
  }
}

}  // namespace

Fit fit_of(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die) {
  Fit fit;
  try {
    const chiplet::DieConfig ample = with_ample_buffers(die);
    fit.padded_flops = plan_step(config, mesh, ample).padding_cost.flops;
    fit.weight_buffer = least_buffer(config, mesh, ample, &chiplet::DieConfig::weight_buffer_MiB);
    fit.activation_buffer = least_buffer(config, mesh, ample, &chiplet::DieConfig::activation_buffer_MiB);
    fit.is_planned = is_planned(config, mesh, die);
  } catch (const PlanError& error) {
    fit.refusal = error;
  }
  return fit;
}

}  // namespace hecaton::training
