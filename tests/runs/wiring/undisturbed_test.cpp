// What closed forms say of a step, beside its simulation: equal where nothing contends, never more than it.
#include "runs/wiring/undisturbed.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "tests/system/run_deck.hpp"
#include "tests/system/training_deck.hpp"

namespace hecaton::test::undisturbed_test {
namespace {

std::uint64_t end_of(const Outcome& run) {
  std::uint64_t end = 0;
  for (const chiplet::DieCounters& die : run.die_counters) end = std::max(end, die.finished_ps);
  return end;
}

struct Alone {
  const char* operation;
  const char* algorithm;
  const char* group;
  const char* more = "";
};

class CollectivesAlone : public ::testing::TestWithParam<Alone> {};

TEST_P(CollectivesAlone, EndWhenTheClosedFormSays) {
  const Alone& c = GetParam();
  const io::Deck deck = deck_of(fmt::format(
      "[workload]\nkind = \"collective\"\n[package]\nrows = 4\ncolumns = 8\ntopology = \"bypass-ring\"\n"
      "[collective]\noperation = \"{}\"\nalgorithm = \"{}\"\ngroup = \"{}\"\nbytes = 1048576\n{}",
      c.operation, c.algorithm, c.group, c.more));
  const Outcome run = run_deck(deck, 1);
  if (!is_root()) return;
  const runs::Undisturbed told = runs::undisturbed(runs::Workload(deck), deck);
  EXPECT_EQ(told.compute_ps + told.collectives_ps, end_of(run));
  EXPECT_LT(told.bytes_ps, told.collectives_ps);
}

INSTANTIATE_TEST_SUITE_P(Rings, CollectivesAlone,
                         ::testing::Values(Alone{"all-gather", "bypass-ring", "rows"},
                                           Alone{"reduce-scatter", "bypass-ring", "rows"},
                                           Alone{"all-reduce", "bypass-ring", "columns"},
                                           Alone{"all-gather", "naive-ring", "rows"},
                                           Alone{"reduce-scatter", "hamiltonian-ring", "package"},
                                           Alone{"all-reduce", "hamiltonian-ring", "package"},
                                           Alone{"broadcast", "tree", "rows"}));

struct OfMethod {
  const char* method;
  std::uint32_t rows = 4;
};

std::ostream& operator<<(std::ostream& out, const OfMethod& m) {
  return out << m.method << " on " << m.rows << " x 4";
}

class Steps : public ::testing::TestWithParam<OfMethod> {};

TEST_P(Steps, TakeNoLessThanClosedFormsSay) {
  TrainingDeck text;
  text.method = GetParam().method;
  text.rows = GetParam().rows;
  const io::Deck deck = deck_of(text_of(text));
  const Outcome run = run_deck(deck, 1);
  if (!is_root()) return;
  const runs::Undisturbed told = runs::undisturbed(runs::Workload(deck), deck);
  std::uint64_t computed = 0;
  for (const chiplet::DieCounters& die : run.die_counters)
    computed = std::max(computed, die.matrix_ps + die.vector_ps);
  EXPECT_NEAR(static_cast<double>(told.compute_ps), static_cast<double>(computed),
              1e-3 * static_cast<double>(computed));
  EXPECT_LE(told.compute_ps + told.collectives_ps, end_of(run));
  EXPECT_LE(told.dram_ps, end_of(run));
  // Not by much: with all that contends the step is no longer than all parts one after the other, and half.
  EXPECT_LE(end_of(run), (told.compute_ps + told.collectives_ps + told.dram_ps) * 3 / 2);
}

INSTANTIATE_TEST_SUITE_P(Methods, Steps,
                         ::testing::Values(OfMethod{"hecaton"}, OfMethod{"megatron-flat-ring"},
                                           OfMethod{"megatron-torus-ring"}, OfMethod{"optimus"},
                                           OfMethod{"optimus", 2}));

}  // namespace
}  // namespace hecaton::test::undisturbed_test
