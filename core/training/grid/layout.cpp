#include "core/training/grid/layout.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/training/grid/divisions.hpp"
#include "core/training/grid/minibatch.hpp"
#include "core/training/plan/buffers.hpp"
#include "core/training/plan/facts.hpp"
#include "core/training/plan/operator_list.hpp"
#include "core/training/plan/program_builder.hpp"

namespace hecaton::training {

namespace {

using Operators = std::vector<GridOperator>;

GridDie die_of(const TrainingConfig& config, MeshShape mesh, const GridScheme& scheme) {
  const ModelConfig& m = config.model;
  GridDie d;
  d.rows = mesh.rows;
  d.columns = mesh.columns;
  const bool by_columns = scheme.feature_ring == chiplet::Ring::row;
  d.token_places = by_columns ? mesh.rows : mesh.columns;
  d.feature_places = by_columns ? mesh.columns : mesh.rows;
  if (scheme.moves_weights) d.panels = panels_of(mesh) / mesh.columns;
  d.sequence = config.sequence_length;
  d.hidden_a = m.hidden / d.feature_places;
  d.hidden_rows = m.hidden / mesh.rows;
  d.vocabulary = m.vocabulary / mesh.columns;
  d.tied = m.tied;
  d.soft_cap = m.soft_cap;
  d.by_head = config.attention == Attention::by_head;
  d.mask = mask_of(config);
  d.attention_tile = config.attention_tile;
  d.adapters = adapters_of(config);
  d.frozen_weights = !trained_of(config).weights;
  return d;
}

Operators operators_of(const TrainingConfig& config, const GridDie& d) {
  const Model model = model_of(config.model);
  Operators operators;
  for (const Operator& o : model.operators) operators.push_back(place_grid_operator(o, d));
  return operators;
}

GridRoom room_of(const chiplet::DieConfig& die, MeshShape mesh, const GridScheme& scheme, bool recompute) {
  const bool is_array = die.matrix == chiplet::MatrixModel::systolic;
  // A product has all tokens of a tile, or those of one row of dies.
  const std::uint64_t rows = scheme.gathers ? 1 : mesh.rows;
  return {scheme, activation_capacity(die), is_array ? die.array_rows * rows : 1, recompute};
}

// What the weight buffer holds, and what panels of weights take of it beside the resident ones.
struct WeightRoom {
  std::uint64_t capacity = 0;
  std::uint64_t panels = 0;

  bool holds(std::uint64_t resident) const { return resident + panels <= capacity; }
  void require(const std::string& what, std::uint64_t resident) const {
    if (!holds(resident)) throw_no_weight_room(what, resident + panels, capacity);
  }
};

// At most so many `layers`, which may be none.
std::uint64_t group_size(const char* direction, std::uint64_t layers, std::uint64_t layer_bytes,
                         const TrainingConfig& config, const WeightRoom& room) {
  if (layers == 0) return 0;
  const std::uint64_t wanted = config.fusion == 0 ? 1 : std::min<std::uint64_t>(config.fusion, layers);
  room.require(fmt::format("{} with {} resident", direction, wanted == 1 ? "one layer" : "the fused layers"),
               wanted * layer_bytes);
  return config.fusion == 0 ? std::min(layers, (room.capacity - room.panels) / layer_bytes) : wanted;
}

// Of the output head: weights, and their gradients.
std::uint64_t head_bytes(const GridLayout& l) {
  return (l.step.trained.head ? 2 : 1) * l.die.head_weights() * element_bytes;
}

// Of a layer: its weights without adapters and with them; and what is trained
// of these, which has gradients.
struct LayerBytes {
  std::uint64_t frozen, trained, gradients;

