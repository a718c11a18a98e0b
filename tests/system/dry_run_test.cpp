// A dry run against the run that it plays: the same events, messages, batches and windows, rank by rank; and
// what windows cost where nothing but computing happens.
#include "runs/wiring/dry_run.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/system/run_deck.hpp"
#include "tests/system/training_deck.hpp"

namespace hecaton::test::dry_run_test {
namespace {

using engine::SyncKind;

TrainingDeck small_training() {
  TrainingDeck deck;
  deck.model = {"tiny", 64, 96, 8, 4, 1, 100, true};
  deck.sequence = 16;
  deck.minibatch_tokens = 64;
  return deck;
}

std::string contended_training() {
  TrainingDeck deck = small_training();
  deck.rows = 2;
  deck.channels = 2;
  deck.burst_bytes = 2048;
  deck.bandwidth_GBps = 20;
  return text_of(deck);
}

constexpr const char* collective =
    "[workload]\nkind = \"collective\"\n[package]\nrows = 5\ncolumns = 4\n[collective]\nbytes = 100003\n";
constexpr const char* traffic =
    "[workload]\nkind = \"traffic\"\n[package]\nrows = 4\ncolumns = 5\ntopology = \"mesh\"\n"
    "[traffic]\ninjection_rate = 0.3\npacket_flits = 2\nwarmup_cycles = 100\nmeasure_cycles = 300\n";

runs::RunOptions with(SyncKind sync, const net::LookaheadSources& lookahead = {}) {
  runs::RunOptions options;
  options.sync = sync;
  options.lookahead = lookahead;
  return options;
}

void expect_same_counts(const Outcome& real, const io::Forecast& played, bool windows) {
  ASSERT_EQ(real.accounting.size(), played.ranks.size());
  for (std::size_t rank = 0; rank < played.ranks.size(); ++rank) {
    SCOPED_TRACE(rank);
    const io::RankAccounting& is = real.accounting[rank];
    const io::ForecastRank& foreseen = played.ranks[rank];
    EXPECT_EQ(is.events, foreseen.events);
    EXPECT_EQ(is.records_sent, foreseen.records_sent);
    EXPECT_EQ(is.bytes_sent, foreseen.bytes_sent);
    std::uint64_t to_others = 0;
    for (const io::ForecastLane& lane : foreseen.to) {
      EXPECT_NE(lane.rank, rank);
      to_others += lane.records;
    }
    EXPECT_EQ(to_others, foreseen.records_sent);
    if (!windows) continue;
    EXPECT_EQ(is.batches_sent, foreseen.batches_sent);
    EXPECT_EQ(is.windows, played.windows);
  }
  EXPECT_GT(played.records_sent(), 0U);
}

class Played : public ::testing::TestWithParam<std::string> {};

TEST_P(Played, CountsWhatTheRunDoes) {
  io::Deck deck = deck_of(GetParam());
  deck.network.clocked = false;  // a dry run plays events
  struct Way {
    std::uint32_t ranks;
    const char* partition;
    SyncKind sync;
    bool trains;
    net::LookaheadSources lookahead{};
  };
  for (const Way& way : {Way{2, "block", SyncKind::window, true},
                         {2, "strip", SyncKind::null, true},
                         {2, "block", SyncKind::window, true, {.router = false}},
                         {4, "block", SyncKind::window, true},
                         {4, "scotch", SyncKind::window, false},
                         {4, "block", SyncKind::window, true, {.distance = false}},
                         {4, "block", SyncKind::window, true, {.interface = false}},
                         {8, "block", SyncKind::window, true},
                         {8, "strip", SyncKind::null, true}}) {
    if (static_cast<int>(way.ranks) > world_size()) continue;
    SCOPED_TRACE(fmt::format("{} ranks, {}, {}", way.ranks, way.partition, name_of(way.sync)));
    deck.network.trains = way.trains;
    runs::RunOptions options = with(way.sync, way.lookahead);
    options.partition = way.partition;
    const Outcome real = run_deck(deck, static_cast<int>(way.ranks), options);
    if (!is_root()) continue;
    runs::DryRunOptions meant{way.ranks, way.partition, way.lookahead, {}};
    meant.costs.event_ns = 100;
    const io::Forecast played = runs::dry_run(deck, meant);
    expect_same_counts(real, played, way.sync == SyncKind::window);
  }
}

INSTANTIATE_TEST_SUITE_P(Decks, Played, ::testing::Values(contended_training(), collective, traffic));

// Every source of lookahead saves windows, and changes nothing else.
TEST(Lookahead, EverySourceIsWorthSomething) {
  const io::Deck deck = deck_of(contended_training());
  const Outcome all = run_deck(deck, 2, with(SyncKind::window));
  for (const net::LookaheadSources& less :
       {net::LookaheadSources{.distance = false}, net::LookaheadSources{.interface = false}}) {
    const Outcome run = run_deck(deck, 2, with(SyncKind::window, less));
    if (!is_root() || world_size() == 1) continue;
    EXPECT_EQ(run.totals.digest, all.totals.digest);
    EXPECT_GT(run.summary.windows, all.summary.windows);
  }
  // The cycles of routers count where no worm passes over a die.
  const io::Deck mesh = deck_of(traffic);
  const Outcome all_on = run_deck(mesh, 2, with(SyncKind::window));
  const Outcome without = run_deck(mesh, 2, with(SyncKind::window, {.router = false}));
  if (!is_root() || world_size() == 1) return;
  EXPECT_EQ(without.totals.digest, all_on.totals.digest);
  EXPECT_GT(without.summary.windows, all_on.summary.windows);
}

// The slower a die computes, the longer nobody has anything to say to anybody: that costs nothing.
TEST(Lookahead, AMillisecondOfComputingCostsAHandfulOfReductions) {
  TrainingDeck shape = small_training();
  shape.rows = 1;
  shape.columns = 2;
  shape.batch = 2;
  shape.minibatch_tokens = 32;
  const std::string text = text_of(shape);
  const std::string slow = std::string(text).replace(text.find("[die]\n"), 6, "[die]\npeak_TFLOPS = 0.001\n");
  const std::string fast = std::string(text).replace(text.find("[die]\n"), 6, "[die]\npeak_TFLOPS = 1\n");
  const Outcome computing = run_deck(deck_of(slow), 2, with(SyncKind::window));
  const Outcome talking = run_deck(deck_of(fast), 2, with(SyncKind::window));
  const Outcome promising = run_deck(deck_of(slow), 2, with(SyncKind::null));
  if (!is_root() || world_size() == 1) return;
  constexpr std::int64_t millisecond = 1'000'000'000;
  EXPECT_GT(computing.totals.simulated_ps, 100 * millisecond);
  EXPECT_GT(computing.totals.simulated_ps, 500 * talking.totals.simulated_ps);
  EXPECT_LE(whole(computing.summary.windows), 5 * computing.totals.simulated_ps / millisecond);
  EXPECT_LE(computing.summary.windows, talking.summary.windows + talking.summary.windows / 10);
  std::uint64_t alone = 0;
  for (const io::RankAccounting& rank : promising.accounting) alone += rank.null_messages;
  EXPECT_LE(whole(alone), 50 * promising.totals.simulated_ps / millisecond);
}

}  // namespace
}  // namespace hecaton::test::dry_run_test
