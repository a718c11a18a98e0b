// Megatron's 1D tensor parallelism on one ring through all dies, a cycle of neighbours; or, over all axes at once
// (TrainingConfig::collectives), on the rings of rows and columns.
#include <fmt/format.h>

#include "core/training/model/plan_error.hpp"
#include "core/training/one_d/methods.hpp"
#include "core/training/one_d/one_d.hpp"

namespace hecaton::training {

namespace {

using chiplet::Ring;
using chiplet::Stage;

void gather(ProgramBuilder& b, MeshShape, Stage stage, std::uint64_t elements) {
  b.all_gather(stage, Ring::package, elements, element_bytes);
}
void scatter(ProgramBuilder& b, MeshShape, Stage stage, std::uint64_t elements) {
  b.reduce_scatter(stage, Ring::package, elements, element_bytes);
}
void reduce(ProgramBuilder& b, MeshShape, Stage stage, std::uint64_t tokens, std::uint64_t bytes) {
  b.all_reduce(stage, Ring::package, tokens, bytes);
}

}  // namespace

const OneDScheme over_package{gather, scatter, reduce};

PlanErrors flat_ring_problems(const TrainingConfig& config, MeshShape mesh) {
  PlanErrors errors = one_d_problems(config, mesh);
  const bool may_take_axes =
      goes_over_all_axes(config.collectives) || config.collectives == Collectives::automatic;
  if (mesh.rows >= 2 && mesh.columns >= 2 && (mesh.dies() % 2 == 0 || may_take_axes)) return errors;
  errors.emplace_back("training.method", "has no flat ring on this mesh",
                      fmt::format("a cycle through all dies needs an even number of them and two rows and "
                                  "columns; the mesh is {} x {}",
                                  mesh.rows, mesh.columns),
                      "choose another mesh or another method, or training.collectives = \"all-axes\"");
  return errors;
}

Plan plan_flat_ring(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die) {
  return plan_one_d(config, mesh, die, over_package);
}

}  // namespace hecaton::training
