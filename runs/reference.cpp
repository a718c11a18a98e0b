#include "runs/reference.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/training/models.hpp"

namespace hecaton::runs {

namespace {

std::uint64_t mix(std::uint64_t z) {  // splitmix64
  z += 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

enum Stream : std::uint64_t { weights, words, labels };

std::uint64_t draw(std::uint64_t seed, Stream stream, std::uint64_t what, std::uint64_t index) {
  return mix(mix(mix(seed ^ stream) ^ what) ^ index);
}

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

// Shapes that an operator of the deck's list has of its own are those of every layer.
training::ModelConfig shapes_of(training::ModelConfig config) {
  for (const training::Operator& o : training::model_of(config).operators) {
    if (o.kind == training::OperatorKind::attention) {
      config.heads = static_cast<std::uint32_t>(o.heads);
      config.kv_heads = static_cast<std::uint32_t>(o.kv_heads);
    } else {
      config.ffn = static_cast<std::uint32_t>(o.ffn);
      config.gated = o.gated;
    }
  }
  return config;
}

}  // namespace

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

Reference::Reference(const training::TrainingConfig& config, std::uint64_t seed)
    : model_(shapes_of(config.model)),
      sequence_(config.sequence_length),
      tokens_(std::uint64_t{config.batch_sequences} * config.sequence_length),
      head_(model_.hidden / model_.heads),
      seed_(seed) {
  forward();
  backward();
}

std::uint64_t Reference::inputs_of(Stage linear) const {
  return linear == Stage::ffn_down ? model_.ffn : model_.hidden;
}

std::uint64_t Reference::outputs_of(Stage linear) const {
  switch (linear) {
    case Stage::qkv:
      return model_.hidden + 2 * model_.kv_heads * head_;
    case Stage::ffn_up:
      return std::uint64_t{model_.ffn} * (model_.gated ? 2 : 1);
    case Stage::head:
      return model_.vocabulary;
    default:
      return model_.hidden;
  }
}

Number Reference::embedding(std::uint64_t word, std::uint64_t feature) const {
  return centred(draw(seed_, weights, 0, word << 32 | feature));
}

// Of a size that keeps outputs about as large as inputs.
Number Reference::weight(Stage linear, std::int32_t layer, std::uint64_t input, std::uint64_t output) const {
  const Number scale = std::sqrt(3.0 / static_cast<Number>(inputs_of(linear)));
  if (linear == Stage::head && model_.tied) return embedding(output, input);
  const std::uint64_t what =
      std::uint64_t{static_cast<std::uint8_t>(linear)} << 32 | static_cast<std::uint32_t>(layer);
  return scale * centred(draw(seed_, weights, what, input << 32 | output));
}

std::uint64_t Reference::word_of(std::uint64_t token) const {
  return draw(seed_, words, 0, token) % model_.vocabulary;
}
std::uint64_t Reference::label_of(std::uint64_t token) const {
  return draw(seed_, labels, 0, token) % model_.vocabulary;
}

TensorName Reference::norm_input_after(std::int32_t layer) const {
  const auto layers = static_cast<std::int32_t>(model_.layers);
  if (layer + 1 == layers) return {Kind::norm_input, Stage::head, -1};
  return {Kind::norm_input, Stage::qkv, layer + 1};
}

TensorName Reference::resolved(TensorName name) const {
  if (name.kind != Kind::output_gradient) return name;
  if (name.linear == Stage::attention_output) return {Kind::norm_input_gradient, Stage::ffn_up, name.layer};
  if (name.linear != Stage::ffn_down) return name;
  TensorName stream = norm_input_after(name.layer);
  stream.kind = Kind::norm_input_gradient;
  return stream;
}

Reference::Matrix& Reference::make(Kind kind, Stage linear, std::int32_t layer, std::uint64_t columns) {
  Matrix& matrix = tensors_[{kind, linear, layer}];
  matrix = {columns, Numbers(tokens_ * columns, 0.0)};
  return matrix;
}

const Reference::Matrix& Reference::get(Kind kind, Stage linear, std::int32_t layer) const {
  return tensors_.at(resolved({kind, linear, layer}));
}

Number Reference::at(const TensorName& name, std::uint64_t token, std::uint64_t feature, Heads heads) const {
  if (name.kind != Kind::output_gradient || name.linear != Stage::qkv || feature < model_.hidden)
    return get(name.kind, name.linear, name.layer).at(token, feature);
  const bool is_value = feature >= value_at(0);
  const std::uint64_t in_kv = feature - (is_value ? value_at(0) : key_at(0));
  const Matrix& gradients = kv_gradients_.at(name.layer);
  Number sum = 0;
  for (std::uint64_t head = heads.first; head < heads.first + heads.count; ++head)
    if (kv_head_of(head) == in_kv / head_)
      sum += gradients.at(token, (2 * head + (is_value ? 1 : 0)) * head_ + in_kv % head_);
  return sum;
}

Number Reference::weight_gradient(Stage linear, std::int32_t layer, std::uint64_t input, std::uint64_t output,
                                  Heads heads) const {
  const Matrix& x = get(Kind::input, linear, layer);
  Number sum = 0;
  for (std::uint64_t t = 0; t < tokens_; ++t)
    sum += x.at(t, input) * at({Kind::output_gradient, linear, layer}, t, output, heads);
  return sum;
}

// ---- forward

void Reference::norm(Stage linear, std::int32_t layer) {
  const Matrix& in = get(Kind::norm_input, linear, layer);
  Matrix& x = make(Kind::input, linear, layer, model_.hidden);
  for (std::uint64_t t = 0; t < tokens_; ++t) {
    Number squares = 0;
    for (std::uint64_t f = 0; f < model_.hidden; ++f) squares += in.at(t, f) * in.at(t, f);
    const Number root = std::sqrt(squares / model_.hidden + norm_epsilon);
    for (std::uint64_t f = 0; f < model_.hidden; ++f) x.at(t, f) = in.at(t, f) / root;
  }
}

void Reference::linear(Stage linear, std::int32_t layer) {
  const Matrix& x = get(Kind::input, linear, layer);
  Matrix& y = make(Kind::output, linear, layer, outputs_of(linear));
  for (std::uint64_t k = 0; k < x.columns; ++k)
    for (std::uint64_t n = 0; n < y.columns; ++n) {
      const Number w = weight(linear, layer, k, n);
      for (std::uint64_t t = 0; t < tokens_; ++t) y.at(t, n) += x.at(t, k) * w;
    }
}

// Of a query with the keys of its sequence.
Numbers Reference::probabilities(const Matrix& qkv, std::uint64_t token, std::uint64_t head) const {
  const std::uint64_t first = token / sequence_ * sequence_;
  const std::uint64_t key = key_at(kv_head_of(head));
  Numbers p(sequence_, 0.0);
  for (std::uint64_t s = 0; s < sequence_; ++s)
    for (std::uint64_t f = 0; f < head_; ++f)
      p[s] += qkv.at(token, head * head_ + f) * qkv.at(first + s, key + f);
  Number sum = 0;
  for (Number& score : p) sum += score = std::exp(score / std::sqrt(static_cast<Number>(head_)));
  for (Number& score : p) score /= sum;
  return p;
}

void Reference::attend(std::int32_t layer) {
  const Matrix& qkv = get(Kind::output, Stage::qkv, layer);
  Matrix& out = make(Kind::input, Stage::attention_output, layer, model_.hidden);
  for (std::uint64_t t = 0; t < tokens_; ++t)
    for (std::uint64_t head = 0; head < model_.heads; ++head) {
      const Numbers p = probabilities(qkv, t, head);
      for (std::uint64_t s = 0; s < sequence_; ++s)
        for (std::uint64_t f = 0; f < head_; ++f)
          out.at(t, head * head_ + f) +=
              p[s] * qkv.at(t / sequence_ * sequence_ + s, value_at(kv_head_of(head)) + f);
    }
}

void Reference::activate(std::int32_t layer) {
  const Matrix& y = get(Kind::output, Stage::ffn_up, layer);
  Matrix& x = make(Kind::input, Stage::ffn_down, layer, model_.ffn);
  const std::uint64_t up = model_.gated ? model_.ffn : 0;
  for (std::uint64_t t = 0; t < tokens_; ++t)
    for (std::uint64_t f = 0; f < model_.ffn; ++f)
      x.at(t, f) = activation(model_.gated, y.at(t, f), y.at(t, up + f));
}

void Reference::forward() {
  Matrix& first = make(Kind::norm_input, Stage::qkv, 0, model_.hidden);
  for (std::uint64_t t = 0; t < tokens_; ++t)
    for (std::uint64_t f = 0; f < model_.hidden; ++f) first.at(t, f) = embedding(word_of(t), f);
  const auto add = [&](const TensorName& in, const TensorName& block, const TensorName& out) {
    Matrix& sum = make(out.kind, out.linear, out.layer, model_.hidden);
    const Matrix& a = tensors_.at(in);
    const Matrix& b = tensors_.at(block);
    for (std::size_t i = 0; i < sum.numbers.size(); ++i) sum.numbers[i] = a.numbers[i] + b.numbers[i];
  };
  for (std::int32_t layer = 0; layer < static_cast<std::int32_t>(model_.layers); ++layer) {
    const TensorName in{Kind::norm_input, Stage::qkv, layer};
    const TensorName middle{Kind::norm_input, Stage::ffn_up, layer};
    norm(Stage::qkv, layer);
    linear(Stage::qkv, layer);
    attend(layer);
    linear(Stage::attention_output, layer);
    add(in, {Kind::output, Stage::attention_output, layer}, middle);
    norm(Stage::ffn_up, layer);
    linear(Stage::ffn_up, layer);
    activate(layer);
    linear(Stage::ffn_down, layer);
    add(middle, {Kind::output, Stage::ffn_down, layer}, norm_input_after(layer));
  }
  norm(Stage::head, -1);
  linear(Stage::head, -1);
}

// ---- backward

void Reference::loss() {
  const Matrix& logits = get(Kind::output, Stage::head, -1);
  Matrix& gradient = make(Kind::output_gradient, Stage::head, -1, model_.vocabulary);
  for (std::uint64_t t = 0; t < tokens_; ++t) {
    Number most = logits.at(t, 0), sum = 0;
    for (std::uint64_t n = 1; n < model_.vocabulary; ++n) most = std::max(most, logits.at(t, n));
    for (std::uint64_t n = 0; n < model_.vocabulary; ++n) sum += std::exp(logits.at(t, n) - most);
    for (std::uint64_t n = 0; n < model_.vocabulary; ++n)
      gradient.at(t, n) = std::exp(logits.at(t, n) - most) / sum - (n == label_of(t) ? 1.0 : 0.0);
  }
}

// The gradient of the stream before a norm: through it, and past it.
void Reference::norm_backward(Stage linear, std::int32_t layer, const TensorName* residual) {
  const Matrix& in = get(Kind::norm_input, linear, layer);
  const Matrix& x = get(Kind::input, linear, layer);
  const Matrix& dx = get(Kind::input_gradient, linear, layer);
  Matrix& gradient = make(Kind::norm_input_gradient, linear, layer, model_.hidden);
  for (std::uint64_t t = 0; t < tokens_; ++t) {
    Number squares = 0, dot = 0;
    for (std::uint64_t f = 0; f < model_.hidden; ++f) squares += in.at(t, f) * in.at(t, f);
    for (std::uint64_t f = 0; f < model_.hidden; ++f) dot += dx.at(t, f) * x.at(t, f);
    const Number root = std::sqrt(squares / model_.hidden + norm_epsilon);
    for (std::uint64_t f = 0; f < model_.hidden; ++f) {
      gradient.at(t, f) = (dx.at(t, f) - x.at(t, f) * dot / model_.hidden) / root;
      if (residual != nullptr) gradient.at(t, f) += tensors_.at(*residual).at(t, f);
    }
  }
}

void Reference::linear_backward(Stage linear, std::int32_t layer) {
  const Matrix& dy = get(Kind::output_gradient, linear, layer);
  Matrix& dx = make(Kind::input_gradient, linear, layer, inputs_of(linear));
  for (std::uint64_t k = 0; k < dx.columns; ++k)
    for (std::uint64_t n = 0; n < dy.columns; ++n) {
      const Number w = weight(linear, layer, k, n);
      for (std::uint64_t t = 0; t < tokens_; ++t) dx.at(t, k) += dy.at(t, n) * w;
    }
}

void Reference::attend_backward(std::int32_t layer) {
  const Matrix& qkv = get(Kind::output, Stage::qkv, layer);
  const Matrix& dout = get(Kind::input_gradient, Stage::attention_output, layer);
  Matrix& dy = make(Kind::output_gradient, Stage::qkv, layer, outputs_of(Stage::qkv));
  Matrix& kv = kv_gradients_[layer];
  kv = {2 * model_.heads * head_, Numbers(tokens_ * 2 * model_.heads * head_, 0.0)};
  const Number scale = 1.0 / std::sqrt(static_cast<Number>(head_));
  for (std::uint64_t t = 0; t < tokens_; ++t)
    for (std::uint64_t head = 0; head < model_.heads; ++head) {
      const Numbers p = probabilities(qkv, t, head);
      const std::uint64_t first = t / sequence_ * sequence_, q = head * head_;
      const std::uint64_t key = key_at(kv_head_of(head)), value = value_at(kv_head_of(head));
      Numbers dp(sequence_, 0.0);
      Number dot = 0;
      for (std::uint64_t s = 0; s < sequence_; ++s) {
        for (std::uint64_t f = 0; f < head_; ++f) dp[s] += dout.at(t, q + f) * qkv.at(first + s, value + f);
        dot += p[s] * dp[s];
      }
      for (std::uint64_t s = 0; s < sequence_; ++s) {
        const Number ds = p[s] * (dp[s] - dot) * scale;
        for (std::uint64_t f = 0; f < head_; ++f) {
          dy.at(t, q + f) += ds * qkv.at(first + s, key + f);
          kv.at(first + s, 2 * q + f) += ds * qkv.at(t, q + f);
          kv.at(first + s, 2 * q + head_ + f) += p[s] * dout.at(t, q + f);
        }
      }
    }
  for (std::uint64_t t = 0; t < tokens_; ++t)
    for (std::uint64_t n = model_.hidden; n < dy.columns; ++n)
      dy.at(t, n) = at({Kind::output_gradient, Stage::qkv, layer}, t, n, {0, model_.heads});
}

void Reference::activate_backward(std::int32_t layer) {
  const Matrix& y = get(Kind::output, Stage::ffn_up, layer);
  const Matrix& dx = get(Kind::input_gradient, Stage::ffn_down, layer);
  Matrix& dy = make(Kind::output_gradient, Stage::ffn_up, layer, outputs_of(Stage::ffn_up));
  const std::uint64_t up = model_.gated ? model_.ffn : 0;
  for (std::uint64_t t = 0; t < tokens_; ++t)
    for (std::uint64_t f = 0; f < model_.ffn; ++f) {
      const auto d = activation_gradient(model_.gated, y.at(t, f), y.at(t, up + f), dx.at(t, f));
      if (model_.gated) dy.at(t, f) = d.gate;
      dy.at(t, up + f) = d.up;
    }
}

void Reference::backward() {
  loss();
  linear_backward(Stage::head, -1);
  norm_backward(Stage::head, -1, nullptr);
  for (auto layer = static_cast<std::int32_t>(model_.layers) - 1; layer >= 0; --layer) {
    const TensorName after = resolved({Kind::output_gradient, Stage::ffn_down, layer});
    const TensorName middle = resolved({Kind::output_gradient, Stage::attention_output, layer});
    linear_backward(Stage::ffn_down, layer);
    activate_backward(layer);
    linear_backward(Stage::ffn_up, layer);
    norm_backward(Stage::ffn_up, layer, &after);
    linear_backward(Stage::attention_output, layer);
    attend_backward(layer);
    linear_backward(Stage::qkv, layer);
    norm_backward(Stage::qkv, layer, &middle);
  }
}

}  // namespace hecaton::runs
