#include "core/training/grid_layout.hpp"

#include <fmt/format.h>

#include <array>
#include <numeric>
#include <optional>

#include "core/training/buffers.hpp"
#include "core/training/models.hpp"
#include "core/training/program_builder.hpp"

namespace hecaton::training {

namespace {

void divide(std::uint64_t number, std::uint64_t by, const char* what, const char* key, const char* lines) {
  if (number % by == 0) return;
  throw PlanError(key, fmt::format("does not divide the {}", what),
                  fmt::format("{} {} over {} {}", number, what, by, lines),
                  fmt::format("use a number of {} that divides {}", lines, number));
}

void check_shapes(const ModelConfig& m, MeshShape mesh) {
  divide(m.hidden, mesh.rows, "hidden features", "package.rows", "rows");
  divide(m.heads, mesh.columns, "heads", "package.columns", "columns");
  divide(m.ffn, mesh.columns, "features of the feed-forward network", "package.columns", "columns");
  divide(m.vocabulary, mesh.columns, "words of the vocabulary", "package.columns", "columns");
  if (m.kv_heads % mesh.columns != 0 && mesh.columns % m.kv_heads != 0) {
    throw PlanError("package.columns", "does not fit the key/value heads",
                    fmt::format("{} key/value heads over {} columns", m.kv_heads, mesh.columns),
                    "use a number of columns that is a divisor or a multiple of them");
  }
}

// Every die gets an equal part of its column's heads, with the keys and values that they need.
void place_heads(GridDie& d, const ModelConfig& m, MeshShape mesh) {
  divide(m.heads, mesh.dies(), "heads", "training.attention", "dies");
  const std::uint64_t sharing = m.heads / m.kv_heads;  // query heads of a key/value head
  d.own_heads = m.heads / mesh.dies();
  if (d.own_heads % sharing != 0 && sharing % d.own_heads != 0) {
    throw PlanError("training.attention", "does not fit the key/value heads",
                    fmt::format("{} query heads share one; a die has {}", sharing, d.own_heads),
                    "choose another mesh, or \"by-sequence\"");
  }
  d.own_kv = 2 * d.head * std::max<std::uint64_t>(1, d.own_heads / sharing);
}

// Columns share out the experts, and the rows of a column share each of them.
void check_experts(const ModelConfig& m, MeshShape mesh) {
  divide(m.experts, mesh.columns, "experts", "package.columns", "columns");
  divide(m.ffn, mesh.dies(), "features of the feed-forward network", "package.rows", "dies");
}

GridDie die_of(const TrainingConfig& config, MeshShape mesh) {
  const ModelConfig& m = config.model;
  check_shapes(m, mesh);
  GridDie d;
  d.rows = mesh.rows;
  d.columns = mesh.columns;
  d.sequence = config.sequence_length;
  d.head = head_size(m);
  d.heads = m.heads / mesh.columns;
  d.hidden_a = m.hidden / mesh.rows;
  d.hidden_b = m.hidden / mesh.columns;
  d.kv_copies = m.kv_heads < mesh.columns ? mesh.columns / m.kv_heads : 1;
  d.kv = 2 * d.head * (m.kv_heads * d.kv_copies / mesh.columns);
  d.qkv = d.hidden_b + d.kv;
  d.up = up_features(m) / mesh.columns;
  d.ffn = m.ffn / mesh.columns;
  d.vocabulary = m.vocabulary / mesh.columns;
  d.experts = m.experts;
  d.experts_per_token = m.experts_per_token;
  d.tied = m.tied;
  if (config.attention == Attention::by_head) place_heads(d, m, mesh);
  if (d.is_mixture()) check_experts(m, mesh);
  return d;
}

GridSlices slices_of(const GridDie& d, std::uint64_t sequences) {
  GridSlices s;
  s.tokens = sequences * d.sequence;
  s.tokens_a = s.tokens / d.columns;
  s.tokens_b = s.tokens / d.rows;
  s.hidden = slice_bytes(s.tokens_a, d.hidden_a);
  s.qkv = slice_bytes(s.tokens_b, d.qkv);
  s.own_qkv = d.own_heads > 0 ? slice_bytes(s.tokens, d.own_heads * d.head + d.own_kv) : s.qkv;
  s.exchanged = d.own_heads > 0 ? s.qkv + s.hidden : 0;
  s.scores = s.tokens_b * d.heads * scalar_bytes;
  s.norm = s.tokens_a * scalar_bytes;
  s.up = slice_bytes(s.tokens_b, d.experts_per_token * d.up);
  s.ffn = slice_bytes(s.tokens_b, d.experts_per_token * d.ffn);
  s.logits = slice_bytes(s.tokens_b, d.vocabulary);
  return s;
}

// What a stage keeps for each token of a tile: `whole` features of operand and partial result (bf16), of
// every token where they are gathered, else of this die's; and `scattered` features of the tokens of its row
// slice.
Tiling tiling(const GridDie& d, const GridSlices& s, bool gathers, std::uint64_t resident,
              std::uint64_t whole, std::uint64_t scattered) {
  return {s.tokens, std::gcd(s.tokens_a, s.tokens_b), resident, d.rows,
          slice_bytes(gathers ? d.rows : 1, whole) + slice_bytes(1, scattered)};
}

enum StageIndex : std::size_t { qkv, output, ffn, head, back_ffn, back_output, back_qkv, stage_count };
using Tilings = std::array<Tiling, stage_count>;
constexpr std::array<const char*, stage_count> stage_texts = {"queries, keys and values",
                                                              "projection after attention",
                                                              "feed-forward network",
                                                              "output head",
                                                              "feed-forward network backward",
                                                              "projection after attention backward",
                                                              "queries, keys and values backward"};

struct Fit {
  GridSlices slices;
  GridTiles tiles;
  Prefetch prefetch;
  std::uint64_t sequences = 0;
  std::uint64_t peak = 0;

