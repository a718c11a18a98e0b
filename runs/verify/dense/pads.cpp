#include "runs/verify/dense/pads.hpp"

#include <algorithm>

namespace hecaton::runs {

using chiplet::Stage;

namespace {

// Between up and down of a feed-forward network, and for shares of experts.
bool has_routes(const TensorName& name) {
  if (name.kind == Kind::share || name.kind == Kind::share_gradient) return true;
  const bool is_output = name.kind == Kind::output || name.kind == Kind::output_gradient;
  const bool is_input = name.kind == Kind::input || name.kind == Kind::input_gradient;
  return (name.stage == Stage::ffn_up && is_output) || (name.stage == Stage::ffn_down && is_input);
}

}  // namespace

Pads::Index Pads::token(std::uint64_t token) const {
  const std::uint64_t sequence = token / planned_.sequence(), place = token % planned_.sequence();
  const std::uint64_t sequences = real_.tokens() / real_.sequence();
  if (sequence >= sequences || place >= real_.sequence()) return std::nullopt;
  return sequence * real_.sequence() + place;
}

Pads::Index Pads::row(const TensorName& name, std::uint64_t row) const {
  if (!has_routes(name)) return token(row);
  const std::uint64_t k = real_.per_token(name.block);
  const Index real = token(row / k);
  return real ? Index(*real * k + row % k) : std::nullopt;
}

Pads::Index Pads::feature(const TensorName& name, std::uint64_t feature) const {
  const Linear linear{name.stage, name.block};
  switch (name.kind) {
    case Kind::norm_input:
    case Kind::norm_input_gradient:
      return below(feature, real_.hidden());
    case Kind::input:
    case Kind::input_gradient:
      return input(linear, feature);
    case Kind::output:
    case Kind::output_gradient:
      return output(linear, feature);
    case Kind::ranks:
    case Kind::rank_gradient:
      return feature;
    case Kind::score:
      return below(feature, real_.operator_at(name.block).experts);
    default:
      return feature;
  }
}

Pads::Index Pads::input(const Linear& linear, std::uint64_t feature) const {
  if (linear.expert == Linear::adapter_b) return feature;
  if (linear.stage == Stage::attention_output) return query(linear.block, feature);
  return below(feature, real_.inputs_of(linear));
}

Pads::Index Pads::output(const Linear& linear, std::uint64_t feature) const {
  if (linear.expert == Linear::adapter_a) return feature;
  if (linear.expert != Linear::scores && linear.stage == Stage::qkv) return qkv(linear.block, feature);
  if (linear.expert != Linear::scores && linear.stage == Stage::ffn_up) return up(linear.block, feature);
  return below(feature, real_.outputs_of(linear));
}

// Gate and up lie side by side.
Pads::Index Pads::up(std::int32_t block, std::uint64_t feature) const {
  const std::uint64_t own = real_.operator_at(block).ffn, all = planned_.operator_at(block).ffn;
  const Index in_half = below(feature % all, own);
  return in_half ? Index(feature / all * own + *in_half) : std::nullopt;
}

std::uint64_t Pads::heads_before(std::int32_t block, std::uint64_t head) const {
  const training::Operator &own = real_.operator_at(block), &all = planned_.operator_at(block);
  const std::uint64_t group = own.heads / own.kv_heads, padded_group = all.heads / all.kv_heads;
  const std::uint64_t groups = head / padded_group;
  if (groups >= own.kv_heads) return own.heads;
  return groups * group + std::min(head % padded_group, group);
}

Heads Pads::heads(std::int32_t block, Heads planned) const {
  const std::uint64_t first = heads_before(block, planned.first);
  return {first, heads_before(block, planned.first + planned.count) - first, planned.shared_by,
          planned.place};
}

Pads::Index Pads::head(std::int32_t block, std::uint64_t head) const {
  const Heads one = heads(block, {head, 1});
  return one.count == 1 ? Index(one.first) : std::nullopt;
}

Pads::Index Pads::query(std::int32_t block, std::uint64_t feature) const {
  const std::uint64_t size = real_.head_size(block);
  const Index real = head(block, feature / size);
  return real ? Index(*real * size + feature % size) : std::nullopt;
}

Pads::Index Pads::qkv(std::int32_t block, std::uint64_t feature) const {
  if (feature < planned_.queries(block)) return query(block, feature);
  const std::uint64_t size = real_.head_size(block);
  const std::uint64_t at = feature - planned_.queries(block),
                      all = planned_.operator_at(block).kv_heads * size;
  const Index in_half = below(at % all, real_.operator_at(block).kv_heads * size);
  if (!in_half) return std::nullopt;
  return (at < all ? real_.key_at(block, 0) : real_.value_at(block, 0)) + *in_half;
}

StepShape::Keys Pads::keys_of(std::uint64_t padded_token) const {
  const Index real = token(padded_token);
  if (!real) return {padded_token, 0};
  StepShape::Keys keys = real_.keys_of(*real);
  keys.first = padded_token - *real % real_.sequence() + keys.first % real_.sequence();
  return keys;
}

}  // namespace hecaton::runs
