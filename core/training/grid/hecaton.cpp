// The Hecaton training method: ring collectives along rows and columns.
//
// A linear layer of type 1 takes layout A to layout B (die.hpp): all-gather X along the row, local
// product, reduce-scatter the partial Y along the column. Type 2 takes layout B back to A and swaps row and
// column. Backward of type 1: all-gather dY along the column, local dX, reduce-scatter it along the row,
// all-gather X again along the row, local dW, complete. Weights and their gradients never cross the package.
#include <fmt/format.h>

#include <numeric>

#include "core/training/grid/adapters.hpp"
#include "core/training/grid/grid.hpp"
#include "core/training/grid/methods.hpp"

namespace hecaton::training {

namespace {

Meaning meaning(const GridLinear& linear, Verb verb, Pass pass, std::uint64_t ranks = 0) {
  const bool is_type_1 = linear.input_ring == chiplet::Ring::row;
  Meaning what{verb, pass, is_type_1 ? Spread::grid : Spread::grid_transposed};
  what.ranks = static_cast<std::uint16_t>(ranks);
  return what;
}

void forward(ProgramBuilder& b, const GridLayout& l, const GridLinear& linear, std::uint64_t tokens) {
  const std::uint64_t ranks = own_ranks(l, linear), outputs = linear.outputs + ranks;
  const std::uint64_t gathered = slice_bytes(tokens, linear.inputs), partial = slice_bytes(tokens, outputs);
  hold(b, gathered);
  b.all_gather(linear.stage, linear.input_ring, tokens, slice_bytes(1, linear.inputs));
  b.mean(meaning(linear, Verb::gather, Pass::forward));
  hold(b, partial);
  b.matmul(linear.stage, tokens, linear.inputs, outputs);
  b.mean(meaning(linear, Verb::product, Pass::forward, ranks));
  drop(b, gathered);
  b.reduce_scatter(linear.stage, linear.output_ring, tokens, slice_bytes(1, outputs));
  b.mean(meaning(linear, Verb::scatter, Pass::forward, ranks));
  drop(b, partial);
  if (ranks > 0) add_adapter_outputs(b, l, linear, tokens);
}

void take_gradient(ProgramBuilder& b, const GridLayout&, const GridLinear& linear, std::uint64_t tokens) {
  hold(b, slice_bytes(tokens, linear.outputs));
  b.all_gather(linear.stage, linear.output_ring, tokens, slice_bytes(1, linear.outputs));
  b.mean(meaning(linear, Verb::gather, Pass::input_gradient));
}
void leave_gradient(ProgramBuilder& b, const GridLayout& l, const GridLinear& linear, std::uint64_t tokens) {
  if (linear.rank > 0) add_adapter_weight_gradient(b, l, linear, tokens);
  drop(b, slice_bytes(tokens, linear.outputs));
}

void input_gradient(ProgramBuilder& b, const GridLayout& l, const GridLinear& linear, std::uint64_t tokens) {
  const std::uint64_t partial = slice_bytes(tokens, linear.inputs);
  if (linear.rank > 0) add_adapter_gradients(b, l, linear, tokens);
  take_gradient(b, l, linear, tokens);
  if (linear.rank > 0) gather_adapter_gradients(b, l, linear, tokens);
  hold(b, partial);
  b.matmul(linear.stage, tokens, linear.outputs, linear.inputs);
  b.mean(meaning(linear, Verb::product, Pass::input_gradient));
  b.reduce_scatter(linear.stage, linear.input_ring, tokens, slice_bytes(1, linear.inputs));
  b.mean(meaning(linear, Verb::scatter, Pass::input_gradient, linear.ranks()));
  drop(b, partial);
  if (linear.rank > 0) add_adapter_input_gradient(b, l, linear, tokens);
}

// With the output's gradient, which has been gathered for the input's.
void weight_gradient(ProgramBuilder& b, const GridLayout&, const GridLinear& linear, std::uint64_t tokens) {
  hold(b, slice_bytes(tokens, linear.inputs));
  b.all_gather(linear.stage, linear.input_ring, tokens, slice_bytes(1, linear.inputs));
  b.mean(meaning(linear, Verb::gather, Pass::weight_gradient));
  b.matmul(linear.stage, linear.inputs, tokens, linear.outputs);
  b.mean(meaning(linear, Verb::product, Pass::weight_gradient));
  drop(b, slice_bytes(tokens, linear.inputs) + slice_bytes(tokens, linear.outputs));
}

}  // namespace

// U is cut over the columns of a layer of type 1, over the rows of one of
// type 2.
PlanErrors hecaton_problems(const TrainingConfig& config, MeshShape mesh) {
  const std::uint64_t lines = std::lcm<std::uint64_t>(mesh.rows, mesh.columns);
  if (config.train != Train::adapters || config.adapter_rank % lines == 0) return {};
  return {{"training.adapter_rank", "does not divide among the lines of dies",
           fmt::format("{} ranks over {} rows and {} columns", config.adapter_rank, mesh.rows, mesh.columns),
           fmt::format("use a multiple of {}", lines)}};
}

Plan plan_hecaton(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die) {
  return plan_grid(config, mesh, die,
                   {forward, input_gradient, weight_gradient, take_gradient, leave_gradient,
                    chiplet::Ring::column, true, false});
}

}  // namespace hecaton::training
