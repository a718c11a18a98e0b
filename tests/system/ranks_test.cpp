// The same deck gives the same rows at any rank count, under any partition and synchroniser, with and without
// trains: the promise that users' comparisons rest on. One program: its ranks form groups of each size in
// turn.
#include <gtest/gtest.h>

#include "tests/system/varied.hpp"

namespace hecaton::test::ranks_test {
namespace {

using engine::SyncKind;

class AnyRankCount : public ::testing::TestWithParam<std::string> {};

TEST_P(AnyRankCount, GivesTheSameRows) {
  io::Deck deck = deck_of(decks().at(GetParam()));
  const Outcome alone = run_deck(deck, 1, with_path());
  deck.network.trains = false;
  const Outcome without_trains = run_deck(deck, 1, with_path());
  if (is_root()) {
    expect_same(without_trains, alone);
    EXPECT_GT(alone.totals.packets, 0U);
    EXPECT_GT(alone.critical_path_events, 0U);
    EXPECT_LT(alone.critical_path_events, alone.summary.events);
    if (!std::holds_alternative<net::TrafficConfig>(deck.workload)) {
      EXPECT_GE(alone.operations.size(), alone.dies.size());
      EXPECT_FALSE(alone.critical_path.empty());
    }
  }
  struct Way {
    int ranks;
    const char* partition;
    bool trains;
    SyncKind sync;
    bool shared_memory;
  };
  for (const auto& [ranks, partition, trains, sync, shared_memory] :
       {Way{2, "block", true, SyncKind::null, true},
        {2, "strip", false, SyncKind::window, true},
        {2, "scotch", true, SyncKind::null, false},
        {3, "block", false, SyncKind::null, false},
        {3, "strip", true, SyncKind::null, true},
        {3, "scotch", true, SyncKind::window, true},
        {4, "block", true, SyncKind::null, true},
        {4, "strip", true, SyncKind::null, false},
        {5, "scotch", false, SyncKind::null, true},
        {6, "block", true, SyncKind::window, true},
        {7, "scotch", true, SyncKind::null, true},
        {8, "block", true, SyncKind::window, true},
        {8, "strip", false, SyncKind::null, true},
        {8, "scotch", true, SyncKind::null, true}}) {
    if (ranks > world_size()) continue;
    SCOPED_TRACE(fmt::format("{} ranks, {}, trains {}, sync {}, shared memory {}", ranks, partition, trains,
                             name_of(sync), shared_memory));
    deck.network.trains = trains;
    runs::RunOptions options;
    options.partition = partition;
    options.sync = sync;
    options.shared_memory = shared_memory;
    options.record_waits = true;
    const Outcome run = run_deck(deck, ranks, options);
    if (!is_root()) continue;
    expect_same(run, alone);
    expect_same_work(run, trains ? alone : without_trains);
  }
}

INSTANTIATE_TEST_SUITE_P(Decks, AnyRankCount, ::testing::ValuesIn(deck_names()));

// What is compared above can tell runs apart: another payload, rate or memory gives another digest.
TEST(Digest, TellsRunsApart) {
  const std::string training = text_of(tiny());
  TrainingDeck other = tiny();
  other.channels = 4;
  const std::string slower = text_of(other);
  const Outcome a = run_deck(deck_of(training), 1);
  const Outcome b = run_deck(deck_of(slower), 1);
  const Outcome c = run_deck(deck_of(traffic_text("wormhole", "uniform", 0.05, 1)), 1);
  const Outcome d = run_deck(deck_of(traffic_text("wormhole", "uniform", 0.05, 2)), 1);
  if (!is_root()) return;
  EXPECT_NE(a.totals.digest, b.totals.digest);
  EXPECT_NE(first_difference(a.operations, b.operations), -1);
  EXPECT_NE(c.totals.digest, d.totals.digest);
}

}  // namespace
}  // namespace hecaton::test::ranks_test
