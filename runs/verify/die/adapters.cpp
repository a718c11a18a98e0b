#include "runs/verify/die/adapters.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "runs/verify/die/products.hpp"

namespace hecaton::runs {

using chiplet::Ring;
using chiplet::Stage;
using chiplet::Work;
using training::Meaning;
using training::Pass;
using training::Spread;
using training::Verb;

namespace {

// The adapters of an operation's linear layer, and what of them this die has.
class Adapters {
 public:
  Adapters(DieStep& die, const Work& work)
      : meaning(die.places.meaning(work)),
        base(die.places.linear_of(work)),
        a{base.stage, base.block, Linear::adapter_a},
        b{base.stage, base.block, Linear::adapter_b},
        of_matrix(count_up(0, adapter_rank(die.shape, base))),
        all(count_up(0, adapter_ranks(die.shape, base))),
        die_(die),
        work_(work) {}

  const Meaning& meaning;
  const Linear base, a, b;
  const Indices of_matrix, all;  // ranks

  TensorName ranks(bool forward) const { return tensor(forward ? Kind::ranks : Kind::rank_gradient, base); }
  bool is_by_inputs() const { return meaning.spread == Spread::inputs; }
  Ring output_ring() const { return meaning.spread == Spread::grid ? Ring::column : Ring::row; }

  // Features of X and of Y.
  Indices inputs() const {
    if (meaning.spread == Spread::outputs) return count_up(0, die_.shape.inputs_of(base));
    if (base.stage == Stage::attention_output && is_by_inputs()) return die_.features.queries(base.block);
    // 2D: X's features are cut along the line along which Y's tokens are.
    const std::uint64_t dies = is_by_inputs() ? die_.places.dies() : die_.places.size_of(output_ring());
    return die_.features.inputs_at(die_.places.input_place(meaning), die_.shape.inputs_of(base) / dies);
  }
  Indices outputs() const {
    if (is_by_inputs()) return count_up(0, die_.shape.outputs_of(base));
    return die_.features.outputs_of(work_, die_.places.output_place(meaning));
  }

  // Tokens of Y on this die, of the tile at work; and whether this output of a
  // token is the die's.
  Indices output_tokens(std::uint64_t tile_or_own) const {
    if (die_.places.is_one_d()) return die_.tokens.all(work_, Ring::package, tile_or_own);
    return die_.tokens.own(work_, output_ring(), tile_or_own * die_.places.size_of(output_ring()));
  }
  bool has(std::uint64_t token, std::uint64_t output) const {
    if (!die_.places.is_one_d() || base.stage != Stage::qkv) return true;
    if (output >= die_.shape.queries(base.block)) return true;
    return die_.features.attention_heads(base.block).has_query(token % die_.shape.sequence());
  }

  // Calls visit(column of U or dU, output, weight of B).
  template <class Visit>
  void for_each_b(Visit&& visit) const {
    const Indices to = outputs();
    const Numbers weights = die_.sheets.weights(b, of_matrix, to);
    std::size_t i = 0;
    for (const std::uint64_t rank : of_matrix)
      for (const std::uint64_t n : to) visit(adapter_column(die_.shape, base, rank, n), n, weights[i++]);
  }

