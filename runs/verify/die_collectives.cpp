// What is in a die's messages: the collectives of DieNumbers.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/training/model/models.hpp"
#include "runs/verify/die_numbers.hpp"

namespace hecaton::runs {

using chiplet::Exchange;
using chiplet::OpCode;
using chiplet::Ring;
using chiplet::Schedule;
using chiplet::Work;
using training::Spread;
using training::Verb;

namespace {

std::uint32_t position_of(const Work& work) {
  return chiplet::uses_ring(work.op) ? work.places.ring.position : work.places.line.position;
}

bool is_root(const Work& work) {
  return position_of(work) == work.root % chiplet::group_size(work.op, work.places);
}

}  // namespace

bool DieNumbers::is_scalar(const Meaning& m) const {
  return m.verb == Verb::norm || m.verb == Verb::loss_max || m.verb == Verb::loss_sum;
}

bool DieNumbers::is_of_experts(const Meaning& m) const {
  return m.spread == Spread::experts || (is_wide(m) && !is_scalar(m));
}

// Numbers of fp32, others of bf16.
bool DieNumbers::is_wide(const Meaning& m) const {
  return is_scalar(m) || m.verb == Verb::score_sums || m.verb == Verb::share_gradients ||
         m.verb == Verb::share_sums;
}

// Numbers of a unit.
std::uint64_t DieNumbers::width_of(const Work& work) const {
  return work.op.unit_bytes / (is_wide(meaning(work)) ? training::scalar_bytes : training::element_bytes);
}

DieNumbers::Range DieNumbers::chunk(const Work& work, std::uint32_t count, std::uint32_t index) const {
  const std::uint64_t begin = chunk_start(work.op.units, count, index);
  return {begin * width_of(work),
          (begin + chiplet::chunk_units(work.op.units, count, index)) * width_of(work)};
}

// The part of the payload that a message of this step is.
DieNumbers::Range DieNumbers::part_sent(const Work& work, const Exchange& now, std::uint32_t step) const {
  const chiplet::RingPlace& ring = work.places.ring;
  const chiplet::LinePlace& line = work.places.line;
  switch (work.op.schedule) {
    case Schedule::ring:
      return chunk(work, ring.size,
                   chiplet::ring_step(work.op.code, ring.size, ring.position, step).send_chunk);
    case Schedule::pipelined:
      return chunk(work, work.op.count, now.send_step);
    case Schedule::direct:
      return chunk(work, line.size, (line.position + step + 1) % line.size);
    default:
      return {0, work.op.units * width_of(work)};
  }
}

DieNumbers::Range DieNumbers::part_received(const Work& work, std::uint32_t step) const {
  const chiplet::RingPlace& ring = work.places.ring;
  const chiplet::LinePlace& line = work.places.line;
  switch (work.op.schedule) {
    case Schedule::ring:
      return chunk(work, ring.size,
                   chiplet::ring_step(work.op.code, ring.size, ring.position, step).receive_chunk);
    case Schedule::pipelined:
      return chunk(work, work.op.count, step);
    case Schedule::direct:
      return chunk(work, line.size, (line.position + line.size - step - 1) % line.size);
    default:
      return {0, work.op.units * width_of(work)};
  }
}

void DieNumbers::send(const Work& work, const Exchange& now, std::uint32_t step,
                      const chiplet::Message& message) {
  if (meaning(work).verb == Verb::none) return;
  const Range part = part_sent(work, now, step);
  const auto begin = buffer_.begin();
  mailbox_->post(message.destination, message.tag,
                 Numbers(begin + static_cast<std::ptrdiff_t>(part.begin),
                         begin + static_cast<std::ptrdiff_t>(part.end)));
}

void DieNumbers::receive(const Work& work, const Exchange& now, std::uint32_t step, std::uint64_t tag) {
  const Meaning& m = meaning(work);
  if (m.verb == Verb::none) return;
  const Numbers contents = mailbox_->take(role_.id, tag);
  const Range part = part_received(work, step);
  if (!fits(contents, part.end - part.begin, work)) return;
  Numbers& into = work.op.code == OpCode::all_to_all ? received_ : buffer_;
  for (std::uint64_t i = 0; i < contents.size(); ++i) {
    Number& to = into[part.begin + i];
    if (!now.reduces)
      to = contents[i];
    else if (m.verb == Verb::loss_max)
      to = std::max(to, contents[i]);
    else
      to += contents[i];
  }
}

void DieNumbers::begin(const Work& work) {
  const Meaning& m = meaning(work);
  if (m.verb == Verb::none) return;
  buffer_.assign(work.op.units * width_of(work), 0.0);
  if (is_scalar(m)) return begin_scalars(work);
  if (is_of_experts(m)) return begin_experts(work);
  switch (m.verb) {
    case Verb::gather:
      return begin_gather(work);
    case Verb::scatter:
    case Verb::embedding:
      return begin_scatter(work);
    case Verb::to_heads:
    case Verb::from_heads:
      return begin_heads(work);
    default:
      return begin_panel(work);
  }
}

void DieNumbers::end(const Work& work) {
  const Meaning& m = meaning(work);
  if (m.verb == Verb::none) return;
  if (is_scalar(m)) return end_scalars(work);
  if (is_of_experts(m)) return end_experts(work);
  switch (m.verb) {
    case Verb::gather:
      return end_gather(work);
    case Verb::scatter:
    case Verb::embedding:
      return end_scatter(work);
    case Verb::to_heads:
    case Verb::from_heads:
      return end_heads(work);
    default:
      return end_panel(work);
  }
}

// ---- gathers and scatters of activations and gradients

// 1D: elements of the stream that all dies exchange, in whatever parts.
std::uint64_t DieNumbers::stream_elements(const Work& work) const {
  return work.op.units * (is_one_d() && work.op.ring == Ring::column ? size_of(Ring::row) : 1);
}

// Tokens that this die brings to an exchange, or takes from it.
Indices DieNumbers::share_tokens(const Work& work) const {
  if (!is_one_d())
    return slice(work, work.op.ring, place_in(work.op.ring), tile_of(work, work.op.units), work.op.units);
  const std::uint64_t tokens = stream_elements(work) / reference_->model().hidden;
  return slice(work, Ring::package, index_1d(), tile_of(work, tokens), tokens);
}

void DieNumbers::begin_gather(const Work& work) {
  const Meaning& m = meaning(work);
  const Linear linear = linear_of(work);
  const bool is_gradient = m.pass == Pass::input_gradient;
  Numbers own = result_;
  if (m.part == 0 && is_one_d()) {
    // Norms come after the gather.
    const Kind kind = is_gradient ? Kind::output_gradient : Kind::norm_input;
    own = cut({kind, linear.stage, linear.block}, share_tokens(work), stream_features());
  } else if (m.part == 0) {
    const Indices features = is_gradient ? outputs_at(work, output_place(m), width_of(work))
                                         : inputs_at(input_place(m), width_of(work));
    own = cut({is_gradient ? Kind::output_gradient : Kind::input, linear.stage, linear.block},
              share_tokens(work), features);
  }
  const Range part = chunk(work, work.places.ring.size, work.places.ring.position);
  if (fits(own, part.end - part.begin, work))
    std::copy(own.begin(), own.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(part.begin));
}

void DieNumbers::end_gather(const Work& work) {
  const Meaning& m = meaning(work);
  result_ = buffer_;
  if (m.part + 1 < m.parts) return;
  const Indices tokens =
      is_one_d() ? tile_along(work, Ring::package, stream_elements(work) / reference_->model().hidden)
                 : tile_along(work, work.op.ring, work.op.units);
  (m.pass == Pass::input_gradient ? dy_ : x_) = {buffer_, tokens};
}

// Of all elements of a tile those of words that this die has.
Numbers DieNumbers::words_looked_up(const Work& work, const Indices& tokens) const {
  const std::uint64_t hidden = reference_->model().hidden;
  const Indices own = words();
  Numbers numbers(work.op.units, 0.0);
  for (std::size_t row = 0; row < tokens.size(); ++row) {
    const std::uint64_t word = reference_->word_of(tokens[row]);
    if (!std::binary_search(own.begin(), own.end(), word)) continue;
    for (std::uint64_t f = 0; f < hidden; ++f) numbers.at(row * hidden + f) = reference_->embedding(word, f);
  }
  return numbers;
}

void DieNumbers::begin_scatter(const Work& work) {
  const Meaning& m = meaning(work);
  Numbers from = result_;
  if (m.part == 0) {
    const std::uint64_t hidden = reference_->model().hidden;
    const std::uint64_t width = is_one_d() ? hidden : width_of(work);
    const Indices tokens = is_one_d() ? tile_along(work, Ring::package, work.op.units / hidden)
                                      : tile_along(work, work.op.ring, work.op.units);
    from = m.verb == Verb::embedding ? words_looked_up(work, tokens) : rows(product_, tokens, width, work);
  }
  if (fits(from, buffer_.size(), work)) buffer_ = from;
}

void DieNumbers::end_scatter(const Work& work) {
  const Meaning& m = meaning(work);
  const Linear linear = linear_of(work);
  const bool forward = m.pass == Pass::forward;
  const Range own = chunk(work, work.places.ring.size, work.places.ring.position);
  result_.assign(buffer_.begin() + static_cast<std::ptrdiff_t>(own.begin),
                 buffer_.begin() + static_cast<std::ptrdiff_t>(own.end));
  if (m.part + 1 < m.parts) return;
  recent_ = share_tokens(work);
  Indices features = stream_features();
  if (!is_one_d())
    features = forward ? outputs_at(work, output_place(m), width_of(work))
                       : inputs_at(input_place(m), width_of(work));
  TensorName name{forward ? Kind::output : Kind::input_gradient, linear.stage, linear.block};
  if (m.verb == Verb::embedding) name = {Kind::norm_input, reference_->opening(0), 0};
  if (fits(result_, recent_.size() * features.size(), work)) put_all(name, recent_, features, result_);
  ++tiles_done(work);
}

// ---- panels

void DieNumbers::begin_panel(const Work& work) {
  const Meaning& m = meaning(work);
  const Linear linear = linear_of(work);
  if (work.op.code == OpCode::reduce) {
    if (fits(product_.numbers, buffer_.size(), work)) buffer_ = product_.numbers;
    return;
  }
  if (!is_root(work)) return;
  if (m.verb == Verb::input_panel) {
    const std::uint64_t tile = work.op.units * size_of(Ring::column);
    buffer_ = cut({Kind::input, linear.stage, linear.block}, own_tokens(work, tile_of(work, tile), tile),
                  inputs_at(place_in(Ring::row), width_of(work)));
  } else {
    buffer_ =
        own_weights(linear, inputs_at(place_in(Ring::column), work.op.units), panel_columns(work, panels_));
  }
}

// Of a block of weights.
Indices DieNumbers::panel_columns(const Work& work, std::uint64_t panel) const {
  const std::uint64_t blocks = meaning(work).blocks, width = width_of(work);
  const Indices all = outputs_at(work, place_in(Ring::row), width * blocks);
  const auto begin = all.begin() + static_cast<std::ptrdiff_t>(panel % blocks * width);
  return {begin, begin + static_cast<std::ptrdiff_t>(width)};
}

void DieNumbers::end_panel(const Work& work) {
  const Meaning& m = meaning(work);
  const Linear linear = linear_of(work);
  const bool is_input = m.verb == Verb::input_panel;
  const std::uint64_t tile = work.op.units * size_of(Ring::column);
  if (work.op.code == OpCode::broadcast && !is_input) {
    weights_ = buffer_;
    return;
  }
  if (work.op.code == OpCode::broadcast) {
    x_ = {buffer_, own_tokens(work, tile_of(work, tile), tile)};
    return;
  }
  if (is_root(work) && is_input) {
    recent_ = own_tokens(work, tile_of(work, tile), tile);
    put_all({Kind::input_gradient, linear.stage, linear.block}, recent_,
            inputs_at(place_in(Ring::row), width_of(work)), buffer_);
  } else if (is_root(work)) {
    add_gradient(linear, inputs_at(place_in(Ring::column), work.op.units), panel_columns(work, panels_ - 1),
                 buffer_);
  }
  if (panels_ < size_of(Ring::row) * m.blocks) return;
  panels_ = 0;
  ++tiles_done(work);
}

// ---- scalars: of norms, one per token of a slice; of the loss, one per token of a tile

void DieNumbers::begin_scalars(const Work& work) {
  const Meaning& m = meaning(work);
  const Linear linear = linear_of(work);
  if (m.part > 0) {  // 1D: what the part before has left, padded to what this one exchanges
    Numbers from = result_;
    if (work.op.code == OpCode::all_gather) {
      const Range own = chunk(work, work.places.ring.size, work.places.ring.position);
      from.assign(own.begin, 0.0);
      from.insert(from.end(), result_.begin(),
                  result_.begin() + static_cast<std::ptrdiff_t>(own.end - own.begin));
    }
    from.resize(buffer_.size(), m.verb == Verb::loss_max ? -std::numeric_limits<Number>::infinity() : 0.0);
    buffer_ = from;
    return;
  }
  const Indices tokens = m.verb == Verb::norm ? stream_tokens(work) : recent_;
  if (!fits(buffer_, tokens.size(), work)) return;
  const Indices features = m.verb == Verb::norm ? stream_features() : words();
  const bool backward = m.pass == Pass::input_gradient;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (m.verb == Verb::loss_max) buffer_[i] = -std::numeric_limits<Number>::infinity();
    for (const std::uint64_t f : features) {
      const auto of = [&](Kind kind) { return get({kind, linear.stage, linear.block}, tokens[i], f); };
      if (m.verb == Verb::loss_max)
        buffer_[i] = std::max(buffer_[i], of(Kind::output));
      else if (m.verb == Verb::loss_sum)
        buffer_[i] += std::exp(of(Kind::output) - loss_max_.at(i));
      else if (backward)
        buffer_[i] += of(Kind::input) * of(Kind::input_gradient);
      else
        buffer_[i] += of(Kind::norm_input) * of(Kind::norm_input);
    }
  }
}

