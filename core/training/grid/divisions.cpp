#include "core/training/grid/divisions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

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

void add_operator(Divisions& all, std::size_t place, const Operator& o, MeshShape mesh, bool by_head) {
  if (o.kind == OperatorKind::attention) {
    const Lines columns = columns_of(mesh), dies{mesh.dies(), "dies", "training.attention"};
    if (by_head) return add_heads(all, place, o, {dies, false, {columns, dies}, ", or \"by-sequence\""});
    return add_heads(all, place, o, {columns, false, {columns}});
  }
  const bool is_mixture = o.experts > 1;  // the rows of a column share each of its experts
  all.push_back(even_division(Dimension::ffn, place, o.ffn, is_mixture ? dies_of(mesh) : columns_of(mesh)));
  if (is_mixture) all.push_back(even_division(Dimension::experts, place, o.experts, columns_of(mesh)));
}

// A batch as it could be cut into mini-batches.
struct Batch {
  std::uint64_t sequence = 1, least = 1;  // tokens of a sequence; sequences of the smallest mini-batch
  std::uint64_t minibatch = 0;            // sequences, where the deck gives them
  std::uint64_t sequences = 1;

  std::uint64_t tokens() const { return sequences * sequence; }
};

// A mini-batch larger than the batch is none; it is left to be refused.
Batch batch_of(const TrainingConfig& c, std::uint64_t sequence, MeshShape mesh) {
  Batch b;
  b.sequence = sequence;
  b.least = least_grid_sequences(sequence, c.attention, mesh);
  const std::uint64_t given = ceil_div(c.minibatch_tokens, c.sequence_length);
  if (given <= c.batch_sequences) b.minibatch = multiple_at_least(given, b.least);
  b.sequences = multiple_at_least(c.batch_sequences, b.minibatch > 0 ? b.minibatch : b.least);
  return b;
}

// The fewest tokens, and of equally few the shortest sequences.
Batch least_batch(const TrainingConfig& c, MeshShape mesh) {
  Batch best = batch_of(c, c.sequence_length, mesh);
  const std::uint64_t both = std::lcm<std::uint64_t>(mesh.rows, mesh.columns);
  for (std::uint64_t step = 1; step <= both && best.sequences != c.batch_sequences; ++step) {
    if (both % step != 0) continue;
    const Batch found = batch_of(c, multiple_at_least(c.sequence_length, step), mesh);
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
void refuse_batch(Division& d, const TrainingConfig& c, MeshShape mesh) {
  const Batch even = batch_of(c, c.sequence_length, mesh);
  if (c.minibatch_tokens == 0) {
    d.key = "training.batch_sequences";
    d.problem = "does not fit the mesh";
    d.why = fmt::format("{} sequences; {} rows and {} columns of dies need mini-batches of a multiple of {}",
                        c.batch_sequences, mesh.rows, mesh.columns, even.least);
    d.way_out =
        fmt::format("use a multiple of {}{}, or training.uneven = \"auto\"", even.least, or_by_head(c, mesh));
    return;
  }
  d.key = "training.minibatch_tokens";
  d.problem = "does not divide among the lines, or not the batch";
  d.why = fmt::format(
      "{} tokens of {} sequences of {}; {} rows and {} columns of dies need a multiple of {} "
      "sequences",
      c.minibatch_tokens, c.batch_sequences, c.sequence_length, mesh.rows, mesh.columns, even.least);
  d.way_out = fmt::format(
      "use mini-batches of a multiple of {} tokens that divide the batch{}, or "
      "training.uneven = \"auto\"",
      even.least * c.sequence_length, or_by_head(c, mesh));
}

void add_batch(Divisions& all, const TrainingConfig& c, MeshShape mesh) {
  const Batch b = least_batch(c, mesh);
  const std::size_t first = all.size();
  all.push_back({Dimension::sequence, 0, c.sequence_length, b.sequence});
  if (b.minibatch > 0) all.push_back({Dimension::minibatch, 0, c.minibatch_tokens, b.minibatch * b.sequence});
  all.push_back({Dimension::batch, 0, c.batch_sequences, b.sequences});
  const auto padded = std::find_if(all.begin() + static_cast<std::ptrdiff_t>(first), all.end(),
                                   [](const Division& d) { return d.is_padded(); });
  if (padded != all.end()) refuse_batch(*padded, c, mesh);
}

}  // namespace

std::uint64_t least_grid_sequences(std::uint64_t sequence_length, Attention attention, MeshShape mesh) {
  const std::uint64_t both = std::lcm<std::uint64_t>(mesh.rows, mesh.columns);
  const std::uint64_t whole = attention == Attention::by_head ? 1 : mesh.rows;
  return std::lcm(whole, both / std::gcd(sequence_length, both));
}

Divisions grid_divisions(const TrainingConfig& config, MeshShape mesh) {
  Divisions all;
  all.push_back(even_division(Dimension::hidden, 0, config.model.hidden, rows_of(mesh)));
  all.push_back(even_division(Dimension::vocabulary, 0, config.model.vocabulary, columns_of(mesh),
                              ", or training.vocabulary_padding = \"auto\""));
  const Model model = model_of(config.model);
  for (std::size_t place = 0; place < model.operators.size(); ++place)
    add_operator(all, place, model.operators[place], mesh, config.attention == Attention::by_head);
  add_batch(all, config, mesh);
  return all;
}

}  // namespace hecaton::training