 private:
  DieStep& die_;
  const Work& work_;
};

// What this die's outputs add to dU.
Numbers rank_gradient_part(DieStep& die, const Adapters& l, const Indices& tokens) {
  Numbers sums(tokens.size() * l.all.size(), 0.0);
  const TensorName gradient = tensor(Kind::output_gradient, l.base);
  l.for_each_b([&](std::uint64_t rank, std::uint64_t n, Number b) {
    for (std::size_t t = 0; t < tokens.size(); ++t)
      if (l.has(tokens[t], n)) sums[t * l.all.size() + rank] += die.sheets.get(gradient, tokens[t], n) * b;
  });
  return sums;
}

void add_to_outputs(DieStep& die, const Adapters& l) {
  std::map<std::uint64_t, std::vector<std::pair<std::uint64_t, Number>>> columns;  // of B, by output
  l.for_each_b([&](std::uint64_t rank, std::uint64_t n, Number b) { columns[n].emplace_back(rank, b); });
  for (const auto& [at, part] : std::exchange(die.hand.partly, {})) {
    Number y = part;
    for (const auto& [rank, b] : columns[at.second]) y += die.sheets.get(l.ranks(true), at.first, rank) * b;
    die.sheets.put(tensor(Kind::output, l.base), at.first, at.second, y);
  }
}

// 1D, cut by inputs: to partial sums of the tile's Y, of the tokens whose part
// of U is there.
void add_to_partial_sums(DieStep& die, const Work& work, const Adapters& l) {
  Held& product = die.hand.product;
  const std::uint64_t width = die.shape.outputs_of(l.base);
  if (!die.fits(product.numbers, product.rows.size() * width, work)) return;
  const Sheet& u = die.hand.ranks[l.base];
  l.for_each_b([&](std::uint64_t rank, std::uint64_t n, Number b) {
    for (std::size_t row = 0; row < product.rows.size(); ++row)
      if (const auto at = u.find({product.rows[row], rank}); at != u.end())
        product.numbers[row * width + n] += at->second * b;
  });
}

void add_to_input_gradient(DieStep& die, const Work& work, const Adapters& l) {
  const Sheet dx = std::exchange(die.hand.partly, {});
  if (dx.empty()) return die.fail("what adapters add has nothing to be added to", work);
  const Indices inputs = l.inputs();
  const Numbers weights = die.sheets.weights(l.a, inputs, l.all);
  for (const auto& [at, part] : dx) {
    const auto place =
        static_cast<std::size_t>(std::find(inputs.begin(), inputs.end(), at.second) - inputs.begin());
    if (place == inputs.size()) return die.fail("what adapters add belongs to another layer", work);
    Number sum = part;
    for (const std::uint64_t rank : l.all)
      sum += die.sheets.get(l.ranks(false), at.first, rank) * weights.at(place * l.all.size() + rank);
    die.sheets.put(tensor(Kind::input_gradient, l.base), at.first, at.second, sum);
  }
}

// U of a token and rank: of all inputs, or this die's part.
Number rank_at(DieStep& die, const Adapters& l, std::uint64_t token, std::uint64_t rank) {
  if (!l.is_by_inputs()) return die.sheets.get(l.ranks(true), token, rank);
  const Sheet& u = die.hand.ranks[l.base];
  const auto at = u.find({token, rank});
  return at == u.end() ? die.sheets.get(l.ranks(true), token, rank) : at->second;
}

void add_gradient_of_b(DieStep& die, const Work& work, const Adapters& l) {
  const Held& dy = die.hand.dy;
  const Indices outputs = l.outputs();
  Indices tokens;
  if (!l.is_by_inputs())
    tokens = l.output_tokens(die.places.is_one_d() ? die.hand.tile_tokens : work.op.k);
  else if (l.base.stage == Stage::attention_output)
    tokens =
        DieTokens::with_queries(dy.rows, die.features.attention_heads(l.base.block), die.shape.sequence());
  else
    tokens = dy.rows;
  const Numbers whole = l.is_by_inputs() ? die.rows_of(dy, tokens, outputs.size(), work) : Numbers();
  Numbers sums(l.of_matrix.size() * outputs.size(), 0.0);
  for (std::size_t t = 0; t < tokens.size(); ++t)
    for (std::size_t r = 0; r < l.of_matrix.size(); ++r)
      for (std::size_t n = 0; n < outputs.size(); ++n) {
        if (!l.has(tokens[t], outputs[n])) continue;
        const Number gradient =
            l.is_by_inputs() ? whole[t * outputs.size() + n]
                             : die.sheets.get(tensor(Kind::output_gradient, l.base), tokens[t], outputs[n]);
        sums[r * outputs.size() + n] +=
            rank_at(die, l, tokens[t], adapter_column(die.shape, l.base, r, outputs[n])) * gradient;
      }
  die.sheets.add_gradient(l.b, l.of_matrix, outputs, sums);
}

// Of the tokens whose dX has been written last; 1D, cut by inputs: of this
// die's queries, or of all.
void add_gradient_of_a(DieStep& die, const Work& work, const Adapters& l) {
  const ProductShape s = shape_of(work.op, Pass::weight_gradient);
  Indices tokens = die.tokens.recent();
  if (l.base.stage == Stage::attention_output && l.is_by_inputs())
    tokens =
        DieTokens::with_queries(tokens, die.features.attention_heads(l.base.block), die.shape.sequence());
  const Indices inputs = l.inputs();
  if (tokens.size() != s.tokens || inputs.size() != s.inputs)
    return die.fail("a product of other tokens or features than are there", work);
  const Numbers x = die.sheets.cut(tensor(Kind::input, l.base), tokens, inputs);
  die.sheets.add_gradient(l.a, inputs, l.all, dw_of(x, die.sheets.cut(l.ranks(false), tokens, l.all), s));
  die.tokens.finish_tile(work);
}

}  // namespace

Indices ranks_at(std::uint64_t place, std::uint64_t count) {
  return count_up(place * count, count);
}

void begin_ranks(DieStep& die, const Work& work) {
  const Adapters l(die, work);
  if (l.meaning.part > 0) return die.payload.set(die.passed_on(work, 0));
  if (l.meaning.verb == Verb::rank_sums) {
    die.hand.tile_tokens = work.op.units;
    const Numbers part = rank_gradient_part(die, l, l.output_tokens(work.op.units));
    if (die.fits(part, die.payload.numbers().size(), work)) die.payload.set(part);
    return;
  }
  const bool forward = l.meaning.pass == Pass::forward;
  const Indices own = forward ? die.tokens.recent() : die.tokens.own(work, work.op.ring, work.op.units);
  const std::uint64_t count = forward ? l.all.size() / work.op.units : l.all.size();
  const Numbers part = die.sheets.cut(l.ranks(forward), own,
                                      ranks_at(forward ? die.places.output_place(l.meaning) : 0, count));
  if (die.fits(part, die.payload.own_size(work), work)) die.payload.put_own(work, part);
}

// Forward a slice is a die's ranks of all its tokens; backward, all ranks of a
// die's tokens.
void end_ranks(DieStep& die, const Work& work) {
  const Adapters l(die, work);
  if (l.meaning.part + 1 < l.meaning.parts) return die.keep_result(work);
  const Numbers& numbers = die.payload.numbers();
  if (l.meaning.pass != Pass::forward) {
    const Indices tokens =
        l.meaning.verb != Verb::rank_sums
            ? die.tokens.all(work, work.op.ring, work.op.units)
            : l.output_tokens(die.places.is_one_d() ? die.hand.tile_tokens : work.op.units);
    if (die.fits(numbers, tokens.size() * l.all.size(), work))
      die.sheets.put_all(l.ranks(false), tokens, l.all, numbers);
    return;
  }
  const auto dies = static_cast<std::uint32_t>(work.op.units);
  for (std::uint32_t place = 0; place < dies; ++place) {
    const Numbers part = die.payload.part(die.payload.chunk(work, dies, place));
    const Indices ranks = ranks_at(place, l.all.size() / dies);
    if (die.fits(part, die.tokens.recent().size() * ranks.size(), work))
      die.sheets.put_all(l.ranks(true), die.tokens.recent(), ranks, part);
  }
}

void multiply_ranks(DieStep& die, const Work& work) {
  const Adapters l(die, work);
  const ProductShape s = shape_of(work.op, Pass::forward);
  if (l.meaning.pass == Pass::input_gradient) {  // cut by inputs, from dY
    Indices rows = die.hand.dy.rows;
    if (l.base.stage == Stage::attention_output)
      rows = DieTokens::with_queries(rows, die.features.attention_heads(l.base.block), die.shape.sequence());
    const Indices outputs = l.outputs();
    const Numbers dy = die.rows_of(die.hand.dy, rows, outputs.size(), work);
    const Numbers b = die.sheets.weights(l.b, l.of_matrix, outputs);
    const ProductShape of_b{rows.size(), l.of_matrix.size(), outputs.size()};
    return die.sheets.put_all(l.ranks(false), rows, l.all, dx_of(dy, b, of_b));
  }
  const Indices inputs = l.inputs();
  if (inputs.size() != s.inputs) return die.fail("a product of other features than the die's", work);
  const Numbers a = die.sheets.weights(l.a, inputs, l.all);
  if (!l.is_by_inputs()) {
    if (!die.fits(die.hand.x.numbers, s.tokens * s.inputs, work)) return;
    return die.sheets.put_all(l.ranks(true), die.hand.x.rows, l.all, y_of(die.hand.x.numbers, a, s));
  }
  Indices rows = die.hand.product.rows;
  if (l.base.stage == Stage::attention_output)
    rows = DieTokens::with_queries(rows, die.features.attention_heads(l.base.block), die.shape.sequence());
  if (rows.size() != s.tokens) return die.fail("a product of other tokens than are there", work);
  const Numbers u = y_of(die.sheets.cut(tensor(Kind::input, l.base), rows, inputs), a, s);
  std::size_t i = 0;
  for (const std::uint64_t row : rows)
    for (const std::uint64_t rank : l.all) die.hand.ranks[l.base][{row, rank}] = u[i++];
}

void add_adapted(DieStep& die, const Work& work) {
  const Adapters l(die, work);
  if (l.meaning.pass == Pass::input_gradient) return add_to_input_gradient(die, work, l);
  return l.is_by_inputs() ? add_to_partial_sums(die, work, l) : add_to_outputs(die, l);
}

void add_adapter_gradient(DieStep& die, const Work& work) {
  const Adapters l(die, work);
  if (l.meaning.verb == Verb::adapter_a)
    add_gradient_of_a(die, work, l);
  else
    add_gradient_of_b(die, work, l);
}

}  // namespace hecaton::runs