void DieNumbers::end_scalars(const Work& work) {
  const Meaning& m = meaning(work);
  result_ = buffer_;
  if (work.op.code == OpCode::reduce_scatter) {
    const Range own = chunk(work, work.places.ring.size, work.places.ring.position);
    result_.assign(buffer_.begin() + static_cast<std::ptrdiff_t>(own.begin),
                   buffer_.begin() + static_cast<std::ptrdiff_t>(own.end));
  }
  if (m.part + 1 < m.parts) return;
  if (m.verb == Verb::norm) return end_norm(work);
  if (!fits(buffer_, recent_.size(), work)) return;
  if (m.verb == Verb::loss_max)
    loss_max_ = buffer_;
  else
    end_loss(work);
}

void DieNumbers::end_norm(const Work& work) {
  const Linear linear = linear_of(work);
  const Indices tokens = stream_tokens(work);
  if (!fits(buffer_, tokens.size(), work)) return;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (meaning(work).pass == Pass::input_gradient) {
      put_normed_gradient(linear, tokens[i], buffer_[i]);
      continue;
    }
    const Number root = roots_[linear][tokens[i]] = root_of(buffer_[i]);
    for (const std::uint64_t f : stream_features())
      put({Kind::input, linear.stage, linear.block}, tokens[i], f,
          get({Kind::norm_input, linear.stage, linear.block}, tokens[i], f) / root);
  }
}

