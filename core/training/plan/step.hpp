// A training step as a value, and the one walk over it that writes a role's program.
//
// The order of a step:
//   embedding           a family's own, if it computes something there
//   forward             layers first to last
//   head                norm, output head, loss and their backward
//   backward            layers last to first
//   embedding gradient  a family's own
//   optimizer
// Layers are done in groups. The parts of a group follow each other, and in each part all mini-batches do. A
// part is what has its weights on the die meanwhile: a fused group of layers, or one operator of a layer. The
// walk moves weights and weight gradients between DRAM and the weight buffer, and writes the labels of
// layers. A family fills in what one mini-batch does; how its tensors are cut is known to the family alone.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/training/model/config.hpp"
#include "core/training/plan/plan.hpp"
#include "core/training/plan/program_builder.hpp"
#include "core/training/plan/step_parts.hpp"

namespace hecaton::training {

// Writes some operations. Empty: none.
using WriteOperations = std::function<void(ProgramBuilder&)>;

struct StepPart {
  std::uint64_t weight_bytes = 0;
  std::uint64_t frozen_bytes = 0;  // of these, backward: of weights that get no gradients
  // These weights were read while the part before was at work. This part reads those of the next, unless the
  // skip_next loops around it are all in their last iteration (Op::skip_last).
  bool is_prefetched = false;
  std::uint64_t next_weight_bytes = 0;
  std::uint8_t skip_next = 0;
  // Backward: weights and gradients do not fit together, so the family moves them itself within each
  // mini-batch.
  bool is_split = false;
  WriteOperations begin;      // before the weights are waited for
  WriteOperations minibatch;  // one mini-batch, and the label of the next
  WriteOperations end;        // after the last one, before gradients are written
};

// `count` groups of `layers` layers each, one after another.
struct LayerGroups {
  std::uint64_t count = 1;
  std::uint64_t layers = 1;
  WriteOperations begin;        // before the first group
  std::vector<StepPart> parts;  // of a group, in the order in which they are done
  bool ends_label = false;      // after a group, rows belong to no mini-batch
};

// Fused groups of `fused` layers each, and one of the rest. `begin` comes before all of them; `part_of` makes
// the part of a group of so many layers, `is_last` if no other groups follow. The first group's weights are
// read here, where weights are prefetched at all.
std::vector<LayerGroups> fused_groups(
    std::uint64_t layers, std::uint64_t fused, const WriteOperations& begin,
    const std::function<StepPart(std::uint64_t layers, bool is_last)>& part_of);

struct Step {
  std::uint64_t minibatches = 1;
  WriteOperations embedding;
  std::vector<LayerGroups> forward;
  StepPart head;
  std::vector<LayerGroups> backward;
  WriteOperations embedding_gradient;
  OptimizerShare optimizer;
  std::uint64_t optimizer_buffer_bytes = 0;
  bool overlap = true;                    // DRAM transfers of the optimizer overlap with its work
  std::uint64_t frozen_stream_bytes = 0;  // of all mini-batches: what frozen layers leave to those after them
};

// Adds a role with the program of this step.
void add_role(Plan& plan, const Step& step);

// Fills in what does not depend on the method: all dies have role 0, tokens are those of the configuration.
void set_totals(Plan& plan, const TrainingConfig& config, MeshShape mesh, std::uint64_t minibatch_tokens);

}  // namespace hecaton::training
