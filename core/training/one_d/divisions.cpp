#include "core/training/one_d/divisions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/training/plan/tiling.hpp"

namespace hecaton::training {

namespace {

Lines dies_of(MeshShape mesh) {
  return {mesh.dies(), "dies", "package.rows"};
}

Division words(const TrainingConfig& c, MeshShape mesh) {
  const std::uint64_t words = c.model.vocabulary, dies = mesh.dies();
  Division d{Dimension::vocabulary, 0, words,
             c.uneven == Uneven::pad ? multiple_at_least(words, dies) : std::max(words, dies)};
  if (!d.is_padded()) return d;
  d.key = "training.model.vocabulary";
  d.problem = "is too small";
  d.why = fmt::format("{} words over {} dies", words, dies);
  d.way_out = "use fewer dies, or training.vocabulary_padding = \"auto\", or training.uneven = \"auto\"";
  return d;
}

// Dies that share a head divide its queries.
std::uint64_t sharing(const Divisions& all, MeshShape mesh) {
  std::uint64_t sharing = 1;
  for (const Division& d : all)
    if (d.dimension == Dimension::heads && d.to < mesh.dies())
      sharing = std::lcm(sharing, mesh.dies() / d.to);
  return sharing;
}

Division sequence(const TrainingConfig& c, std::uint64_t sharing, MeshShape mesh) {
  const std::uint64_t parts = c.uneven == Uneven::pad ? std::lcm(sharing, mesh.dies()) : sharing;
  Division d{Dimension::sequence, 0, c.sequence_length, multiple_at_least(c.sequence_length, parts)};
  if (!d.is_padded()) return d;
  d.key = "training.sequence_length";
  d.problem = "does not divide among the dies that share a head";
  d.why = fmt::format("{} tokens, {} dies per head", c.sequence_length, sharing);
  d.way_out = fmt::format("use a multiple of {}, or training.uneven = \"auto\"", sharing);
  return d;
}

// A mini-batch larger than the batch is none; it is left to be refused.
void add_minibatch(Divisions& all, const TrainingConfig& c, std::uint64_t padded_sequence) {
  const std::uint64_t sequences = ceil_div(c.minibatch_tokens, c.sequence_length);
  if (sequences == 0 || sequences > c.batch_sequences) return;
  Division minibatch{Dimension::minibatch, 0, c.minibatch_tokens, sequences * padded_sequence};
  Division batch{Dimension::batch, 0, c.batch_sequences, multiple_at_least(c.batch_sequences, sequences)};
  const bool is_whole = c.minibatch_tokens % c.sequence_length == 0;
  Division& wrong = is_whole ? batch : minibatch;
  if (!is_whole || batch.is_padded()) {
    wrong.key = "training.minibatch_tokens";
    wrong.problem = is_whole ? "does not divide the batch" : "is not a whole number of sequences";
    wrong.why = fmt::format("{} tokens in sequences of {}, {} sequences", c.minibatch_tokens,
                            c.sequence_length, c.batch_sequences);
    wrong.way_out = fmt::format("use a multiple of {} that divides the batch, or training.uneven = \"auto\"",
                                c.sequence_length);
  }
  all.push_back(std::move(minibatch));
  all.push_back(std::move(batch));
}

}  // namespace

Divisions one_d_divisions(const TrainingConfig& config, MeshShape mesh) {
  const Lines dies = dies_of(mesh);
  const char* const another = ", or another method";
  Divisions all{even_division(Dimension::hidden, 0, config.model.hidden, dies, another), words(config, mesh)};
  const Model model = model_of(config.model);
  for (std::size_t place = 0; place < model.operators.size(); ++place) {
    const Operator& o = model.operators[place];
    if (o.kind == OperatorKind::attention)
      add_heads(all, place, o, {dies, true, {dies}, another});
    else
      all.push_back(even_division(Dimension::ffn, place, o.ffn, dies, another));
  }
  all.push_back(sequence(config, sharing(all, mesh), mesh));
  add_minibatch(all, config, all.back().to);
  return all;
}

PlanErrors one_d_problems(const TrainingConfig& config, MeshShape) {
  PlanErrors errors;
  if (config.fusion > 1) {
    errors.emplace_back("training.fusion", "does not go with this method",
                        "activations leave the die at the end of every block",
                        "use 0, or the method \"hecaton\"");
  }
  if (config.attention == Attention::by_head) {
    errors.emplace_back("training.attention", "does not go with this method",
                        "1D tensor parallelism has its heads on all dies already", "use \"by-sequence\"");
  }
  return errors;
}

}  // namespace hecaton::training