// The gradient of the cross entropy: probabilities, less one for the word that comes next.
void DieNumbers::end_loss(const Work& work) {
  const Linear linear = linear_of(work);
  for (std::size_t i = 0; i < recent_.size(); ++i)
    for (const std::uint64_t word : words()) {
      const Number logit = get({Kind::output, linear.stage, linear.block}, recent_[i], word);
      const Number label = reference_->label_of(recent_[i]) == word ? 1.0 : 0.0;
      put({Kind::output_gradient, linear.stage, linear.block}, recent_[i], word,
          std::exp(logit - loss_max_.at(i)) / buffer_[i] - label);
    }
}

// ---- attention by head

// Of queries, keys and values, or of attention's output: what the die at this place of the column works on.
Indices DieNumbers::exchanged_features(const Work& work, std::uint64_t place) const {
  const std::int32_t block = block_of(work);
  const std::uint64_t size = reference_->head_size(block);
  const Heads all = heads_of(block, place_in(Ring::row));
  const std::uint64_t count = all.count / size_of(Ring::column), first = all.first + place * count;
  Indices features;
  const auto append = [&](std::uint64_t from, std::uint64_t length) {
    for (std::uint64_t f = 0; f < length; ++f) features.push_back(from + f);
  };
  append(first * size, count * size);
  if (linear_of(work).stage != Stage::qkv) return features;
  const std::uint64_t kv = reference_->kv_head_of(block, first),
                      last = reference_->kv_head_of(block, first + count - 1);
  append(reference_->key_at(block, kv), (last - kv + 1) * size);
  append(reference_->value_at(block, kv), (last - kv + 1) * size);
  return features;
}

