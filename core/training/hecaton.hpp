// The Hecaton training method: 2D tiles of weights and activations, ring collectives along rows and columns.
//
// A linear layer of type 1 takes layout A to layout B (hecaton_layout.hpp): all-gather X along the row, local
// product, reduce-scatter the partial Y along the column. Type 2 takes layout B back to A and swaps row and
// column. Backward of type 1: all-gather dY along the column, local dX, reduce-scatter it along the row,
// all-gather X again along the row, local dW, complete. Weights and their gradients never cross the package.
// Type 1: queries/keys/values, gate and up, output head. Type 2: projection after attention, down.
//
// A step: forward, group of layers by group, mini-batch by mini-batch; then norm, output head, loss and their
// backward; then backward by groups from the last layer; embedding; optimizer. README.md has the closed
// forms.
#pragma once

#include "core/training/hecaton_layout.hpp"
#include "core/training/method.hpp"
#include "core/training/program_builder.hpp"

namespace hecaton::training {

Plan plan_hecaton(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die);

// The parts of its program.
void add_hecaton_forward(ProgramBuilder& b, const HecatonLayout& l);
void add_hecaton_head(ProgramBuilder& b, const HecatonLayout& l);
void add_hecaton_backward(ProgramBuilder& b, const HecatonLayout& l);

// A linear layer as one token tile of it is computed on one die.
struct HecatonLinear {
  chiplet::Stage stage = chiplet::Stage::none;
  chiplet::Ring input_ring = chiplet::Ring::row;      // gathers X: row for type 1
  chiplet::Ring output_ring = chiplet::Ring::column;  // scatters Y
  std::uint64_t inputs = 1;                           // features of X on this die, gathered over tokens
  std::uint64_t outputs = 1;
};
struct HecatonLinears {
  HecatonLinear qkv, output, up, down, head;
};
HecatonLinears hecaton_linears(const HecatonDie& d);

void add_linear_forward(ProgramBuilder& b, const HecatonLinear& linear, std::uint64_t tokens);
// Input gradient first, then X gathered again and the weight gradient.
void add_linear_input_gradient(ProgramBuilder& b, const HecatonLinear& linear, std::uint64_t tokens);
void add_linear_weight_gradient(ProgramBuilder& b, const HecatonLinear& linear, std::uint64_t tokens);

// A norm: features of a token are split along the column, so one scalar per token is summed along it.
void add_hecaton_norm(ProgramBuilder& b, const HecatonSlices& s, std::uint64_t passes);

// Starts a mini-batch whose slice of activations or gradients comes from DRAM; reads the next one ahead if
// there is room. skip_last: loops after whose last iteration there is no next one.
void add_border_read(ProgramBuilder& b, const HecatonLayout& l, chiplet::Stage stage, std::uint8_t skip_last);

}  // namespace hecaton::training
