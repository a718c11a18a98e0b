// 1D tensor parallelism (Megatron) over all dies on one flat ring.
//
// A layer is two blocks: attention (norm, queries/keys/values column-parallel, attention, output projection
// row-parallel) and feed-forward (norm, up column-parallel, activation, down row-parallel). Each ends forward
// with an all-reduce of T x h over the ring, and backward with one of its input gradient. Norms are local.
//
// The stream is whole on every die: it is spilled to DRAM whole, by every die, at the border of every block,
// where backward finds it again. A block goes over the stream in token tiles that fit; the attention block
// does so twice, before and after the attention over whole sequences, and reads the stream twice if it is
// more than one tile. The blocks are the outer loop, mini-batches the inner one, so weights are read once per
// block and direction. The output head is vocabulary-parallel. README.md has the closed forms.
#pragma once

#include "core/training/flat_ring_layout.hpp"
#include "core/training/method.hpp"
#include "core/training/program_builder.hpp"

namespace hecaton::training {

Plan plan_flat_ring(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die);

// The parts of its program. `words` of the vocabulary are this role's.
void add_flat_forward(ProgramBuilder& b, const FlatLayout& l);
void add_flat_head(ProgramBuilder& b, const FlatLayout& l, std::uint64_t words);
void add_flat_backward(ProgramBuilder& b, const FlatLayout& l);

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
  b.loop(pass.tiles, [&] {
    if (pass.bytes > 0) {
      if (!pass.ahead) b.read(pass.stage, pass.slot, pass.bytes);
      b.wait(pass.stage, pass.slot);
      if (pass.ahead) b.read(pass.stage, pass.slot, pass.bytes, pass.skip_last);
    }
    body();
  });
}

// Writes a tile behind: the one before it has to have left its buffer.
inline void write_tile(ProgramBuilder& b, const FlatLayout& l, chiplet::Stage stage, Slot slot,
                       std::uint64_t bytes) {
  if (l.ahead) b.wait(stage, slot);
  b.write(stage, slot, bytes);
  if (!l.ahead) b.wait(stage, slot);
}

// The partial sums of `tokens` tokens are added up over all dies.
inline void all_reduce_stream(ProgramBuilder& b, const FlatLayout& l, chiplet::Stage stage,
                              std::uint64_t tokens) {
  b.all_reduce(stage, chiplet::Ring::package, tokens * l.die.hidden, element_bytes);
}

}  // namespace hecaton::training
