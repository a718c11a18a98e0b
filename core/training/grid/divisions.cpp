#include "core/training/grid/divisions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/training/plan/facts.hpp"
#include "core/training/plan/tiling.hpp"

namespace hecaton::training {

namespace {

Lines rows_of(MeshShape mesh) {
  return {mesh.rows, "rows", "package.rows"};
}
Lines columns_of(MeshShape mesh) {
  return {mesh.columns, "columns", "package.columns"};
}
Lines dies_of(MeshShape mesh) {
  return {mesh.dies(), "dies", "package.rows"};
}

// ---- panels

constexpr const char* or_padded = ", or training.uneven = \"auto\"";

bool have_panels(std::uint64_t features, std::uint32_t rows, std::uint32_t columns) {
  return features % panels_of({rows, columns}) == 0;
}

// The numbers next to `now` that are as wanted: "1 or 4". As many as are looked at above it as there are below.
template <class Fits>
std::string nearest(std::uint32_t now, Fits&& fits) {
  std::string text;
  for (std::uint32_t below = now - 1; below > 0 && text.empty(); --below)
    if (fits(below)) text = fmt::format("{}", below);
  for (std::uint32_t above = now + 1; above < 2 * now; ++above) {
    if (!fits(above)) continue;
    return fmt::format("{}{}{}", text, text.empty() ? "" : " or ", above);
  }
  return text;
}

// Other rows if columns divide the features, or the other way about; else a square.
void refuse_panels(Division& d, MeshShape mesh) {
  const std::uint64_t number = d.from;
  const auto rows = [&](std::uint32_t other) { return have_panels(number, other, mesh.columns); };
  const auto columns = [&](std::uint32_t other) { return have_panels(number, mesh.rows, other); };
  d.key = "package.rows";
  d.problem = fmt::format("does not divide the {}", name_of(d.dimension));
  d.why = fmt::format("{} {} in {} panels, the least common multiple of {} rows and {} columns", d.from,
                      name_of(d.dimension), panels_of(mesh), mesh.rows, mesh.columns);
  if (rows(1)) {
    d.way_out = fmt::format("use {} rows{}", nearest(mesh.rows, rows), or_padded);
  } else if (columns(1)) {
    d.way_out = fmt::format("use {} columns{}", nearest(mesh.columns, columns), or_padded);
  } else {
    d.way_out = fmt::format("use as many rows as columns, {} of each{}", nearest_divisors(number, mesh.rows),
                            or_padded);
  }
}

// Inputs of linear layers: the stream's features, those between up and down, and the output of attention. This is padded
// as the input of the projection alone, each column's part for itself: heads stay as they are.
Division panel_division(Dimension dimension, std::size_t place, std::uint64_t from, MeshShape mesh) {
  Division d{dimension, place, from, multiple_at_least(from, panels_of(mesh))};
  if (d.is_padded()) refuse_panels(d, mesh);
  return d;
}

// ---- shapes

// What methods cut differently.
struct Cuts {
  bool panels = false;  // inputs of linear layers: SUMMA
  Lines experts;        // share out the experts,
  Lines expert_ffn;     // and cut the features of each
  TokenLines tokens;
};

void add_attention(Divisions& all, std::size_t place, const Operator& o, MeshShape mesh, bool by_head) {
  const Lines columns = columns_of(mesh), dies{mesh.dies(), "dies", "training.attention"};
  if (by_head) return add_heads(all, place, o, {dies, false, {columns, dies}, ", or \"by-sequence\""});
  add_heads(all, place, o, {columns, false, {columns}});
}

void add_network(Divisions& all, std::size_t place, const Operator& o, MeshShape mesh, const Cuts& cuts) {
  if (o.experts > 1) {
    all.push_back(even_division(Dimension::ffn, place, o.ffn, cuts.expert_ffn));
    all.push_back(even_division(Dimension::experts, place, o.experts, cuts.experts));
    return;
  }
  all.push_back(cuts.panels ? panel_division(Dimension::ffn, place, o.ffn, mesh)
                            : even_division(Dimension::ffn, place, o.ffn, columns_of(mesh)));
}

// ---- batch

// A batch as it could be cut into mini-batches.
struct Batch {
  std::uint64_t sequence = 1, least = 1;  // tokens of a sequence; sequences of the smallest mini-batch
  std::uint64_t minibatch = 0;            // sequences, where the deck gives them
  std::uint64_t sequences = 1;