  std::uint64_t smallest_tile() const { return slices.tokens / tiles.most(); }
};

// What the activation buffer holds, and the tokens of a tile that fill the rows of the matrix engine: with
// fewer, part of it idles, which costs more than a transfer that is not ahead of time.
struct Room {
  GridScheme scheme;
  std::uint64_t capacity = 0;
  std::uint64_t wide_tile = 1;
  bool recompute = false;

  bool is_wide(const Fit& fit) const { return fit.smallest_tile() >= std::min(wide_tile, fit.slices.tokens); }
};

Room room_of(const chiplet::DieConfig& die, MeshShape mesh, const GridScheme& scheme, bool recompute) {
  const bool is_array = die.matrix == chiplet::MatrixModel::systolic;
  // A product has all tokens of a tile, or those of one row of dies.
  const std::uint64_t rows = scheme.gathers ? 1 : mesh.rows;
  return {scheme, activation_capacity(die), is_array ? die.array_rows * rows : 1, recompute};
}

// A tile of the experts: tokens on their way along the row, all features of those of this column's experts,
// partial sums of their results, and what is between.
Tiling experts_tiling(const GridDie& d, const GridSlices& s, std::uint64_t resident, std::uint64_t buffers) {
  const std::uint64_t inner = ceil_div(buffers * (d.up + d.ffn) * d.columns, d.rows);
  return {s.tokens, std::gcd(s.tokens_a, s.tokens_b), resident, d.columns,
          slice_bytes(d.experts_per_token, 2 * d.hidden_a * d.rows + 2 * d.hidden_a + inner) +
              d.experts * scalar_bytes};
}

// What recomputation keeps of a layer while backward works on it, on top of what is there anyway.
std::uint64_t kept_again(const GridSlices& s, Prefetch ahead) {
  return s.saved_layer() + 3 * s.hidden + 2 * s.norm + (ahead.saved ? s.hidden : 0);
}

// The working sets, stage by stage. `stream` is the residual stream: with writes in flight it has two
// buffers.
Tilings tilings(const GridDie& d, const GridSlices& s, const Room& room, Prefetch ahead) {
  const bool gathers = room.scheme.gathers;
  const std::uint64_t a = s.hidden;
  const std::uint64_t attention = s.saved_attention();
  const std::uint64_t border = ahead.border ? a : 0;
  const std::uint64_t stream = (ahead.saved ? 2 * a : a) + s.norm + border;
  const std::uint64_t up_buffers = ahead.saved ? 2 : 1;
  const std::uint64_t gradients =
      3 * a + 2 * s.norm;  // of the stream, of the norm's output; and the norm's input
  const std::uint64_t up_or_down = std::max(d.hidden_a + d.up, d.ffn + d.hidden_a);
  Tilings t;
  t[qkv] = tiling(d, s, gathers, stream + s.qkv, d.hidden_a + d.qkv, 0);
  t[output] = tiling(d, s, gathers, stream + attention + s.exchanged, d.hidden_b + d.hidden_a, 0);
  t[ffn] =
      tiling(d, s, gathers, stream + (ahead.saved ? attention : 0), up_or_down, up_buffers * d.up + d.ffn);
  // The gradient of the mini-batch before is still being written while this one runs.
  t[head] = tiling(d, s, gathers, gradients + 2 * border, d.hidden_a + d.vocabulary, d.vocabulary);
  t[back_ffn] = tiling(d, s, gathers, gradients + (ahead.saved ? attention : 0) + 2 * border, up_or_down,
                       (up_buffers + 1) * d.up + 2 * d.ffn);
  // Gradient of the stream, of the output of attention, and what attention saved; read ahead: the input of
  // this layer and the input of the next layer's feed-forward network.
  const std::uint64_t next = ahead.saved ? 2 * a + s.norm : 0;
  t[back_output] = tiling(d, s, gathers, 2 * a + attention + next + border, d.hidden_a + d.hidden_b, 0);
  // Gradients of queries, keys and values have taken their place, head by head.
  const std::uint64_t qkv_gradients = std::max(s.qkv, s.own_qkv) + s.exchanged;
  t[back_qkv] = tiling(d, s, gathers, gradients + qkv_gradients + (next > 0 ? next - a : 0) + border,
                       d.qkv + d.hidden_a, 0);
  if (d.is_mixture()) {
    t[ffn] = experts_tiling(d, s, t[ffn].resident, up_buffers);
    t[back_ffn] = experts_tiling(d, s, t[back_ffn].resident, up_buffers + 2);
  }
  if (room.recompute) {
    for (Tiling& stage : t) stage.resident += kept_again(s, ahead);
  }
  return t;
}

GridTiles tiles_of(const std::array<std::uint64_t, stage_count>& n) {
  return {n[qkv], n[output], n[ffn], n[head], n[back_ffn], n[back_output], n[back_qkv]};
}

std::optional<Fit> fit(const GridDie& d, std::uint64_t sequences, Prefetch ahead, const Room& room) {
  const std::uint64_t capacity = room.capacity;
  const GridSlices slices = slices_of(d, sequences);
  Tilings stages = tilings(d, slices, room, ahead);
  std::array<std::uint64_t, stage_count> n{};
  std::uint64_t peak = 0;
  for (std::size_t i = 0; i < stage_count; ++i) {
    n[i] = stages[i].fewest(capacity);
    if (n[i] == 0) return std::nullopt;
    if (i == back_ffn && ahead.saved) {  // the next layer's first tile of gate and up waits through attention
      stages[back_output].resident += slices.up / n[i];
      stages[back_qkv].resident += slices.up / n[i];
    }
    peak = std::max(peak, stages[i].bytes(n[i]));
  }
  return Fit{slices, tiles_of(n), ahead, sequences, peak};
}

[[noreturn]] void throw_no_fit(const GridDie& d, std::uint64_t sequences, const Room& room) {
  const GridSlices slices = slices_of(d, sequences);
  throw_no_fit(tilings(d, slices, room, {}), stage_texts, slices.tokens, room.capacity);
}

// Most bytes first: what is saved is several times what crosses a border. A mini-batch alone leaves nothing
// at the border to prefetch.
std::vector<Prefetch> prefetch_levels(bool overlap, std::uint64_t minibatches) {
  if (!overlap) return {{false, false}};
  if (minibatches == 1) return {{false, true}, {false, false}};
  return {{true, true}, {false, true}, {true, false}, {false, false}};
}

// The most overlap with wide tiles; the most overlap if no tiles are wide.
std::optional<Fit> best_fit(const GridDie& d, const TrainingConfig& config, std::uint64_t sequences,
                            const Room& room) {
  std::optional<Fit> narrow;
  for (const Prefetch ahead : prefetch_levels(config.overlap, config.batch_sequences / sequences)) {
    const std::optional<Fit> found = fit(d, sequences, ahead, room);
    if (found && room.is_wide(*found)) return found;
    if (!narrow) narrow = found;
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
  if (d.own_heads == 0 && sequences % d.rows != 0) {
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
  const std::uint64_t step = d.own_heads > 0 ? 1 : d.rows;
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

bool is_better(const Fit& a, const Fit& b, const Room& room, std::uint64_t batch) {
  const auto overlap = [](const Fit& f) { return int{f.prefetch.border} + 2 * int{f.prefetch.saved}; };
  if (room.is_wide(a) != room.is_wide(b)) return room.is_wide(a);
  if (overlap(a) != overlap(b)) return overlap(a) > overlap(b);
  const auto rounds = [batch](const Fit& f) { return batch / f.sequences * f.tiles.per_layer(); };
  return rounds(a) < rounds(b);
}

// The mini-batch with wide tiles that leaves most to overlap, then the one with the fewest collectives, then
// the smallest.
Fit chosen_fit(const GridDie& d, const TrainingConfig& config, const Room& room) {
  const std::uint64_t least = least_sequences(config, d);
  std::optional<Fit> best;
  for (std::uint64_t sequences = least; sequences <= config.batch_sequences; sequences += least) {
    if (config.batch_sequences % sequences != 0) continue;
    const std::optional<Fit> found = best_fit(d, config, sequences, room);
    if (found && (!best || is_better(*found, *best, room, config.batch_sequences))) best = found;
  }
  if (!best) throw_no_fit(d, least, room);
  return *best;
}

Fit fit_of(const GridDie& d, const TrainingConfig& config, const Room& room) {
  if (config.minibatch_tokens == 0) return chosen_fit(d, config, room);
  const std::uint64_t sequences = given_sequences(config, d);
  const std::optional<Fit> found = best_fit(d, config, sequences, room);
  if (!found) throw_no_fit(d, sequences, room);
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
GridGroups groups_of(const GridDie& d, const TrainingConfig& config, const WeightRoom& room) {
  const std::uint64_t layer = d.layer_weights() * element_bytes;
  GridGroups g;
  g.forward = group_size("forward", layer, config, room);
  // A fused group that is given need not fit backward too, where one layer is twice as large.
  TrainingConfig backward = config;
  if (!room.holds(2 * layer * config.fusion)) backward.fusion = 0;
  g.backward = group_size("backward, weights and gradients,", 2 * layer, backward, room);
  g.prefetch_forward = config.overlap && room.holds(2 * g.forward * layer);
  g.prefetch_backward = config.overlap && room.holds(3 * g.backward * layer);
  const std::uint64_t head = 2 * d.head_weights() * element_bytes;
  if (head > room.capacity) throw_no_weight_room("output head, weights and gradients", head, room.capacity);
  return g;
}

// Panels take a quarter of the weight buffer, or what is free beside `resident` bytes if that is less: at
// least one column of weights and one of gradients.
std::uint64_t room_for_panels(const GridDie& d, const char* what, std::uint64_t resident,
                              std::uint64_t capacity) {
  const std::uint64_t column = 2 * slice_bytes(1, std::max({d.hidden_a, d.hidden_b, d.ffn}));
  if (resident + column > capacity) throw_no_weight_room(what, resident + column, capacity);
  return std::max(column, std::min(capacity / 4, capacity - resident));
}

void place_panels(GridLayout& l) {
  if (!l.scheme.moves_weights) return;
  const std::uint64_t layer = 2 * l.die.layer_weights() * element_bytes;
  const std::uint64_t head = 2 * l.die.head_weights() * element_bytes;
  l.panel_room = room_for_panels(l.die, "a layer backward, weights, gradients and panels of them", layer,
                                 l.weight_capacity);
  l.head_panel_room =
      room_for_panels(l.die, "output head, weights, gradients and panels of them", head, l.weight_capacity);
}

}  // namespace

GridLayout grid_layout(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die,
                       const GridScheme& scheme) {
  GridLayout l;
  l.scheme = scheme;
  l.broadcast = config.broadcast == Broadcast::tree ? chiplet::Schedule::tree : chiplet::Schedule::pipelined;
  l.broadcast_chunks = config.broadcast_chunks;
  l.die = die_of(config, mesh);
  l.layers = config.model.layers;
  l.recompute = config.recompute;
  l.optimizer = config.optimizer;
  l.weight_capacity = weight_capacity(die);
  place_panels(l);
  l.groups = groups_of(l.die, config, {l.weight_capacity, l.panel_room});
  const Fit found = fit_of(l.die, config, room_of(die, mesh, scheme, config.recompute));
  l.slices = found.slices;
  l.tiles = found.tiles;
  l.prefetch = found.prefetch;
  l.activation_peak = found.peak;
  l.sequences = found.sequences;
  l.minibatches = config.batch_sequences / found.sequences;
  const std::uint64_t layer = l.die.layer_weights() * element_bytes;
  const std::uint64_t layers = std::max((l.groups.prefetch_forward ? 2 : 1) * l.groups.forward * layer,
                                        (l.groups.prefetch_backward ? 3 : 2) * l.groups.backward * layer);
  l.weight_peak =
      std::max(layers + l.panel_room, 2 * l.die.head_weights() * element_bytes + l.head_panel_room);
  return l;
}

}  // namespace hecaton::training
