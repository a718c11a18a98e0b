// Parts of a training step that are the same for every method: gradient of the embedding, optimizer.
#pragma once

#include <cstdint>

#include "core/training/model/trained.hpp"
#include "core/training/plan/program_builder.hpp"

namespace hecaton::training {

// Bytes of an optimizer's state per weight in DRAM: the fp32 master weight, and Adam's first and second
// moment.
constexpr std::uint64_t optimizer_state_bytes(Optimizer optimizer) {
  return optimizer == Optimizer::adam ? 12 : 4;
}

// Passes of the vector unit over the logits: softmax and its gradient; a tanh that bounds them, and its gradient.
constexpr std::uint64_t loss_passes(bool soft_cap) {
  return soft_cap ? 4 : 2;
}

// Weights of a layer's operator that the optimizer of one die updates, and gradients of them that it reads.
struct Masters {
  std::uint64_t weights = 0, gradients = 0;

  // Copies of so many weights on `copies` dies.
  static Masters shared(std::uint64_t weights, std::uint64_t copies) {
    return {(weights + copies - 1) / copies, weights};
  }
  friend Masters operator+(Masters a, Masters b) {
    return {a.weights + b.weights, a.gradients + b.gradients};
  }
};

// What the optimizer of one die does. Weights that lie on several dies have one master: each of them updates
// an equal share of it, from the gradients of all of them.
struct OptimizerShare {
  std::uint64_t weights = 0;    // that this die updates
  std::uint64_t gradients = 0;  // elements it reads: weights x the dies that hold a copy of each
  Optimizer optimizer = Optimizer::adam;
  std::uint64_t frozen = 0;  // weights that nobody updates; each counts on one die
};

// Weights outside the layers, each on one die.
struct OutsideLayers {
  std::uint64_t trained = 0, frozen = 0;
};
// A tied table is the head.
OutsideLayers outside_layers(const Trained& trained, bool tied, std::uint64_t head, std::uint64_t table);

// Streams weights through a buffer of `buffer_bytes`. Per weight its state is read and written and the bf16
// weight written; per gradient e bytes are read. With `overlap` the next chunk is read while one is updated
// and written.
void add_optimizer(ProgramBuilder& b, OptimizerShare share, std::uint64_t buffer_bytes, bool overlap);

// Gradient of the embedding table. Per mini-batch, `bytes` of gradients of the stream are read, and the rows
// of the table's gradient that they belong to; the rows are added to and written.
void add_embedding_backward(ProgramBuilder& b, std::uint64_t minibatches, std::uint64_t bytes, bool overlap);

}  // namespace hecaton::training
