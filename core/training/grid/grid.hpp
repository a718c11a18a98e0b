// Methods that tile weights and activations in two dimensions: the step around their linear layers. How these
// are computed is the method's GridScheme (hecaton.cpp, optimus.cpp).
//
// A step: forward, group of layers by group, mini-batch by mini-batch; then norm, output head, loss and their
// backward; then backward by groups from the last layer; embedding; optimizer. README.md has the closed
// forms.
#pragma once

#include "core/chiplet/hardware/config.hpp"
#include "core/training/grid/layout.hpp"
#include "core/training/model/config.hpp"
#include "core/training/model/plan_error.hpp"
#include "core/training/plan/plan.hpp"
#include "core/training/plan/program_builder.hpp"
#include "core/training/plan/step.hpp"

namespace hecaton::training {

// The whole plan of a method. Throws PlanError.
Plan plan_grid(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die,
               const GridScheme& scheme);

// The parts of its step. The layout outlives them.
std::vector<LayerGroups> grid_forward(const GridLayout& l);
StepPart grid_head(const GridLayout& l);
std::vector<LayerGroups> grid_backward(const GridLayout& l);

// A tile of `tokens` tokens through a mixture of experts: before and after the activation function.
void add_experts_up(ProgramBuilder& b, const GridLayout& l, const GridFeedForward& f, std::uint64_t tokens);
void add_experts_down(ProgramBuilder& b, const GridLayout& l, const GridFeedForward& f, std::uint64_t tokens);
void add_experts_down_backward(ProgramBuilder& b, const GridLayout& l, const GridFeedForward& f,
                               std::uint64_t tokens);
void add_experts_up_backward(ProgramBuilder& b, const GridLayout& l, const GridFeedForward& f,
                             std::uint64_t tokens);

// A linear layer of `inputs` to `outputs` features of this die.
enum class LinearType : std::uint8_t { one, two };
GridLinear grid_linear(const GridLayout& l, chiplet::Stage stage, LinearType type, std::uint64_t inputs,
                       std::uint64_t outputs);
// The same of a layer, with adapters of so many ranks for matrices of so many
// outputs.
GridLinear adapted(const GridLayout& l, GridLinear linear, std::uint64_t rank,
                   const std::array<std::uint64_t, qkv_matrices>& matrices);

// Backward of a tile, after the input gradient: that of the weights, unless
// they are frozen.
void add_weight_gradient(ProgramBuilder& b, const GridLayout& l, const GridLinear& linear,
                         std::uint64_t tokens);

// Forward, where the place saves: writes what backward needs; without overlap waits for it.
void save_for_backward(ProgramBuilder& b, const GridLayout& l, const GridPlace& place, chiplet::Stage stage,
                       Slot slot, std::uint64_t bytes);
// Forward, the last operator of a layer: before the buffer of the layer's output is written anew.
void wait_for_layer_output(ProgramBuilder& b, const GridLayout& l);
// Forward: the stream before an operator, in the place of the one after it or beside it while it is written.
void hold_next_stream(ProgramBuilder& b, const GridLayout& l, const GridPlace& place);
void drop_last_stream(ProgramBuilder& b, const GridLayout& l, const GridPlace& place);
// Backward: what the next operator starts from, ahead of time.
void read_next(ProgramBuilder& b, const GridLayout& l, const GridPlace& place);

// The norm before a linear layer: features of a token are split along a line, so one scalar per token is
// summed along it.
void add_grid_norm(ProgramBuilder& b, const GridLayout& l, chiplet::Stage linear, Pass pass);

// Starts a mini-batch whose slice of activations or gradients comes from DRAM; reads the next one ahead if
// there is room. skip_last: loops after whose last iteration there is no next one.
void add_border_read(ProgramBuilder& b, const GridLayout& l, chiplet::Stage stage, std::uint8_t skip_last);

}  // namespace hecaton::training
