// What a training step keeps in DRAM, in bytes: of one die, or of a whole package.
//
// Each kind has room of its own for the whole step, and no kind takes the place of another. So each number is
// the most of its kind at any time, and their sum is the room that a step needs. Logits are not among them:
// they never leave the dies.
#pragma once

#include <cstdint>

#include "core/chiplet/program/program.hpp"

namespace hecaton::training {

struct OptimizerShare;

struct Footprint {
  std::uint64_t weights = 0;    // bf16, with output head and embedding table; every weight lies there once
  std::uint64_t gradients = 0;  // bf16, once for each die that holds a copy of the weight
  std::uint64_t optimizer_state = 0;    // master weights and moments
  std::uint64_t saved_activations = 0;  // written forward and read backward, so all are there in between
  std::uint64_t stream_gradients = 0;   // of the residual stream, between two groups of layers

  std::uint64_t total() const;
  // Adds what `dies` dies keep that each keep the same.
  void add(const Footprint& of_die, std::uint64_t dies);
};

// Of a die with this program and this part in the optimizer. What a program writes forward is read for the
// last time backward, in the opposite order of layers, so all of it is there when backward begins: the sum of
// these writes is the peak. The output head writes the first gradients of the stream, of all mini-batches, and
// every group of layers writes its own over those that it has read. So do frozen layers forward: the stream that
// they leave is there once, `frozen_stream_bytes`, and trained layers find their input in it.
Footprint footprint_of(const chiplet::Program& program, const OptimizerShare& optimizer,
                       std::uint64_t frozen_stream_bytes = 0);

}  // namespace hecaton::training
