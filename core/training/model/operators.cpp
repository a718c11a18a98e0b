#include "core/training/model/operators.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace hecaton::training {

namespace {

using Check = void (*)(const Operator&, std::uint64_t hidden, PlanErrors&);

void check_attention(const Operator& o, std::uint64_t hidden, PlanErrors& errors) {
  if (o.head == 0) {
    errors.emplace_back("training.model.heads", "does not divide the hidden size",
                        fmt::format("{} features in {} heads", hidden, o.heads),
                        "use a divisor of hidden, or give head_dim");
  }
  if (o.heads % o.kv_heads != 0) {
    errors.emplace_back("training.model.kv_heads", "does not divide the heads",
                        fmt::format("{} heads share {} key/value heads", o.heads, o.kv_heads),
                        "use a divisor of heads");
  }
}
std::uint64_t attention_weights(const Operator& o, std::uint64_t hidden, std::uint64_t) {
  return hidden * (qkv_features(o) + projection_inputs(o));
}

void check_feed_forward(const Operator&, std::uint64_t, PlanErrors&) {}

void check_experts(const Operator& o, std::uint64_t, PlanErrors& errors) {
  if (o.experts > 1 && o.experts_per_token > 0 && o.experts_per_token <= o.experts) return;
  errors.emplace_back("training.model.experts_per_token", "is not possible",
                      fmt::format("{} of {} experts", o.experts_per_token, o.experts),
                      "use 1 to the number of experts, and two experts at least");
}

// `passed` of the feed-forward networks, and what chooses them.
std::uint64_t feed_forward_weights(const Operator& o, std::uint64_t hidden, std::uint64_t passed) {
  const std::uint64_t choice = o.kind == OperatorKind::experts ? hidden * o.experts : 0;
  return passed * hidden * (up_features(o) + o.ffn) + choice;
}

std::uint64_t all_queries(const Operator& o) {
  return query_features(o);
}
std::uint64_t widest_of_attention(const Operator& o) {
  return qkv_features(o);
}
std::uint64_t none_of_a_token(const Operator&) {
  return 0;
}
std::uint64_t widest_of_feed_forward(const Operator& o) {
  return o.experts_per_token * up_features(o);
}

struct KindInfo {
  Check check;
  // `passed`: feed-forward networks that count; 0 for a kind without them.
  std::uint64_t (*weights)(const Operator&, std::uint64_t hidden, std::uint64_t passed);
  std::uint64_t (*scored)(const Operator&);
  std::uint64_t (*widest)(const Operator&);
};

// By OperatorKind.
constexpr std::array kinds = {
    KindInfo{check_attention, attention_weights, all_queries, widest_of_attention},
    KindInfo{check_feed_forward, feed_forward_weights, none_of_a_token, widest_of_feed_forward},
    KindInfo{check_experts, feed_forward_weights, none_of_a_token, widest_of_feed_forward},
};
static_assert(kinds.size() == names_of<OperatorKind>().size(), "every kind of operator has its row");

const KindInfo& info(const Operator& o) {
  return kinds.at(static_cast<std::size_t>(o.kind));
}

Operator operator_of(const OperatorConfig& c, const ModelConfig& m) {
  const auto given = [](std::uint32_t own, std::uint32_t model) { return own > 0 ? own : model; };
  Operator o;
  o.kind = c.kind;
  if (c.kind == OperatorKind::attention) {
    o.heads = given(c.heads, m.heads);
    o.kv_heads = given(c.kv_heads, c.heads > 0 ? std::min(m.kv_heads, c.heads) : m.kv_heads);
    // 0 where heads do not divide the hidden size: for check_attention() to refuse.
    const std::uint64_t derived = m.hidden % o.heads == 0 ? m.hidden / o.heads : 0;
    o.head = c.head_dim > 0 ? c.head_dim : (m.head_dim > 0 ? m.head_dim : derived);
    o.projection_pads = c.projection_pads;
    return o;
  }
  o.ffn = given(c.ffn, m.ffn);
  o.gated = c.gated < 0 ? m.gated : c.gated > 0;
  o.experts = o.experts_per_token = 1;
  if (c.kind == OperatorKind::experts) {
    o.experts = given(c.experts, m.experts);
    o.experts_per_token = given(c.experts_per_token, m.experts_per_token);
    o.idle_experts = c.idle_experts;
  }
  return o;
}

}  // namespace

bool Model::has(OperatorKind kind) const {
  return std::any_of(operators.begin(), operators.end(), [&](const Operator& o) { return o.kind == kind; });
}

Model model_of(const ModelConfig& m) {
  Model model{m.hidden, m.layers, m.vocabulary, m.tied, {}};
  for (const OperatorConfig& c : m.operators) model.operators.push_back(operator_of(c, m));
  if (!m.operators.empty()) return model;
  const OperatorKind second =
      m.experts == 1 && m.experts_per_token == 1 ? OperatorKind::feed_forward : OperatorKind::experts;
  for (const OperatorKind kind : {OperatorKind::attention, second})
    model.operators.push_back(operator_of({.kind = kind}, m));
  return model;
}

PlanErrors problems_of_operators(const Model& model) {
  PlanErrors errors;
  for (const Operator& o : model.operators) info(o).check(o, model.hidden, errors);
  return errors;
}

std::uint64_t weights(const Operator& o, std::uint64_t hidden) {
  return info(o).weights(o, hidden, o.experts);
}
std::uint64_t active_weights(const Operator& o, std::uint64_t hidden) {
  return info(o).weights(o, hidden, o.experts_per_token);
}
std::uint64_t layer_weights(const Model& model) {
  std::uint64_t sum = 0;
  for (const Operator& o : model.operators) sum += weights(o, model.hidden);
  return sum;
}
std::uint64_t scored_features(const Operator& o) {
  return info(o).scored(o);
}
std::uint64_t widest_features(const Operator& o) {
  return info(o).widest(o);
}

}  // namespace hecaton::training