TensorName DieNumbers::exchanged(const Work& work) const {
  const Linear linear = linear_of(work);
  const bool forward = meaning(work).pass == Pass::forward;
  if (linear.stage == Stage::qkv)
    return {forward ? Kind::output : Kind::output_gradient, linear.stage, linear.block};
  return {forward ? Kind::input : Kind::input_gradient, linear.stage, linear.block};
}

// Tokens of the die at this place of the column, as it lies.
Indices DieNumbers::tokens_below(const Work& work, std::uint64_t place) const {
  return slice(work, Ring::column, along_rings_ ? role_.column_ring.at(place) : place, 0,
               role_.minibatch_tokens);
}

void DieNumbers::begin_heads(const Work& work) {
  const chiplet::LinePlace& line = work.places.line;
  const bool to = meaning(work).verb == Verb::to_heads;
  received_.assign(buffer_.size(), 0.0);
  for (std::uint32_t place = 0; place < line.size; ++place) {
    const Range part = chunk(work, line.size, place);
    const Numbers own = cut(exchanged(work), tokens_below(work, to ? line.position : place),
                            exchanged_features(work, to ? place : line.position));
    if (!fits(own, part.end - part.begin, work)) continue;
    std::copy(own.begin(), own.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(part.begin));
    if (place == line.position)
      std::copy(own.begin(), own.end(), received_.begin() + static_cast<std::ptrdiff_t>(part.begin));
  }
}

// Gradients of keys and values that several dies have used are added up.
void DieNumbers::end_heads(const Work& work) {
  const chiplet::LinePlace& line = work.places.line;
  const bool to = meaning(work).verb == Verb::to_heads;
  Sheet sums;
  for (std::uint32_t place = 0; place < line.size; ++place) {
    std::size_t i = chunk(work, line.size, place).begin;
    for (const std::uint64_t token : tokens_below(work, to ? place : line.position))
      for (const std::uint64_t f : exchanged_features(work, to ? line.position : place))
        sums[{token, f}] += received_.at(i++);
  }
  for (const auto& [at, value] : sums) put(exchanged(work), at.first, at.second, value);
}

}  // namespace hecaton::runs
