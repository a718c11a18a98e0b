#include "runs/verify/die/experts.hpp"

#include <map>
#include <utility>

namespace hecaton::runs {

using chiplet::Ring;
using chiplet::Stage;
using chiplet::Work;
using training::Pass;
using training::Verb;

// ---- routes

Indices DieExperts::routes_of(std::int32_t block, const Indices& tokens) const {
  const std::uint64_t k = die_.shape.per_token(block);
  Indices routes;
  for (const std::uint64_t token : tokens)
    for (std::uint64_t m = 0; m < k; ++m) routes.push_back(token * k + m);
  return routes;
}

// Those of these tokens to the experts of a column.
Indices DieExperts::routes_to(std::int32_t block, const Indices& tokens, std::uint64_t column) const {
  const std::uint64_t experts =
      die_.shape.operator_at(block).experts / die_.places.size_of(die_.places.token_ring());
  Indices routes = routes_of(block, tokens);
  std::erase_if(routes,
                [&](Route route) { return die_.inputs.routes.expert(block, route) / experts != column; });
  return routes;
}

// This die's routes, in the order in which their columns send them back.
Indices DieExperts::routes_back(std::int32_t block) const {
  Indices back;
  for (std::uint64_t column = 0; column < die_.places.size_of(die_.places.token_ring()); ++column)
    for (const Route route : routes_to(block, tokens_, column)) back.push_back(route);
  return back;
}

// This die's tokens of the tile, and the routes that its column gets.
void DieExperts::begin_tile(const Work& work) {
  const std::int32_t block = die_.places.block_of(work);
  const Ring row = die_.places.token_ring();
  const std::uint64_t columns = die_.places.size_of(row);
  const std::uint64_t tile_tokens = work.op.units * columns / die_.shape.per_token(block);
  tokens_ = die_.tokens.own(work, row, tile_tokens);
  arrived_.clear();
  arrived_from_.clear();
  for (std::uint32_t column = 0; column < columns; ++column) {
    const Indices tokens = die_.tokens.slice(work, row, die_.places.place_of(row, column), tile_tokens);
    arrived_from_.push_back(routes_to(block, tokens, die_.places.line_place(row)));
    arrived_.insert(arrived_.end(), arrived_from_.back().begin(), arrived_from_.back().end());
  }
}

// ---- products

void DieExperts::multiply(const Work& work) {
  const std::int32_t block = die_.places.block_of(work);
  const Pass pass = die_.places.meaning(work).pass;
  const bool is_up = die_.places.linear_of(work).stage == Stage::ffn_up;
  const bool takes_x = pass == Pass::forward || (is_up && pass == Pass::weight_gradient);
  if (die_.places.is_one_d()) tokens_ = takes_x ? die_.hand.x.rows : die_.hand.dy.rows;
  const Indices routes = die_.places.is_one_d() ? routes_of(block, tokens_) : arrived_;
  std::map<std::uint64_t, Indices> by_expert;
  for (const Route route : routes) by_expert[die_.inputs.routes.expert(block, route)].push_back(route);
  if (by_expert.size() != work.op.count) return die_.fail("another number of experts than there are", work);
  const bool is_partial = is_up ? pass == Pass::input_gradient : pass == Pass::forward;
  if (is_partial) die_.hand.product = {};
  if (!is_partial) die_.tokens.finish_tile(work);
  for (const auto& [expert, own] : by_expert) multiply_expert(work, static_cast<std::int32_t>(expert), own);
  if (!is_partial && pass != Pass::weight_gradient) die_.tokens.set_recent(routes);
}

// Of one expert: these routes.
void DieExperts::multiply_expert(const Work& work, std::int32_t expert, const Indices& routes) {
  const Linear linear{die_.places.linear_of(work).stage, die_.places.block_of(work), expert};
  const Pass pass = die_.places.meaning(work).pass;
  const ProductShape s = shape_of(work.op, pass);
  const bool is_up = linear.stage == Stage::ffn_up, is_one_d = die_.places.is_one_d();
  const Indices all = count_up(0, die_.shape.hidden());
  const Indices inputs = is_up ? all : die_.features.ffn(linear.block);
  const Indices outputs = is_up ? die_.features.up(linear.block) : all;
  if (s.inputs != inputs.size() || s.outputs != outputs.size() || s.tokens != routes.size())
    return die_.fail("a product of another shape than the expert's", work);
  Indices held = routes;  // 1D: rows of whole tokens, for all of their routes
  if (is_one_d)
    for (Route& route : held) route /= die_.shape.per_token(linear.block);
  Numbers x, dy;
  if (pass != Pass::input_gradient)
    x = is_up ? die_.rows_of(die_.hand.x, held, s.inputs, work)
              : die_.sheets.cut(tensor(Kind::input, linear), routes, inputs);
  if (pass != Pass::forward)
    dy = is_up ? die_.sheets.cut(tensor(Kind::output_gradient, linear), routes, outputs)
               : die_.rows_of(die_.hand.dy, held, s.outputs, work);
  for (std::size_t i = 0; is_one_d && !is_up && i < dy.size(); ++i)
    dy[i] *= die_.sheets.get({Kind::share, Stage::ffn_up, linear.block}, routes[i / s.outputs], 0);
  const Numbers w = die_.sheets.weights(linear, inputs, outputs);
  if (pass == Pass::weight_gradient)
    return die_.sheets.add_gradient(linear, inputs, outputs, dw_of(x, dy, s));
  const Numbers product = pass == Pass::forward ? y_of(x, w, s) : dx_of(dy, w, s);
  if (pass == Pass::forward && is_up) {
    die_.sheets.put_all(tensor(Kind::output, linear), routes, outputs, product);
  } else if (pass == Pass::input_gradient && !is_up) {
    die_.sheets.put_all(tensor(Kind::input_gradient, linear), routes, inputs, product);
  } else {  // partial sums
    Held& sums = die_.hand.product;
    sums.rows.insert(sums.rows.end(), routes.begin(), routes.end());
    sums.numbers.insert(sums.numbers.end(), product.begin(), product.end());
  }
}

Number DieExperts::share_gradient(std::int32_t block, Route route) {
  Number sum = 0;
  for (const std::uint64_t f : die_.features.ffn(block))
    sum += die_.sheets.get({Kind::input, Stage::ffn_down, block}, route, f) *
           die_.sheets.get({Kind::input_gradient, Stage::ffn_down, block}, route, f);
  return sum;
}

// ---- exchanges

void DieExperts::begin(const Work& work) {
  DiePayload& payload = die_.payload;
  const InHand& hand = die_.hand;
  switch (die_.places.meaning(work).verb) {
    case Verb::score_sums:
      if (die_.fits(hand.product.numbers, payload.numbers().size(), work)) payload.set(hand.product.numbers);
      return;
    case Verb::share_sums:
      if (die_.fits(hand.result, payload.numbers().size(), work)) payload.set(hand.result);
      return;
    case Verb::gather:
      if (die_.fits(hand.result, payload.own_size(work), work)) payload.put_own(work, hand.result);
      return;
    case Verb::scatter:
      return begin_sums(work);
    default:
      return begin_columns(work);
  }
}

std::uint64_t DieExperts::chunk_of(std::uint64_t place) const {
  return die_.places.ring_place(die_.places.feature_ring(), place);
}

// Along the column: partial sums of all routes, for each die its part of the features.
void DieExperts::begin_sums(const Work& work) {
  const std::uint64_t width = die_.payload.width_of(work), hidden = die_.shape.hidden();
  const Numbers sums = die_.rows_of(die_.hand.product, arrived_, hidden, work);
  Numbers numbers = die_.payload.numbers();
  if (!die_.fits(sums, numbers.size(), work)) return;
  for (std::uint64_t i = 0; i < sums.size(); ++i) {
    const std::uint64_t row = i / hidden, f = i % hidden;
    numbers.at((chunk_of(f / width) * arrived_.size() + row) * width + f % width) = sums[i];
  }
  die_.payload.set(std::move(numbers));
}

// Along the row: a part for each column.
void DieExperts::begin_columns(const Work& work) {
  const chiplet::LinePlace& line = work.places.line;
  if (die_.places.meaning(work).verb == Verb::to_experts) begin_tile(work);
  std::size_t taken = 0;
  for (std::uint32_t column = 0; column < line.size; ++column) {
    const DiePayload::Range range = die_.payload.chunk(work, line.size, column);
    const Numbers own = for_column(work, column, taken);
    if (!die_.fits(own, range.size(), work)) continue;
    die_.payload.put(range, own);
    if (column == line.position) die_.payload.keep(range, own);
  }
}

// `taken`: of the results in hand.
Numbers DieExperts::for_column(const Work& work, std::uint32_t column, std::size_t& taken) {
  const std::int32_t block = die_.places.block_of(work);
  const Verb verb = die_.places.meaning(work).verb;
  const std::uint64_t width = die_.payload.width_of(work);
  Numbers own;
  if (verb == Verb::to_experts) {
    for (const Route route : routes_to(block, tokens_, column)) append_features(work, route, own);
    return own;
  }
  for (const Route route : arrived_from_.at(column)) {
    if (verb == Verb::share_gradients) own.push_back(share_gradient(block, route));
    for (std::uint64_t f = 0; verb == Verb::from_experts && f < width; ++f)
      own.push_back(die_.hand.result.at(taken++));
  }
  return own;
}

// What an expert gets of a token: X, or dY times the expert's share.
void DieExperts::append_features(const Work& work, Route route, Numbers& to) {
  const std::int32_t block = die_.places.block_of(work);
  const std::uint64_t token = route / die_.shape.per_token(block);
  const bool is_gradient = die_.places.meaning(work).pass == Pass::input_gradient;
  const Number share =
      is_gradient ? die_.sheets.get({Kind::share, Stage::ffn_up, block}, route, 0) : Number{1};
  const TensorName name{is_gradient ? Kind::output_gradient : Kind::input,
                        is_gradient ? Stage::ffn_down : Stage::ffn_up, block};
  for (const std::uint64_t f : die_.features.stream()) to.push_back(share * die_.sheets.get(name, token, f));
}

void DieExperts::end(const Work& work) {
  const std::int32_t block = die_.places.block_of(work);
  DiePayload& payload = die_.payload;
  switch (die_.places.meaning(work).verb) {
    case Verb::score_sums:
      return die_.sheets.put_all({Kind::score, Stage::ffn_up, block}, tokens_,
                                 count_up(0, payload.width_of(work)), payload.numbers());
    case Verb::to_experts:
    case Verb::share_gradients:
      die_.hand.result = payload.received();
      return;
    case Verb::share_sums:
      if (const Indices back = routes_back(block); die_.fits(payload.numbers(), back.size(), work))
        die_.sheets.put_all({Kind::share_gradient, Stage::ffn_up, block}, back, {0}, payload.numbers());
      return;
    case Verb::gather:
      return end_features(work);
    case Verb::scatter:
      die_.hand.result = payload.own(work);
      return;
    default:
      return end_return(work);
  }
}

// What has come back of this die's routes: its part of the features.
void DieExperts::end_return(const Work& work) {
  const Indices back = routes_back(die_.places.block_of(work)), features = die_.features.stream();
  const std::uint64_t width = die_.payload.width_of(work);
  const Numbers& received = die_.payload.received();
  returned_.clear();
  if (!die_.fits(received, back.size() * features.size(), work)) return;
  for (std::size_t i = 0; i < received.size(); ++i)
    returned_[{back.at(i / width), features.at(i % width)}] = received[i];
}

// All features of the routes that have come to this column.
void DieExperts::end_features(const Work& work) {
  const std::uint64_t width = die_.payload.width_of(work), hidden = die_.shape.hidden();
  const Numbers& numbers = die_.payload.numbers();
  Held& held = die_.places.meaning(work).pass == Pass::input_gradient ? die_.hand.dy : die_.hand.x;
  held = {Numbers(arrived_.size() * hidden, 0.0), arrived_};
  if (!die_.fits(numbers, held.numbers.size(), work)) return;
  for (std::uint64_t i = 0; i < held.numbers.size(); ++i) {
    const std::uint64_t row = i / hidden, f = i % hidden;
    held.numbers[i] = numbers.at((chunk_of(f / width) * arrived_.size() + row) * width + f % width);
  }
}

}  // namespace hecaton::runs
