// The reference, backward.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "runs/verify/reference.hpp"

namespace hecaton::runs {

void Reference::loss() {
  const Matrix& logits = get(Kind::output, Stage::head, -1);
  Matrix& gradient = make(Kind::output_gradient, Stage::head, -1, tokens_, model_.vocabulary);
  for (std::uint64_t t = 0; t < tokens_; ++t) {
    Number most = logits.at(t, 0), sum = 0;
    for (std::uint64_t n = 1; n < model_.vocabulary; ++n) most = std::max(most, logits.at(t, n));
    for (std::uint64_t n = 0; n < model_.vocabulary; ++n) sum += std::exp(logits.at(t, n) - most);
    for (std::uint64_t n = 0; n < model_.vocabulary; ++n)
      gradient.at(t, n) = std::exp(logits.at(t, n) - most) / sum - (n == label_of(t) ? 1.0 : 0.0);
  }
}

// The gradient of the stream before a norm: through it, and past it.
void Reference::norm_backward(Stage linear, std::int32_t block, const TensorName* residual) {
  const Matrix& in = get(Kind::norm_input, linear, block);
  const Matrix& x = get(Kind::input, linear, block);
  const Matrix& dx = get(Kind::input_gradient, linear, block);
  Matrix& gradient = make(Kind::norm_input_gradient, linear, block, tokens_, model_.hidden);
  const auto hidden = static_cast<Number>(model_.hidden);
  for (std::uint64_t t = 0; t < tokens_; ++t) {
    Number squares = 0, dot = 0;
    for (std::uint64_t f = 0; f < model_.hidden; ++f) squares += in.at(t, f) * in.at(t, f);
    for (std::uint64_t f = 0; f < model_.hidden; ++f) dot += dx.at(t, f) * x.at(t, f);
    const Number root = std::sqrt(squares / hidden + norm_epsilon);
    for (std::uint64_t f = 0; f < model_.hidden; ++f) {
      gradient.at(t, f) = (dx.at(t, f) - x.at(t, f) * dot / hidden) / root;
      if (residual != nullptr) gradient.at(t, f) += tensors_.at(*residual).at(t, f);
    }
  }
}

void Reference::linear_backward(Stage linear, std::int32_t block) {
  const Linear name{linear, block};
  const Matrix& dy = get(Kind::output_gradient, linear, block);
  Matrix& dx = make(Kind::input_gradient, linear, block, tokens_, inputs_of(name));
  for (std::uint64_t k = 0; k < dx.columns; ++k)
    for (std::uint64_t n = 0; n < dy.columns; ++n) {
      const Number w = weight(name, k, n);
      for (std::uint64_t t = 0; t < tokens_; ++t) dx.at(t, k) += dy.at(t, n) * w;
    }
}

void Reference::attention_backward(std::int32_t block) {
  const Matrix& qkv = get(Kind::output, Stage::qkv, block);
  const Matrix& dout = get(Kind::input_gradient, Stage::attention_output, block);
  const std::uint64_t heads = operator_at(block).heads, size = head_size(block);
  Matrix& dy = make(Kind::output_gradient, Stage::qkv, block, tokens_, outputs_of({Stage::qkv, block}));
  Matrix& kv = kv_gradients_[block];
  kv = {2 * heads * size, Numbers(tokens_ * 2 * heads * size, 0.0)};
  const Number scale = 1.0 / std::sqrt(static_cast<Number>(size));
  for (std::uint64_t t = 0; t < tokens_; ++t)
    for (std::uint64_t head = 0; head < heads; ++head) {
      const Numbers p = probabilities(block, qkv, t, head);
      const std::uint64_t first = t / sequence_ * sequence_, q = head * size;
      const std::uint64_t key = key_at(block, kv_head_of(block, head));
      const std::uint64_t value = value_at(block, kv_head_of(block, head));
      Numbers dp(sequence_, 0.0);
      Number dot = 0;
      for (std::uint64_t s = 0; s < sequence_; ++s) {
        for (std::uint64_t f = 0; f < size; ++f) dp[s] += dout.at(t, q + f) * qkv.at(first + s, value + f);
        dot += p[s] * dp[s];
      }
      for (std::uint64_t s = 0; s < sequence_; ++s) {
        const Number ds = p[s] * (dp[s] - dot) * scale;
        for (std::uint64_t f = 0; f < size; ++f) {
          dy.at(t, q + f) += ds * qkv.at(first + s, key + f);
          kv.at(first + s, 2 * q + f) += ds * qkv.at(t, q + f);
          kv.at(first + s, 2 * q + size + f) += p[s] * dout.at(t, q + f);
        }
      }
    }
  for (std::uint64_t t = 0; t < tokens_; ++t)
    for (std::uint64_t n = model_.hidden; n < dy.columns; ++n)
      dy.at(t, n) = at({Kind::output_gradient, Stage::qkv, block}, t, n, {0, heads});
}

// ---- feed-forward networks

// dX of an expert: with its share in the token's result.
void Reference::down_backward(std::int32_t block) {
  const std::uint64_t k = per_token(block);
  const Matrix& dy = get(Kind::output_gradient, Stage::ffn_down, block);
  const Matrix& shares = get(Kind::share, Stage::ffn_up, block);
  Matrix& dx = make(Kind::input_gradient, Stage::ffn_down, block, tokens_ * k, operator_at(block).ffn);
  for_each_use(Stage::ffn_down, block, [&](Route route, auto token, auto f, auto n, Number w) {
    dx.at(route, f) += shares.at(route, 0) * dy.at(token, n) * w;
  });
}

void Reference::activate_backward(std::int32_t block) {
  const training::Operator& o = operator_at(block);
  const Matrix& y = get(Kind::output, Stage::ffn_up, block);
  const Matrix& dx = get(Kind::input_gradient, Stage::ffn_down, block);
  const std::uint64_t rows = tokens_ * o.experts_per_token, up = o.gated ? o.ffn : 0;
  Matrix& dy = make(Kind::output_gradient, Stage::ffn_up, block, rows, outputs_of({Stage::ffn_up, block}));
  for (std::uint64_t row = 0; row < rows; ++row)
    for (std::uint64_t f = 0; f < o.ffn; ++f) {
      const auto d = activation_gradient(o.gated, y.at(row, f), y.at(row, up + f), dx.at(row, f));
      if (o.gated) dy.at(row, f) = d.gate;
      dy.at(row, up + f) = d.up;
    }
}

// A share's gradient, times the share: dX of down has the share in it.
Number Reference::share_gradient(std::int32_t block, Route route,
                                 const std::vector<std::uint64_t>& features) const {
  const Matrix& x = get(Kind::input, Stage::ffn_down, block);
  const Matrix& dx = get(Kind::input_gradient, Stage::ffn_down, block);
  Number sum = 0;
  for (const std::uint64_t f : features) sum += x.at(route, f) * dx.at(route, f);
  return sum;
}

// Through the softmax over a token's experts.
Number Reference::score_gradient(std::int32_t block, Route route,
                                 const std::vector<std::uint64_t>& features) const {
  const std::uint64_t k = per_token(block);
  Number all = 0;
  for (Route other = route / k * k; other < (route / k + 1) * k; ++other)
    all += share_gradient(block, other, features);
  return share_gradient(block, route, features) - get(Kind::share, Stage::ffn_up, block).at(route, 0) * all;
}

Number Reference::scores_gradient(const Linear& linear, std::uint64_t input, std::uint64_t expert,
                                  const GradientPart& part) const {
  const std::uint64_t k = per_token(linear.block);
  const Matrix& x = get(Kind::input, Stage::ffn_up, linear.block);
  Number sum = 0;
  for (const std::uint64_t t : part.tokens)
    for (Route route = t * k; route < (t + 1) * k; ++route)
      if (expert_of(linear.block, route) == expert)
        sum += x.at(t, input) * score_gradient(linear.block, route, part.features);
  return sum;
}

void Reference::up_backward(std::int32_t block) {
  const std::uint64_t k = per_token(block), experts = operator_at(block).experts;
  const Matrix& dy = get(Kind::output_gradient, Stage::ffn_up, block);
  Matrix& dx = make(Kind::input_gradient, Stage::ffn_up, block, tokens_, model_.hidden);
  for_each_use(Stage::ffn_up, block, [&](Route route, auto token, auto f, auto n, Number w) {
    dx.at(token, f) += dy.at(route, n) * w;
  });
  std::vector<std::uint64_t> features(operator_at(block).ffn);
  std::iota(features.begin(), features.end(), 0);
  Matrix& shares = make(Kind::share_gradient, Stage::ffn_up, block, tokens_ * k, 1);
  for (Route route = 0; route < tokens_ * k; ++route)
    shares.at(route, 0) = share_gradient(block, route, features);
  if (experts == 1) return;
  for (Route route = 0; route < tokens_ * k; ++route) {
    const Number d = score_gradient(block, route, features);
    for (std::uint64_t f = 0; f < dx.columns; ++f)
      dx.at(route / k, f) += d * weight({Stage::ffn_up, block, Linear::scores}, f, expert_of(block, route));
  }
}

void Reference::backward() {
  loss();
  linear_backward(Stage::head, -1);
  norm_backward(Stage::head, -1, nullptr);
  for (std::int32_t block = blocks() - 1; block >= 0; --block) {
    const TensorName after = resolved({Kind::output_gradient, closing(block), block});
    if (opening(block) == Stage::qkv) {
      linear_backward(Stage::attention_output, block);
      attention_backward(block);
      linear_backward(Stage::qkv, block);
    } else {
      down_backward(block);
      activate_backward(block);
      up_backward(block);
    }
    norm_backward(opening(block), block, &after);
  }
}

}  // namespace hecaton::runs
