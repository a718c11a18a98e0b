#include "core/training/grid/operators.hpp"

#include "core/chiplet/hardware/config.hpp"
#include "core/training/model/config.hpp"
#include "core/training/model/plan_error.hpp"
#include "core/training/plan/plan.hpp"

namespace hecaton::training {

namespace {

// Every die gets an equal part of its column's heads, with the keys and values that they need.
void place_heads(GridAttention& a, const Operator& o, const GridDie& d) {
  const std::uint64_t sharing = o.heads / o.kv_heads;  // query heads of a key/value head
  a.own_heads = o.heads / (d.rows * d.columns);
  a.own_kv = 2 * a.head * std::max<std::uint64_t>(1, a.own_heads / sharing);
}

// A tile of the experts: tokens on their way along the row, all features of those of this column's experts,
// partial sums of their results, and what is between.
Tiling experts_tiling(const GridFeedForward& f, const GridSlices& s, std::uint64_t resident,
                      std::uint64_t buffers) {
  const std::uint64_t inner = ceil_div(buffers * (f.up + f.ffn) * f.columns, f.feature_places);
  const std::uint64_t routes = f.routes(1),
                      width = 2 * f.hidden_a * f.feature_places + 2 * f.hidden_a + inner;
  return {s.tokens, std::gcd(s.tokens_a, s.tokens_b), resident, f.token_places,
          slice_bytes(routes, width) + f.experts * scalar_bytes};
}

}  // namespace

GridAttention place_grid_attention(const Operator& o, const GridDie& d) {
  GridAttention a;
  a.head = o.head;
  a.heads = o.heads / d.columns;
  a.hidden_a = d.hidden_a;
  a.hidden_rows = d.hidden_rows;
  a.queries = a.heads * a.head;
  a.projected = projection_inputs(o) / d.columns;
  a.kv_copies = o.kv_heads < d.columns ? d.columns / o.kv_heads : 1;
  a.kv = 2 * a.head * (o.kv_heads * a.kv_copies / d.columns);
  a.qkv = a.queries + a.kv;
  if (d.by_head) place_heads(a, o, d);
  a.rank = d.adapters.rank_of(o.kind);
  a.rows = d.rows;
  a.columns = d.columns;
  return a;
}

// Experts are shared out along the tokens' line, and the dies of the features' line share each of them.
GridFeedForward place_grid_feed_forward(const Operator& o, const GridDie& d) {
  GridFeedForward f;
  f.hidden_a = d.hidden_a;
  f.hidden_rows = d.hidden_rows;
  f.up = up_features(o) / d.columns;
  f.ffn = o.ffn / d.columns;
  f.experts = o.experts;
  f.busy_experts = o.busy_experts();
  f.experts_per_token = o.experts_per_token;
  f.rows = d.rows;
  f.columns = d.columns;
  f.token_places = d.token_places;
  f.feature_places = d.feature_places;
  f.rank = d.adapters.rank_of(o.kind);
  f.matrices = up_matrices(o.gated);
  f.is_frozen = d.frozen_weights;
  return f;
}

GridOperator place_grid_operator(const Operator& o, const GridDie& d) {
  switch (o.kind) {
    case OperatorKind::attention:
      return place_grid_attention(o, d);
    case OperatorKind::feed_forward:
    case OperatorKind::experts:
      return place_grid_feed_forward(o, d);
  }
  throw PlanError("training.model.operators", "has what this method can not do", std::string(name_of(o.kind)),
                  "use another method");
}

// ---- attention

// Keys and values that several columns hold are updated by each for an equal share.
Masters GridAttention::masters() const {
  const std::uint64_t shared = hidden_rows * kv;
  return {weights() - shared + ceil_div(shared, kv_copies), weights()};
}

// A lies on all dies of a line along which its inputs are gathered, B on those
// among which its outputs are scattered.
Masters GridAttention::adapter_masters() const {
  return Masters::shared(rank * (qkv_matrices + 1) * hidden_a, columns) +
         Masters::shared(rank * 2 * queries, rows) + Masters::shared(rank * kv, rows * kv_copies);
}

void GridAttention::place_tokens(const GridSlices& s) {
  qkv_bytes = slice_bytes(s.tokens_b, qkv);
  own_bytes = own_heads > 0 ? slice_bytes(s.tokens, own_heads * head + own_kv) : qkv_bytes;
  output_bytes = slice_bytes(s.tokens_b, queries);
  exchanged = own_heads > 0 ? qkv_bytes + output_bytes : 0;
  output_kept = output_bytes + s.tokens_b * heads * scalar_bytes;
  qkv_ranks = slice_bytes(s.tokens_b, qkv_matrices * rank);
  output_ranks = slice_bytes(s.tokens_a, rank);
  kept = own_bytes + s.norm + output_kept + qkv_ranks + output_ranks;
}

void GridAttention::plan(const GridDie& d, const GridSlices& s, const GridRoom& room, Prefetch ahead,
                         const GridBeside& beside) {
  const std::uint64_t stream = d.panel(hidden_a), output = d.panel(projected);
  const auto tiling = [&](std::uint64_t resident, std::uint64_t whole) {
    return grid_tiling(d, s, room.scheme.gathers, resident, whole, 0);
  };
  // Beside outputs this die's ranks of A; backward all of them, of all tokens
  // of a tile.
  const std::uint64_t qkv_rank = ceil_div(qkv_matrices * rank, columns), output_rank = ceil_div(rank, rows);
  qkv_stage.tiling = tiling(beside.stream + qkv_bytes + qkv_ranks, stream + qkv + qkv_rank);
  output_stage.tiling = tiling(beside.stream + kept + exchanged, output + hidden_a + output_rank);
  // Gradient of the stream, of the output of attention, and what attention saved; ahead: the input of this
  // operator, and what the next one starts from.
  const std::uint64_t input = ahead.saved ? s.hidden : 0;
  back_output_stage.tiling = tiling(s.hidden + output_bytes + kept + input + beside.next + beside.border,
                                    hidden_a + rank + std::max(output, rank));
  // Gradients of queries, keys and values have taken their place, head by head; the input is there by now.
  const std::uint64_t qkv_gradients = std::max(qkv_bytes, own_bytes) + exchanged;
  back_qkv_stage.tiling =
      tiling(beside.gradients + qkv_gradients + qkv_ranks + output_ranks + beside.next + beside.border,
             qkv + qkv_matrices * rank + std::max(stream, qkv_matrices * rank));
}

// ---- feed-forward network

// What chooses experts is in every line of dies that have its features, and each updates an equal share.
Masters GridFeedForward::masters() const {
  const std::uint64_t shared = router_weights();
  return {weights() - shared + ceil_div(shared, token_places), weights()};
}

Masters GridFeedForward::adapter_masters() const {
  return Masters::shared(rank * (matrices + 1) * hidden_a, columns) +
         Masters::shared(rank * (up + ffn), rows);
}

void GridFeedForward::place_tokens(const GridSlices& s) {
  up_bytes = s.tokens_b * slice_bytes(1, ceil_div(experts_per_token * up * experts, busy_experts));
  ffn_bytes = s.tokens_b * slice_bytes(1, ceil_div(experts_per_token * ffn * experts, busy_experts));
  norm_bytes = s.norm;
  ranks_bytes = slice_bytes(s.tokens_b, matrices * rank) + slice_bytes(s.tokens_a, rank);
}

void GridFeedForward::plan(const GridDie& d, const GridSlices& s, const GridRoom& room, Prefetch ahead,
                           const GridBeside& beside) {
  const std::uint64_t buffers = ahead.saved ? 2 : 1;
  const std::uint64_t up_ranks = matrices * rank, stream = d.panel(hidden_a), inner = d.panel(ffn);
  const std::uint64_t up_or_down =
      std::max(stream + up + ceil_div(up_ranks, columns), inner + hidden_a + ceil_div(rank, rows));
  const std::uint64_t back_up_or_down =
      std::max(up + up_ranks + std::max(stream, up_ranks), hidden_a + rank + std::max(inner, rank));
  // Of the tokens of this row: what adapters keep, of down's of a column.
  const std::uint64_t ranks = up_ranks + ceil_div(rows * rank, columns);
  const std::uint64_t resident = beside.stream + beside.leaving;
  const std::uint64_t back = beside.gradients + beside.next + 2 * beside.border;
  const bool gathers = room.scheme.gathers;
  if (is_mixture()) {
    stage.tiling = experts_tiling(*this, s, resident, buffers);
    back_stage.tiling = experts_tiling(*this, s, back, buffers + 2);
    return;
  }
  stage.tiling = grid_tiling(d, s, gathers, resident, up_or_down, buffers * (up + ranks) + ffn);
  back_stage.tiling =
      grid_tiling(d, s, gathers, back, back_up_or_down, (buffers + 1) * up + buffers * ranks + 2 * ffn);
}

}  // namespace hecaton::training
