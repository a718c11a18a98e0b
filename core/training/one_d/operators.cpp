#include "core/training/one_d/operators.hpp"

#include "core/training/plan/tiling.hpp"

namespace hecaton::training {

void require_weight_room(const char* what, std::uint64_t elements, std::uint64_t capacity) {
  if (elements * element_bytes > capacity) throw_no_weight_room(what, elements * element_bytes, capacity);
}

namespace {

OneDAttention attention_of(const Operator& o, const OneDDie& d) {
  OneDAttention a;
  a.head = o.head;
  a.heads = d.dies > o.heads ? 1 : o.heads / d.dies;
  a.query_copies = d.dies > o.heads ? d.dies / o.heads : 1;
  a.kv_copies = d.dies > o.kv_heads ? d.dies / o.kv_heads : 1;
  a.hidden = d.hidden;
  a.queries = a.heads * a.head;
  a.kv = 2 * a.head * (o.kv_heads * a.kv_copies / d.dies);
  a.dies = d.dies;
  a.rank = d.adapters.rank_of(o.kind);
  a.is_frozen = d.frozen_weights;
  return a;
}

OneDFeedForward feed_forward_of(const Operator& o, const OneDDie& d) {
  OneDFeedForward f;
  f.hidden = d.hidden;
  f.table = d.table;
  f.up = up_features(o) / d.dies;
  f.ffn = o.ffn / d.dies;
  f.experts = o.experts;
  f.experts_per_token = o.experts_per_token;
  f.dies = d.dies;
  f.rank = d.adapters.rank_of(o.kind);
  f.matrices = up_matrices(o.gated);
  f.is_frozen = d.frozen_weights;
  return f;
}

}  // namespace

OneDOperator place_one_d_operator(const Operator& o, const OneDDie& d) {
  switch (o.kind) {
    case OperatorKind::attention:
      return attention_of(o, d);
    case OperatorKind::feed_forward:
    case OperatorKind::experts:
      return feed_forward_of(o, d);
  }
  throw PlanError("training.model.operators", "has what this method can not do", std::string(name_of(o.kind)),
                  "use another method");
}

// ---- attention

void OneDAttention::place_weights(std::uint64_t capacity, bool is_trained) {
  require_weight_room("attention block", weights() + adapter_weights(), capacity);
  if (!is_trained) return;
  is_split = !is_frozen && 2 * weights() * element_bytes > capacity;
  require_weight_room("attention block backward, a part of the weights and gradients", backward_weights(),
                      capacity);
}

// Weights that several dies hold are updated by each for an equal share.
Masters OneDAttention::masters() const {
  return {ceil_div(2 * output_weights(), query_copies) + ceil_div(hidden * kv, kv_copies), weights()};
}

// A of queries, keys and values, and B of the projection, lie whole on every
// die.
Masters OneDAttention::adapter_masters() const {
  return Masters::shared(rank * (qkv_matrices + 1) * hidden, dies) +
         Masters::shared(rank * 2 * queries, query_copies) + Masters::shared(rank * kv, kv_copies);
}

void OneDAttention::place_tokens(const OneDSlices& s) {
  const std::uint64_t own = s.tokens / query_copies;
  queries_bytes = slice_bytes(own, queries);
  kv_bytes = slice_bytes(s.tokens, kv);
  scores_bytes = own * heads * scalar_bytes;
  qkv_ranks = slice_bytes(s.tokens, qkv_matrices * rank);
  output_ranks = slice_bytes(own, rank);
}

void OneDAttention::plan(const OneDDie& d, const OneDSlices& s, bool ahead) {
  const std::uint64_t more = ahead ? 1 : 0;
  // With the output of attention.
  const std::uint64_t local = 2 * queries_bytes + kv_bytes + scores_bytes + qkv_ranks + output_ranks;
  // The input, gathered and normed in place, and later the partial sum. Shares: input and output; the next
  // input, that of the next mini-batch, the output on its way. Backward shares of the gradient too. With adapters also dU, and
  // what they add to the share of dX.
  const std::uint64_t adapted = rank > 0 ? 1 : 0;
  stage.tiling = one_d_tiling(d, s, local, 1, 2 + 3 * more, 0);
  back_stage.tiling =
      one_d_tiling(d, s, local + queries_bytes, 1, 3 + 4 * more + adapted, qkv_matrices * rank);
}

// ---- feed-forward network

void OneDFeedForward::place_weights(std::uint64_t capacity, bool is_trained) {
  if (!is_trained) return require_weight_room("feed-forward block", weights(), capacity);
  require_weight_room("feed-forward block backward, weights and gradients", backward_weights(), capacity);
}

Masters OneDFeedForward::masters() const {
  return {ceil_div(router_weights(), dies) + weights() - router_weights(), weights()};
}

Masters OneDFeedForward::adapter_masters() const {
  return Masters::shared(rank * (matrices + 1) * hidden, dies) + Masters::shared(rank * (up + ffn), 1);
}

void OneDFeedForward::place_tokens(const OneDSlices& s) {
  up_bytes = slice_bytes(s.tokens, experts_per_token * up);
  ffn_bytes = slice_bytes(s.tokens, experts_per_token * ffn);
  ranks_bytes = slice_bytes(s.tokens, (matrices + 1) * rank);
}

void OneDFeedForward::plan(const OneDDie& d, const OneDSlices& s, bool ahead) {
  const std::uint64_t more = ahead ? 1 : 0;
  const std::uint64_t k = experts_per_token, ranks = (matrices + 1) * rank;
  stage.tiling = one_d_tiling(d, s, 0, 1, 2 + 2 * more, (1 + more) * (k * up + ranks) + k * ffn);
  const std::uint64_t adapted = rank > 0 ? 1 : 0;
  back_stage.tiling = one_d_tiling(d, s, 0, 2, 3 + 3 * more + adapted,
                                   (2 + more) * k * up + 2 * k * ffn + (1 + more) * ranks + matrices * rank);
}

}  // namespace hecaton::training
