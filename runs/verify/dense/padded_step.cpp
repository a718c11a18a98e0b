#include "runs/verify/dense/padded_step.hpp"

namespace hecaton::runs {

Number PaddedInputs::weight(const Linear& linear, std::uint64_t input, std::uint64_t output) const {
  const Pads::Index in = taken_.input(linear, input), out = taken_.output(linear, output);
  return in && out ? real_.drawn.weight(linear, *in, *out) : Number{0};
}

std::uint64_t PaddedInputs::word_of(std::uint64_t token) const {
  const Pads::Index real = pads_.token(token);
  return real ? real_.drawn.word_of(*real) : shape.model().vocabulary;
}

Number PaddedInputs::embedding(std::uint64_t word, std::uint64_t feature) const {
  const bool is_pad = word >= shape.model().vocabulary || feature >= taken_.real().hidden();
  return is_pad ? Number{0} : real_.drawn.embedding(word, feature);
}

bool PaddedInputs::is_label(std::uint64_t token, std::uint64_t word) const {
  const Pads::Index real = pads_.token(token);
  return real && real_.drawn.label_of(*real) == word;
}

std::uint64_t PaddedStep::rows(const TensorName& name) const {
  return dense_.rows(name) / pads_.real().tokens() * pads_.planned().tokens();
}

Number PaddedStep::at(const TensorName& name, std::uint64_t row, std::uint64_t feature, Heads heads) const {
  const TensorName kept = pads_.planned().kept_as(name);
  const Pads::Index real_row = pads_.row(kept, row), real_feature = pads_.feature(kept, feature);
  if (!real_row || !real_feature) return 0;
  const Heads real =
      kept.block < 0 || !pads_.real().is_attention(kept.block) ? heads : pads_.heads(kept.block, heads);
  return dense_.at(kept, *real_row, *real_feature, real);
}

Number PaddedStep::weight_gradient(const Linear& linear, std::uint64_t input, std::uint64_t output,
                                   const GradientPart& part) const {
  const Pads::Index in = pads_.input(linear, input), out = pads_.output(linear, output);
  if (!in || !out) return 0;
  GradientPart real;
  if (linear.block >= 0 && pads_.real().is_attention(linear.block))
    real.heads = pads_.heads(linear.block, part.heads);
  for (const std::uint64_t token : part.tokens)
    if (const Pads::Index index = pads_.token(token)) real.tokens.push_back(*index);
  // Between up and down, or those that the projection after attention takes.
  const Linear down{
      linear.stage == chiplet::Stage::attention_output ? linear.stage : chiplet::Stage::ffn_down,
      linear.block};
  for (const std::uint64_t feature : part.features)
    if (const Pads::Index index = pads_.input(down, feature)) real.features.push_back(*index);
  if (!part.features.empty() && real.features.empty()) return 0;
  return dense_.weight_gradient(linear, *in, *out, real);
}

}  // namespace hecaton::runs
