#include "runs/verify/die/gathers.hpp"

#include <algorithm>

#include "runs/verify/die/adapters.hpp"

namespace hecaton::runs {

using chiplet::Ring;
using chiplet::Work;
using training::Meaning;
using training::Pass;
using training::Verb;

namespace {

bool is_last(const Meaning& m) {
  return m.part + 1 == m.parts;
}

// 1D: tokens of the tile that all dies exchange, in whatever parts.
std::uint64_t tile_tokens_1d(const DieStep& die, const Work& work) {
  const std::uint64_t columns = work.op.ring == Ring::column ? die.places.size_of(Ring::row) : 1;
  return work.op.units * columns / die.shape.hidden();
}

// Tokens that this die brings to an exchange, or takes from it.
Indices share_tokens(const DieStep& die, const Work& work) {
  if (die.places.is_one_d()) return die.tokens.own(work, Ring::package, tile_tokens_1d(die, work));
  return die.tokens.own(work, work.op.ring, work.op.units);
}

// 1D: whole tokens. Norms come after the gather, so X is gathered before its norm.
Numbers share_1d(DieStep& die, const Work& work) {
  const bool is_gradient = die.places.meaning(work).pass == Pass::input_gradient;
  const Kind kind = is_gradient ? Kind::output_gradient : Kind::norm_input;
  return die.sheets.cut(tensor(kind, die.places.linear_of(work)), share_tokens(die, work),
                        die.features.stream());
}

Numbers share_2d(DieStep& die, const Work& work) {
  const Meaning& m = die.places.meaning(work);
  const std::uint64_t width = die.payload.width_of(work);
  const bool is_gradient = m.pass == Pass::input_gradient;
  const Indices features = is_gradient ? die.features.outputs_at(work, die.places.output_place(m), width)
                                       : die.features.inputs_at(die.places.input_place(m), width);
  return die.sheets.cut(tensor(is_gradient ? Kind::output_gradient : Kind::input, die.places.linear_of(work)),
                        share_tokens(die, work), features);
}

// Of all elements of a tile those of words that this die has.
Numbers words_looked_up(const DieStep& die, const Work& work, const Indices& tokens) {
  const std::uint64_t hidden = die.shape.hidden();
  const Indices own = die.features.words();
  Numbers numbers(work.op.units, 0.0);
  for (std::size_t row = 0; row < tokens.size(); ++row) {
    const std::uint64_t word = die.inputs.word_of(tokens[row]);
    if (!std::binary_search(own.begin(), own.end(), word)) continue;
    for (std::uint64_t f = 0; f < hidden; ++f) numbers.at(row * hidden + f) = die.inputs.embedding(word, f);
  }
  return numbers;
}

// What is to be scattered: of all tokens of the tile.
Numbers sums(DieStep& die, const Work& work) {
  const bool is_one_d = die.places.is_one_d();
  const std::uint64_t width = is_one_d ? die.shape.hidden() : die.payload.width_of(work);
  const Indices tokens = is_one_d ? die.tokens.all(work, Ring::package, work.op.units / width)
                                  : die.tokens.all(work, work.op.ring, work.op.units);
  if (die.places.meaning(work).verb == Verb::embedding) return words_looked_up(die, work, tokens);
  return die.rows_of(die.hand.product, tokens, width, work);
}

}  // namespace

namespace {

// With adapters: what is left in hand until they add to it. Forward, U is
// beside Y.
void end_adapted_scatter(DieStep& die, const Work& work) {
  const Meaning& m = die.places.meaning(work);
  const Indices& tokens = die.tokens.recent();
  const Numbers& result = die.hand.result;
  const std::uint64_t width = die.payload.width_of(work);
  if (m.pass != Pass::forward) {
    const Indices features = die.places.is_one_d() ? die.features.stream()
                                                   : die.features.inputs_at(die.places.input_place(m), width);
    if (die.fits(result, tokens.size() * features.size(), work)) die.keep_partly(tokens, features, result);
    return;
  }
  if (!die.fits(result, tokens.size() * width, work)) return;
  Numbers outputs, ranks;
  for (std::size_t t = 0; t < tokens.size(); ++t)
    for (std::uint64_t f = 0; f < width; ++f)
      (f < width - m.ranks ? outputs : ranks).push_back(result[t * width + f]);
  die.keep_partly(tokens, die.features.outputs_at(work, die.places.output_place(m), width - m.ranks),
                  outputs);
  die.sheets.put_all(tensor(Kind::ranks, die.places.linear_of(work)), tokens,
                     ranks_at(die.places.output_place(m), m.ranks), ranks);
}

}  // namespace

void begin_gather(DieStep& die, const Work& work) {
  Numbers own = die.hand.result;
  if (die.places.meaning(work).part == 0)
    own = die.places.is_one_d() ? share_1d(die, work) : share_2d(die, work);
  if (die.fits(own, die.payload.own_size(work), work)) die.payload.put_own(work, own);
}

void end_gather(DieStep& die, const Work& work) {
  const Meaning& m = die.places.meaning(work);
  die.hand.result = die.payload.by_places(work);
  if (!is_last(m)) return;
  const Indices tokens = die.places.is_one_d()
                             ? die.tokens.all(work, Ring::package, tile_tokens_1d(die, work))
                             : die.tokens.all(work, work.op.ring, work.op.units);
  (m.pass == Pass::input_gradient ? die.hand.dy : die.hand.x) = {die.hand.result, tokens};
}

void begin_scatter(DieStep& die, const Work& work) {
  const Numbers from = die.places.meaning(work).part == 0 ? sums(die, work) : die.hand.result;
  if (die.fits(from, die.payload.numbers().size(), work)) die.payload.set_by_places(work, from);
}

void end_scatter(DieStep& die, const Work& work) {
  const Meaning& m = die.places.meaning(work);
  const bool forward = m.pass == Pass::forward;
  die.hand.result = die.payload.own(work);
  if (!is_last(m)) return;
  die.tokens.set_recent(share_tokens(die, work));
  if (m.ranks > 0) {
    end_adapted_scatter(die, work);
    return die.tokens.finish_tile(work);
  }
  const Indices& tokens = die.tokens.recent();
  const std::uint64_t width = die.payload.width_of(work);
  Indices features = die.features.stream();
  if (!die.places.is_one_d())
    features = forward ? die.features.outputs_at(work, die.places.output_place(m), width)
                       : die.features.inputs_at(die.places.input_place(m), width);
  const TensorName name = m.verb == Verb::embedding ? die.shape.first_stream()
                                                    : tensor(forward ? Kind::output : Kind::input_gradient,
                                                             die.places.linear_of(work));
  if (die.fits(die.hand.result, tokens.size() * features.size(), work))
    die.sheets.put_all(name, tokens, features, die.hand.result);
  die.tokens.finish_tile(work);
}

}  // namespace hecaton::runs
