#include "core/training/grid/layout.hpp"

#include <fmt/format.h>

#include <numeric>
#include <optional>

#include "core/training/plan/buffers.hpp"
#include "core/training/plan/program_builder.hpp"

namespace hecaton::training {

void require_divisor(std::uint64_t number, std::uint64_t by, const char* what, const char* key,
                     const char* lines) {
  if (number % by == 0) return;
  throw PlanError(key, fmt::format("does not divide the {}", what),
                  fmt::format("{} {} over {} {}", number, what, by, lines),
                  fmt::format("use a number of {} that divides {}", lines, number));
}

namespace {

using Operators = std::vector<GridOperator>;

GridDie die_of(const TrainingConfig& config, MeshShape mesh) {
  const ModelConfig& m = config.model;
  require_divisor(m.hidden, mesh.rows, "hidden features", "package.rows", "rows");
  require_divisor(m.hidden, mesh.columns, "hidden features", "package.columns", "columns");
  require_divisor(m.vocabulary, mesh.columns, "words of the vocabulary", "package.columns", "columns");
  GridDie d;
  d.rows = mesh.rows;
  d.columns = mesh.columns;
  d.sequence = config.sequence_length;
  d.hidden_a = m.hidden / mesh.rows;
  d.hidden_b = m.hidden / mesh.columns;
  d.vocabulary = m.vocabulary / mesh.columns;
  d.tied = m.tied;
  d.by_head = config.attention == Attention::by_head;
  return d;
}

Operators operators_of(const TrainingConfig& config, const GridDie& d) {
  const Model model = model_of(config.model);
  Operators operators;
  for (const Operator& o : model.operators) operators.push_back(place_grid_operator(o, model.hidden, d));
  return operators;
}

template <class Question>
std::uint64_t sum_of(const Operators& operators, Question&& question) {
  std::uint64_t sum = 0;
  for (const GridOperator& o : operators) sum += std::visit(question, o);
  return sum;
}

std::uint64_t weights_of(const Operators& operators) {
  return sum_of(operators, [](const auto& o) { return o.weights(); });
}
std::uint64_t saved_of(const Operators& operators, const GridSlices& s) {
  return sum_of(operators, [&](const auto& o) { return o.saved() + s.hidden; });
}

GridSlices slices_of(const GridDie& d, std::uint64_t sequences) {
  GridSlices s;
  s.tokens = sequences * d.sequence;
  s.tokens_a = s.tokens / d.columns;
  s.tokens_b = s.tokens / d.rows;
  s.hidden = slice_bytes(s.tokens_a, d.hidden_a);
  s.norm = s.tokens_a * scalar_bytes;
  s.logits = slice_bytes(s.tokens_b, d.vocabulary);
  return s;
}

struct Fit {
  GridSlices slices;
  Operators operators;
  TiledStage head;
  Prefetch prefetch;
  std::uint64_t sequences = 0;
  std::uint64_t peak = 0;