  explicit LayerBytes(const GridLayout& l) {
    frozen = l.layer_weights() * element_bytes;
    const std::uint64_t adapters = l.adapter_weights() * element_bytes;
    trained = frozen + adapters;
    gradients = l.step.trained.weights ? trained : adapters;
  }
  std::uint64_t backward() const { return trained + gradients; }
};

// Backward keeps the gradients of the weights beside them.
GridGroups groups_of(const GridLayout& l, const TrainingConfig& config, const WeightRoom& room) {
  const LayerBytes bytes(l);
  GridGroups g;
  const Trained& trained = l.step.trained;
  g.frozen = group_size("forward", trained.frozen_layers, bytes.frozen, config, room);
  g.forward = group_size("forward", trained.layers, bytes.trained, config, room);
  // A fused group that is given need not fit backward too, where one layer is twice as large.
  TrainingConfig backward = config;
  if (!room.holds(bytes.backward() * config.fusion)) backward.fusion = 0;
  g.backward =
      group_size("backward, weights and gradients,", trained.layers, bytes.backward(), backward, room);
  g.prefetch_forward =
      config.overlap && room.holds(2 * std::max(g.frozen * bytes.frozen, g.forward * bytes.trained));
  g.prefetch_backward = config.overlap && room.holds(g.backward * (bytes.backward() + bytes.trained));
  const std::uint64_t head = head_bytes(l);
  if (head > room.capacity) throw_no_weight_room("output head, weights and gradients", head, room.capacity);
  return g;
}

// Panels take a quarter of the weight buffer, or what is free beside `resident` bytes if that is less: at
// least one column of weights and one of gradients.
std::uint64_t room_for_panels(const GridLayout& l, const char* what, std::uint64_t resident,
                              std::uint64_t capacity) {
  std::uint64_t widest = l.die.hidden_a;
  for (const GridOperator& o : l.operators)
    widest = std::max(widest, std::visit([](const auto& op) { return op.widest_inputs(); }, o));
  const std::uint64_t column = 2 * slice_bytes(1, l.die.panel(widest));
  if (resident + column > capacity) throw_no_weight_room(what, resident + column, capacity);
  return std::max(column, std::min(capacity / 4, capacity - resident));
}

void place_panels(GridLayout& l) {
  if (!l.scheme.moves_weights) return;
  const LayerBytes bytes(l);
  const std::uint64_t layer = l.step.trained.layers > 0 ? bytes.backward() : bytes.frozen;
  const std::uint64_t head = head_bytes(l);
  l.panel_room = room_for_panels(l, "a layer backward, weights, gradients and panels of them", layer,
                                 l.step.weight_capacity);
  l.head_panel_room =
      room_for_panels(l, "output head, weights, gradients and panels of them", head, l.step.weight_capacity);
}

std::uint64_t weight_peak(const GridLayout& l) {
  const LayerBytes bytes(l);
  const std::uint64_t forward = std::max(l.groups.frozen * bytes.frozen, l.groups.forward * bytes.trained);
  const std::uint64_t next = l.groups.prefetch_backward ? bytes.trained : 0;
  const std::uint64_t layers =
      std::max((l.groups.prefetch_forward ? 2 : 1) * forward, l.groups.backward * (bytes.backward() + next));
  return std::max(layers + l.panel_room, head_bytes(l) + l.head_panel_room);
}

}  // namespace

std::uint64_t GridLayout::layer_weights() const {
  return weights_of(operators);
}
std::uint64_t GridLayout::adapter_weights() const {
  return adapter_weights_of(operators);
}
std::uint64_t GridLayout::saved_layer() const {
  return saved_of(operators, slices);
}

GridLayout grid_layout(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die,
                       const GridScheme& scheme) {
  GridLayout l;
  l.step = StepLayout::of(config, die);
  l.scheme = scheme;
  l.broadcast = config.broadcast == Broadcast::tree ? chiplet::Schedule::tree : chiplet::Schedule::pipelined;
  l.broadcast_chunks = config.broadcast_chunks;
  l.die = die_of(config, mesh, scheme);
  l.operators = operators_of(config, l.die);
  place_panels(l);
  l.groups = groups_of(l, config, {l.step.weight_capacity, l.panel_room});
  const GridRoom room = room_of(die, mesh, scheme, config.recompute);
  GridMinibatches::Fit found = choose_minibatch(GridMinibatches(config, l.die, l.operators, room), config);
  l.is_tile_ahead = found.prefetch.saved && tiled_operator(found.operators) != nullptr;
  l.slices = found.slices;
  l.operators = std::move(found.operators);
  l.head = found.head;
  l.prefetch = found.prefetch;
  l.step.choose(found, config);
  l.step.weight_peak = weight_peak(l);
  return l;
}

}  // namespace hecaton::training
