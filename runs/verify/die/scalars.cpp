#include "runs/verify/die/scalars.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hecaton::runs {

using chiplet::Work;
using training::Meaning;
using training::Verb;

namespace {

constexpr Number lowest = -std::numeric_limits<Number>::infinity();

}  // namespace

// Norms: one per token of a slice; the loss: one per token of a tile.
Indices DieScalars::tokens_of(const Work& work) const {
  return die_.places.meaning(work).verb == Verb::norm ? die_.tokens.stream(work) : die_.tokens.recent();
}

// Of this die's words: the largest logit, or the sum of exponentials.
Number DieScalars::loss_part(const Work& work, std::size_t row) {
  const TensorName logits = tensor(Kind::output, die_.places.linear_of(work));
  const std::uint64_t token = die_.tokens.recent()[row];
  const bool is_max = die_.places.meaning(work).verb == Verb::loss_max;
  Number part = is_max ? lowest : 0.0;
  for (const std::uint64_t word : die_.features.words()) {
    const Number logit = die_.sheets.get(logits, token, word);
    if (!die_.inputs.is_word(word)) continue;
    if (is_max)
      part = std::max(part, logit);
    else
      part += std::exp(logit - loss_max_.at(row));
  }
  return part;
}

void DieScalars::begin(const Work& work) {
  const Meaning& m = die_.places.meaning(work);
  if (m.part > 0) return die_.payload.set(die_.passed_on(work, m.verb == Verb::loss_max ? lowest : 0));
  const Indices tokens = tokens_of(work);
  if (!die_.fits(die_.payload.numbers(), tokens.size(), work)) return;
  Numbers parts;
  for (std::size_t i = 0; i < tokens.size(); ++i)
    parts.push_back(m.verb == Verb::norm ? pointwise_.scalar_part(work, tokens[i]) : loss_part(work, i));
  die_.payload.set(std::move(parts));
}

void DieScalars::end(const Work& work) {
  const Meaning& m = die_.places.meaning(work);
  const Numbers& numbers = die_.payload.numbers();
  die_.keep_result(work);
  if (m.part + 1 < m.parts) return;
  const Indices tokens = tokens_of(work);
  if (!die_.fits(numbers, tokens.size(), work)) return;
  if (m.verb == Verb::loss_max) loss_max_ = numbers;
  if (m.verb == Verb::loss_sum) end_loss(work);
  for (std::size_t i = 0; m.verb == Verb::norm && i < tokens.size(); ++i)
    pointwise_.norm_with(work, tokens[i], numbers[i]);
}

// The gradient of the cross entropy: probabilities, less one for the word that comes next; nothing for pads.
void DieScalars::end_loss(const Work& work) {
  const Linear linear = die_.places.linear_of(work);
  const Indices& tokens = die_.tokens.recent();
  for (std::size_t i = 0; i < tokens.size(); ++i)
    for (const std::uint64_t word : die_.features.words()) {
      const Number logit = die_.sheets.get(tensor(Kind::output, linear), tokens[i], word);
      const Number label = die_.inputs.is_label(tokens[i], word) ? 1.0 : 0.0;
      const bool is_pad = !die_.inputs.is_word(word) || !die_.inputs.is_token(tokens[i]);
      die_.sheets.put(tensor(Kind::output_gradient, linear), tokens[i], word,
                      is_pad ? 0 : std::exp(logit - loss_max_.at(i)) / die_.payload.numbers()[i] - label);
    }
}

}  // namespace hecaton::runs
