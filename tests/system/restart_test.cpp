// A run that is stopped and goes on, at any rank count, under any partition and synchroniser, records what it
// would have recorded in one go; and its checkpoints say nothing of the ranks that wrote them.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <span>

#include "tests/system/shared_folder.hpp"
#include "tests/system/varied.hpp"

namespace hecaton::test::restart_test {
namespace {

using engine::SyncKind;

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Way {
  int ranks;
  const char* partition;
  SyncKind sync;
  bool shared_memory;
};
constexpr Way ways[] = {{1, "block", SyncKind::automatic, true}, {2, "scotch", SyncKind::null, true},
                        {3, "strip", SyncKind::window, true},    {2, "block", SyncKind::null, false},
                        {1, "strip", SyncKind::automatic, true}, {4, "scotch", SyncKind::window, true},
                        {3, "block", SyncKind::null, true}};

// One rank, and each synchroniser with others.
constexpr std::size_t compared_ways = 4;

runs::RunOptions options_of(const Way& way, std::int64_t every_ps) {
  runs::RunOptions options;
  options.partition = way.partition;
  options.sync = way.sync;
  options.shared_memory = way.shared_memory;
  options.halts.every = {every_ps};
  return options;
}

// Adds what a later leg recorded; its counters and totals are of the whole run.
void join(Outcome& run, const Outcome& leg) {
  std::vector<chiplet::OperationRow> rows = run.operations;
  std::vector<std::uint64_t> counts = run.operations_per_die;
  rows.insert(rows.end(), leg.operations.begin(), leg.operations.end());
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.die < b.die; });
  counts.resize(leg.operations_per_die.size());
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += leg.operations_per_die[i];
  std::vector<io::MessageRow> messages = run.messages;
  messages.insert(messages.end(), leg.messages.begin(), leg.messages.end());
  sort_messages(messages);
  run = leg;
  run.messages = messages;
  run.operations = rows;
  run.operations_per_die = counts;
}

// Of the decks of all kinds, and with what networks may have besides.
const std::map<std::string, std::string>& restart_decks() {
  static const std::map<std::string, std::string> all = [] {
    std::map<std::string, std::string> some;
    for (const char* name :
         {"all-gather, bypass columns", "hecaton 2 x 4, contended", "flat ring 4 x 4, contended",
          "optimus 4 x 4, contended", "traffic, heavy", "traffic, heavy, cut-through", "traffic, clocked"})
      some[name] = decks().at(name);
    std::string torus = decks().at("traffic, heavy");
    torus.replace(torus.find("\"mesh\""), 6, "\"torus\"");
    torus.replace(torus.find("[router]\n"), 9,
                  "overrides = \"row 2: latency_ns 4; wrap: bandwidth_GBps 16\"\n"
                  "[router]\nvirtual_channels = 6\nrouting = \"adaptive\"\n");
    some["traffic, adaptive torus, slow links"] = torus;
    std::string speculative = decks().at("traffic, light");
    speculative.replace(speculative.find("[router]\n"), 9, "[router]\npipeline = \"speculative\"\n");
    some["traffic, speculative"] = speculative;
    std::string stages = decks().at("traffic, clocked torus");
    stages.replace(stages.find("[router]\n"), 9, "[router]\npipeline = \"four-stage\"\n");
    some["traffic, clocked torus, four stages"] = stages;
    return some;
  }();
  return all;
}

std::vector<std::string> restart_names() {
  std::vector<std::string> names;
  for (const auto& [name, text] : restart_decks()) names.push_back(name);
  return names;
}

class Restart : public ::testing::TestWithParam<std::string> {};

TEST_P(Restart, GoesOnAnywhereAsIfNothingHadBeen) {
  for (const bool trains : {true, false}) {
    const Folder folder;
    io::Deck deck = deck_of(restart_decks().at(GetParam()));
    if (!trains && !std::holds_alternative<net::TrafficConfig>(deck.workload)) continue;
    deck.network.trains = trains;
    const Outcome whole = run_deck(deck, 1);
    const std::int64_t every_ps = end_of_run(whole) / 6 + 1;
    Outcome run;
    fs::path from;
    int legs = 0;
    for (const Way& way : ways) {
      const fs::path to = folder / fmt::format("{}.checkpoint", legs);
      const Outcome leg = run_leg(deck, way.ranks, options_of(way, every_ps), from, to);
      if (is_root()) join(run, leg);
      from = to;
      ++legs;
      int ended = leg.ended;
      MPI_Bcast(&ended, 1, MPI_INT, 0, MPI_COMM_WORLD);
      if (ended != 0) break;
    }
    if (!is_root()) continue;
    SCOPED_TRACE(fmt::format("trains {}, {} legs", trains, legs));
    EXPECT_GE(legs, 6);
    EXPECT_TRUE(run.ended);
    expect_same(run, whole);
    expect_same_work(run, whole);
  }
}

TEST_P(Restart, CheckpointsOfAnyRanksAreTheSameBytes) {
  const Folder folder;
  const io::Deck deck = deck_of(restart_decks().at(GetParam()));
  const std::int64_t every_ps = end_of_run(run_deck(deck, 1)) / 2 + 1;
  for (std::size_t w = 0; w < compared_ways; ++w)
    run_leg(deck, ways[w].ranks, options_of(ways[w], every_ps), {}, folder / std::to_string(w));
  if (!is_root()) return;
  const std::string first = content(folder / "0");
  EXPECT_GT(first.size(), 1000U);
  for (std::size_t w = 1; w < compared_ways; ++w) EXPECT_TRUE(content(folder / std::to_string(w)) == first);
}

// Every rank asks in its turn, as soon as the halt before is over.
TEST_P(Restart, HaltsOnRequestChangeNothing) {
  const io::Deck deck = deck_of(restart_decks().at(GetParam()));
  const Outcome whole = run_deck(deck, 1);
  for (const Way& way : std::span(ways).first(compared_ways)) {
    engine::Requests requests;
    runs::RunOptions options = options_of(way, 0);
    options.halts.requests = &requests;
    int halts = 0;
    const int rank = boost::mpi::communicator().rank();
    const auto ask = [&] {
      if (halts < 30 && halts % way.ranks == rank) requests.ask(1);
    };
    ask();
    options.halts.at_halt = [&](runs::Halted& halted) {
      EXPECT_EQ(halted.halt.requests, 1U);
      ++halts;
      ask();
      return true;
    };
    const Outcome run = run_leg(deck, way.ranks, options, {}, {});
    if (!is_root()) continue;
    EXPECT_GT(halts, 10);
    expect_same(run, whole);
    expect_same_work(run, whole);
  }
}

INSTANTIATE_TEST_SUITE_P(Decks, Restart, ::testing::ValuesIn(restart_names()));

}  // namespace
}  // namespace hecaton::test::restart_test
