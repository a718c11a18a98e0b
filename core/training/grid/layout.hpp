// All that the programs of methods with 2D tiles are written from: what lies where (die.hpp), how many layers
// fit into the weight buffer as a fused group, and the mini-batch that was chosen (minibatch.hpp). Sizes in
// bytes where no unit is named.
#pragma once

#include <cstdint>
#include <vector>

#include "core/chiplet/hardware/config.hpp"
#include "core/training/grid/operators.hpp"
#include "core/training/model/config.hpp"
#include "core/training/model/plan_error.hpp"
#include "core/training/plan/plan.hpp"
#include "core/training/plan/step_layout.hpp"

namespace hecaton::training {

struct GridGroups {
  std::uint64_t forward = 1, backward = 1;  // trained layers per fused group
  std::uint64_t frozen = 1;                 // frozen layers per fused group
  bool prefetch_forward = false;            // the next group's weights fit beside this one's
  bool prefetch_backward = false;
};

struct GridLayout {
  StepLayout step;
  GridScheme scheme;
  chiplet::Schedule broadcast = chiplet::Schedule::tree;  // of schemes that broadcast
  std::uint32_t broadcast_chunks = 1;
  std::uint64_t panel_room = 0;       // bytes of the weight buffer for panels of weights and of gradients
  std::uint64_t head_panel_room = 0;  // the same beside the weights of the output head
  GridDie die;
  GridSlices slices;
  std::vector<GridOperator> operators;  // of a layer
  TiledStage head;                      // forward and backward at once
  GridGroups groups;
  Prefetch prefetch;
  // Exactly one operator of a layer reads token tiles backward, so the first tile of the next layer is read
  // ahead.
  bool is_tile_ahead = false;

  std::uint64_t layer_weights() const;    // elements on one die
  std::uint64_t adapter_weights() const;  // beside these in a trained layer
  // What forward saves for backward of a layer and mini-batch: what each operator needs, the stream between
  // two operators, and the output of the layer, which is the input of the next. Layer 0 reads its input from
  // the embedding table again. Bytes.
  std::uint64_t saved_layer() const;
};

// Throws PlanError.
GridLayout grid_layout(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die,
                       const GridScheme& scheme);

}  // namespace hecaton::training
