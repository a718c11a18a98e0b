#include "runs/verify/die/expert_shares.hpp"

#include <cmath>
#include <numeric>
#include <utility>

namespace hecaton::runs {

using chiplet::Ring;
using chiplet::Stage;
using chiplet::Work;
using training::Pass;

void DieExpertShares::score(const Work& work) {
  const std::int32_t block = die_.places.block_of(work);
  const Pass pass = die_.places.meaning(work).pass;
  const Ring line = die_.places.token_ring();
  if (pass == Pass::forward)
    experts_.set_tokens(die_.places.is_one_d()
                            ? die_.hand.x.rows
                            : die_.tokens.own(work, line, work.op.m * die_.places.size_of(line)));
  const Indices& tokens = experts_.tokens();
  const Indices features = die_.features.stream(),
                experts = count_up(0, die_.shape.operator_at(block).experts);
  if ((pass == Pass::weight_gradient ? work.op.k : work.op.m) != tokens.size())
    return die_.fail("scores of other tokens than there are", work);
  const ProductShape s{tokens.size(), features.size(), experts.size()};
  const Numbers w = die_.sheets.weights({Stage::ffn_up, block, Linear::scores}, features, experts);
  if (pass != Pass::forward) return score_backward(work, w, s);
  const Numbers x = die_.sheets.cut({Kind::input, Stage::ffn_up, block}, tokens, features);
  die_.hand.product = {y_of(x, w, s), tokens};
  if (die_.places.is_one_d())
    die_.sheets.put_all({Kind::score, Stage::ffn_up, block}, tokens, experts, die_.hand.product.numbers);
}

void DieExpertShares::score_backward(const Work& work, const Numbers& w, const ProductShape& s) {
  const std::int32_t block = die_.places.block_of(work);
  const Indices features = die_.features.stream(), experts = count_up(0, s.outputs);
  Numbers dy;
  for (const std::uint64_t token : experts_.tokens())
    for (const std::uint64_t expert : experts) dy.push_back(score_gradients_[{token, expert}]);
  if (die_.places.meaning(work).pass == Pass::input_gradient) return add_score_inputs(work, dx_of(dy, w, s));
  const Numbers x = die_.sheets.cut({Kind::input, Stage::ffn_up, block}, experts_.tokens(), features);
  die_.sheets.add_gradient({Stage::ffn_up, block, Linear::scores}, features, experts, dw_of(x, dy, s));
}

// To what has come through the experts. 1D: a partial sum, like that.
void DieExpertShares::add_score_inputs(const Work& work, const Numbers& dx) {
  Numbers& product = die_.hand.product.numbers;
  if (die_.places.is_one_d()) {
    if (die_.fits(product, dx.size(), work)) add(product, dx);
    return;
  }
  const TensorName name{Kind::input_gradient, Stage::ffn_up, die_.places.block_of(work)};
  std::size_t i = 0;
  for (const std::uint64_t token : experts_.tokens())
    for (const std::uint64_t f : die_.features.stream())
      die_.sheets.put(name, token, f, input_sums_[{token, f}] + dx[i++]);
}

void DieExpertShares::share(const Work& work) {
  const std::int32_t block = die_.places.block_of(work);
  const TensorName shares{Kind::share, Stage::ffn_up, block};
  const bool forward = die_.places.meaning(work).pass == Pass::forward;
  if (!forward) score_gradients_.clear();
  for (const std::uint64_t token : experts_.tokens()) {
    const Indices routes = experts_.routes_of(block, {token});
    Numbers values;
    for (const Route route : routes) {
      const std::uint64_t expert = die_.inputs.routes.expert(block, route);
      if (forward)
        values.push_back(std::exp(die_.sheets.get({Kind::score, Stage::ffn_up, block}, token, expert)));
      else
        values.push_back(die_.places.is_one_d()
                             ? experts_.share_gradient(block, route)
                             : die_.sheets.get({Kind::share_gradient, Stage::ffn_up, block}, route, 0));
    }
    const Number sum = std::accumulate(values.begin(), values.end(), Number{0});
    for (std::size_t i = 0; i < routes.size(); ++i) {
      if (forward)
        die_.sheets.put(shares, routes[i], 0, die_.inputs.is_token(token) ? values[i] / sum : 0);
      else
        score_gradients_[{token, die_.inputs.routes.expert(block, routes[i])}] =
            values[i] - die_.sheets.get(shares, routes[i], 0) * sum;
    }
  }
}

// 1D: nothing has to come back; the product is on this die.
void DieExpertShares::return_product(const Work& work) {
  const std::uint64_t hidden = die_.shape.hidden();
  const Indices routes = experts_.routes_of(die_.places.block_of(work), experts_.tokens());
  const Numbers results = die_.rows_of(die_.hand.product, routes, hidden, work);
  Sheet returned;
  for (std::size_t i = 0; i < results.size(); ++i) returned[{routes[i / hidden], i % hidden}] = results[i];
  experts_.set_returned(std::move(returned));
}

void DieExpertShares::combine(const Work& work) {
  const std::int32_t block = die_.places.block_of(work);
  const bool forward = die_.places.meaning(work).pass == Pass::forward;
  const Indices features = die_.features.stream(), tokens = experts_.tokens();
  if (die_.places.is_one_d()) return_product(work);
  Numbers sums;
  for (const std::uint64_t token : tokens)
    for (const std::uint64_t f : features) {
      Number& sum = sums.emplace_back(0.0);
      for (const Route route : experts_.routes_of(block, {token})) {
        const Number share =
            forward ? die_.sheets.get({Kind::share, Stage::ffn_up, block}, route, 0) : Number{1};
        const auto at = experts_.returned().find({route, f});
        if (at == experts_.returned().end()) return die_.fail("nothing has come back from an expert", work);
        sum += share * at->second;
      }
    }
  if (die_.places.is_one_d()) {
    die_.hand.product = {sums, tokens};
  } else if (forward) {
    die_.sheets.put_all({Kind::output, Stage::ffn_down, block}, tokens, features, sums);
  } else {
    input_sums_.clear();
    for (std::size_t i = 0; i < sums.size(); ++i)
      input_sums_[{tokens[i / features.size()], features[i % features.size()]}] = sums[i];
  }
}

}  // namespace hecaton::runs
