#include "runs/verify/reference.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/engine/base/splitmix64.hpp"
#include "core/training/model/models.hpp"

namespace hecaton::runs {

namespace {

// -1 .. 1
Number centred(std::uint64_t bits) {
  return static_cast<Number>(bits >> 11) * 0x1p-52L - 1.0;
}

Number logistic(Number x) {
  return 1.0 / (1.0 + std::exp(-x));
}
Number normal_distribution(Number x) {
  return 0.5 * (1.0 + std::erf(x / std::numbers::sqrt2_v<Number>));
}

}  // namespace

std::uint64_t draw(std::uint64_t seed, Stream stream, std::uint64_t what, std::uint64_t index) {
  return splitmix64(splitmix64(splitmix64(seed ^ static_cast<std::uint64_t>(stream)) ^ what) ^ index);
}

Number activation(bool gated, Number gate, Number up) {
  return gated ? gate * logistic(gate) * up : up * normal_distribution(up);
}

ActivationGradient activation_gradient(bool gated, Number gate, Number up, Number gradient) {
  if (gated) {
    const Number s = logistic(gate);
    return {gradient * up * s * (1.0 + gate * (1.0 - s)), gradient * gate * s};
  }
  const Number density = std::exp(-0.5 * up * up) / std::sqrt(2.0 * std::numbers::pi_v<Number>);
  return {0.0, gradient * (normal_distribution(up) + up * density)};
}

Reference::Reference(const training::TrainingConfig& config, const std::vector<std::uint64_t>& order,
                     std::uint64_t seed)
    : model_(training::model_of(config.model)),
      sequence_(config.sequence_length),
      tokens_(std::uint64_t{config.batch_sequences} * config.sequence_length),
      seed_(seed),
      routing_(model_, order, seed) {
  forward();
  backward();
}

Reference::Stage Reference::opening(std::int32_t block) const {
  return operator_at(block).kind == training::OperatorKind::attention ? Stage::qkv : Stage::ffn_up;
}
Reference::Stage Reference::closing(std::int32_t block) const {
  return opening(block) == Stage::qkv ? Stage::attention_output : Stage::ffn_down;
}

std::uint64_t Reference::inputs_of(const Linear& linear) const {
  return linear.stage == Stage::ffn_down ? operator_at(linear.block).ffn : model_.hidden;
}

std::uint64_t Reference::outputs_of(const Linear& linear) const {
  if (linear.expert == Linear::scores) return operator_at(linear.block).experts;
  switch (linear.stage) {
    case Stage::qkv:
      return training::qkv_features(operator_at(linear.block), model_.hidden);
    case Stage::ffn_up:
      return training::up_features(operator_at(linear.block));
    case Stage::head:
      return model_.vocabulary;
    default:
      return model_.hidden;
  }
}

Number Reference::embedding(std::uint64_t word, std::uint64_t feature) const {
  return centred(draw(seed_, Stream::weights, 0, word << 32 | feature));
}

// Of a size that keeps outputs about as large as inputs.
Number Reference::weight(const Linear& linear, std::uint64_t input, std::uint64_t output) const {
  const Number scale = std::sqrt(3.0 / static_cast<Number>(inputs_of(linear)));
  if (linear.stage == Stage::head && model_.tied) return embedding(output, input);
  const std::uint64_t what = static_cast<std::uint64_t>(linear.expert + 1) << 40 |
                             std::uint64_t{static_cast<std::uint8_t>(linear.stage)} << 32 |
                             static_cast<std::uint32_t>(linear.block);
  return scale * centred(draw(seed_, Stream::weights, what, input << 32 | output));
}

std::uint64_t Reference::word_of(std::uint64_t token) const {
  return draw(seed_, Stream::words, 0, token) % model_.vocabulary;
}
std::uint64_t Reference::label_of(std::uint64_t token) const {
  return draw(seed_, Stream::labels, 0, token) % model_.vocabulary;
}

TensorName Reference::norm_input_after(std::int32_t block) const {
  if (block + 1 == blocks()) return {Kind::norm_input, Stage::head, -1};
  return {Kind::norm_input, opening(block + 1), block + 1};
}

TensorName Reference::resolved(TensorName name) const {
  if (name.kind != Kind::output_gradient || name.block < 0 || name.linear != closing(name.block)) return name;
  TensorName stream = norm_input_after(name.block);
  stream.kind = Kind::norm_input_gradient;
  return stream;
}

Reference::Matrix& Reference::make(Kind kind, Stage linear, std::int32_t block, std::uint64_t rows,
                                   std::uint64_t columns) {
  Matrix& matrix = tensors_[{kind, linear, block}];
  matrix = {columns, Numbers(rows * columns, 0.0)};
  return matrix;
}

const Reference::Matrix& Reference::get(Kind kind, Stage linear, std::int32_t block) const {
  return tensors_.at(resolved({kind, linear, block}));
}

std::uint64_t Reference::rows(const TensorName& name) const {
  const Matrix& matrix = get(name.kind, name.linear, name.block);
  return matrix.numbers.size() / matrix.columns;
}

Number Reference::at(const TensorName& name, std::uint64_t row, std::uint64_t feature, Heads heads) const {
  if (name.kind != Kind::output_gradient || name.linear != Stage::qkv || feature < model_.hidden)
    return get(name.kind, name.linear, name.block).at(row, feature);
  const std::uint64_t head_features = head_size(name.block);
  const bool is_value = feature >= value_at(name.block, 0);
  const std::uint64_t in_kv = feature - (is_value ? value_at(name.block, 0) : key_at(name.block, 0));
  const Matrix& gradients = kv_gradients_.at(name.block);
  Number sum = 0;
  for (std::uint64_t head = heads.first; head < heads.first + heads.count; ++head)
    if (kv_head_of(name.block, head) == in_kv / head_features)
      sum += gradients.at(row, (2 * head + (is_value ? 1 : 0)) * head_features + in_kv % head_features);
  return sum;
}

Number Reference::weight_gradient(const Linear& linear, std::uint64_t input, std::uint64_t output,
                                  const GradientPart& part) const {
  if (linear.expert == Linear::scores) return scores_gradient(linear, input, output, part);
  const TensorName dy{Kind::output_gradient, linear.stage, linear.block};
  const Matrix& x = get(Kind::input, linear.stage, linear.block);
  Number sum = 0;
  if (linear.stage != Stage::ffn_up && linear.stage != Stage::ffn_down) {
    for (std::uint64_t t = 0; t < tokens_; ++t) sum += x.at(t, input) * at(dy, t, output, part.heads);
    return sum;
  }
  const std::uint64_t k = per_token(linear.block);
  const bool is_up = linear.stage == Stage::ffn_up;
  for (Route route = 0; route < tokens_ * k; ++route) {
    if (expert_of(linear.block, route) != static_cast<std::uint64_t>(linear.expert)) continue;
    if (is_up)
      sum += x.at(route / k, input) * at(dy, route, output, {});
    else
      sum += x.at(route, input) * get(Kind::share, Stage::ffn_up, linear.block).at(route, 0) *
             at(dy, route / k, output, {});
  }
  return sum;
}

// ---- forward

void Reference::norm(Stage linear, std::int32_t block) {
  const Matrix& in = get(Kind::norm_input, linear, block);
  Matrix& x = make(Kind::input, linear, block, tokens_, model_.hidden);
  for (std::uint64_t t = 0; t < tokens_; ++t) {
    Number squares = 0;
    for (std::uint64_t f = 0; f < model_.hidden; ++f) squares += in.at(t, f) * in.at(t, f);
    const Number root = std::sqrt(squares / static_cast<Number>(model_.hidden) + norm_epsilon);
    for (std::uint64_t f = 0; f < model_.hidden; ++f) x.at(t, f) = in.at(t, f) / root;
  }
}

void Reference::linear(Stage linear, std::int32_t block) {
  const Matrix& x = get(Kind::input, linear, block);
  const Linear name{linear, block};
  Matrix& y = make(Kind::output, linear, block, tokens_, outputs_of(name));
  for (std::uint64_t k = 0; k < x.columns; ++k)
    for (std::uint64_t n = 0; n < y.columns; ++n) {
      const Number w = weight(name, k, n);
      for (std::uint64_t t = 0; t < tokens_; ++t) y.at(t, n) += x.at(t, k) * w;
    }
}

// Of a query with the keys of its sequence.
Numbers Reference::probabilities(std::int32_t block, const Matrix& qkv, std::uint64_t token,
                                 std::uint64_t head) const {
  const std::uint64_t first = token / sequence_ * sequence_, size = head_size(block);
  const std::uint64_t key = key_at(block, kv_head_of(block, head));
  Numbers p(sequence_, 0.0);
  for (std::uint64_t s = 0; s < sequence_; ++s)
    for (std::uint64_t f = 0; f < size; ++f)
      p[s] += qkv.at(token, head * size + f) * qkv.at(first + s, key + f);
  Number sum = 0;
  for (Number& score : p) sum += score = std::exp(score / std::sqrt(static_cast<Number>(size)));
  for (Number& score : p) score /= sum;
  return p;
}

void Reference::attend(std::int32_t block) {
  const Matrix& qkv = get(Kind::output, Stage::qkv, block);
  const std::uint64_t size = head_size(block);
  Matrix& out = make(Kind::input, Stage::attention_output, block, tokens_, model_.hidden);
  for (std::uint64_t t = 0; t < tokens_; ++t)
    for (std::uint64_t head = 0; head < operator_at(block).heads; ++head) {
      const Numbers p = probabilities(block, qkv, t, head);
      const std::uint64_t value = value_at(block, kv_head_of(block, head));
      for (std::uint64_t s = 0; s < sequence_; ++s)
        for (std::uint64_t f = 0; f < size; ++f)
          out.at(t, head * size + f) += p[s] * qkv.at(t / sequence_ * sequence_ + s, value + f);
    }
}

// ---- forward: feed-forward networks. One without experts is one expert of all tokens.

// Scores of all experts; shares of those that a token has.
void Reference::score(std::int32_t block) {
  const std::uint64_t k = per_token(block), experts = operator_at(block).experts;
  const Matrix& x = get(Kind::input, Stage::ffn_up, block);
  Matrix& scores = make(Kind::score, Stage::ffn_up, block, tokens_, experts);
  if (experts > 1) {
    for (std::uint64_t f = 0; f < model_.hidden; ++f)
      for (std::uint64_t e = 0; e < experts; ++e) {
        const Number w = weight({Stage::ffn_up, block, Linear::scores}, f, e);
        for (std::uint64_t t = 0; t < tokens_; ++t) scores.at(t, e) += x.at(t, f) * w;
      }
  }
  Matrix& shares = make(Kind::share, Stage::ffn_up, block, tokens_ * k, 1);
  for (std::uint64_t t = 0; t < tokens_; ++t) {
    Number sum = 0;
    for (Route route = t * k; route < (t + 1) * k; ++route)
      sum += shares.at(route, 0) = std::exp(scores.at(t, expert_of(block, route)));
    for (Route route = t * k; route < (t + 1) * k; ++route) shares.at(route, 0) /= sum;
  }
}

void Reference::up(std::int32_t block) {
  const std::uint64_t k = per_token(block);
  const Matrix& x = get(Kind::input, Stage::ffn_up, block);
  Matrix& y = make(Kind::output, Stage::ffn_up, block, tokens_ * k, outputs_of({Stage::ffn_up, block}));
  for_each_use(Stage::ffn_up, block, [&](Route route, auto token, auto f, auto n, Number w) {
    y.at(route, n) += x.at(token, f) * w;
  });
}

void Reference::activate(std::int32_t block) {
  const training::Operator& o = operator_at(block);
  const Matrix& y = get(Kind::output, Stage::ffn_up, block);
  const std::uint64_t rows = tokens_ * o.experts_per_token, up = o.gated ? o.ffn : 0;
  Matrix& x = make(Kind::input, Stage::ffn_down, block, rows, o.ffn);
  for (std::uint64_t row = 0; row < rows; ++row)
    for (std::uint64_t f = 0; f < o.ffn; ++f)
      x.at(row, f) = activation(o.gated, y.at(row, f), y.at(row, up + f));
}

void Reference::down(std::int32_t block) {
  const Matrix& x = get(Kind::input, Stage::ffn_down, block);
  const Matrix& shares = get(Kind::share, Stage::ffn_up, block);
  Matrix& y = make(Kind::output, Stage::ffn_down, block, tokens_, model_.hidden);
  for_each_use(Stage::ffn_down, block, [&](Route route, auto token, auto f, auto n, Number w) {
    y.at(token, n) += shares.at(route, 0) * x.at(route, f) * w;
  });
}

void Reference::forward() {
  const TensorName words{Kind::norm_input, opening(0), 0};
  Matrix& first = make(words.kind, words.linear, words.block, tokens_, model_.hidden);
  for (std::uint64_t t = 0; t < tokens_; ++t)
    for (std::uint64_t f = 0; f < model_.hidden; ++f) first.at(t, f) = embedding(word_of(t), f);
  for (std::int32_t block = 0; block < blocks(); ++block) {
    norm(opening(block), block);
    if (opening(block) == Stage::qkv) {
      linear(Stage::qkv, block);
      attend(block);
      linear(Stage::attention_output, block);
    } else {
      score(block);
      up(block);
      activate(block);
      down(block);
    }
    const TensorName after = norm_input_after(block);
    Matrix& sum = make(after.kind, after.linear, after.block, tokens_, model_.hidden);
    const Matrix& in = get(Kind::norm_input, opening(block), block);
    const Matrix& out = get(Kind::output, closing(block), block);
    for (std::size_t i = 0; i < sum.numbers.size(); ++i) sum.numbers[i] = in.numbers[i] + out.numbers[i];
  }
  norm(Stage::head, -1);
  linear(Stage::head, -1);
}

}  // namespace hecaton::runs
