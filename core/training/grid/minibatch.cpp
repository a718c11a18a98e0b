#include "core/training/grid/minibatch.hpp"

#include <algorithm>
#include <numeric>

#include "core/training/grid/divisions.hpp"
#include "core/training/model/trained.hpp"
#include "core/training/plan/operator_list.hpp"
#include "core/training/plan/program_builder.hpp"

namespace hecaton::training {

namespace {

using Operators = std::vector<GridOperator>;

GridSlices slices_of(const GridDie& d, std::uint64_t sequences) {
  GridSlices s;
  s.tokens = sequences * d.sequence;
  s.tokens_a = s.tokens / d.token_places;
  s.tokens_b = s.tokens / d.rows;
  s.hidden = slice_bytes(s.tokens_a, d.hidden_a);
  s.norm = s.tokens_a * scalar_bytes;
  s.logits = slice_bytes(s.tokens_b, d.vocabulary);
  return s;
}

// What recomputation keeps of a layer while backward works on it, on top of what is there anyway.
std::uint64_t kept_again(const Operators& operators, const GridSlices& s, Prefetch ahead) {
  return saved_of(operators, s) + 3 * s.hidden + operators.size() * s.norm + (ahead.saved ? s.hidden : 0);
}

// The operator whose backward pass comes after that of number `i`.
const GridOperator& after_backward(const Operators& operators, std::size_t i) {
  return operators[(i == 0 ? operators.size() : i) - 1];
}

// Forward the stream has two buffers with writes in flight. An operator that saves all at its end may still
// be writing it while others run, until the next one that does so.
void plan_operators(GridMinibatches::Fit& f, const GridDie& d, const GridRoom& room) {
  const GridSlices& s = f.slices;
  const Prefetch ahead = f.prefetch;
  GridBeside beside;
  beside.border = ahead.border ? s.hidden : 0;
  beside.stream = (ahead.saved ? 2 * s.hidden : s.hidden) + s.norm + beside.border;
  beside.gradients = 3 * s.hidden + 2 * s.norm;
  std::uint64_t leaving = 0;
  for (const GridOperator& o : f.operators)
    leaving = std::max(leaving, std::visit([](const auto& op) { return op.leaving(); }, o));
  for (std::size_t i = 0; i < f.operators.size(); ++i) {
    const bool waits = std::visit([](const auto& op) { return op.leaving() > 0; }, f.operators[i]);
    beside.leaving = ahead.saved && !waits ? leaving : 0;
    const GridOperator& next = after_backward(f.operators, i);
    beside.next = ahead.saved ? std::visit([&](const auto& op) { return op.opening(s); }, next) : 0;
    std::visit([&](auto& op) { op.plan(d, s, room, ahead, beside); }, f.operators[i]);
  }
  // The gradient of the mini-batch before is still being written while the output head runs.
  f.head = {"head", "output head",
            grid_tiling(d, s, room.scheme.gathers, beside.gradients + 2 * beside.border,
                        d.panel(d.hidden_a) + d.vocabulary, d.vocabulary)};
}

// Its first tile for the next layer waits while the others work.
void make_room_for_tile(GridMinibatches::Fit& f, std::uint64_t capacity) {
  GridOperator* const tiled = f.prefetch.saved ? tiled_operator(f.operators) : nullptr;
  if (tiled == nullptr) return;
  const std::uint64_t tile = std::visit(
      [&](auto& op) {
        const std::uint64_t tiles = op.backward_stages().front()->tiling.fewest(capacity);
        return tiles == 0 ? 0 : op.tiled() / tiles;
      },
      *tiled);
  for (GridOperator& o : f.operators) {
    if (&o == tiled) continue;
    std::visit(
        [&](auto& op) {
          for (TiledStage* stage : op.backward_stages()) stage->tiling.resident += tile;
        },
        o);
  }
}

}  // namespace

std::uint64_t saved_of(const Operators& operators, const GridSlices& s) {
  return sum_of(operators, [&](const auto& o) { return o.saved() + s.hidden; });
}

GridOperator* tiled_operator(Operators& operators) {
  GridOperator* tiled = nullptr;
  for (GridOperator& o : operators) {
    if (std::visit([](const auto& op) { return op.tiled(); }, o) == 0) continue;
    if (tiled != nullptr) return nullptr;
    tiled = &o;
  }
  return tiled;
}

GridMinibatches::Fit GridMinibatches::plan(std::uint64_t sequences, Prefetch ahead) const {
  Fit f{slices_of(die_, sequences), operators_, {}, ahead, sequences, 0};
  for (GridOperator& o : f.operators) std::visit([&](auto& op) { op.place_tokens(f.slices); }, o);
  plan_operators(f, die_, room_);
  if (room_.recompute) {
    const std::uint64_t more = kept_again(f.operators, f.slices, ahead);
    f.for_each_stage([&](TiledStage& stage) { stage.tiling.resident += more; });
  }
  make_room_for_tile(f, room_.capacity);
  if (trained_of(config_).layers == 0) f.drop_backward();
  return f;
}

bool GridMinibatches::is_wide(Fit& fit) const {
  return fit.slices.tokens / fit.most_tiles() >= std::min(room_.wide_tile, fit.slices.tokens);
}

// A mini-batch alone leaves nothing at the border to prefetch.
std::vector<Prefetch> GridMinibatches::prefetch_levels(std::uint64_t minibatches) const {
  if (!config_.overlap) return {{false, false}};
  if (minibatches == 1) return {{false, true}, {false, false}};
  return {{true, true}, {false, true}, {true, false}, {false, false}};
}

std::uint64_t GridMinibatches::least_sequences() const {
  return least_grid_sequences(config_.sequence_length, config_.attention, {die_.rows, die_.token_places});
}

}  // namespace hecaton::training
