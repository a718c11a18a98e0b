// Which elements a die has, and its sheets of them.
//
// Places. T tokens of a mini-batch, r rows and c columns of dies, N in all. Which tokens form a slice is
// free, as long as slices along rows are whole sequences, and a token tile takes equally many from every
// slice:
// - 2D: slice i of the column ring is the i-th r-th of the mini-batch; its token number w is token q = w r +
// i of a
//   list of which slice j of the row ring has every c-th, from the j-th on. The n tiles of a stage are
//   stretches of that list, and so of every slice.
// - 1D: share d has every N-th token, from the d-th on.
#include "runs/verify/die_numbers.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace hecaton::runs {

using chiplet::Ring;
using chiplet::Work;
using training::Spread;
using training::Verb;

namespace {

void append(Indices& to, const Indices& more) {
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace

DieNumbers::DieNumbers(DieRole role, const Reference& reference, Mailbox& mailbox)
    : role_(std::move(role)), reference_(&reference), mailbox_(&mailbox) {
  for (const Meaning& m : *role_.meanings) {
    if (m.verb == Verb::to_heads) by_head_ = true;
    if (m.verb != Verb::product) continue;
    if (m.spread == Spread::outputs || m.spread == Spread::inputs) family_ = Family::one_d;
    if (m.spread != Spread::summa) continue;
    family_ = Family::summa;
  }
  for (const Meaning& m : *role_.meanings)
    if (m.verb == Verb::input_panel) along_rings_ = m.along_rings;
}

// ---- places

std::int32_t DieNumbers::block_of(const Work& work) const {
  if (work.layer < 0) return -1;
  return work.layer * static_cast<std::int32_t>(reference_->model().operators.size()) + meaning(work).place;
}

Linear DieNumbers::linear_of(const Work& work) const {
  const Stage stage = meaning(work).linear;
  return {stage == Stage::none ? work.op.stage : stage, block_of(work)};
}

std::uint64_t DieNumbers::size_of(Ring group) const {
  return group == Ring::package ? dies() : role_.groups.rings[static_cast<std::size_t>(group)].size;
}

std::uint64_t DieNumbers::place_in(Ring group) const {
  const auto index = static_cast<std::size_t>(group);
  if (group == Ring::package) return index_1d();
  return along_rings_ ? role_.groups.rings[index].position : role_.groups.lines[index].position;
}

std::uint64_t DieNumbers::dies() const {
  return size_of(Ring::row) * size_of(Ring::column);
}

// With a ring over the package 1D methods count dies along it; else by their places in rows, then in columns.
std::uint64_t DieNumbers::index_1d() const {
  const auto& rings = role_.groups.rings;
  if (rings[static_cast<std::size_t>(Ring::package)].size > 1)
    return rings[static_cast<std::size_t>(Ring::package)].position;
  return std::uint64_t{rings[static_cast<std::size_t>(Ring::row)].position} * size_of(Ring::column) +
         rings[static_cast<std::size_t>(Ring::column)].position;
}

std::uint64_t DieNumbers::base_of(const Work& work) const {
  return static_cast<std::uint64_t>(std::max(work.minibatch, 0)) * role_.minibatch_tokens;
}

std::uint64_t DieNumbers::tile_of(const Work& work, std::uint64_t tile_tokens) const {
  const auto done = done_.find({linear_of(work), meaning(work).pass});
  if (done == done_.end() || tile_tokens == 0) return 0;
  return done->second % std::max<std::uint64_t>(1, role_.minibatch_tokens / tile_tokens);
}

Indices DieNumbers::slice(const Work& work, Ring group, std::uint64_t place, std::uint64_t tile,
                          std::uint64_t tile_tokens) const {
  return slice_at(base_of(work), group, place, tile, tile_tokens);
}

Indices DieNumbers::slice_at(std::uint64_t base, Ring group, std::uint64_t place, std::uint64_t tile,
                             std::uint64_t tile_tokens) const {
  const std::uint64_t each = tile_tokens / size_of(group);
  const std::uint64_t rows = size_of(Ring::column);
  Indices tokens = count_up(tile * each, each);
  for (std::uint64_t& token : tokens) {
    if (group == Ring::column) token += place * (role_.minibatch_tokens / rows);
    if (group == Ring::package) token = token * dies() + place;
    if (group == Ring::row)
      token = listed_token(role_.minibatch_tokens, rows, place + token * size_of(Ring::row));
    token += base;
  }
  return tokens;
}

Indices DieNumbers::tile_along(const Work& work, Ring group, std::uint64_t tile_tokens) const {
  Indices tokens;
  for (std::uint64_t place = 0; place < size_of(group); ++place)
    append(tokens, slice(work, group, place, tile_of(work, tile_tokens), tile_tokens));
  return tokens;
}

// SUMMA: this die's tokens of a tile.
Indices DieNumbers::own_tokens(const Work& work, std::uint64_t tile, std::uint64_t tile_tokens) const {
  return slice(work, Ring::column, place_in(Ring::column), tile, tile_tokens);
}

Indices DieNumbers::inputs_at(std::uint64_t place, std::uint64_t count) {
  return count_up(place * count, count);
}

Indices DieNumbers::outputs_at(const Work& work, std::uint64_t place, std::uint64_t count) const {
  const std::uint64_t parts = is_one_d() ? dies() : size_of(Ring::row);
  const std::int32_t block = block_of(work);
  const Meaning& m = meaning(work);
  switch (linear_of(work).stage) {
    case Stage::qkv: {
      const std::uint64_t head = reference_->head_size(block);
      const std::uint64_t queries = m.half == 1 ? 0 : reference_->model().hidden / parts;
      const std::uint64_t pairs = m.half == 0 && m.halves == 2 ? 0 : (count - queries) / (2 * head);
      Indices outputs = count_up(place * queries, queries);
      const std::uint64_t first = reference_->kv_head_of(block, heads_of(block, place).first);
      append(outputs, count_up(reference_->key_at(block, first), pairs * head));
      append(outputs, count_up(reference_->value_at(block, first), pairs * head));
      return outputs;
    }
    case Stage::ffn_up: {
      const training::Operator& o = reference_->operator_at(block);
      if (!o.gated) return count_up(place * count, count);
      Indices outputs = count_up(place * (count / 2), count / 2);
      append(outputs, count_up(o.ffn + place * (count / 2), count / 2));
      return outputs;
    }
    case Stage::head:
      return words();
    default:
      return count_up(place * count, count);
  }
}

std::uint64_t DieNumbers::input_place(const Meaning& m) const {
  if (m.spread == Spread::grid || m.spread == Spread::summa) return place_in(Ring::column);
  if (m.spread == Spread::grid_transposed) return place_in(Ring::row);
  return m.spread == Spread::inputs ? index_1d() : 0;
}

std::uint64_t DieNumbers::output_place(const Meaning& m) const {
  if (m.spread == Spread::grid || m.spread == Spread::summa) return place_in(Ring::row);
  if (m.spread == Spread::grid_transposed) return place_in(Ring::column);
  return m.spread == Spread::outputs ? index_1d() : 0;
}

Heads DieNumbers::heads_of(std::int32_t block, std::uint64_t place) const {
  const std::uint64_t parts = is_one_d() ? dies() : size_of(Ring::row);
  const std::uint64_t count = reference_->operator_at(block).heads / parts;
  return {place * count, count};
}

// Whose parts of gradients of keys and values this die has.
Heads DieNumbers::gradient_heads(std::int32_t block) const {
  if (block < 0 || reference_->opening(block) != Stage::qkv) return {};
  return only_heads_.value_or(heads_of(block, is_one_d() ? index_1d() : place_in(Ring::row)));
}

// Those of which this die computes attention.
Heads DieNumbers::own_heads(std::int32_t block) const {
  if (is_one_d()) return heads_of(block, index_1d());
  const Heads all = heads_of(block, place_in(Ring::row));
  if (!by_head_) return all;
  const std::uint64_t count = all.count / size_of(Ring::column);
  return {all.first + role_.groups.lines[static_cast<std::size_t>(Ring::column)].position * count, count};
}

// This die's part of the residual stream: of a mini-batch, or (1D) of the tile that has just been finished.
Indices DieNumbers::stream_tokens(const Work& work) const {
  if (is_one_d()) return recent_;
  const Ring group = family_ == Family::summa ? Ring::column : Ring::row;
  return slice(work, group, place_in(group), 0, role_.minibatch_tokens);
}

Indices DieNumbers::stream_features() const {
  const std::uint64_t hidden = reference_->model().hidden;
  if (is_one_d()) return count_up(0, hidden);
  const Ring group = family_ == Family::summa ? Ring::row : Ring::column;
  return count_up(place_in(group) * (hidden / size_of(group)), hidden / size_of(group));
}

// Whole sequences of this die's row, or of all.
Indices DieNumbers::attention_tokens(const Work& work) const {
  if (is_one_d() || by_head_) return count_up(base_of(work), role_.minibatch_tokens);
  return slice(work, Ring::column, place_in(Ring::column), 0, role_.minibatch_tokens);
}

// Between up and down: of the columns' networks, or of each expert of this column.
Indices DieNumbers::ffn_features(std::int32_t block) const {
  const training::Operator& o = reference_->operator_at(block);
  const Ring group = o.experts > 1 ? Ring::column : Ring::row;
  const std::uint64_t count = o.ffn / (is_one_d() ? dies() : size_of(group));
  return count_up((is_one_d() ? index_1d() : place_in(group)) * count, count);
}

// Of an expert: gate and up, or up.
Indices DieNumbers::up_features(std::int32_t block) const {
  const training::Operator& o = reference_->operator_at(block);
  const Indices features = ffn_features(block);
  Indices up = features;
  if (o.gated) append(up, count_up(o.ffn + features.front(), features.size()));
  return up;
}

Indices DieNumbers::words() const {
  // 1D: some dies have a word more; these come first in the numbering of dies.
  const std::uint64_t parts = is_one_d() ? dies() : size_of(Ring::row);
  const std::uint64_t place = is_one_d() ? role_.id.value : place_in(Ring::row);
  const std::uint64_t vocabulary = reference_->model().vocabulary;
  const std::uint64_t first = chunk_start(vocabulary, parts, place);
  return count_up(first, chunk_start(vocabulary, parts, place + 1) - first);
}

// ---- sheets

void DieNumbers::fail(const std::string& what, const Work& work) {
  ++findings_.wrong;
  if (!findings_.first_wrong.empty()) return;
  const Linear linear = linear_of(work);
  findings_.first_wrong = fmt::format("die {}, {} of layer {}: {}", role_.id.value,
                                      chiplet::stage_name(linear.stage), work.layer, what);
}

bool DieNumbers::fits(const Numbers& numbers, std::uint64_t size, const Work& work) {
  if (numbers.size() == size) return true;
  fail(fmt::format("{} numbers where {} belong", numbers.size(), size), work);
  return false;
}

void DieNumbers::compare(Number got, Number expected, std::uint64_t& counter, const std::string& where) {
  ++counter;
  const auto error =
      got == expected ? 0.0 : static_cast<double>(std::abs(got - expected) / std::abs(expected));
  findings_.worst = std::max(findings_.worst, error);
  if (error <= tolerated_error) return;  // not so for what is no number
  ++findings_.wrong;
  if (findings_.first_wrong.empty())
    findings_.first_wrong = fmt::format("die {}, {}: {} instead of {}", role_.id.value, where,
                                        static_cast<double>(got), static_cast<double>(expected));
}

Number DieNumbers::get(const TensorName& wanted, std::uint64_t token, std::uint64_t feature) {
  const TensorName name = reference_->resolved(wanted);
  const Sheet& sheet = sheets_[name];
  const auto at = sheet.find({token, feature});
  if (at != sheet.end()) return at->second;
  // Rows of the embedding table come from DRAM, unless the dies that have the words look them up.
  const bool looked_up = is_one_d() && reference_->model().tied;
  if (name == TensorName{Kind::norm_input, reference_->opening(0), 0} && !looked_up)
    return reference_->embedding(reference_->word_of(token), feature);
  ++findings_.wrong;
  if (findings_.first_wrong.empty())
    findings_.first_wrong =
        fmt::format("die {}, {} of operator {}: token {}, feature {} is needed and not there", role_.id.value,
                    chiplet::stage_name(name.linear), name.block, token, feature);
  return std::numeric_limits<Number>::quiet_NaN();
}

void DieNumbers::put(const TensorName& wanted, std::uint64_t token, std::uint64_t feature, Number value) {
  const TensorName name = reference_->resolved(wanted);
  const bool backward = name.kind >= Kind::output_gradient;
  static constexpr const char* kinds[] = {"the stream before ",
                                          "X of ",
                                          "Y of ",
                                          "scores of ",
                                          "shares of ",
                                          "dY of ",
                                          "dX of ",
                                          "the stream's gradient before ",
                                          "gradients of shares of "};
  sheets_[name][{token, feature}] = value;
  if (token >= reference_->rows(name)) {
    compare(value, std::numeric_limits<Number>::quiet_NaN(), findings_.outputs, "a token that is not there");
    return;
  }
  compare(value, reference_->at(name, token, feature, gradient_heads(name.block)),
          backward ? findings_.input_gradients : findings_.outputs,
          fmt::format("{}{} of operator {}", kinds[static_cast<std::size_t>(name.kind)],
                      chiplet::stage_name(name.linear), name.block));
}

Numbers DieNumbers::cut(const TensorName& name, const Indices& tokens, const Indices& features) {
  Numbers numbers;
  numbers.reserve(tokens.size() * features.size());
  for (const std::uint64_t token : tokens)
    for (const std::uint64_t feature : features) numbers.push_back(get(name, token, feature));
  return numbers;
}

void DieNumbers::put_all(const TensorName& name, const Indices& tokens, const Indices& features,
                         const Numbers& numbers) {
  std::size_t i = 0;
  for (const std::uint64_t token : tokens)
    for (const std::uint64_t feature : features) put(name, token, feature, numbers.at(i++));
}

Numbers DieNumbers::weights(const Linear& linear, const Indices& inputs, const Indices& outputs) const {
  Numbers numbers;
  numbers.reserve(inputs.size() * outputs.size());
  for (const std::uint64_t input : inputs)
    for (const std::uint64_t output : outputs) numbers.push_back(reference_->weight(linear, input, output));
  return numbers;
}

Numbers DieNumbers::own_weights(const Linear& linear, const Indices& inputs, const Indices& outputs) {
  used_[linear].insert({inputs, outputs});
  return weights(linear, inputs, outputs);
}

// Of these tokens, in this order.
Numbers DieNumbers::rows(const Held& held, const Indices& tokens, std::uint64_t width, const Work& work) {
  if (!fits(held.numbers, held.tokens.size() * width, work)) return Numbers(tokens.size() * width, 0.0);
  std::map<std::uint64_t, std::size_t> row_of;
  for (std::size_t row = 0; row < held.tokens.size(); ++row) row_of[held.tokens[row]] = row;
  Numbers numbers(tokens.size() * width, 0.0);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto row = row_of.find(tokens[i]);
    if (row == row_of.end()) {
      fail(fmt::format("token {} is needed and other tokens are there", tokens[i]), work);
      continue;
    }
    std::copy_n(held.numbers.begin() + static_cast<std::ptrdiff_t>(row->second * width), width,
                numbers.begin() + static_cast<std::ptrdiff_t>(i * width));
  }
  return numbers;
}

void DieNumbers::add_gradient(const Linear& linear, const Indices& inputs, const Indices& outputs,
                              const Numbers& product) {
  Sheet& sheet = gradients_[linear];
  std::size_t i = 0;
  for (const std::uint64_t input : inputs)
    for (const std::uint64_t output : outputs) sheet[{input, output}] += product.at(i++);
}

void DieNumbers::miss(const std::string& what, std::uint64_t count) {
  if (count == 0) return;
  findings_.wrong += count;
  if (findings_.first_wrong.empty())
    findings_.first_wrong = fmt::format("die {}: {} elements of {} are missing", role_.id.value, count, what);
}

void DieNumbers::check_complete() {
  for (const auto& [linear, blocks] : used_) {
    const Sheet& sheet = gradients_[linear];
    std::uint64_t missing = 0;
    for (const auto& [inputs, outputs] : blocks)
      for (const std::uint64_t input : inputs)
        for (const std::uint64_t output : outputs) missing += sheet.contains({input, output}) ? 0 : 1;
    miss(fmt::format("dW of {} of operator {}", chiplet::stage_name(linear.stage), linear.block), missing);
  }
  const std::uint64_t words = reference_->tokens() * reference_->model().hidden / dies();
  const std::uint64_t known = sheets_[{Kind::norm_input_gradient, reference_->opening(0), 0}].size();
  miss("the embedded words' gradient", words - std::min(words, known));
}

Findings DieNumbers::finish() {
  check_complete();
  for (const auto& [linear, sheet] : gradients_) {
    const GradientPart part = gradient_part(linear);
    for (const auto& [at, value] : sheet)
      compare(value, reference_->weight_gradient(linear, at.first, at.second, part),
              findings_.weight_gradients,
              fmt::format("dW of {} of operator {}", chiplet::stage_name(linear.stage), linear.block));
  }
  return findings_;
}

}  // namespace hecaton::runs
