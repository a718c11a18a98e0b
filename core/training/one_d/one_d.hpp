// 1D tensor parallelism (Megatron) over all dies. How they exchange the stream is the method's: on one flat
// ring (flat_ring.cpp) or on rings along rows and columns (torus_ring.cpp).
//
// Each operator of a layer is a block (attention: norm, queries/keys/values column-parallel, attention,
// output projection row-parallel; feed-forward: norm, up column-parallel, activation, down row-parallel).
// Between blocks is an all-reduce of T x h over all dies, forward of the stream and backward of its gradient.
//
// The stream would be whole on every die, which no buffer holds, so it is spilled to DRAM at the border of
// every block, where backward finds it again. It is there once: an all-reduce is a reduce-scatter and an
// all-gather, and the spill lies between the two, where a die has 1/N. So a block reads its share, gathers,
// and ends with a reduce-scatter; residuals and the backward pass of norms work on the share. Backward
// gathers the input of each block once more, for the weight gradients. (The other way, every die reading all
// of it, moves N times as much through the package's DRAM channels, and is slower from some dozens of dies
// on.)
//
// A block goes over the stream in token tiles that fit; the attention block does so twice, before and after
// the attention over whole sequences, and reads its share twice if it is more than one tile. The blocks are
// the outer loop, mini-batches the inner one, so weights are read once per block and direction. The output
// head is vocabulary-parallel. README.md has the closed forms.
#pragma once

#include "core/chiplet/hardware/config.hpp"
#include "core/training/model/config.hpp"
#include "core/training/model/plan_error.hpp"
#include "core/training/one_d/layout.hpp"
#include "core/training/plan/plan.hpp"
#include "core/training/plan/program_builder.hpp"
#include "core/training/plan/step.hpp"

namespace hecaton::training {

// Each exchange is one collective over the package (flat_ring.cpp).
extern const OneDScheme over_package;

// The whole plan of a method. Throws PlanError.
Plan plan_one_d(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die,
                const OneDScheme& scheme);

// The parts of its step. The layout outlives them. `words` of the vocabulary are this role's.
std::vector<LayerGroups> one_d_forward(const OneDLayout& l);
StepPart one_d_head(const OneDLayout& l, std::uint64_t words);
std::vector<LayerGroups> one_d_backward(const OneDLayout& l);
// Where the embedding table is the matrix of the output head (tied_embedding.cpp).
void add_tied_embedding(ProgramBuilder& b, const OneDLayout& l);
void add_tied_embedding_gradient(ProgramBuilder& b, const OneDLayout& l);

// A pass over the token tiles of a mini-batch, inside the loop over mini-batches. `bytes` of each tile come
// from DRAM; with `ahead` the next tile is read while one is worked on. The caller has started the first
// read, where it is ahead; `skip_last` is 1 if every mini-batch starts anew, 2 if the last tile fetches the
// next mini-batch's first.
struct TilePass {
  chiplet::Stage stage = chiplet::Stage::none;
  Slot slot = Slot::border;
  std::uint64_t tiles = 1;
  std::uint64_t bytes = 0;
  bool ahead = false;
  std::uint8_t skip_last = 1;
};

inline void start_pass(ProgramBuilder& b, const TilePass& pass) {
  if (pass.ahead && pass.bytes > 0) b.read(pass.stage, pass.slot, pass.bytes);
}

template <class Body>
void run_pass(ProgramBuilder& b, const TilePass& pass, Body&& body) {
  b.loop(chiplet::Iterates::tiles, pass.tiles, [&] {
    if (pass.bytes > 0) {
      if (!pass.ahead) b.read(pass.stage, pass.slot, pass.bytes);
      b.wait(pass.stage, pass.slot);
      if (pass.ahead) b.read(pass.stage, pass.slot, pass.bytes, pass.skip_last);
    }
    body();
    drop(b, pass.bytes);
  });
}

// Writes a tile behind and gives up its place: the one before it has to have left its buffer.
inline void write_tile(ProgramBuilder& b, const OneDLayout& l, chiplet::Stage stage, Slot slot,
                       std::uint64_t bytes) {
  if (l.ahead) b.wait(stage, slot);
  b.write(stage, slot, bytes);
  drop_after(b, slot, bytes);
  if (!l.ahead) b.wait(stage, slot);
}

// Whether these layers write what their backward pass needs.
inline bool saves(const OneDLayout& l, Layers layers) {
  return layers == Layers::trained && !l.step.recompute;
}
// Of writes of the stream after an operator: frozen layers leave it for the next operator alone.
constexpr chiplet::Stage output_stage(Layers layers) {
  return layers == Layers::trained ? chiplet::Stage::residual : chiplet::Stage::activations;
}

// Starts to read so many elements of weights.
inline void read_weights(ProgramBuilder& b, std::uint64_t elements) {
  b.read(chiplet::Stage::weights, Slot::weights, elements * element_bytes);
}

// The product that was added last.
// `ranks` of adapters, which add more to what it computes.
inline void mean_product(ProgramBuilder& b, Pass pass, Spread spread, std::uint8_t half = 0,
                         std::uint8_t halves = 1, std::uint64_t ranks = 0) {
  Meaning meaning{Verb::product, pass, spread};
  meaning.half = half;
  meaning.halves = halves;
  meaning.ranks = static_cast<std::uint16_t>(ranks);
  b.mean(meaning);
}

// `tokens` tokens of the stream, from everyone's share, which the die holds from now on: X of a layer spread
// by outputs, dY of one by inputs.
inline void gather_stream(ProgramBuilder& b, const OneDLayout& l, chiplet::Stage stage, std::uint64_t tokens,
                          Pass pass, chiplet::Stage linear = chiplet::Stage::none) {
  hold(b, slice_bytes(tokens, l.die.hidden));
  const std::size_t mark = b.mark();
  l.scheme.gather(b, l.mesh, stage, tokens * l.die.hidden);
  const bool is_gradient = pass == Pass::input_gradient;
  Meaning meaning{Verb::gather, pass, is_gradient ? Spread::inputs : Spread::outputs};
  meaning.linear = linear;
  b.mean(mark, meaning);
}
// The partial sums of `tokens` tokens, which the die holds, are added up; it keeps its share: Y of a layer
// spread by inputs, dX of one by outputs. `ranks` of adapters,
// which add more to dX.
inline void scatter_stream(ProgramBuilder& b, const OneDLayout& l, chiplet::Stage stage, std::uint64_t tokens,
                           Pass pass, std::uint64_t ranks = 0) {
  const std::size_t mark = b.mark();
  l.scheme.scatter(b, l.mesh, stage, tokens * l.die.hidden);
  const bool is_gradient = pass == Pass::input_gradient;
  Meaning meaning{Verb::scatter, pass, is_gradient ? Spread::outputs : Spread::inputs};
  meaning.ranks = static_cast<std::uint16_t>(ranks);
  b.mean(mark, meaning);
  drop(b, slice_bytes(tokens, l.die.hidden));
  hold(b, slice_bytes(tokens, l.die.table));
}

// Backward: the input of a block again, and the output of its norm.
inline void gather_block_input(ProgramBuilder& b, const OneDLayout& l, chiplet::Stage linear,
                               std::uint64_t tiles) {
  gather_stream(b, l, chiplet::Stage::activations, l.slices.tokens / tiles, Pass::weight_gradient, linear);
  b.vector(chiplet::Stage::norm, 2 * l.slices.stream / tiles);
  mean_on_grid(b, Verb::norm, Pass::weight_gradient, linear);
}

}  // namespace hecaton::training
