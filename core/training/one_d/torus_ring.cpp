// Megatron's 1D tensor parallelism on rings along rows and columns, one axis at a time.
//
// An all-reduce is a reduce-scatter along the rows, an all-reduce along the columns, and an all-gather along
// the rows. The stream is spilled in the middle of it (one_d.hpp): a reduce-scatter along the rows and one
// along the columns come before the spill, an all-gather along the columns and one along the rows after it. Over
// all axes at once (TrainingConfig::collectives) each of these is one collective over the package.
#include "core/training/one_d/methods.hpp"
#include "core/training/one_d/one_d.hpp"

namespace hecaton::training {

namespace {

using chiplet::Ring;
using chiplet::Stage;

void gather(ProgramBuilder& b, MeshShape mesh, Stage stage, std::uint64_t elements) {
  b.all_gather(stage, Ring::column, elements / mesh.columns, element_bytes);
  b.all_gather(stage, Ring::row, elements, element_bytes);
}
void scatter(ProgramBuilder& b, MeshShape mesh, Stage stage, std::uint64_t elements) {
  b.reduce_scatter(stage, Ring::row, elements, element_bytes);
  b.reduce_scatter(stage, Ring::column, elements / mesh.columns, element_bytes);
}
// Columns exchange whole tokens: if they can not share them evenly, some send one of padding.
void reduce(ProgramBuilder& b, MeshShape mesh, Stage stage, std::uint64_t tokens, std::uint64_t bytes) {
  b.reduce_scatter(stage, Ring::row, tokens, bytes);
  b.all_reduce(stage, Ring::column, ceil_div(tokens, mesh.columns), bytes);
  b.all_gather(stage, Ring::row, tokens, bytes);
}

}  // namespace

Plan plan_torus_ring(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die) {
  if (goes_over_all_axes(config.collectives)) return plan_one_d(config, mesh, die, over_package);
  return plan_one_d(config, mesh, die, {gather, scatter, reduce});
}

}  // namespace hecaton::training
