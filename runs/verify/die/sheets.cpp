#include "runs/verify/die/sheets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

namespace hecaton::runs {

using chiplet::Ring;

namespace {

// In the order of Kind.
constexpr std::array<const char*, 11> kind_texts = {"the stream before ",
                                                    "X of ",
                                                    "Y of ",
                                                    "scores of ",
                                                    "shares of ",
                                                    "U of ",
                                                    "dY of ",
                                                    "dX of ",
                                                    "the stream's gradient before ",
                                                    "gradients of shares of ",
                                                    "dU of "};

// Equals nothing: what should not be there at all.
constexpr Number no_number = std::numeric_limits<Number>::quiet_NaN();

std::string weight_gradient_text(const Linear& linear) {
  const char* const what = linear.expert == Linear::adapter_a   ? "dA"
                           : linear.expert == Linear::adapter_b ? "dB"
                                                                : "dW";
  return fmt::format("{} of {} of operator {}", what, name_of(linear.stage), linear.block);
}

}  // namespace

Number DieSheets::get(const TensorName& wanted, std::uint64_t row, std::uint64_t feature) {
  const PaddedInputs& inputs = dense_.inputs();
  const TensorName name = inputs.shape.kept_as(wanted);
  const Sheet& sheet = sheets_[name];
  const auto at = sheet.find({row, feature});
  if (at != sheet.end()) return at->second;
  // Rows of the embedding table come from DRAM, unless the dies that have the words look them up.
  const bool looked_up = places_.is_one_d() && inputs.shape.model().tied;
  if (name == inputs.shape.first_stream() && !looked_up)
    return inputs.embedding(inputs.word_of(row), feature);
  findings_.not_there(name, row, feature);
  return no_number;
}

void DieSheets::put(const TensorName& name, std::uint64_t row, std::uint64_t feature, Number value) {
  const TensorName kept = dense_.inputs().shape.kept_as(name);
  put_of_heads(kept, row, feature, value, features_.gradient_heads(kept.block));
}

void DieSheets::put_of_heads(const TensorName& name, std::uint64_t row, std::uint64_t feature, Number value,
                             Heads heads) {
  const TensorName kept = dense_.inputs().shape.kept_as(name);
  sheets_[kept][{row, feature}] = value;
  const bool backward = kept.kind >= Kind::output_gradient;
  const bool is_needed = dense_.has(kept);
  if (!is_needed || row >= dense_.rows(kept)) {
    findings_.compare(value, no_number, backward ? &Findings::input_gradients : &Findings::outputs,
                      is_needed ? "a token that is not there" : "a gradient in a frozen layer");
    return;
  }
  findings_.compare(value, dense_.at(kept, row, feature, heads),
                    backward ? &Findings::input_gradients : &Findings::outputs,
                    fmt::format("{}{} of operator {}", kind_texts.at(static_cast<std::size_t>(kept.kind)),
                                name_of(kept.stage), kept.block));
}

Numbers DieSheets::cut(const TensorName& name, const Indices& rows, const Indices& features) {
  Numbers numbers;
  numbers.reserve(rows.size() * features.size());
  for (const std::uint64_t row : rows)
    for (const std::uint64_t feature : features) numbers.push_back(get(name, row, feature));
  return numbers;
}

void DieSheets::put_all(const TensorName& name, const Indices& rows, const Indices& features,
                        const Numbers& numbers) {
  std::size_t i = 0;
  for (const std::uint64_t row : rows)
    for (const std::uint64_t feature : features) put(name, row, feature, numbers.at(i++));
}

Numbers DieSheets::weights(const Linear& linear, const Indices& inputs, const Indices& outputs) {
  used_[linear].insert({inputs, outputs});
  Numbers numbers;
  numbers.reserve(inputs.size() * outputs.size());
  for (const std::uint64_t input : inputs)
    for (const std::uint64_t output : outputs)
      numbers.push_back(dense_.inputs().weight(linear, input, output));
  return numbers;
}

void DieSheets::add_gradient(const Linear& linear, const Indices& inputs, const Indices& outputs,
                             const Numbers& product) {
  Sheet& sheet = gradients_[linear];
  std::size_t i = 0;
  for (const std::uint64_t input : inputs)
    for (const std::uint64_t output : outputs) sheet[{input, output}] += product.at(i++);
}

void DieSheets::check_complete() {
  for (const auto& [linear, blocks] : used_) {
    if (!dense_.inputs().shape.is_trained(linear)) continue;
    const Sheet& sheet = gradients_[linear];
    std::uint64_t missing = 0;
    for (const auto& [inputs, outputs] : blocks)
      for (const std::uint64_t input : inputs)
        for (const std::uint64_t output : outputs) missing += sheet.contains({input, output}) ? 0 : 1;
    findings_.missing(weight_gradient_text(linear), missing);
  }
  const StepShape& shape = dense_.inputs().shape;
  if (shape.first_trained() == shape.blocks()) return;
  const std::int32_t lowest = shape.first_trained();
  const std::uint64_t elements = shape.tokens() * shape.hidden() / places_.dies();
  const std::uint64_t known = sheets_[{Kind::norm_input_gradient, shape.first_stage(lowest), lowest}].size();
  findings_.missing("the gradient of the first trained layer's input", elements - std::min(elements, known));
}

// What this die's gradient is summed over.
GradientPart DieSheets::gradient_part(const Linear& linear, const DieTokens& tokens) const {
  GradientPart part{features_.gradient_heads(linear.block), {}, {}};
  const StepShape& shape = dense_.inputs().shape;
  if (linear.expert == Linear::adapter_a || linear.expert == Linear::adapter_b) {
    const bool is_a = linear.expert == Linear::adapter_a;
    if (places_.is_one_d()) return adapter_part_1d(linear, tokens);
    // A's are of the tokens of X on this die, B's of those of Y.
    const bool is_type_1 = linear.stage == chiplet::Stage::qkv || linear.stage == chiplet::Stage::ffn_up;
    const Ring ring = is_type_1 == is_a ? Ring::row : Ring::column;
    part.tokens = own_tokens(tokens, ring);
    return part;
  }
  if (linear.expert != Linear::scores) return part;
  if (places_.is_one_d()) return {{}, count_up(0, shape.tokens()), features_.ffn(linear.block)};
  part.features = count_up(0, shape.operator_at(linear.block).ffn);
  part.tokens = own_tokens(tokens, places_.token_ring());
  return part;
}

// Cut by outputs, A's are of the die's share of tokens. Cut by inputs, U of B's
// are of the die's inputs alone.
GradientPart DieSheets::adapter_part_1d(const Linear& linear, const DieTokens& tokens) const {
  GradientPart part{features_.gradient_heads(linear.block), count_up(0, dense_.inputs().shape.tokens()), {}};
  const bool is_a = linear.expert == Linear::adapter_a;
  const bool is_by_outputs = linear.stage == chiplet::Stage::qkv || linear.stage == chiplet::Stage::ffn_up;
  if (is_by_outputs && is_a) part.tokens = own_tokens(tokens, Ring::package);
  if (!is_by_outputs && !is_a)
    part.features = linear.stage == chiplet::Stage::ffn_down ? features_.ffn(linear.block)
                                                             : features_.queries(linear.block);
  return part;
}

Indices DieSheets::own_tokens(const DieTokens& tokens, Ring ring) const {
  Indices own;
  for (std::uint64_t base = 0; base < dense_.inputs().shape.tokens(); base += places_.minibatch_tokens())
    for (const std::uint64_t token : tokens.minibatch_at(base, ring, places_.place_in(ring)))
      own.push_back(token);
  return own;
}

void DieSheets::finish(const DieTokens& tokens) {
  check_complete();
  for (const auto& [linear, sheet] : gradients_) {
    const bool is_trained = dense_.inputs().shape.is_trained(linear);
    const GradientPart part = gradient_part(linear, tokens);
    for (const auto& [at, value] : sheet)
      findings_.compare(value,
                        is_trained ? dense_.weight_gradient(linear, at.first, at.second, part) : no_number,
                        &Findings::weight_gradients,
                        weight_gradient_text(linear) + (is_trained ? "" : ", which is frozen"));
  }
}

}  // namespace hecaton::runs
