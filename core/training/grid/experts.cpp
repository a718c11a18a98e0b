// A mixture of experts in place of the feed-forward network, for methods with 2D tiles. Tokens of the stream follow the
// columns, and its features the rows; of SUMMA they follow the rows and the columns, so all that is said here of a row
// is then of a column, and the other way about.
//
// Each column of c has E/c experts, and its r dies share each of them: a die has 1/r of the columns of up and
// of the rows of down. A token's k experts are chosen from scalars that are summed along the column. Then
// tokens go to the columns of their experts by an all-to-all along the row, are gathered along the column,
// pass up, activation and down, are added up and scattered along the column, and go back by an all-to-all
// along the row. Tokens are taken to be spread evenly over experts; those that pad have room for as many tokens, and
// get none.
#include "core/training/grid/grid.hpp"

namespace hecaton::training {

using chiplet::Ring;
using chiplet::Stage;

namespace {

struct Experts {
  const GridFeedForward& f;
  Ring row, column;          // along which tokens, and features, of the stream are split
  std::uint64_t own = 0;     // tokens of a tile on this die before and after
  std::uint64_t routed = 0;  // and in the column of their experts, each as often as it has experts there
  std::uint64_t each = 0;    // of one expert
  std::uint64_t here = 0;    // experts of this column
  std::uint64_t hidden = 0, up = 0, ffn = 0;  // features of a product

  Experts(const GridLayout& l, const GridFeedForward& which, std::uint64_t tokens)
      : f(which), row(l.scheme.token_ring()), column(l.scheme.feature_ring) {
    own = tokens / f.token_places;
    routed = f.routes(own);
    here = f.experts / f.token_places;
    each = ceil_div(tokens * f.experts_per_token, f.busy_experts);
    hidden = f.hidden_a * f.feature_places;
    up = f.up * f.columns / f.feature_places;
    ffn = f.ffn * f.columns / f.feature_places;
  }
  // This die's features of its column's tokens; and all of them, gathered, or as partial sums. Bytes.
  std::uint64_t part() const { return slice_bytes(routed, f.hidden_a); }
  std::uint64_t gathered() const { return part() * f.feature_places; }
};

// To the columns of the experts, or back.
void exchange(ProgramBuilder& b, const Experts& x, Stage stage, Verb verb, Pass pass) {
  b.all_to_all(stage, x.row, x.routed, slice_bytes(1, x.f.hidden_a));
  b.mean({verb, pass, Spread::experts});
}
void dispatch(ProgramBuilder& b, const Experts& x, Stage stage, Pass pass) {
  hold(b, 2 * x.part());  // sent and received
  exchange(b, x, stage, Verb::to_experts, pass);
  drop(b, x.part());
  hold(b, x.gathered());
  b.all_gather(stage, x.column, x.routed * x.f.feature_places, slice_bytes(1, x.f.hidden_a));
  b.mean({Verb::gather, pass, Spread::experts});
  drop(b, x.part());
}
void combine(ProgramBuilder& b, const Experts& x, Stage stage, Pass pass) {
  b.reduce_scatter(stage, x.column, x.routed * x.f.feature_places, slice_bytes(1, x.f.hidden_a));
  b.mean({Verb::scatter, pass, Spread::experts});
  drop(b, x.gathered());  // partial sums
  hold(b, 2 * x.part());
  exchange(b, x, stage, Verb::from_experts, pass);
  b.vector(stage, x.part());  // weighed and added up
  b.mean({Verb::combine, pass, Spread::experts});
  drop(b, 2 * x.part());
}

void product(ProgramBuilder& b, Stage stage, std::uint64_t m, std::uint64_t k, std::uint64_t n,
             std::uint64_t count, Pass pass) {
  b.matmul(stage, m, k, n, count);
  b.mean({Verb::product, pass, Spread::experts});
}

}  // namespace

void add_experts_up(ProgramBuilder& b, const GridLayout& l, const GridFeedForward& f, std::uint64_t tokens) {
  const Experts x(l, f, tokens);
  const Stage stage = Stage::ffn_up;
  b.matmul(stage, x.own, f.hidden_a, f.experts);  // the choice
  mean_on_grid(b, Verb::scores, Pass::forward, stage);
  b.all_reduce(stage, x.column, x.own, f.experts * scalar_bytes);
  mean_on_grid(b, Verb::score_sums, Pass::forward, stage);
  b.vector(stage, x.own * f.experts * scalar_bytes);
  mean_on_grid(b, Verb::shares, Pass::forward, stage);
  dispatch(b, x, stage, Pass::forward);
  product(b, stage, x.each, x.hidden, x.up, x.here, Pass::forward);
  drop(b, x.gathered());
}

void add_experts_down(ProgramBuilder& b, const GridLayout& l, const GridFeedForward& f,
                      std::uint64_t tokens) {
  const Experts x(l, f, tokens);
  hold(b, x.gathered());
  product(b, Stage::ffn_down, x.each, x.ffn, x.hidden, x.here, Pass::forward);
  combine(b, x, Stage::ffn_down, Pass::forward);
}

void add_experts_down_backward(ProgramBuilder& b, const GridLayout& l, const GridFeedForward& f,
                               std::uint64_t tokens) {
  const Experts x(l, f, tokens);
  dispatch(b, x, Stage::ffn_down, Pass::input_gradient);
  product(b, Stage::ffn_down, x.each, x.hidden, x.ffn, x.here, Pass::input_gradient);
  if (!f.is_frozen) product(b, Stage::ffn_down, x.ffn, x.each, x.hidden, x.here, Pass::weight_gradient);
  drop(b, x.gathered());
  // How much each expert's result counts: its gradient, a scalar for each token and expert. A die has the
  // part of its features; parts go back along the row, and are added up along the column.
  hold(b, 2 * x.routed * scalar_bytes);
  b.all_to_all(Stage::ffn_down, x.row, x.routed, scalar_bytes);
  mean_on_grid(b, Verb::share_gradients, Pass::input_gradient, Stage::ffn_down);
  b.all_reduce(Stage::ffn_down, x.column, x.routed, scalar_bytes);
  mean_on_grid(b, Verb::share_sums, Pass::input_gradient, Stage::ffn_down);
  drop(b, 2 * x.routed * scalar_bytes);
}

void add_experts_up_backward(ProgramBuilder& b, const GridLayout& l, const GridFeedForward& f,
                             std::uint64_t tokens) {
  const Experts x(l, f, tokens);
  const Stage stage = Stage::ffn_up;
  hold(b, x.gathered());
  product(b, stage, x.each, x.up, x.hidden, x.here, Pass::input_gradient);
  combine(b, x, stage, Pass::input_gradient);
  if (!f.is_frozen) {
    dispatch(b, x, stage, Pass::weight_gradient);  // the inputs again
    product(b, stage, x.hidden, x.each, x.up, x.here, Pass::weight_gradient);
    drop(b, x.gathered());
  }
  b.vector(stage, x.own * f.experts * scalar_bytes);
  mean_on_grid(b, Verb::shares, Pass::input_gradient, stage);
  b.matmul(stage, x.own, f.experts, f.hidden_a);
  mean_on_grid(b, Verb::scores, Pass::input_gradient, stage);
  if (f.is_frozen) return;
  b.matmul(stage, f.hidden_a, x.own, f.experts);
  mean_on_grid(b, Verb::scores, Pass::weight_gradient, stage);
}

}  // namespace hecaton::training
