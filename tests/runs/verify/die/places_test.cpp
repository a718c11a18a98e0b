// Dies of a package have, all together, every element of the residual stream, every word and every head once;
// and a token tile takes equally many tokens from every slice.
#include "runs/verify/die/places.hpp"

#include <gtest/gtest.h>

#include <map>
#include <ostream>
#include <utility>
#include <vector>

#include "runs/verify/die/features.hpp"
#include "runs/verify/die/tokens.hpp"

namespace hecaton::test::places_test {
namespace {

using chiplet::Ring;
using training::Meanings;
using training::Spread;
using training::Verb;

constexpr std::uint64_t minibatch_tokens = 48;

struct Layout {
  const char* name;
  Spread spread;
  std::uint32_t rows, columns;
};

std::ostream& operator<<(std::ostream& out, const Layout& layout) {
  return out << layout.name << " on " << layout.rows << " x " << layout.columns;
}

runs::StepShape step_shape() {
  training::TrainingConfig config;
  config.model.hidden = 24;
  config.model.ffn = 48;
  config.model.heads = 24;
  config.model.kv_heads = 6;
  config.model.layers = 2;
  config.model.vocabulary = 61;
  config.batch_sequences = 12;
  config.sequence_length = 8;
  return runs::StepShape(config);
}

Meanings meanings_of(Spread spread) {
  training::Meaning product;
  product.verb = Verb::product;
  product.spread = spread;
  return {product};
}

// A die, in a package whose rings are its lines.
runs::DieRole role_of(const Layout& layout, std::uint32_t row, std::uint32_t column,
                      const Meanings& meanings) {
  runs::DieRole role;
  role.id = NodeId{row * layout.columns + column};
  role.meanings = &meanings;
  role.minibatch_tokens = minibatch_tokens;
  auto& [rings, lines] = role.groups;
  rings[static_cast<std::size_t>(Ring::row)] = {layout.columns, column, {}};
  rings[static_cast<std::size_t>(Ring::column)] = {layout.rows, row, {}};
  lines[static_cast<std::size_t>(Ring::row)] = {layout.columns, column, {}, 1};
  lines[static_cast<std::size_t>(Ring::column)] = {layout.rows, row, {}, layout.columns};
  return role;
}

class Places : public ::testing::TestWithParam<Layout> {
 protected:
  template <class Visit>
  void for_each_die(Visit&& visit) const {
    for (std::uint32_t row = 0; row < GetParam().rows; ++row)
      for (std::uint32_t column = 0; column < GetParam().columns; ++column)
        visit(runs::DiePlaces(role_of(GetParam(), row, column, meanings_), shape_));
  }
  // The product, in this mini-batch.
  chiplet::Work work(std::int32_t minibatch) const { return {0, op_, {ring_, line_}, 0, 0, minibatch}; }

  const runs::StepShape shape_ = step_shape();
  const Meanings meanings_ = meanings_of(GetParam().spread);
  chiplet::Op op_;
  chiplet::RingPlace ring_;
  chiplet::LinePlace line_;
};

TEST_P(Places, HaveEveryElementOfTheStreamOnce) {
  std::map<std::pair<std::uint64_t, std::uint64_t>, int> owners;
  for_each_die([&](const runs::DiePlaces& places) {
    runs::DieTokens tokens(places);
    tokens.set_recent(tokens.own(work(1), Ring::package, minibatch_tokens));
    for (const std::uint64_t token : tokens.stream(work(1)))
      for (const std::uint64_t f : runs::DieFeatures(places, shape_).stream()) ++owners[{token, f}];
  });
  ASSERT_EQ(owners.size(), minibatch_tokens * shape_.hidden());
  for (const auto& [element, count] : owners) {
    EXPECT_EQ(count, 1);
    EXPECT_EQ(element.first / minibatch_tokens, 1U);  // of the second mini-batch
  }
}

TEST_P(Places, HaveEveryWordAndEveryHead) {
  std::map<std::uint64_t, std::uint32_t> words, heads;
  for_each_die([&](const runs::DiePlaces& places) {
    const runs::DieFeatures features(places, shape_);
    for (const std::uint64_t word : features.words()) ++words[word];
    const runs::Heads own = features.attention_heads(0);
    for (std::uint64_t head = own.first; head < own.first + own.count; ++head) ++heads[head];
  });
  // 2D: each die of a column has those of the column.
  const std::uint32_t owners = GetParam().spread == Spread::outputs ? 1 : GetParam().rows;
  ASSERT_EQ(words.size(), shape_.model().vocabulary);
  ASSERT_EQ(heads.size(), shape_.operator_at(0).heads);
  for (const auto& [word, count] : words) EXPECT_EQ(count, owners) << word;
  for (const auto& [head, count] : heads) EXPECT_EQ(count, owners) << head;
}

// The tiles of a mini-batch have each of its tokens once. 2D: a tile has equally many tokens of the slice of
// each row of dies.
TEST_P(Places, CutAMinibatchIntoTiles) {
  const runs::DiePlaces places(role_of(GetParam(), 0, 0, meanings_), shape_);
  const bool is_one_d = GetParam().spread == Spread::outputs;
  for (const Ring group : is_one_d ? std::vector{Ring::package} : std::vector{Ring::row, Ring::column}) {
    runs::DieTokens tokens(places);
    std::map<std::uint64_t, int> seen;
    for (std::uint64_t tile = 0; tile < 2; ++tile) {
      EXPECT_EQ(tokens.tile_of(work(0), minibatch_tokens / 2), tile);
      const runs::Indices all = tokens.all(work(0), group, minibatch_tokens / 2);
      EXPECT_EQ(all.size(), minibatch_tokens / 2);
      std::map<std::uint64_t, int> of_row;  // of dies
      for (const std::uint64_t token : all) {
        ++seen[token];
        ++of_row[token / (minibatch_tokens / GetParam().rows)];
      }
      if (!is_one_d) {
        for (const auto& [row, count] : of_row)
          EXPECT_EQ(count, static_cast<int>(minibatch_tokens / 2 / GetParam().rows)) << row;
      }
      tokens.finish_tile(work(0));
    }
    EXPECT_EQ(tokens.tile_of(work(0), minibatch_tokens / 2), 0U);  // of the next mini-batch
    EXPECT_EQ(seen.size(), minibatch_tokens);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Layouts, Places,
    ::testing::Values(Layout{"grid", Spread::grid, 2, 3}, Layout{"grid", Spread::grid, 4, 2},
                      Layout{"summa", Spread::summa, 2, 2}, Layout{"summa", Spread::summa, 4, 4},
                      Layout{"1D", Spread::outputs, 2, 3}, Layout{"1D", Spread::outputs, 4, 2}));

}  // namespace
}  // namespace hecaton::test::places_test
