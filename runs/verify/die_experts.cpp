// A mixture of experts, as a die computes it.
//
// 2D: the dies of a column, as they lie, have an equal part of the experts each after another, and each die a
// part of the features between up and down of each of them. What a die sends along the row are its tokens'
// routes to each column, in order of tokens; so what has come to a column are the routes from each die of the
// row, one after another. 1D: every die has all tokens, and a part of the features of every expert.
#include <cmath>
#include <numeric>

#include "runs/verify/die_numbers.hpp"

namespace hecaton::runs {

using chiplet::Ring;
using chiplet::Work;
using training::Spread;
using training::Verb;

// ---- routes

Indices DieNumbers::routes_of(std::int32_t block, const Indices& tokens) const {
  const std::uint64_t k = reference_->per_token(block);
  Indices routes;
  for (const std::uint64_t token : tokens)
    for (std::uint64_t m = 0; m < k; ++m) routes.push_back(token * k + m);
  return routes;
}

// Those of these tokens to the experts of the column at this place.
Indices DieNumbers::routes_to(std::int32_t block, const Indices& tokens, std::uint64_t place) const {
  const std::uint64_t here = reference_->operator_at(block).experts / size_of(Ring::row);
  Indices routes = routes_of(block, tokens);
  std::erase_if(routes, [&](Route route) { return reference_->expert_of(block, route) / here != place; });
  return routes;
}

// ---- scores and shares

void DieNumbers::score(const Work& work) {
  const std::int32_t block = block_of(work);
  const Meaning& m = meaning(work);
  const std::uint64_t columns = size_of(Ring::row);
  if (m.pass == Pass::forward && is_one_d()) own_ = x_.tokens;
  if (m.pass == Pass::forward && !is_one_d())
    own_ =
        slice(work, Ring::row, place_in(Ring::row), tile_of(work, work.op.m * columns), work.op.m * columns);
  const Indices features = stream_features(), experts = count_up(0, reference_->operator_at(block).experts);
  const std::uint64_t size = m.pass == Pass::weight_gradient ? work.op.k : work.op.m;
  if (size != own_.size()) return fail("scores of other tokens than there are", work);
  const Numbers w = own_weights({Stage::ffn_up, block, Linear::scores}, features, experts);
  if (m.pass == Pass::forward) {
    const Numbers x = cut({Kind::input, Stage::ffn_up, block}, own_, features);
    product_ = {times({x, own_.size(), features.size()}, {w, features.size(), experts.size()}, own_.size(),
                      features.size(), experts.size()),
                own_};
    if (is_one_d()) put_all({Kind::score, Stage::ffn_up, block}, own_, experts, product_.numbers);
    return;
  }
  Numbers gradients;
  for (const std::uint64_t token : own_)
    for (const std::uint64_t expert : experts) gradients.push_back(score_gradients_[{token, expert}]);
  const Matrix dy{gradients, own_.size(), experts.size()};
  if (m.pass == Pass::weight_gradient) {
    const Numbers x = cut({Kind::input, Stage::ffn_up, block}, own_, features);
    return add_gradient(
        {Stage::ffn_up, block, Linear::scores}, features, experts,
        times({x, own_.size(), features.size(), true}, dy, features.size(), own_.size(), experts.size()));
  }
  const Numbers dx =
      times(dy, {w, features.size(), experts.size(), true}, own_.size(), experts.size(), features.size());
  add_score_inputs(work, features, dx);
}

// To what has come through the experts. 1D: a partial sum, like that.
void DieNumbers::add_score_inputs(const Work& work, const Indices& features, const Numbers& dx) {
  if (is_one_d()) {
    if (!fits(product_.numbers, dx.size(), work)) return;
    for (std::size_t i = 0; i < dx.size(); ++i) product_.numbers[i] += dx[i];
    return;
  }
  std::size_t i = 0;
  for (const std::uint64_t token : own_)
    for (const std::uint64_t f : features)
      put({Kind::input_gradient, Stage::ffn_up, block_of(work)}, token, f, input_sums_[{token, f}] + dx[i++]);
}

// A share's gradient, times the share, as far as this die's features between up and down make it up.
Number DieNumbers::own_share_gradient(std::int32_t block, Route route) {
  Number sum = 0;
  for (const std::uint64_t f : ffn_features(block))
    sum += get({Kind::input, Stage::ffn_down, block}, route, f) *
           get({Kind::input_gradient, Stage::ffn_down, block}, route, f);
  return sum;
}

// Softmax over a token's experts; backward through it.
void DieNumbers::share(const Work& work) {
  const std::int32_t block = block_of(work);
  const TensorName shares{Kind::share, Stage::ffn_up, block};
  const bool forward = meaning(work).pass == Pass::forward;
  if (!forward) score_gradients_.clear();
  for (const std::uint64_t token : own_) {
    const Indices routes = routes_of(block, {token});
    Numbers values;
    for (const Route route : routes) {
      const std::uint64_t expert = reference_->expert_of(block, route);
      if (forward)
        values.push_back(std::exp(get({Kind::score, Stage::ffn_up, block}, token, expert)));
      else
        values.push_back(is_one_d() ? own_share_gradient(block, route)
                                    : get({Kind::share_gradient, Stage::ffn_up, block}, route, 0));
    }
    const Number sum = std::accumulate(values.begin(), values.end(), Number{0});
    for (std::size_t i = 0; i < routes.size(); ++i) {
      if (forward)
        put(shares, routes[i], 0, values[i] / sum);
      else
        score_gradients_[{token, reference_->expert_of(block, routes[i])}] =
            values[i] - get(shares, routes[i], 0) * sum;
    }
  }
}

// What has come back of a token's experts, added up: forward each with its share.
void DieNumbers::combine(const Work& work) {
  const std::int32_t block = block_of(work);
  const bool forward = meaning(work).pass == Pass::forward;
  const Indices features = stream_features(), routes = routes_of(block, own_);
  if (is_one_d()) {
    const Numbers results = rows(product_, routes, features.size(), work);
    returned_.clear();
    for (std::size_t i = 0; i < results.size(); ++i)
      returned_[{routes[i / features.size()], i % features.size()}] = results[i];
  }
  Numbers sums;
  for (const std::uint64_t token : own_)
    for (const std::uint64_t f : features) {
      Number& sum = sums.emplace_back(0.0);
      for (const Route route : routes_of(block, {token})) {
        const Number share = forward ? get({Kind::share, Stage::ffn_up, block}, route, 0) : Number{1};
        const auto at = returned_.find({route, f});
        if (at == returned_.end()) return fail("nothing has come back from an expert", work);
        sum += share * at->second;
      }
    }
  if (is_one_d()) {
    product_ = {sums, own_};
  } else if (forward) {
    put_all({Kind::output, Stage::ffn_down, block}, own_, features, sums);
  } else {
    input_sums_.clear();
    for (std::size_t i = 0; i < sums.size(); ++i)
      input_sums_[{own_[i / features.size()], features[i % features.size()]}] = sums[i];
  }
}

// ---- products

// Of one expert: these routes.
void DieNumbers::multiply_expert(const Work& work, const Shape& s, std::int32_t expert,
                                 const Indices& routes) {
  const Linear linear{linear_of(work).stage, block_of(work), expert};
  const Pass pass = meaning(work).pass;
  const bool is_up = linear.stage == Stage::ffn_up;
  const Indices all = count_up(0, reference_->model().hidden);
  const Indices inputs = is_up ? all : ffn_features(linear.block);
  const Indices outputs = is_up ? up_features(linear.block) : all;
  if (s.inputs != inputs.size() || s.outputs != outputs.size() || s.tokens != routes.size())
    return fail("a product of another shape than the expert's", work);
  Indices held = routes;  // what is known of whole tokens is so of their routes
  if (is_one_d())
    for (Route& route : held) route /= reference_->per_token(linear.block);
  Numbers x, dy;
  if (pass != Pass::input_gradient)
    x = is_up ? rows(x_, held, s.inputs, work)
              : cut({Kind::input, linear.stage, linear.block}, routes, inputs);
  if (pass != Pass::forward)
    dy = is_up ? cut({Kind::output_gradient, linear.stage, linear.block}, routes, outputs)
               : rows(dy_, held, s.outputs, work);
  for (std::size_t i = 0; is_one_d() && !is_up && i < dy.size(); ++i)
    dy[i] *= get({Kind::share, Stage::ffn_up, linear.block}, routes[i / s.outputs], 0);
  const Numbers w = own_weights(linear, inputs, outputs);
  if (pass == Pass::weight_gradient)
    return add_gradient(
        linear, inputs, outputs,
        times({x, s.tokens, s.inputs, true}, {dy, s.tokens, s.outputs}, s.inputs, s.tokens, s.outputs));
  const Matrix matrix{w, s.inputs, s.outputs, pass == Pass::input_gradient};
  const Numbers product = pass == Pass::forward
                              ? times({x, s.tokens, s.inputs}, matrix, s.tokens, s.inputs, s.outputs)
                              : times({dy, s.tokens, s.outputs}, matrix, s.tokens, s.outputs, s.inputs);
  if (pass == Pass::forward && is_up) {
    put_all({Kind::output, linear.stage, linear.block}, routes, outputs, product);
  } else if (pass == Pass::input_gradient && !is_up) {
    put_all({Kind::input_gradient, linear.stage, linear.block}, routes, inputs, product);
  } else {  // partial sums
    product_.tokens.insert(product_.tokens.end(), routes.begin(), routes.end());
    product_.numbers.insert(product_.numbers.end(), product.begin(), product.end());
  }
}

void DieNumbers::multiply_experts(const Work& work, const Shape& s) {
  const std::int32_t block = block_of(work);
  const Pass pass = meaning(work).pass;
  const bool is_up = linear_of(work).stage == Stage::ffn_up;
  if (is_one_d()) own_ = pass == Pass::forward || is_up ? x_.tokens : dy_.tokens;
  const Indices routes = is_one_d() ? routes_of(block, own_) : arrived_;
  std::map<std::uint64_t, Indices> by_expert;
  for (const Route route : routes) by_expert[reference_->expert_of(block, route)].push_back(route);
  if (by_expert.size() != work.op.count) return fail("another number of experts than there are", work);
  const bool is_partial = is_up ? pass == Pass::input_gradient : pass == Pass::forward;
  if (is_partial) product_ = {};
  if (!is_partial) ++tiles_done(work);
  for (const auto& [expert, own] : by_expert)
    multiply_expert(work, s, static_cast<std::int32_t>(expert), own);
  if (!is_partial && pass != Pass::weight_gradient) recent_ = routes;
}

// ---- exchanges

void DieNumbers::begin_experts(const Work& work) {
  switch (meaning(work).verb) {
    case Verb::score_sums:
      if (fits(product_.numbers, buffer_.size(), work)) buffer_ = product_.numbers;
      return;
    case Verb::share_sums:
      if (fits(result_, buffer_.size(), work)) buffer_ = result_;
      return;
    case Verb::gather:
      if (const Range part = chunk(work, work.places.ring.size, work.places.ring.position);
          fits(result_, part.end - part.begin, work))
        std::copy(result_.begin(), result_.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(part.begin));
      return;
    case Verb::scatter:
      return begin_features(work);
    default:
      return begin_ways(work);
  }
}

// Every die of the column its features of all routes.
void DieNumbers::begin_features(const Work& work) {
  const std::uint64_t width = width_of(work), hidden = reference_->model().hidden;
  const Numbers sums = rows(product_, arrived_, hidden, work);
  if (!fits(sums, buffer_.size(), work)) return;
  for (std::uint64_t i = 0; i < sums.size(); ++i) {
    const std::uint64_t row = i / hidden, f = i % hidden;
    buffer_.at((f / width * arrived_.size() + row) * width + f % width) = sums[i];
  }
}

// Along the row: a part for each column.
void DieNumbers::begin_ways(const Work& work) {
  const Verb verb = meaning(work).verb;
  const std::int32_t block = block_of(work);
  const chiplet::LinePlace& line = work.places.line;
  const std::uint64_t width = width_of(work);
  if (verb == Verb::to_experts) meet_tile(work);
  received_.assign(buffer_.size(), 0.0);
  std::size_t done = 0;  // of results
  for (std::uint32_t place = 0; place < line.size; ++place) {
    const Indices routes = verb == Verb::to_experts ? routes_to(block, own_, place) : arrived_from_.at(place);
    const Range part = chunk(work, line.size, place);
    Numbers own;
    for (const Route route : routes) {
      if (verb == Verb::share_gradients) own.push_back(own_share_gradient(block, route));
      if (verb == Verb::to_experts) append_features(work, route, own);
      for (std::uint64_t f = 0; verb == Verb::from_experts && f < width; ++f)
        own.push_back(result_.at(done++));
    }
    if (!fits(own, part.end - part.begin, work)) continue;
    std::copy(own.begin(), own.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(part.begin));
    if (place == line.position)
      std::copy(own.begin(), own.end(), received_.begin() + static_cast<std::ptrdiff_t>(part.begin));
  }
}

// This die's tokens of the tile, and the routes that its column gets.
void DieNumbers::meet_tile(const Work& work) {
  const std::int32_t block = block_of(work);
  const std::uint64_t tile_tokens = work.op.units * size_of(Ring::row) / reference_->per_token(block);
  const std::uint64_t tile = tile_of(work, tile_tokens);
  const std::uint64_t here = role_.groups.lines[static_cast<std::size_t>(Ring::row)].position;
  own_ = slice(work, Ring::row, place_in(Ring::row), tile, tile_tokens);
  arrived_.clear();
  arrived_from_.clear();
  for (const std::uint32_t place : role_.row_ring) {
    arrived_from_.push_back(routes_to(block, slice(work, Ring::row, place, tile, tile_tokens), here));
    arrived_.insert(arrived_.end(), arrived_from_.back().begin(), arrived_from_.back().end());
  }
}

// What an expert gets of a token: X, or dY with the expert's share.
void DieNumbers::append_features(const Work& work, Route route, Numbers& to) {
  const std::int32_t block = block_of(work);
  const std::uint64_t token = route / reference_->per_token(block);
  const bool is_gradient = meaning(work).pass == Pass::input_gradient;
  const Number share = is_gradient ? get({Kind::share, Stage::ffn_up, block}, route, 0) : Number{1};
  const TensorName name{is_gradient ? Kind::output_gradient : Kind::input,
                        is_gradient ? Stage::ffn_down : Stage::ffn_up, block};
  for (const std::uint64_t f : stream_features()) to.push_back(share * get(name, token, f));
}

void DieNumbers::end_experts(const Work& work) {
  const Meaning& m = meaning(work);
  const std::int32_t block = block_of(work);
  const std::uint64_t width = width_of(work);
  Indices back;  // this die's routes, in the order in which their columns send them back
  for (std::uint32_t place = 0; place < role_.row_ring.size(); ++place)
    for (const Route route : routes_to(block, own_, place)) back.push_back(route);
  switch (m.verb) {
    case Verb::score_sums:
      return put_all({Kind::score, Stage::ffn_up, block}, own_, count_up(0, width), buffer_);
    case Verb::to_experts:
    case Verb::share_gradients:
      result_ = received_;
      return;
    case Verb::share_sums:
      if (fits(buffer_, back.size(), work))
        put_all({Kind::share_gradient, Stage::ffn_up, block}, back, {0}, buffer_);
      return;
    case Verb::gather:
      return end_features(work);
    case Verb::scatter: {
      const Range own = chunk(work, work.places.ring.size, work.places.ring.position);
      result_.assign(buffer_.begin() + static_cast<std::ptrdiff_t>(own.begin),
                     buffer_.begin() + static_cast<std::ptrdiff_t>(own.end));
      return;
    }
    default:
      break;
  }
  returned_.clear();
  const Indices features = stream_features();
  if (!fits(received_, back.size() * features.size(), work)) return;
  for (std::size_t i = 0; i < received_.size(); ++i)
    returned_[{back.at(i / width), features.at(i % width)}] = received_[i];
}

// All features of the routes that have come to this column.
void DieNumbers::end_features(const Work& work) {
  const std::uint64_t width = width_of(work), hidden = reference_->model().hidden;
  Held& held = meaning(work).pass == Pass::input_gradient ? dy_ : x_;
  held = {Numbers(arrived_.size() * hidden, 0.0), arrived_};
  if (!fits(buffer_, held.numbers.size(), work)) return;
  for (std::uint64_t i = 0; i < held.numbers.size(); ++i) {
    const std::uint64_t row = i / hidden, f = i % hidden;
    held.numbers[i] = buffer_.at((f / width * arrived_.size() + row) * width + f % width);
  }
}

// ---- what is compared of gradients of weights

GradientPart DieNumbers::gradient_part(const Linear& linear) const {
  GradientPart part{gradient_heads(linear.block), {}, {}};
  if (linear.expert != Linear::scores) return part;
  if (is_one_d()) return {{}, count_up(0, reference_->tokens()), ffn_features(linear.block)};
  part.features = count_up(0, reference_->operator_at(linear.block).ffn);
  for (std::uint64_t base = 0; base < reference_->tokens(); base += role_.minibatch_tokens)
    for (const std::uint64_t token :
         slice_at(base, Ring::row, place_in(Ring::row), 0, role_.minibatch_tokens))
      part.tokens.push_back(token);
  return part;
}

}  // namespace hecaton::runs
