#include "core/training/method.hpp"

#include <fmt/format.h>

#include "core/training/bounds.hpp"
#include "core/training/grid/methods.hpp"
#include "core/training/one_d/methods.hpp"

namespace hecaton::training {

namespace {

constexpr MethodInfo table[] = {
    {"hecaton", "2D tiles of weights and activations, rings along rows and columns", plan_hecaton},
    {"megatron-flat-ring", "1D tensor parallelism over all dies on one ring", plan_flat_ring},
    {"megatron-torus-ring", "1D tensor parallelism over all dies on rings along rows, then columns",
     plan_torus_ring},
    {"optimus", "2D tiles by SUMMA, panels broadcast along rows and columns of a square", plan_optimus},
};

std::string method_names() {
  std::string names;
  for (const MethodInfo& method : methods()) {
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", method.name);
  }
  return names;
}

}  // namespace

std::span<const MethodInfo> methods() {
  return table;
}

const MethodInfo* find_method(std::string_view name) {
  for (const MethodInfo& method : methods()) {
    if (method.name == name) return &method;
  }
  return nullptr;
}

Plan plan_step(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die) {
  const MethodInfo* method = find_method(config.method);
  if (method == nullptr) {
    throw PlanError("training.method", "is no training method",
                    fmt::format("\"{}\" is unknown", config.method),
                    fmt::format("use one of {}", method_names()));
  }
  if (config.batch_sequences == 0 || config.sequence_length == 0) {
    throw PlanError("training.batch_sequences", "makes an empty step",
                    fmt::format("{} sequences of {} tokens", config.batch_sequences, config.sequence_length),
                    "use at least one sequence of one token");
  }
  check_shapes(config.model);
  check_sizes(config, mesh);
  Plan plan = method->plan(config, mesh, die);
  for (const chiplet::Program& program : plan.roles) {
    chiplet::validate(program);
    check_counts(program, die);
  }
  return plan;
}

}  // namespace hecaton::training
