#include "runs/verify/dense/feed_forward.hpp"

#include <cmath>

#include "runs/verify/dense/adapters.hpp"
#include "runs/verify/dense/functions.hpp"

namespace hecaton::runs {

using chiplet::Stage;

namespace {

// Calls visit(route, token, input, output, weight) for every weight of every expert, and every route through
// that expert.
template <class Visit>
void for_each_use(const StepInputs& inputs, Stage stage, std::int32_t block, Visit&& visit) {
  const StepShape& shape = inputs.shape;
  const std::uint64_t k = shape.per_token(block);
  for (std::uint64_t e = 0; e < shape.operator_at(block).experts; ++e)
    for (std::uint64_t f = 0; f < shape.inputs_of({stage, block}); ++f)
      for (std::uint64_t n = 0; n < shape.outputs_of({stage, block}); ++n) {
        const Number w = inputs.drawn.weight({stage, block, static_cast<std::int32_t>(e)}, f, n);
        for (Route route = 0; route < shape.tokens() * k; ++route)
          if (inputs.routes.expert(block, route) == e) visit(route, route / k, f, n, w);
      }
}

// Scores of all experts; shares of those that a token has.
void score(const StepInputs& inputs, DenseTensors& tensors, std::int32_t block) {
  const StepShape& shape = inputs.shape;
  const std::uint64_t k = shape.per_token(block), experts = shape.operator_at(block).experts;
  const DenseMatrix& x = tensors.get({Kind::input, Stage::ffn_up, block});
  DenseMatrix& scores = tensors.make({Kind::score, Stage::ffn_up, block}, shape.tokens(), experts);
  if (experts > 1) {
    for (std::uint64_t f = 0; f < shape.hidden(); ++f)
      for (std::uint64_t e = 0; e < experts; ++e) {
        const Number w = inputs.drawn.weight({Stage::ffn_up, block, Linear::scores}, f, e);
        for (std::uint64_t t = 0; t < shape.tokens(); ++t) scores.at(t, e) += x.at(t, f) * w;
      }
  }
  DenseMatrix& shares = tensors.make({Kind::share, Stage::ffn_up, block}, shape.tokens() * k, 1);
  for (std::uint64_t t = 0; t < shape.tokens(); ++t) {
    Number sum = 0;
    for (Route route = t * k; route < (t + 1) * k; ++route)
      sum += shares.at(route, 0) = std::exp(scores.at(t, inputs.routes.expert(block, route)));
    for (Route route = t * k; route < (t + 1) * k; ++route) shares.at(route, 0) /= sum;
  }
}

void up(const StepInputs& inputs, DenseTensors& tensors, std::int32_t block) {
  const StepShape& shape = inputs.shape;
  const DenseMatrix& x = tensors.get({Kind::input, Stage::ffn_up, block});
  DenseMatrix& y = tensors.make({Kind::output, Stage::ffn_up, block}, shape.tokens() * shape.per_token(block),
                                shape.outputs_of({Stage::ffn_up, block}));
  for_each_use(inputs, Stage::ffn_up, block, [&](Route route, auto token, auto f, auto n, Number w) {
    y.at(route, n) += x.at(token, f) * w;
  });
}

void activate(const StepInputs& inputs, DenseTensors& tensors, std::int32_t block) {
  const training::Operator& o = inputs.shape.operator_at(block);
  const DenseMatrix& y = tensors.get({Kind::output, Stage::ffn_up, block});
  const std::uint64_t rows = y.rows(), gate_features = o.gated ? o.ffn : 0;
  DenseMatrix& x = tensors.make({Kind::input, Stage::ffn_down, block}, rows, o.ffn);
  for (std::uint64_t row = 0; row < rows; ++row)
    for (std::uint64_t f = 0; f < o.ffn; ++f)
      x.at(row, f) = activation(o.gated, y.at(row, f), y.at(row, gate_features + f));
}

void down(const StepInputs& inputs, DenseTensors& tensors, std::int32_t block) {
  const DenseMatrix& x = tensors.get({Kind::input, Stage::ffn_down, block});
  const DenseMatrix& shares = tensors.get({Kind::share, Stage::ffn_up, block});
  DenseMatrix& y =
      tensors.make({Kind::output, Stage::ffn_down, block}, inputs.shape.tokens(), inputs.shape.hidden());
  for_each_use(inputs, Stage::ffn_down, block, [&](Route route, auto token, auto f, auto n, Number w) {
    y.at(token, n) += shares.at(route, 0) * x.at(route, f) * w;
  });
}

void down_backward(const StepInputs& inputs, DenseTensors& tensors, std::int32_t block) {
  const DenseMatrix& dy = tensors.get({Kind::output_gradient, Stage::ffn_down, block});
  const DenseMatrix& shares = tensors.get({Kind::share, Stage::ffn_up, block});
  DenseMatrix& dx = tensors.make({Kind::input_gradient, Stage::ffn_down, block}, shares.rows(),
                                 inputs.shape.operator_at(block).ffn);
  for_each_use(inputs, Stage::ffn_down, block, [&](Route route, auto token, auto f, auto n, Number w) {
    dx.at(route, f) += shares.at(route, 0) * dy.at(token, n) * w;
  });
}

void activate_backward(const StepInputs& inputs, DenseTensors& tensors, std::int32_t block) {
  const training::Operator& o = inputs.shape.operator_at(block);
  const DenseMatrix& y = tensors.get({Kind::output, Stage::ffn_up, block});
  const DenseMatrix& dx = tensors.get({Kind::input_gradient, Stage::ffn_down, block});
  const std::uint64_t gate_features = o.gated ? o.ffn : 0;
  DenseMatrix& dy = tensors.make({Kind::output_gradient, Stage::ffn_up, block}, y.rows(), y.columns);
  for (std::uint64_t row = 0; row < y.rows(); ++row)
    for (std::uint64_t f = 0; f < o.ffn; ++f) {
      const auto d = activation_gradient(o.gated, y.at(row, f), y.at(row, gate_features + f), dx.at(row, f));
      if (o.gated) dy.at(row, f) = d.gate;
      dy.at(row, gate_features + f) = d.up;
    }
}

// A share's gradient, times the share.
Number share_gradient(const DenseTensors& tensors, std::int32_t block, Route route, const Indices& features) {
  const DenseMatrix& x = tensors.get({Kind::input, Stage::ffn_down, block});
  const DenseMatrix& dx = tensors.get({Kind::input_gradient, Stage::ffn_down, block});
  Number sum = 0;
  for (const std::uint64_t f : features) sum += x.at(route, f) * dx.at(route, f);
  return sum;
}

// Of a token's score for the expert of this route: through the softmax over the token's experts.
Number score_gradient(const StepShape& shape, const DenseTensors& tensors, std::int32_t block, Route route,
                      const Indices& features) {
  const std::uint64_t k = shape.per_token(block);
  Number all = 0;
  for (Route other = route / k * k; other < (route / k + 1) * k; ++other)
    all += share_gradient(tensors, block, other, features);
  return share_gradient(tensors, block, route, features) -
         tensors.get({Kind::share, Stage::ffn_up, block}).at(route, 0) * all;
}

// dX of up: what comes through the experts, and through their scores.
void up_backward(const StepInputs& inputs, DenseTensors& tensors, std::int32_t block) {
  const StepShape& shape = inputs.shape;
  const std::uint64_t k = shape.per_token(block);
  const DenseMatrix& dy = tensors.get({Kind::output_gradient, Stage::ffn_up, block});
  DenseMatrix& dx =
      tensors.make({Kind::input_gradient, Stage::ffn_up, block}, shape.tokens(), shape.hidden());
  for_each_use(inputs, Stage::ffn_up, block, [&](Route route, auto token, auto f, auto n, Number w) {
    dx.at(token, f) += dy.at(route, n) * w;
  });
  const Indices features = count_up(0, shape.operator_at(block).ffn);
  DenseMatrix& shares = tensors.make({Kind::share_gradient, Stage::ffn_up, block}, shape.tokens() * k, 1);
  for (Route route = 0; route < shape.tokens() * k; ++route)
    shares.at(route, 0) = share_gradient(tensors, block, route, features);
  if (shape.operator_at(block).experts == 1) return;
  for (Route route = 0; route < shape.tokens() * k; ++route) {
    const Number d = score_gradient(shape, tensors, block, route, features);
    const std::uint64_t expert = inputs.routes.expert(block, route);
    for (std::uint64_t f = 0; f < dx.columns; ++f)
      dx.at(route / k, f) += d * inputs.drawn.weight({Stage::ffn_up, block, Linear::scores}, f, expert);
  }
}

}  // namespace

void feed_forward(const StepInputs& inputs, DenseTensors& tensors, std::int32_t block) {
  score(inputs, tensors, block);
  up(inputs, tensors, block);
  adapt(inputs, tensors, {Stage::ffn_up, block});
  activate(inputs, tensors, block);
  down(inputs, tensors, block);
  adapt(inputs, tensors, {Stage::ffn_down, block});
}

void feed_forward_backward(const StepInputs& inputs, DenseTensors& tensors, std::int32_t block) {
  down_backward(inputs, tensors, block);
  adapt_backward(inputs, tensors, {Stage::ffn_down, block});
  activate_backward(inputs, tensors, block);
  up_backward(inputs, tensors, block);
  adapt_backward(inputs, tensors, {Stage::ffn_up, block});
}

Number score_weight_gradient(const StepInputs& inputs, const DenseTensors& tensors, const Linear& linear,
                             std::uint64_t input, std::uint64_t expert, const GradientPart& part) {
  const std::uint64_t k = inputs.shape.per_token(linear.block);
  const DenseMatrix& x = tensors.get({Kind::input, Stage::ffn_up, linear.block});
  Number sum = 0;
  for (const std::uint64_t t : part.tokens)
    for (Route route = t * k; route < (t + 1) * k; ++route)
      if (inputs.routes.expert(linear.block, route) == expert)
        sum += x.at(t, input) * score_gradient(inputs.shape, tensors, linear.block, route, part.features);
  return sum;
}

Number expert_weight_gradient(const StepInputs& inputs, const DenseTensors& tensors, const Linear& linear,
                              std::uint64_t input, std::uint64_t output) {
  const std::uint64_t k = inputs.shape.per_token(linear.block);
  const bool is_up = linear.stage == Stage::ffn_up;
  const DenseMatrix& x = tensors.get(tensor(Kind::input, linear));
  const DenseMatrix& dy = tensors.get(tensor(Kind::output_gradient, linear));
  const DenseMatrix& shares = tensors.get({Kind::share, Stage::ffn_up, linear.block});
  Number sum = 0;
  for (Route route = 0; route < inputs.shape.tokens() * k; ++route) {
    if (inputs.routes.expert(linear.block, route) != static_cast<std::uint64_t>(linear.expert)) continue;
    if (is_up)
      sum += x.at(route / k, input) * dy.at(route, output);
    else
      sum += x.at(route, input) * shares.at(route, 0) * dy.at(route / k, output);
  }
  return sum;
}

}  // namespace hecaton::runs
