#include "runs/verify/die/pointwise.hpp"

#include <utility>

#include "runs/verify/dense/functions.hpp"

namespace hecaton::runs {

using chiplet::Stage;
using chiplet::Work;
using training::Pass;

void DiePointwise::activate(const Work& work) {
  const std::int32_t block = die_.places.block_of(work);
  const training::Operator& o = die_.shape.operator_at(block);
  const TensorName y{Kind::output, Stage::ffn_up, block};
  const std::uint64_t gate_features = o.gated ? o.ffn : 0;
  for (const std::uint64_t row : die_.tokens.recent())
    for (const std::uint64_t f : die_.features.ffn(block)) {
      const Number up = die_.sheets.get(y, row, gate_features + f), gate = die_.sheets.get(y, row, f);
      die_.sheets.put({Kind::input, Stage::ffn_down, block}, row, f, activation(o.gated, gate, up));
    }
}

void DiePointwise::activate_backward(const Work& work) {
  const std::int32_t block = die_.places.block_of(work);
  const training::Operator& o = die_.shape.operator_at(block);
  const TensorName y{Kind::output, Stage::ffn_up, block};
  const TensorName dy{Kind::output_gradient, Stage::ffn_up, block};
  const std::uint64_t gate_features = o.gated ? o.ffn : 0;
  for (const std::uint64_t row : die_.tokens.recent())
    for (const std::uint64_t f : die_.features.ffn(block)) {
      const Number gradient = die_.sheets.get({Kind::input_gradient, Stage::ffn_down, block}, row, f);
      const Number up = die_.sheets.get(y, row, gate_features + f), gate = die_.sheets.get(y, row, f);
      const ActivationGradient d = activation_gradient(o.gated, gate, up, gradient);
      if (o.gated) die_.sheets.put(dy, row, f, d.gate);
      die_.sheets.put(dy, row, gate_features + f, d.up);
    }
}

void DiePointwise::add_residual(const Work& work) {
  const std::int32_t block = die_.places.block_of(work);
  const TensorName in{Kind::norm_input, die_.shape.first_stage(block), block};
  const TensorName out = tensor(Kind::output, die_.places.linear_of(work));
  for (const std::uint64_t token : die_.tokens.stream(work))
    for (const std::uint64_t f : die_.features.stream())
      die_.sheets.put(die_.shape.stream_after(block), token, f,
                      die_.sheets.get(in, token, f) + die_.sheets.get(out, token, f));
}

void DiePointwise::add_residual_backward(const Work& work) {
  const Linear normed = die_.places.linear_of(work);
  const TensorName past{Kind::output_gradient, die_.shape.last_stage(normed.block), normed.block};
  const Sheet gradients = std::exchange(normed_[normed], {});
  for (const std::uint64_t token : die_.tokens.stream(work))
    for (const std::uint64_t f : die_.features.stream()) {
      const auto at = gradients.find({token, f});
      if (at == gradients.end()) return die_.fail("no gradient has come through the norm", work);
      die_.sheets.put(tensor(Kind::norm_input_gradient, normed), token, f,
                      at->second + die_.sheets.get(past, token, f));
    }
}

void DiePointwise::norm_gathered(const Work& work) {
  const Linear linear = die_.places.linear_of(work);
  const std::uint64_t hidden = die_.shape.hidden();
  Held& x = die_.hand.x;
  if (!die_.fits(x.numbers, x.rows.size() * hidden, work)) return;
  for (std::size_t row = 0; row < x.rows.size(); ++row) {
    const auto features = x.numbers.begin() + static_cast<std::ptrdiff_t>(row * hidden);
    Number squares = 0;
    for (std::uint64_t f = 0; f < hidden; ++f) squares += features[f] * features[f];
    const Number root = roots_[linear][x.rows[row]] = norm_root(squares, die_.inputs.norm_features());
    for (std::uint64_t f = 0; f < hidden; ++f) {
      features[f] /= root;
      die_.sheets.put(tensor(Kind::input, linear), x.rows[row], f, features[f]);
    }
  }
}

void DiePointwise::norm_backward(const Work& work) {
  const Linear linear = die_.places.linear_of(work);
  for (const std::uint64_t token : die_.tokens.stream(work)) {
    Number dot = 0;
    for (const std::uint64_t f : die_.features.stream())
      dot += die_.sheets.get(tensor(Kind::input, linear), token, f) *
             die_.sheets.get(tensor(Kind::input_gradient, linear), token, f);
    put_norm_gradient(linear, token, dot);
  }
}

void DiePointwise::norm_again(const Work& work) {
  const Linear linear = die_.places.linear_of(work);
  for (const std::uint64_t token : die_.tokens.stream(work)) {
    const auto root = roots_[linear].find(token);
    if (root == roots_[linear].end()) return die_.fail("the scalar of a norm is not there", work);
    for (const std::uint64_t f : die_.features.stream())
      die_.sheets.put(tensor(Kind::input, linear), token, f,
                      die_.sheets.get(tensor(Kind::norm_input, linear), token, f) / root->second);
  }
}

Number DiePointwise::scalar_part(const Work& work, std::uint64_t token) {
  const Linear linear = die_.places.linear_of(work);
  const bool backward = die_.places.meaning(work).pass == Pass::input_gradient;
  const TensorName a = tensor(backward ? Kind::input : Kind::norm_input, linear);
  const TensorName b = tensor(backward ? Kind::input_gradient : Kind::norm_input, linear);
  Number sum = 0;
  for (const std::uint64_t f : die_.features.stream())
    sum += die_.sheets.get(a, token, f) * die_.sheets.get(b, token, f);
  return sum;
}

void DiePointwise::norm_with(const Work& work, std::uint64_t token, Number sum) {
  const Linear linear = die_.places.linear_of(work);
  if (die_.places.meaning(work).pass == Pass::input_gradient) return put_norm_gradient(linear, token, sum);
  const Number root = roots_[linear][token] = norm_root(sum, die_.inputs.norm_features());
  for (const std::uint64_t f : die_.features.stream())
    die_.sheets.put(tensor(Kind::input, linear), token, f,
                    die_.sheets.get(tensor(Kind::norm_input, linear), token, f) / root);
}

// `dot`: of X and dX, over all features of the token. After the output head there is no residual to add.
void DiePointwise::put_norm_gradient(const Linear& linear, std::uint64_t token, Number dot) {
  const auto hidden = static_cast<Number>(die_.inputs.norm_features());
  const Number root = roots_[linear][token];
  for (const std::uint64_t f : die_.features.stream()) {
    const Number dx = die_.sheets.get(tensor(Kind::input_gradient, linear), token, f);
    const Number x = die_.sheets.get(tensor(Kind::input, linear), token, f);
    const Number gradient = (dx - x * dot / hidden) / root;
    if (linear.stage == Stage::head)
      die_.sheets.put(tensor(Kind::norm_input_gradient, linear), token, f, gradient);
    else
      normed_[linear][{token, f}] = gradient;
  }
}

}  // namespace hecaton::runs
