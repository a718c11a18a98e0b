// What a die does alone between linear layers: attention, activation functions, norms, residuals.
#include <cmath>

#include "runs/verify/die_numbers.hpp"

namespace hecaton::runs {

using chiplet::Ring;
using chiplet::Work;
using training::Verb;

void DieNumbers::touch(const Work& work) {
  const Meaning& m = meaning(work);
  const bool forward = m.pass == Pass::forward;
  switch (m.verb) {
    case Verb::activation:
      if (forward || is_one_d()) activate(work);  // 1D: forward again, and backward, at once
      if (!forward) activate_backward(work);
      return;
    case Verb::residual:
      return forward ? add_residual(work) : add_residual_backward(work);
    case Verb::norm:  // 2D: part of a collective
      return m.pass == Pass::input_gradient ? norm_shares_backward(work) : norm_gathered(work);
    case Verb::norm_again:
      return norm_again(work);
    case Verb::shares:
      return share(work);
    case Verb::combine:
      return combine(work);
    default:
      return;
  }
}

// ---- attention

namespace {

// Softmax of a query's scores with the keys of its sequence.
Numbers probabilities(Numbers scores, std::uint64_t head_size) {
  Number sum = 0;
  for (Number& score : scores) sum += score = std::exp(score / std::sqrt(static_cast<Number>(head_size)));
  for (Number& score : scores) score /= sum;
  return scores;
}

}  // namespace

void DieNumbers::attend(const Work& work) {
  const std::int32_t block = block_of(work);
  const TensorName qkv{Kind::output, Stage::qkv, block};
  const std::uint64_t size = reference_->head_size(block), sequence = reference_->sequence();
  const Heads heads = own_heads(block);
  for (const std::uint64_t token : attention_tokens(work))
    for (std::uint64_t head = heads.first; head < heads.first + heads.count; ++head) {
      const std::uint64_t kv = reference_->kv_head_of(block, head), first = token / sequence * sequence;
      Numbers scores(sequence, 0.0);
      for (std::uint64_t s = 0; s < sequence; ++s)
        for (std::uint64_t f = 0; f < size; ++f)
          scores[s] +=
              get(qkv, token, head * size + f) * get(qkv, first + s, reference_->key_at(block, kv) + f);
      const Numbers p = probabilities(scores, size);
      for (std::uint64_t f = 0; f < size; ++f) {
        Number sum = 0;
        for (std::uint64_t s = 0; s < sequence; ++s)
          sum += p[s] * get(qkv, first + s, reference_->value_at(block, kv) + f);
        put({Kind::input, Stage::attention_output, block}, token, head * size + f, sum);
      }
    }
}

void DieNumbers::attend_backward(const Work& work) {
  const std::int32_t block = block_of(work);
  const TensorName qkv{Kind::output, Stage::qkv, block};
  const TensorName out{Kind::input_gradient, Stage::attention_output, block};
  const std::uint64_t size = reference_->head_size(block), sequence = reference_->sequence();
  const Number scale = 1.0 / std::sqrt(static_cast<Number>(size));
  const Heads heads = own_heads(block);
  Sheet gradients;  // of keys and values several heads and all queries have their part in each
  for (const std::uint64_t token : attention_tokens(work))
    for (std::uint64_t head = heads.first; head < heads.first + heads.count; ++head) {
      const std::uint64_t kv = reference_->kv_head_of(block, head), first = token / sequence * sequence;
      const std::uint64_t key = reference_->key_at(block, kv), value = reference_->value_at(block, kv),
                          q = head * size;
      Numbers scores(sequence, 0.0), dp(sequence, 0.0);
      for (std::uint64_t s = 0; s < sequence; ++s)
        for (std::uint64_t f = 0; f < size; ++f) {
          scores[s] += get(qkv, token, q + f) * get(qkv, first + s, key + f);
          dp[s] += get(out, token, q + f) * get(qkv, first + s, value + f);
        }
      const Numbers p = probabilities(scores, size);
      Number dot = 0;
      for (std::uint64_t s = 0; s < sequence; ++s) dot += p[s] * dp[s];
      for (std::uint64_t s = 0; s < sequence; ++s)
        for (std::uint64_t f = 0; f < size; ++f) {
          const Number ds = p[s] * (dp[s] - dot) * scale;
          gradients[{token, q + f}] += ds * get(qkv, first + s, key + f);
          gradients[{first + s, key + f}] += ds * get(qkv, token, q + f);
          gradients[{first + s, value + f}] += p[s] * get(out, token, q + f);
        }
    }
  only_heads_ = heads;
  for (const auto& [at, gradient] : gradients)
    put({Kind::output_gradient, Stage::qkv, block}, at.first, at.second, gradient);
  only_heads_.reset();
}

// ---- activation function

void DieNumbers::activate(const Work& work) {
  const std::int32_t block = block_of(work);
  const training::Operator& model = reference_->operator_at(block);
  const TensorName y{Kind::output, Stage::ffn_up, block};
  const std::uint64_t up = model.gated ? model.ffn : 0;
  for (const std::uint64_t token : recent_)
    for (const std::uint64_t f : ffn_features(block))
      put({Kind::input, Stage::ffn_down, block}, token, f,
          activation(model.gated, get(y, token, f), get(y, token, up + f)));
}

void DieNumbers::activate_backward(const Work& work) {
  const std::int32_t block = block_of(work);
  const training::Operator& model = reference_->operator_at(block);
  const TensorName y{Kind::output, Stage::ffn_up, block};
  const TensorName dy{Kind::output_gradient, Stage::ffn_up, block};
  const std::uint64_t up = model.gated ? model.ffn : 0;
  for (const std::uint64_t token : recent_)
    for (const std::uint64_t f : ffn_features(block)) {
      const Number gradient = get({Kind::input_gradient, Stage::ffn_down, block}, token, f);
      const ActivationGradient d =
          activation_gradient(model.gated, get(y, token, f), get(y, token, up + f), gradient);
      if (model.gated) put(dy, token, f, d.gate);
      put(dy, token, up + f, d.up);
    }
}

// ---- residuals and norms

void DieNumbers::add_residual(const Work& work) {
  const std::int32_t block = block_of(work);
  const TensorName in{Kind::norm_input, reference_->opening(block), block};
  for (const std::uint64_t token : stream_tokens(work))
    for (const std::uint64_t f : stream_features())
      put(reference_->norm_input_after(block), token, f,
          get(in, token, f) + get({Kind::output, linear_of(work).stage, block}, token, f));
}

// The gradient that came through a norm, and the one past the block that the norm begins.
void DieNumbers::add_residual_backward(const Work& work) {
  const Linear normed = linear_of(work);
  const TensorName past{Kind::output_gradient, reference_->closing(normed.block), normed.block};
  const Sheet gradients = std::exchange(normed_[normed], {});
  for (const std::uint64_t token : stream_tokens(work))
    for (const std::uint64_t f : stream_features()) {
      const auto at = gradients.find({token, f});
      if (at == gradients.end()) return fail("no gradient has come through the norm", work);
      put({Kind::norm_input_gradient, normed.stage, normed.block}, token, f,
          at->second + get(past, token, f));
    }
}

Number DieNumbers::root_of(Number squares) const {
  return std::sqrt(squares / static_cast<Number>(reference_->model().hidden) + norm_epsilon);
}

// 1D: whole tokens have been gathered.
void DieNumbers::norm_gathered(const Work& work) {
  const Linear linear = linear_of(work);
  const std::uint64_t hidden = reference_->model().hidden;
  if (!fits(x_.numbers, x_.tokens.size() * hidden, work)) return;
  for (std::size_t row = 0; row < x_.tokens.size(); ++row) {
    Number squares = 0;
    for (std::uint64_t f = 0; f < hidden; ++f)
      squares += x_.numbers[row * hidden + f] * x_.numbers[row * hidden + f];
    const Number root = roots_[linear][x_.tokens[row]] = root_of(squares);
    for (std::uint64_t f = 0; f < hidden; ++f) {
      x_.numbers[row * hidden + f] /= root;
      put({Kind::input, linear.stage, linear.block}, x_.tokens[row], f, x_.numbers[row * hidden + f]);
    }
  }
}

void DieNumbers::norm_again(const Work& work) {
  const Linear linear = linear_of(work);
  for (const std::uint64_t token : stream_tokens(work)) {
    const auto root = roots_[linear].find(token);
    if (root == roots_[linear].end()) return fail("the scalar of a norm is not there", work);
    for (const std::uint64_t f : stream_features())
      put({Kind::input, linear.stage, linear.block}, token, f,
          get({Kind::norm_input, linear.stage, linear.block}, token, f) / root->second);
  }
}

void DieNumbers::norm_shares_backward(const Work& work) {
  const Linear linear = linear_of(work);
  for (const std::uint64_t token : stream_tokens(work)) {
    Number dot = 0;
    for (const std::uint64_t f : stream_features())
      dot += get({Kind::input, linear.stage, linear.block}, token, f) *
             get({Kind::input_gradient, linear.stage, linear.block}, token, f);
    put_normed_gradient(linear, token, dot);
  }
}

// `dot`: of X and dX, over all features of the token. After the output head there is no residual to add.
void DieNumbers::put_normed_gradient(const Linear& linear, std::uint64_t token, Number dot) {
  const auto hidden = static_cast<Number>(reference_->model().hidden);
  const Number root = roots_[linear][token];
  for (const std::uint64_t f : stream_features()) {
    const Number gradient = (get({Kind::input_gradient, linear.stage, linear.block}, token, f) -
                             get({Kind::input, linear.stage, linear.block}, token, f) * dot / hidden) /
                            root;
    if (linear.stage == Stage::head)
      put({Kind::norm_input_gradient, linear.stage, linear.block}, token, f, gradient);
    else
      normed_[linear][{token, f}] = gradient;
  }
}

}  // namespace hecaton::runs
