#include "runs/verify/die/attention.hpp"

#include <cmath>
#include <utility>

#include "runs/verify/dense/functions.hpp"

namespace hecaton::runs {

using chiplet::Ring;
using chiplet::Stage;
using chiplet::Work;
using training::Pass;
using training::Verb;

namespace {

// Where a query is: its token, and the first features of it, its keys and its values.
struct Query {
  std::uint64_t token, head;
  StepShape::Keys keys;         // tokens that it sees
  std::uint64_t q, key, value;  // features
};

// Calls visit(query) for every query of this die.
template <class Visit>
void for_each_query(DieStep& die, const Work& work, Visit&& visit) {
  const StepShape& shape = die.shape;
  const std::int32_t block = die.places.block_of(work);
  const std::uint64_t size = shape.head_size(block);
  const Heads heads = die.features.attention_heads(block);
  const Indices tokens = DieTokens::with_queries(die.tokens.attention(work), heads, shape.sequence());
  for (const std::uint64_t token : tokens)
    for (std::uint64_t head = heads.first; head < heads.first + heads.count; ++head) {
      const std::uint64_t kv = shape.kv_head_of(block, head);
      visit(Query{token, head, die.inputs.keys_of(token), head * size, shape.key_at(block, kv),
                  shape.value_at(block, kv)});
    }
}

// So many products of each query with each key that it sees, for all features of a head. Products are not
// followed one by one, but that none of them is missing.
void require_products(DieStep& die, const Work& work, std::uint64_t products) {
  std::uint64_t pairs = 0;
  for_each_query(die, work, [&](const Query& query) { pairs += query.keys.count; });
  const std::uint64_t macs = std::exchange(die.hand.attention_macs, 0);
  if (macs < products * pairs * die.shape.head_size(die.places.block_of(work)))
    die.fail("products of attention are missing", work);
}

// Zeros: no query of this die may see a key, and a query that pads sees none. Several heads, and all queries, have
// their part in those of a key and a value.
Sheet no_gradients(DieStep& die, const Work& work) {
  const StepShape& shape = die.shape;
  const std::int32_t block = die.places.block_of(work);
  const Heads heads = die.features.attention_heads(block);
  Sheet gradients;
  for (const std::uint64_t token : die.tokens.attention(work))
    for (std::uint64_t head = heads.first; head < heads.first + heads.count; ++head)
      for (std::uint64_t f = 0; f < shape.head_size(block); ++f) {
        const std::uint64_t kv = shape.kv_head_of(block, head);
        if (heads.has_query(token % shape.sequence()))
          gradients[{token, head * shape.head_size(block) + f}] = 0;
        gradients[{token, shape.key_at(block, kv) + f}] = 0;
        gradients[{token, shape.value_at(block, kv) + f}] = 0;
      }
  return gradients;
}

}  // namespace

// A head that pads has queries that are zero, and keys and values of its group: what it would give is left out.
void attend(DieStep& die, const Work& work) {
  require_products(die, work, 2);
  const std::int32_t block = die.places.block_of(work);
  const TensorName qkv{Kind::output, Stage::qkv, block};
  const std::uint64_t size = die.shape.head_size(block);
  for_each_query(die, work, [&](const Query& query) {
    Numbers products(query.keys.count, 0.0);
    for (std::uint64_t s = 0; s < products.size(); ++s)
      for (std::uint64_t f = 0; f < size; ++f)
        products[s] += die.sheets.get(qkv, query.token, query.q + f) *
                       die.sheets.get(qkv, query.keys.first + s, query.key + f);
    const Numbers p = attention_weights(std::move(products), size);
    for (std::uint64_t f = 0; f < size; ++f) {
      Number sum = 0;
      for (std::uint64_t s = 0; s < p.size(); ++s)
        sum += p[s] * die.sheets.get(qkv, query.keys.first + s, query.value + f);
      die.sheets.put({Kind::input, Stage::attention_output, block}, query.token, query.q + f,
                     die.inputs.is_head(block, query.head) ? sum : 0);
    }
  });
}

void attend_backward(DieStep& die, const Work& work) {
  require_products(die, work, 5);
  const std::int32_t block = die.places.block_of(work);
  const TensorName qkv{Kind::output, Stage::qkv, block};
  const TensorName out{Kind::input_gradient, Stage::attention_output, block};
  const std::uint64_t size = die.shape.head_size(block);
  const Number scale = 1.0 / std::sqrt(static_cast<Number>(size));
  Sheet gradients = no_gradients(die, work);
  for_each_query(die, work, [&](const Query& query) {
    Numbers products(query.keys.count, 0.0), dp(query.keys.count, 0.0);
    for (std::uint64_t s = 0; s < products.size(); ++s)
      for (std::uint64_t f = 0; f < size; ++f) {
        const std::uint64_t other = query.keys.first + s;
        products[s] +=
            die.sheets.get(qkv, query.token, query.q + f) * die.sheets.get(qkv, other, query.key + f);
        dp[s] += die.sheets.get(out, query.token, query.q + f) * die.sheets.get(qkv, other, query.value + f);
      }
    const Numbers p = attention_weights(std::move(products), size);
    Number dot = 0;
    for (std::uint64_t s = 0; s < p.size(); ++s) dot += p[s] * dp[s];
    for (std::uint64_t s = 0; s < p.size(); ++s)
      for (std::uint64_t f = 0; f < size; ++f) {
        const std::uint64_t other = query.keys.first + s;
        const Number ds = p[s] * (dp[s] - dot) * scale;
        gradients[{query.token, query.q + f}] += ds * die.sheets.get(qkv, other, query.key + f);
        gradients[{other, query.key + f}] += ds * die.sheets.get(qkv, query.token, query.q + f);
        gradients[{other, query.value + f}] += p[s] * die.sheets.get(out, query.token, query.q + f);
      }
  });
  const Heads heads = die.features.attention_heads(block);
  for (const auto& [at, gradient] : gradients)
    die.sheets.put_of_heads({Kind::output_gradient, Stage::qkv, block}, at.first, at.second, gradient, heads);
}

// ---- attention by head

namespace {

TensorName exchanged(const DieStep& die, const Work& work) {
  const Linear linear = die.places.linear_of(work);
  const bool forward = die.places.meaning(work).pass == Pass::forward;
  if (linear.stage == Stage::qkv) return tensor(forward ? Kind::output : Kind::output_gradient, linear);
  return tensor(forward ? Kind::input : Kind::input_gradient, linear);
}

// Tokens of the die at this place of the column's line.
Indices tokens_at(const DieStep& die, const Work& work, std::uint32_t line_place) {
  return die.tokens.minibatch(work, Ring::column, die.places.place_of(Ring::column, line_place));
}

bool is_to_heads(const DieStep& die, const Work& work) {
  return die.places.meaning(work).verb == Verb::to_heads;
}

}  // namespace

void begin_heads(DieStep& die, const Work& work) {
  const chiplet::LinePlace& line = work.places.line;
  const bool to = is_to_heads(die, work);
  for (std::uint32_t place = 0; place < line.size; ++place) {
    const DiePayload::Range range = die.payload.chunk(work, line.size, place);
    const Numbers own = die.sheets.cut(exchanged(die, work), tokens_at(die, work, to ? line.position : place),
                                       die.features.by_head(work, to ? place : line.position));
    if (!die.fits(own, range.size(), work)) continue;
    die.payload.put(range, own);
    if (place == line.position) die.payload.keep(range, own);
  }
}

// Gradients of keys and values that several dies have used are added up.
void end_heads(DieStep& die, const Work& work) {
  const chiplet::LinePlace& line = work.places.line;
  const bool to = is_to_heads(die, work);
  Sheet sums;
  for (std::uint32_t place = 0; place < line.size; ++place) {
    std::size_t i = die.payload.chunk(work, line.size, place).begin;
    for (const std::uint64_t token : tokens_at(die, work, to ? place : line.position))
      for (const std::uint64_t f : die.features.by_head(work, to ? line.position : place))
        sums[{token, f}] += die.payload.received().at(i++);
  }
  for (const auto& [at, value] : sums) die.sheets.put(exchanged(die, work), at.first, at.second, value);
}

}  // namespace hecaton::runs
