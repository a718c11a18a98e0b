#include "core/training/one_d_layout.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "core/training/buffers.hpp"
#include "core/training/models.hpp"
#include "core/training/program_builder.hpp"

namespace hecaton::training {

namespace {

[[noreturn]] void throw_uneven(std::string_view what, std::uint64_t number, std::uint64_t dies) {
  throw PlanError("package.rows", fmt::format("makes a number of dies that does not fit the {}", what),
                  fmt::format("{} {} over {} dies", number, what, dies),
                  "choose another mesh or another method");
}

void check_shapes(const ModelConfig& m, std::uint64_t dies) {
  const auto fits = [dies](std::uint64_t number) { return number % dies == 0 || dies % number == 0; };
  if (!fits(m.heads)) throw_uneven("heads", m.heads, dies);
  if (!fits(m.kv_heads)) throw_uneven("key/value heads", m.kv_heads, dies);
  if (m.ffn % dies != 0) throw_uneven("features of the feed-forward network", m.ffn, dies);
  if (m.hidden % dies != 0) throw_uneven("hidden features", m.hidden, dies);
  if (m.vocabulary < dies) throw_uneven("words of the vocabulary", m.vocabulary, dies);
}

OneDDie die_of(const TrainingConfig& config, MeshShape mesh) {
  const ModelConfig& m = config.model;
  const std::uint64_t dies = mesh.dies();
  check_shapes(m, dies);
  OneDDie d;
  d.dies = dies;
  d.sequence = config.sequence_length;
  d.head = head_size(m);
  d.heads = dies > m.heads ? 1 : m.heads / dies;
  d.query_copies = dies > m.heads ? dies / m.heads : 1;
  d.kv_copies = dies > m.kv_heads ? dies / m.kv_heads : 1;
  d.hidden = m.hidden;
  d.queries = d.heads * d.head;
  d.kv = 2 * d.head * (m.kv_heads * d.kv_copies / dies);
  d.up = up_features(m) / dies;
  d.ffn = m.ffn / dies;
  d.experts = m.experts;
  d.experts_per_token = m.experts_per_token;
  d.tied = m.tied;
  d.vocabulary = ceil_div(m.vocabulary, dies);
  d.table = m.hidden / dies;
  if (d.sequence % d.query_copies != 0) {
    throw PlanError("training.sequence_length", "does not divide among the dies that share a head",
                    fmt::format("{} tokens, {} dies per head", d.sequence, d.query_copies),
                    fmt::format("use a multiple of {}", d.query_copies));
  }
  return d;
}

OneDSlices slices_of(const OneDDie& d, std::uint64_t sequences) {
  OneDSlices s;
  s.tokens = sequences * d.sequence;
  const std::uint64_t own = s.tokens / d.query_copies;
  s.stream = slice_bytes(s.tokens, d.hidden);
  s.share = slice_bytes(s.tokens, d.table);
  s.queries = slice_bytes(own, d.queries);
  s.kv = slice_bytes(s.tokens, d.kv);
  s.scores = own * d.heads * scalar_bytes;
  s.up = slice_bytes(s.tokens, d.experts_per_token * d.up);
  s.ffn = slice_bytes(s.tokens, d.experts_per_token * d.ffn);
  return s;
}

enum BlockIndex : std::size_t { attention, ffn, head, back_ffn, back_attention, block_count };
using Tilings = std::array<Tiling, block_count>;
constexpr std::array<const char*, block_count> block_texts = {"attention block", "feed-forward block",
                                                              "output head", "feed-forward block backward",
                                                              "attention block backward"};

// The working sets: how many whole tiles of the stream are there at once, and how many shares of one. With
// tiles read ahead and written behind (`ahead`), the next shares and those on their way out come on top.
Tilings tilings(const OneDDie& d, const OneDSlices& s, bool ahead) {
  const std::uint64_t more = ahead ? 1 : 0;
  const std::uint64_t local = 2 * s.queries + s.kv + s.scores;  // with the output of attention
  const std::uint64_t k = d.experts_per_token;
  const auto tiling = [&](std::uint64_t resident, std::uint64_t streams, std::uint64_t shares,
                          std::uint64_t features) {
    return Tiling{s.tokens, s.tokens / d.query_copies, resident, d.query_copies,
                  slice_bytes(d.query_copies, streams * d.hidden + shares * d.table + features)};
  };
  Tilings t;
  // The input, gathered and normed in place, and later the partial sum. Shares: input and output; the next
  // input, that of the next mini-batch, the output on its way.
  t[attention] = tiling(local, 1, 2 + 3 * more, 0);
  t[ffn] = tiling(0, 1, 2 + 2 * more, (1 + more) * k * d.up + k * d.ffn);
  // Input, for the weight gradient, beside the partial sum of its gradient.
  t[head] = tiling(0, 2, 2 + 2 * more, d.vocabulary);
  // Shares of the gradient too.
  t[back_ffn] = tiling(0, 2, 3 + 3 * more, (2 + more) * k * d.up + 2 * k * d.ffn);
  t[back_attention] = tiling(local + s.queries, 1, 3 + 4 * more, 0);
  return t;
}

struct Fit {
  OneDSlices slices;
  OneDTiles tiles;
  bool ahead = false;
  std::uint64_t sequences = 0;
  std::uint64_t peak = 0;
};

std::optional<Fit> fit(const OneDDie& d, std::uint64_t sequences, bool ahead, std::uint64_t capacity) {
  const OneDSlices slices = slices_of(d, sequences);
  const Tilings blocks = tilings(d, slices, ahead);
  std::array<std::uint64_t, block_count> n{};
  std::uint64_t peak = 0;
  for (std::size_t i = 0; i < block_count; ++i) {
    n[i] = blocks[i].fewest(capacity);
    if (n[i] == 0) return std::nullopt;
    peak = std::max(peak, blocks[i].bytes(n[i]));
  }
  return Fit{slices, {n[attention], n[ffn], n[head], n[back_ffn], n[back_attention]}, ahead, sequences, peak};
}

[[noreturn]] void throw_no_fit(const OneDDie& d, std::uint64_t sequences, std::uint64_t capacity) {
  const OneDSlices slices = slices_of(d, sequences);
  throw_no_fit(tilings(d, slices, false), block_texts, slices.tokens, capacity);
}

std::optional<Fit> best_fit(const OneDDie& d, const TrainingConfig& config, std::uint64_t sequences,
                            std::uint64_t capacity) {
  if (config.overlap) {
    if (std::optional<Fit> found = fit(d, sequences, true, capacity)) return found;
  }
  return fit(d, sequences, false, capacity);
}

std::uint64_t given_sequences(const TrainingConfig& config) {
  const char* key = "training.minibatch_tokens";
  const std::uint64_t tokens = config.minibatch_tokens;
  if (tokens % config.sequence_length != 0) {
    throw PlanError(key, "is not a whole number of sequences",
                    fmt::format("{} tokens in sequences of {}", tokens, config.sequence_length),
                    fmt::format("use a multiple of {}", config.sequence_length));
  }
  const std::uint64_t sequences = tokens / config.sequence_length;
  if (config.batch_sequences % sequences != 0) {
    throw PlanError(key, "does not divide the batch",
                    fmt::format("{} sequences in mini-batches of {}", config.batch_sequences, sequences),
                    "use a mini-batch of which the batch is a multiple");
  }
  return sequences;
}

// More to overlap first, then fewer collectives, then fewer tiles of the stream read twice.
bool is_no_worse(const Fit& a, const Fit& b, std::uint64_t batch) {
  if (a.ahead != b.ahead) return a.ahead;
  const auto rounds = [batch](const Fit& f) { return batch / f.sequences * f.tiles.per_layer(); };
  if (rounds(a) != rounds(b)) return rounds(a) < rounds(b);
  const auto twice = [](const Fit& f) {
    return int{f.tiles.attention > 1} + int{f.tiles.back_attention > 1};
  };
  return twice(a) <= twice(b);
}

// Of equals the largest: weights that have to be read for every mini-batch are read less often.
Fit chosen_fit(const OneDDie& d, const TrainingConfig& config, std::uint64_t capacity) {
  std::optional<Fit> best;
  for (std::uint64_t sequences = 1; sequences <= config.batch_sequences; ++sequences) {
    if (config.batch_sequences % sequences != 0) continue;
    const std::optional<Fit> found = best_fit(d, config, sequences, capacity);
    if (found && (!best || is_no_worse(*found, *best, config.batch_sequences))) best = found;
  }
  if (!best) throw_no_fit(d, 1, capacity);
  return *best;
}

Fit fit_of(const OneDDie& d, const TrainingConfig& config, std::uint64_t capacity) {
  if (config.minibatch_tokens == 0) return chosen_fit(d, config, capacity);
  const std::uint64_t sequences = given_sequences(config);
  const std::optional<Fit> found = best_fit(d, config, sequences, capacity);
  if (!found) throw_no_fit(d, sequences, capacity);
  return *found;
}

void check_weights(const char* what, std::uint64_t elements, std::uint64_t capacity) {
  if (elements * element_bytes > capacity) throw_no_weight_room(what, elements * element_bytes, capacity);
}

void place_weights(OneDLayout& l, bool overlap) {
  const OneDDie& d = l.die;
  const std::uint64_t capacity = l.weight_capacity;
  const std::uint64_t attention_elements = d.attention_weights();
  const std::uint64_t ffn_elements = d.ffn_weights();
  const std::uint64_t head_elements = 2 * d.hidden * d.vocabulary;
  l.split = 2 * attention_elements * element_bytes > capacity;
  const std::uint64_t back_elements =
      l.split ? std::max(2 * d.output_weights(), d.qkv_weights()) : 2 * attention_elements;
  check_weights("attention block", attention_elements, capacity);
  check_weights("attention block backward, a part of the weights and gradients", back_elements, capacity);
  check_weights("feed-forward block backward, weights and gradients", 2 * ffn_elements, capacity);
  check_weights("output head, weights and gradients", head_elements, capacity);
  const std::uint64_t both = attention_elements + ffn_elements;
  const std::uint64_t back_both = both + std::max(attention_elements, ffn_elements);
  l.prefetch_forward = overlap && both * element_bytes <= capacity;
  l.prefetch_backward = overlap && !l.split && back_both * element_bytes <= capacity;
  l.weight_peak =
      element_bytes *
      std::max({l.prefetch_forward ? both : std::max(attention_elements, ffn_elements),
                l.prefetch_backward ? back_both : back_elements, 2 * ffn_elements, head_elements});
}

}  // namespace

OneDLayout one_d_layout(const TrainingConfig& config, MeshShape mesh, const chiplet::DieConfig& die,
                        const OneDScheme& scheme) {
  if (config.fusion > 1) {
    throw PlanError("training.fusion", "does not go with this method",
                    "activations leave the die at the end of every block",
                    "use 0, or the method \"hecaton\"");
  }
  if (config.attention == Attention::by_head) {
    throw PlanError("training.attention", "does not go with this method",
                    "1D tensor parallelism has its heads on all dies already", "use \"by-sequence\"");
  }
  OneDLayout l;
  l.scheme = scheme;
  l.recompute = config.recompute;
  l.optimizer = config.optimizer;
  l.mesh = mesh;
  l.die = die_of(config, mesh);
  l.layers = config.model.layers;
  l.vocabulary_rest = config.model.vocabulary % l.die.dies;
  l.weight_capacity = weight_capacity(die);
  place_weights(l, config.overlap);
  if (l.split && l.recompute) {
    throw PlanError(
        "training.recompute", "does not fit",
        "weights of the attention block and their gradients do not fit the weight buffer together, "
        "so backward takes passes that keep activations",
        "use a larger die.weight_buffer_MiB, or no recomputation");
  }
  const Fit found = fit_of(l.die, config, activation_capacity(die));
  l.slices = found.slices;
  l.tiles = found.tiles;
  l.ahead = found.ahead;
  l.activation_peak = found.peak;
  l.sequences = found.sequences;
  l.minibatches = config.batch_sequences / found.sequences;
  return l;
}

}  // namespace hecaton::training
