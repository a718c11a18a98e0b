#include "core/training/grid/adapters.hpp"

#include "core/training/grid/layout.hpp"

namespace hecaton::training {

using chiplet::Ring;

namespace {

std::uint64_t dies_of(const GridLayout& l, Ring ring) {
  return ring == Ring::row ? l.die.columns : l.die.rows;
}

// Ranks of all matrices side by side; tokens of a tile that this die has of X,
// and of Y.
struct Ranks {
  std::uint64_t all, inputs, outputs;
  Ranks(const GridLayout& l, const GridLinear& linear, std::uint64_t tokens)
      : all(linear.ranks()),
        inputs(tokens / dies_of(l, linear.input_ring)),
        outputs(tokens / dies_of(l, linear.output_ring)) {}
};

// A product for each matrix, with its part of the outputs.
template <class Product>
void for_each_matrix(const GridLinear& linear, Product&& product) {
  for (const std::uint64_t outputs : linear.matrices)
    if (outputs > 0) product(outputs);
}

void mean(ProgramBuilder& b, const GridLinear& linear, Verb verb, Pass pass) {
  const bool is_type_1 = linear.input_ring == Ring::row;
  b.mean({verb, pass, is_type_1 ? Spread::grid : Spread::grid_transposed});
}

}  // namespace

std::uint64_t own_ranks(const GridLayout& l, const GridLinear& linear) {
  return linear.ranks() / dies_of(l, linear.input_ring);
}

void add_adapter_outputs(ProgramBuilder& b, const GridLayout& l, const GridLinear& linear,
                         std::uint64_t tokens) {
  const Ranks ranks(l, linear, tokens);
  // A slice is this die's ranks of all its tokens.
  b.all_gather(linear.stage, linear.input_ring, dies_of(l, linear.input_ring),
               slice_bytes(ranks.outputs, own_ranks(l, linear)));
  mean(b, linear, Verb::ranks, Pass::forward);
  const std::uint64_t bytes = slice_bytes(ranks.outputs, linear.outputs);
  hold(b, bytes);
  for_each_matrix(linear, [&](std::uint64_t n) { b.matmul(linear.stage, ranks.outputs, linear.rank, n); });
  b.vector(linear.stage, 2 * bytes);
  mean(b, linear, Verb::adapted, Pass::forward);
  drop(b, bytes);
}

void add_adapter_gradients(ProgramBuilder& b, const GridLayout& l, const GridLinear& linear,
                           std::uint64_t tokens) {
  const Ranks ranks(l, linear, tokens);
  hold(b, slice_bytes(ranks.outputs, ranks.all));
  for_each_matrix(linear, [&](std::uint64_t n) { b.matmul(linear.stage, ranks.outputs, n, linear.rank); });
  b.all_reduce(linear.stage, linear.input_ring, ranks.outputs, slice_bytes(1, ranks.all));
  mean(b, linear, Verb::rank_sums, Pass::input_gradient);
  for_each_matrix(linear, [&](std::uint64_t n) { b.matmul(linear.stage, linear.rank, ranks.outputs, n); });
  mean(b, linear, Verb::adapter_b, Pass::weight_gradient);
}

void gather_adapter_gradients(ProgramBuilder& b, const GridLayout& l, const GridLinear& linear,
                              std::uint64_t tokens) {
  const Ranks ranks(l, linear, tokens);
  hold(b, slice_bytes(tokens, ranks.all));
  b.all_gather(linear.stage, linear.output_ring, tokens, slice_bytes(1, ranks.all));
  mean(b, linear, Verb::ranks, Pass::input_gradient);
  drop(b, slice_bytes(ranks.outputs, ranks.all));
}

void add_adapter_input_gradient(ProgramBuilder& b, const GridLayout& l, const GridLinear& linear,
                                std::uint64_t tokens) {
  const Ranks ranks(l, linear, tokens);
  const std::uint64_t bytes = slice_bytes(ranks.inputs, linear.inputs);
  hold(b, bytes);
  b.matmul(linear.stage, ranks.inputs, ranks.all, linear.inputs);
  b.vector(linear.stage, 2 * bytes);
  mean(b, linear, Verb::adapted, Pass::input_gradient);
  drop(b, bytes);
}

void add_adapter_weight_gradient(ProgramBuilder& b, const GridLayout& l, const GridLinear& linear,
                                 std::uint64_t tokens) {
  const Ranks ranks(l, linear, tokens);
  b.matmul(linear.stage, linear.inputs, ranks.inputs, ranks.all);
  mean(b, linear, Verb::adapter_a, Pass::weight_gradient);
  drop(b, slice_bytes(tokens, ranks.all));
}

}  // namespace hecaton::training
