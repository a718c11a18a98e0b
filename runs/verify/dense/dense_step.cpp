#include "runs/verify/dense/dense_step.hpp"

#include <algorithm>
#include <cmath>

#include "runs/verify/dense/adapters.hpp"
#include "runs/verify/dense/feed_forward.hpp"
#include "runs/verify/dense/linear_layers.hpp"

namespace hecaton::runs {

using chiplet::Stage;

namespace {

constexpr Linear head{Stage::head, -1};

}  // namespace

DenseStep::DenseStep(const StepInputs& inputs, std::uint64_t query_kinds)
    : inputs_(inputs), query_kinds_(query_kinds), tensors_(inputs.shape) {
  forward();
  backward();
}

Number DenseStep::at(const TensorName& name, std::uint64_t row, std::uint64_t feature, Heads heads) const {
  const bool is_key_or_value = name.kind == Kind::output_gradient && name.stage == Stage::qkv &&
                               feature >= inputs_.shape.queries(name.block);
  if (!is_key_or_value) return tensors_.get(name).at(row, feature);
  return key_value_gradients_.at(name.block).sum(inputs_.shape, name.block, row, feature, heads);
}

Number DenseStep::weight_gradient(const Linear& linear, std::uint64_t input, std::uint64_t output,
                                  const GradientPart& part) const {
  if (linear.expert == Linear::scores)
    return score_weight_gradient(inputs_, tensors_, linear, input, output, part);
  if (linear.expert == Linear::adapter_a || linear.expert == Linear::adapter_b)
    return adapter_gradient(linear, input, output, part);
  if (linear.stage == Stage::ffn_up || linear.stage == Stage::ffn_down)
    return expert_weight_gradient(inputs_, tensors_, linear, input, output);
  const TensorName dy = tensor(Kind::output_gradient, linear);
  const DenseMatrix& x = tensors_.get(tensor(Kind::input, linear));
  // Keys and values of a token add up what all queries of the die have to do with it.
  const StepShape& shape = inputs_.shape;
  const bool is_kv = linear.stage == Stage::qkv && output >= shape.queries(linear.block);
  Number sum = 0;
  for (std::uint64_t t = 0; t < x.rows(); ++t)
    if (is_kv || part.heads.has_query(t % shape.sequence()))
      sum += x.at(t, input) * at(dy, t, output, part.heads);
  return sum;
}

// What the tokens of the part add; of a projection after attention, and of
// queries, those with a query of its heads. Where features are given, U is of
// these inputs alone.
Number DenseStep::adapter_gradient(const Linear& linear, std::uint64_t input, std::uint64_t output,
                                   const GradientPart& part) const {
  const StepShape& shape = inputs_.shape;
  const bool is_a = linear.expert == Linear::adapter_a;
  const DenseMatrix& x = tensors_.get(tensor(Kind::input, linear));
  const DenseMatrix& u = tensors_.get(tensor(Kind::ranks, linear));
  const TensorName gradient = tensor(is_a ? Kind::rank_gradient : Kind::output_gradient, linear);
  const std::uint64_t rank = is_a ? input : adapter_column(shape, linear, input, output);
  const bool is_query = linear.stage == Stage::attention_output ||
                        (linear.stage == Stage::qkv && !is_a && output < shape.queries(linear.block));
  Number sum = 0;
  for (const std::uint64_t t : part.tokens) {
    if (is_query && !part.heads.has_query(t % shape.sequence())) continue;
    Number left = is_a ? x.at(t, input) : u.at(t, rank);
    if (!part.features.empty()) {
      left = 0;
      for (const std::uint64_t f : part.features)
        left += x.at(t, f) * inputs_.drawn.weight({linear.stage, linear.block, Linear::adapter_a}, f, rank);
    }
    sum += left * at(gradient, t, output, part.heads);
  }
  return sum;
}

void DenseStep::embed() {
  const StepShape& shape = inputs_.shape;
  DenseMatrix& stream = tensors_.make(shape.first_stream(), shape.tokens(), shape.hidden());
  for (std::uint64_t t = 0; t < shape.tokens(); ++t)
    for (std::uint64_t f = 0; f < shape.hidden(); ++f)
      stream.at(t, f) = inputs_.drawn.embedding(inputs_.drawn.word_of(t), f);
}

void DenseStep::add_residual(std::int32_t block) {
  const StepShape& shape = inputs_.shape;
  DenseMatrix& sum = tensors_.make(shape.stream_after(block), shape.tokens(), shape.hidden());
  const DenseMatrix& in = tensors_.get({Kind::norm_input, shape.first_stage(block), block});
  const DenseMatrix& out = tensors_.get({Kind::output, shape.last_stage(block), block});
  for (std::size_t i = 0; i < sum.numbers.size(); ++i) sum.numbers[i] = in.numbers[i] + out.numbers[i];
}

void DenseStep::forward() {
  embed();
  for (std::int32_t block = 0; block < inputs_.shape.blocks(); ++block) {
    normalise(inputs_, tensors_, {inputs_.shape.first_stage(block), block});
    if (inputs_.shape.is_attention(block)) {
      multiply(inputs_, tensors_, {Stage::qkv, block});
      adapt(inputs_, tensors_, {Stage::qkv, block});
      attend(inputs_, tensors_, block);
      multiply(inputs_, tensors_, {Stage::attention_output, block});
      adapt(inputs_, tensors_, {Stage::attention_output, block});
    } else {
      feed_forward(inputs_, tensors_, block);
    }
    add_residual(block);
  }
  normalise(inputs_, tensors_, head);
  multiply(inputs_, tensors_, head);
}

// The gradient of the cross entropy: probabilities, less one for the word that comes next.
void DenseStep::loss() {
  const DenseMatrix& logits = tensors_.get(tensor(Kind::output, head));
  const std::uint64_t words = logits.columns;
  DenseMatrix& gradient = tensors_.make(tensor(Kind::output_gradient, head), logits.rows(), words);
  for (std::uint64_t t = 0; t < logits.rows(); ++t) {
    Number most = logits.at(t, 0), sum = 0;
    for (std::uint64_t n = 1; n < words; ++n) most = std::max(most, logits.at(t, n));
    for (std::uint64_t n = 0; n < words; ++n) sum += std::exp(logits.at(t, n) - most);
    for (std::uint64_t n = 0; n < words; ++n)
      gradient.at(t, n) =
          std::exp(logits.at(t, n) - most) / sum - (n == inputs_.drawn.label_of(t) ? 1.0 : 0.0);
  }
}

void DenseStep::backward() {
  loss();
  if (inputs_.shape.first_trained() == inputs_.shape.blocks()) return;
  multiply_backward(inputs_, tensors_, head);
  normalise_backward(inputs_, tensors_, head, nullptr);
  for (std::int32_t block = inputs_.shape.blocks() - 1; block >= inputs_.shape.first_trained(); --block) {
    if (inputs_.shape.is_attention(block)) {
      multiply_backward(inputs_, tensors_, {Stage::attention_output, block});
      adapt_backward(inputs_, tensors_, {Stage::attention_output, block});
      key_value_gradients_[block] = attend_backward(inputs_, tensors_, block, query_kinds_);
      multiply_backward(inputs_, tensors_, {Stage::qkv, block});
      adapt_backward(inputs_, tensors_, {Stage::qkv, block});
    } else {
      feed_forward_backward(inputs_, tensors_, block);
    }
    const DenseMatrix& past = tensors_.get({Kind::output_gradient, inputs_.shape.last_stage(block), block});
    normalise_backward(inputs_, tensors_, {inputs_.shape.first_stage(block), block}, &past);
  }
}

}  // namespace hecaton::runs