  std::uint64_t tokens() const { return sequences * sequence; }
};

// A mini-batch larger than the batch is none; it is left to be refused.
Batch batch_of(const TrainingConfig& c, std::uint64_t sequence, TokenLines lines) {
  Batch b;
  b.sequence = sequence;
  b.least = least_grid_sequences(sequence, c.attention, lines);
  const std::uint64_t given = ceil_div(c.minibatch_tokens, c.sequence_length);
  if (given <= c.batch_sequences) b.minibatch = multiple_at_least(given, b.least);
  b.sequences = multiple_at_least(c.batch_sequences, b.minibatch > 0 ? b.minibatch : b.least);
  return b;
}

// The fewest tokens, and of equally few the shortest sequences.
Batch least_batch(const TrainingConfig& c, TokenLines lines) {
  Batch best = batch_of(c, c.sequence_length, lines);
  const std::uint64_t both = std::lcm(lines.rows, lines.stream);
  for (std::uint64_t step = 1; step <= both && best.sequences != c.batch_sequences; ++step) {
    if (both % step != 0) continue;
    const Batch found = batch_of(c, multiple_at_least(c.sequence_length, step), lines);
    if (found.tokens() < best.tokens()) best = found;
  }
  return best;
}

// Attention by head needs no sequence for every row; advice where every die can have heads of its own.
const char* or_by_head(const TrainingConfig& c, MeshShape mesh) {
  const Model model = model_of(c.model);
  const bool divide = std::all_of(model.operators.begin(), model.operators.end(), [&](const Operator& o) {
    return o.kind != OperatorKind::attention || o.heads % mesh.dies() == 0;
  });
  return c.attention == Attention::by_sequence && divide ? ", or attention = \"by-head\"" : "";
}

// What a deck is told whose batch, or mini-batch, may not be padded.
void refuse_batch(Division& d, const TrainingConfig& c, MeshShape mesh, const Cuts& cuts) {
  const Batch even = batch_of(c, c.sequence_length, cuts.tokens);
  const std::string lines = cuts.panels ? fmt::format("{} rows", mesh.rows)
                                        : fmt::format("{} rows and {} columns", mesh.rows, mesh.columns);
  if (c.minibatch_tokens == 0) {
    d.key = "training.batch_sequences";
    d.problem = "does not fit the mesh";
    d.why = fmt::format("{} sequences; {} of dies need mini-batches of a multiple of {}", c.batch_sequences,
                        lines, even.least);
    d.way_out =
        fmt::format("use a multiple of {}{}, or training.uneven = \"auto\"", even.least, or_by_head(c, mesh));
    return;
  }
  d.key = "training.minibatch_tokens";
  d.problem = "does not divide among the lines, or not the batch";
  d.why = fmt::format("{} tokens of {} sequences of {}; {} of dies need a multiple of {} sequences",
                      c.minibatch_tokens, c.batch_sequences, c.sequence_length, lines, even.least);
  d.way_out = fmt::format(
      "use mini-batches of a multiple of {} tokens that divide the batch{}, or "
      "training.uneven = \"auto\"",
      even.least * c.sequence_length, or_by_head(c, mesh));
}

void add_batch(Divisions& all, const TrainingConfig& c, MeshShape mesh, const Cuts& cuts) {
  const Batch b = least_batch(c, cuts.tokens);
  const std::size_t first = all.size();
  all.push_back({Dimension::sequence, 0, c.sequence_length, b.sequence});
  if (b.minibatch > 0) all.push_back({Dimension::minibatch, 0, c.minibatch_tokens, b.minibatch * b.sequence});
  all.push_back({Dimension::batch, 0, c.batch_sequences, b.sequences});
  const auto padded = std::find_if(all.begin() + static_cast<std::ptrdiff_t>(first), all.end(),
                                   [](const Division& d) { return d.is_padded(); });
  if (padded != all.end()) refuse_batch(*padded, c, mesh, cuts);
}

Divisions divisions_of(const TrainingConfig& config, MeshShape mesh, const Cuts& cuts) {
  Divisions all;
  all.push_back(cuts.panels ? panel_division(Dimension::hidden, 0, config.model.hidden, mesh)
                            : even_division(Dimension::hidden, 0, config.model.hidden, rows_of(mesh)));
  all.push_back(even_division(Dimension::vocabulary, 0, config.model.vocabulary, columns_of(mesh),
                              ", or training.vocabulary_padding = \"auto\""));
  const Model model = model_of(config.model);
  for (std::size_t place = 0; place < model.operators.size(); ++place) {
    const Operator& o = model.operators[place];
    if (o.kind != OperatorKind::attention) {
      add_network(all, place, o, mesh, cuts);
      continue;
    }
    add_attention(all, place, o, mesh, config.attention == Attention::by_head);
    const std::uint64_t queries = all.back().to * o.head;  // of heads with those that pad
    if (cuts.panels) all.push_back(panel_division(Dimension::projection, place, queries, mesh));
  }
  add_batch(all, config, mesh, cuts);
  return all;
}

}  // namespace

std::uint64_t least_grid_sequences(std::uint64_t sequence_length, Attention attention, TokenLines lines) {
  const std::uint64_t both = std::lcm(lines.rows, lines.stream);
  const std::uint64_t whole = attention == Attention::by_head ? 1 : lines.rows;
  return std::lcm(whole, both / std::gcd(sequence_length, both));
}

// The rows of a column share each of its experts.
Divisions hecaton_divisions(const TrainingConfig& config, MeshShape mesh) {
  return divisions_of(config, mesh, {false, columns_of(mesh), dies_of(mesh), {mesh.rows, mesh.columns}});
}

// The columns of a row share each of its experts.
Divisions optimus_divisions(const TrainingConfig& config, MeshShape mesh) {
  return divisions_of(config, mesh, {true, rows_of(mesh), columns_of(mesh), {mesh.rows, mesh.rows}});
}

}  // namespace hecaton::training