  // Forward, output head, backward.
  template <class Visit>
  void for_each_stage(Visit&& visit) {
    const auto all_of = [&](const auto& stages) {
      for (TiledStage* stage : stages) visit(*stage);
    };
    for (GridOperator& o : operators) std::visit([&](auto& op) { all_of(op.forward_stages()); }, o);
    visit(head);
    for (auto o = operators.rbegin(); o != operators.rend(); ++o)
      std::visit([&](auto& op) { all_of(op.backward_stages()); }, *o);
  }
  std::uint64_t most_tiles() {
    std::uint64_t most = 1;
    for_each_stage([&](const TiledStage& stage) { most = std::max(most, stage.tiles); });
    return most;
  }
  std::uint64_t tiles_of_layer() {
    std::uint64_t sum = 0;
    for_each_stage([&](const TiledStage& stage) { sum += stage.tiles; });
    return sum - head.tiles;
  }
};

bool is_wide(const GridRoom& room, Fit& fit) {
  return fit.slices.tokens / fit.most_tiles() >= std::min(room.wide_tile, fit.slices.tokens);
}

GridRoom room_of(const chiplet::DieConfig& die, MeshShape mesh, const GridScheme& scheme, bool recompute) {
  const bool is_array = die.matrix == chiplet::MatrixModel::systolic;
  // A product has all tokens of a tile, or those of one row of dies.
  const std::uint64_t rows = scheme.gathers ? 1 : mesh.rows;
  return {scheme, activation_capacity(die), is_array ? die.array_rows * rows : 1, recompute};
}

// What recomputation keeps of a layer while backward works on it, on top of what is there anyway.
std::uint64_t kept_again(const Operators& operators, const GridSlices& s, Prefetch ahead) {
  return saved_of(operators, s) + 3 * s.hidden + operators.size() * s.norm + (ahead.saved ? s.hidden : 0);
}

// The operator whose backward pass comes after that of number `i`.
const GridOperator& after_backward(const Operators& operators, std::size_t i) {
  return operators[(i == 0 ? operators.size() : i) - 1];
}

// Forward the stream has two buffers with writes in flight. An operator that saves all at its end may still
// be writing it while others run, until the next one that does so.
void plan_operators(Fit& f, const GridDie& d, const GridRoom& room) {
  const GridSlices& s = f.slices;
  const Prefetch ahead = f.prefetch;
  GridBeside beside;
  beside.border = ahead.border ? s.hidden : 0;
  beside.stream = (ahead.saved ? 2 * s.hidden : s.hidden) + s.norm + beside.border;
  beside.gradients = 3 * s.hidden + 2 * s.norm;
  std::uint64_t leaving = 0;
  for (const GridOperator& o : f.operators)
    leaving = std::max(leaving, std::visit([](const auto& op) { return op.leaving(); }, o));
  for (std::size_t i = 0; i < f.operators.size(); ++i) {
    const bool waits = std::visit([](const auto& op) { return op.leaving() > 0; }, f.operators[i]);
    beside.leaving = ahead.saved && !waits ? leaving : 0;
    const GridOperator& next = after_backward(f.operators, i);
    beside.next = ahead.saved ? std::visit([&](const auto& op) { return op.opening(s); }, next) : 0;
    std::visit([&](auto& op) { op.plan(d, s, room, ahead, beside); }, f.operators[i]);
  }
  // The gradient of the mini-batch before is still being written while the output head runs.
  f.head = {"head", "output head",
            grid_tiling(d, s, room.scheme.gathers, beside.gradients + 2 * beside.border,
                        d.hidden_a + d.vocabulary, d.vocabulary)};
}

// The one operator of a layer that reads tile by tile backward; none if there are several.
GridOperator* tiled_operator(Operators& operators) {
  GridOperator* tiled = nullptr;
  for (GridOperator& o : operators) {
    if (std::visit([](const auto& op) { return op.tiled(); }, o) == 0) continue;
    if (tiled != nullptr) return nullptr;
    tiled = &o;
  }
  return tiled;
}

// Its first tile for the next layer waits while the others work.
void make_room_for_tile(Fit& f, std::uint64_t capacity) {
  GridOperator* const tiled = f.prefetch.saved ? tiled_operator(f.operators) : nullptr;
  if (tiled == nullptr) return;
  const std::uint64_t tile = std::visit(
      [&](auto& op) {
        const std::uint64_t tiles = op.backward_stages().front()->tiling.fewest(capacity);
        return tiles == 0 ? 0 : op.tiled() / tiles;
      },
      *tiled);
  for (GridOperator& o : f.operators) {
    if (&o == tiled) continue;
    std::visit(
        [&](auto& op) {
          for (TiledStage* stage : op.backward_stages()) stage->tiling.resident += tile;
        },
        o);
  }
}

// What stages have to fit, before it is known into how many tiles.
Fit plan_fit(const GridDie& d, const Operators& operators, std::uint64_t sequences, Prefetch ahead,
             const GridRoom& room) {
  Fit f{slices_of(d, sequences), operators, {}, ahead, sequences, 0};
  for (GridOperator& o : f.operators) std::visit([&](auto& op) { op.place_tokens(f.slices); }, o);
  plan_operators(f, d, room);
  if (room.recompute) {
    const std::uint64_t more = kept_again(f.operators, f.slices, ahead);
    f.for_each_stage([&](TiledStage& stage) { stage.tiling.resident += more; });
  }
  return f;
}

std::optional<Fit> fit(const GridDie& d, const Operators& operators, std::uint64_t sequences, Prefetch ahead,
                       const GridRoom& room) {
  Fit f = plan_fit(d, operators, sequences, ahead, room);
  make_room_for_tile(f, room.capacity);
  if (!choose_tiles(f, room.capacity)) return std::nullopt;
  return f;
}

[[noreturn]] void throw_no_fit(const GridDie& d, const Operators& operators, std::uint64_t sequences,
                               const GridRoom& room) {
  Fit f = plan_fit(d, operators, sequences, {}, room);
  std::vector<TiledStage> stages;
  f.for_each_stage([&](const TiledStage& stage) { stages.push_back(stage); });
  throw_no_fit(stages, f.slices.tokens, room.capacity);
}

// Most bytes first: what is saved is several times what crosses a border. A mini-batch alone leaves nothing
// at the border to prefetch.
std::vector<Prefetch> prefetch_levels(bool overlap, std::uint64_t minibatches) {
  if (!overlap) return {{false, false}};
  if (minibatches == 1) return {{false, true}, {false, false}};
  return {{true, true}, {false, true}, {true, false}, {false, false}};
}

// What every mini-batch is chosen for.
struct Choice {
  const TrainingConfig& config;
  const GridDie& d;
  const Operators& operators;
  const GridRoom& room;
};

// The most overlap with wide tiles; the most overlap if no tiles are wide.
std::optional<Fit> best_fit(const Choice& c, std::uint64_t sequences) {
  std::optional<Fit> narrow;
  for (const Prefetch ahead : prefetch_levels(c.config.overlap, c.config.batch_sequences / sequences)) {
    std::optional<Fit> found = fit(c.d, c.operators, sequences, ahead, c.room);
    if (found && is_wide(c.room, *found)) return found;
    if (!narrow) narrow = std::move(found);
  }
  return narrow;
}

std::uint64_t given_sequences(const TrainingConfig& config, const GridDie& d) {
  const char* key = "training.minibatch_tokens";
  const std::uint64_t tokens = config.minibatch_tokens;
  if (tokens % config.sequence_length != 0) {
    throw PlanError(key, "is not a whole number of sequences",
                    fmt::format("{} tokens in sequences of {}", tokens, config.sequence_length),
                    fmt::format("use a multiple of {}", config.sequence_length));
  }
  const std::uint64_t sequences = tokens / config.sequence_length;
  if (!d.by_head && sequences % d.rows != 0) {
    throw PlanError(
        key, "does not give every row of dies whole sequences",
        fmt::format("{} sequences over {} rows; attention is local to a row's sequences", sequences, d.rows),
        fmt::format("use a multiple of {} tokens, or attention = \"by-head\"",
                    d.rows * config.sequence_length));
  }
  if (tokens % d.columns != 0 || tokens % d.rows != 0) {
    throw PlanError(key, "does not divide among the lines",
                    fmt::format("{} tokens, {} rows, {} columns", tokens, d.rows, d.columns),
                    "use a multiple of all");
  }
  if (config.batch_sequences % sequences != 0) {
    throw PlanError(key, "does not divide the batch",
                    fmt::format("{} sequences in mini-batches of {}", config.batch_sequences, sequences),
                    "use a mini-batch of which the batch is a multiple");
  }
  return sequences;
}

// Smallest mini-batches that could be: whole sequences for every row, equally many tokens for every column.
std::uint64_t least_sequences(const TrainingConfig& config, const GridDie& d) {
  const std::uint64_t step = d.by_head ? 1 : d.rows;
  std::uint64_t sequences = step;
  const std::uint64_t both = std::lcm(d.columns, d.rows);
  while (sequences * config.sequence_length % both != 0) sequences += step;
  if (config.batch_sequences % sequences != 0) {
    throw PlanError(
        "training.batch_sequences", "does not fit the mesh",
        fmt::format("{} sequences; {} rows and {} columns of dies need mini-batches of a multiple of {}",
                    config.batch_sequences, d.rows, d.columns, sequences),
        fmt::format("use a multiple of {}", sequences));
  }
  return sequences;
}

bool is_better(Fit& a, Fit& b, const GridRoom& room, std::uint64_t batch) {
  const auto overlap = [](const Fit& f) { return int{f.prefetch.border} + 2 * int{f.prefetch.saved}; };
  if (is_wide(room, a) != is_wide(room, b)) return is_wide(room, a);
  if (overlap(a) != overlap(b)) return overlap(a) > overlap(b);
  const auto rounds = [batch](Fit& f) { return batch / f.sequences * f.tiles_of_layer(); };
  return rounds(a) < rounds(b);
}

// The mini-batch with wide tiles that leaves most to overlap, then the one with the fewest collectives, then
// the smallest.
Fit chosen_fit(const Choice& c) {
  const std::uint64_t batch = c.config.batch_sequences;
  const std::uint64_t least = least_sequences(c.config, c.d);
  std::optional<Fit> best;
  for (std::uint64_t sequences = least; sequences <= batch; sequences += least) {
    if (batch % sequences != 0) continue;
    std::optional<Fit> found = best_fit(c, sequences);
    if (found && (!best || is_better(*found, *best, c.room, batch))) best = std::move(found);
  }
  if (!best) throw_no_fit(c.d, c.operators, least, c.room);
  return *best;
}

Fit fit_of(const Choice& c) {
  if (c.config.minibatch_tokens == 0) return chosen_fit(c);
  const std::uint64_t sequences = given_sequences(c.config, c.d);
  std::optional<Fit> found = best_fit(c, sequences);
  if (!found) throw_no_fit(c.d, c.operators, sequences, c.room);
  return *found;
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

std::uint64_t group_size(const char* direction, std::uint64_t layer_bytes, const TrainingConfig& config,
                         const WeightRoom& room) {
  const std::uint64_t layers = config.model.layers;
  const std::uint64_t wanted = config.fusion == 0 ? 1 : std::min<std::uint64_t>(config.fusion, layers);
  room.require(fmt::format("{} with {} resident", direction, wanted == 1 ? "one layer" : "the fused layers"),
               wanted * layer_bytes);
  return config.fusion == 0 ? std::min(layers, (room.capacity - room.panels) / layer_bytes) : wanted;
}

// Backward keeps the gradients of the weights beside them.
GridGroups groups_of(const GridLayout& l, const TrainingConfig& config, const WeightRoom& room) {
  const std::uint64_t layer = l.layer_weights() * element_bytes;
  GridGroups g;
  g.forward = group_size("forward", layer, config, room);
  // A fused group that is given need not fit backward too, where one layer is twice as large.
  TrainingConfig backward = config;
  if (!room.holds(2 * layer * config.fusion)) backward.fusion = 0;
  g.backward = group_size("backward, weights and gradients,", 2 * layer, backward, room);
  g.prefetch_forward = config.overlap && room.holds(2 * g.forward * layer);
  g.prefetch_backward = config.overlap && room.holds(3 * g.backward * layer);
  const std::uint64_t head = 2 * l.die.head_weights() * element_bytes;
  if (head > room.capacity) throw_no_weight_room("output head, weights and gradients", head, room.capacity);
  return g;
}

// Panels take a quarter of the weight buffer, or what is free beside `resident` bytes if that is less: at
// least one column of weights and one of gradients.
std::uint64_t room_for_panels(const GridLayout& l, const char* what, std::uint64_t resident,
                              std::uint64_t capacity) {
  std::uint64_t widest = std::max(l.die.hidden_a, l.die.hidden_b);
  for (const GridOperator& o : l.operators)
    widest = std::max(widest, std::visit([](const auto& op) { return op.widest_inputs(); }, o));
  const std::uint64_t column = 2 * slice_bytes(1, widest);
  if (resident + column > capacity) throw_no_weight_room(what, resident + column, capacity);
  return std::max(column, std::min(capacity / 4, capacity - resident));
}

void place_panels(GridLayout& l) {
  if (!l.scheme.moves_weights) return;
  const std::uint64_t layer = 2 * l.layer_weights() * element_bytes;
  const std::uint64_t head = 2 * l.die.head_weights() * element_bytes;
  l.panel_room =
      room_for_panels(l, "a layer backward, weights, gradients and panels of them", layer, l.weight_capacity);
  l.head_panel_room =
      room_for_panels(l, "output head, weights, gradients and panels of them", head, l.weight_capacity);
}

std::uint64_t weight_peak(const GridLayout& l) {
  const std::uint64_t layer = l.layer_weights() * element_bytes;
  const std::uint64_t layers = std::max((l.groups.prefetch_forward ? 2 : 1) * l.groups.forward * layer,
                                        (l.groups.prefetch_backward ? 3 : 2) * l.groups.backward * layer);
  return std::max(layers + l.panel_room, 2 * l.die.head_weights() * element_bytes + l.head_panel_room);
}

}  // namespace

std::uint64_t GridLayout::layer_weights() const {
  return weights_of(operators);
}
std::uint64_t GridLayout::saved_layer() const {
  return saved_of(operators, slices);
}

GridLayout grid_layout(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die,
                       const GridScheme& scheme) {
  GridLayout l;
  l.scheme = scheme;
  l.broadcast = config.broadcast == Broadcast::tree ? chiplet::Schedule::tree : chiplet::Schedule::pipelined;
  l.broadcast_chunks = config.broadcast_chunks;
  l.die = die_of(config, mesh);
  l.operators = operators_of(config, l.die);
  l.layers = config.model.layers;
  l.recompute = config.recompute;
  l.optimizer = config.optimizer;
  l.weight_capacity = weight_capacity(die);
  place_panels(l);
  l.groups = groups_of(l, config, {l.weight_capacity, l.panel_room});
  const GridRoom room = room_of(die, mesh, scheme, config.recompute);
  Fit found = fit_of({config, l.die, l.operators, room});
  l.is_tile_ahead = found.prefetch.saved && tiled_operator(found.operators) != nullptr;
  l.slices = found.slices;
  l.operators = std::move(found.operators);
  l.head = found.head;
  l.prefetch = found.prefetch;
  l.activation_peak = found.peak;
  l.sequences = found.sequences;
  l.minibatches = config.batch_sequences / found.sequences;
  l.weight_peak = weight_peak(l);
  return l;
}

}  // namespace hecaton::training
