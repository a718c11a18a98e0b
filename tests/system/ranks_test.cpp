// The same deck gives the same rows at any rank count, under any partition and synchroniser, with and without
// trains: the promise that users' comparisons rest on. One program: its ranks form groups of each size in
// turn.
#include <gtest/gtest.h>

#include <cstring>
#include <map>

#include "tests/system/run_deck.hpp"
#include "tests/system/training_deck.hpp"

namespace hecaton::test {
namespace {

std::string collective_text(const char* topology, const char* algorithm, const char* group,
                            const char* operation, std::uint32_t rows, std::uint32_t columns) {
  return fmt::format(
      "[workload]\nkind = \"collective\"\n[package]\nrows = {}\ncolumns = {}\ntopology = \"{}\"\n"
      "[link]\nlatency_ns = 1.337\n[die]\nvector_GBps = 90\n"
      "[collective]\noperation = \"{}\"\nalgorithm = \"{}\"\ngroup = \"{}\"\nbytes = 1000003\n",
      rows, columns, topology, operation, algorithm, group);
}

std::string traffic_text(const char* switching, const char* pattern, double rate, std::uint32_t flits) {
  return fmt::format(
      "[workload]\nkind = \"traffic\"\n[package]\nrows = 6\ncolumns = 4\ntopology = \"mesh\"\n"
      "[link]\nlatency_ns = 1.3\n[router]\nbuffer_flits = 16\nswitching = \"{}\"\n"
      "[traffic]\npattern = \"{}\"\ninjection_rate = {}\npacket_flits = {}\n"
      "warmup_cycles = 200\nmeasure_cycles = 600\ndrain_cycles = 100\n",
      switching, pattern, rate, flits);
}

TrainingDeck tiny() {
  TrainingDeck deck;
  deck.model = {"tiny", 64, 96, 8, 4, 2, 100, true};
  deck.sequence = 16;
  deck.minibatch_tokens = 64;
  return deck;
}

TrainingDeck contended(const char* method, std::uint32_t rows) {
  TrainingDeck deck = tiny();
  deck.method = method;
  deck.rows = rows;
  deck.model.layers = 1;
  deck.batch = 4;
  deck.bandwidth_GBps = 20;
  deck.channels = 2;
  deck.burst_bytes = 2048;
  return deck;
}

TrainingDeck without_overlap() {
  TrainingDeck deck = tiny();
  deck.method = "megatron-flat-ring";
  deck.rows = 2;
  deck.overlap = false;
  return deck;
}

const std::map<std::string, std::string>& decks() {
  static const std::map<std::string, std::string> all = {
      {"all-reduce, naive rows", collective_text("mesh", "naive-ring", "rows", "all-reduce", 3, 5)},
      {"all-gather, bypass columns",
       collective_text("bypass-ring", "bypass-ring", "columns", "all-gather", 7, 3)},
      {"reduce-scatter, package",
       collective_text("mesh", "hamiltonian-ring", "package", "reduce-scatter", 4, 5)},
      {"hecaton 4 x 4", text_of(tiny())},
      // Two slow channels for eight dies, small bursts: DRAM traffic meets collectives on every link.
      {"hecaton 2 x 4, contended", text_of(contended("hecaton", 2))},
      {"flat ring 4 x 4, contended", text_of(contended("megatron-flat-ring", 4))},
      {"flat ring 2 x 4, no overlap", text_of(without_overlap())},
      {"torus ring 2 x 4, contended", text_of(contended("megatron-torus-ring", 2))},
      {"optimus 4 x 4, contended", text_of(contended("optimus", 4))},
      {"traffic, light", traffic_text("wormhole", "uniform", 0.05, 1)},
      {"traffic, heavy", traffic_text("wormhole", "uniform", 0.9, 5)},
      {"traffic, heavy, cut-through", traffic_text("cut-through", "uniform", 0.8, 4)},
      {"traffic, one hot spot", traffic_text("wormhole", "hotspot", 0.3, 2)},
  };
  return all;
}

auto fields(const chiplet::OperationRow& r) {
  return std::tuple(r.die, r.kind, r.stage, r.layer, r.minibatch, r.start_ps, r.end_ps, r.bytes);
}
auto fields(const chiplet::LinkCounters& l) {
  return std::tuple(l.from, l.to, l.busy_ps, l.flits, l.packets, l.bytes);
}
auto fields(const chiplet::DieCounters& c) {
  return std::tuple(c.macs, c.vector_bytes, c.sram_read_bytes, c.sram_write_bytes, c.nop_sent_bytes,
                    c.nop_received_bytes, c.dram_read_bytes, c.dram_write_bytes, c.matrix_ps, c.vector_ps,
                    c.nop_ps, c.dram_ps, c.finished_ps);
}
auto fields(const io::Totals& t) {
  return std::tuple(t.simulated_ps, t.packets, t.packet_hops, t.flit_hops, t.digest, t.dram_bytes,
                    t.link_bits);
}
auto fields(const io::TrafficResult& t) {
  return std::tuple(t.packets_measured, t.latency_sum_cycles, t.latency_min_cycles, t.latency_max_cycles,
                    t.hops_sum, t.offered_flits, t.accepted_flits);
}

// The number of the first row that differs, or -1.
template <class Row>
std::ptrdiff_t first_difference(const std::vector<Row>& a, const std::vector<Row>& b) {
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i)
    if (i >= a.size() || i >= b.size() || fields(a[i]) != fields(b[i])) return static_cast<std::ptrdiff_t>(i);
  return -1;
}

void expect_same(const Outcome& got, const Outcome& wanted) {
  EXPECT_EQ(fields(got.totals), fields(wanted.totals));
  EXPECT_EQ(fields(got.traffic), fields(wanted.traffic));
  EXPECT_EQ(got.dies, wanted.dies);
  EXPECT_EQ(got.operations_per_die, wanted.operations_per_die);
  EXPECT_EQ(first_difference(got.die_counters, wanted.die_counters), -1);
  EXPECT_EQ(first_difference(got.operations, wanted.operations), -1);
  EXPECT_EQ(first_difference(got.links, wanted.links), -1);
  EXPECT_EQ(io::results_to_json(got.summary), io::results_to_json(wanted.summary));
}

// What trains change, and nothing else.
void expect_same_work(const Outcome& got, const Outcome& wanted) {
  EXPECT_EQ(got.summary.events, wanted.summary.events);
  EXPECT_EQ(got.critical_path_events, wanted.critical_path_events);
}

class AnyRankCount : public ::testing::TestWithParam<std::string> {};

TEST_P(AnyRankCount, GivesTheSameRows) {
  io::Deck deck = deck_of(decks().at(GetParam()));
  const Outcome alone = run_deck(deck, 1);
  deck.network.trains = false;
  const Outcome without_trains = run_deck(deck, 1);
  if (is_root()) {
    expect_same(without_trains, alone);
    EXPECT_GT(alone.totals.packets, 0U);
    EXPECT_GT(alone.critical_path_events, 0U);
    EXPECT_LT(alone.critical_path_events, alone.summary.events);
    if (deck.kind != io::WorkloadKind::traffic) {
      EXPECT_GE(alone.operations.size(), alone.dies.size());
    }
  }
  struct Way {
    int ranks;
    const char* partition;
    bool trains;
    const char* sync;
    bool shared_memory;
  };
  for (const auto& [ranks, partition, trains, sync, shared_memory] : {Way{2, "block", true, "null", true},
                                                                      {2, "strip", false, "window", true},
                                                                      {2, "scotch", true, "null", false},
                                                                      {3, "block", false, "null", false},
                                                                      {3, "strip", true, "null", true},
                                                                      {3, "scotch", true, "window", true},
                                                                      {4, "block", true, "null", true},
                                                                      {4, "strip", true, "null", false},
                                                                      {5, "scotch", false, "null", true},
                                                                      {6, "block", true, "window", true},
                                                                      {7, "scotch", true, "null", true},
                                                                      {8, "block", true, "window", true},
                                                                      {8, "strip", false, "null", true},
                                                                      {8, "scotch", true, "null", true}}) {
    if (ranks > world_size()) continue;
    SCOPED_TRACE(fmt::format("{} ranks, {}, trains {}, sync {}, shared memory {}", ranks, partition, trains,
                             sync, shared_memory));
    deck.network.trains = trains;
    runs::RunOptions options;
    options.partition = partition;
    options.sync = sync;
    options.shared_memory = shared_memory;
    const Outcome run = run_deck(deck, ranks, options);
    if (!is_root()) continue;
    expect_same(run, alone);
    expect_same_work(run, trains ? alone : without_trains);
  }
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const auto& [name, text] : decks()) all.push_back(name);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Decks, AnyRankCount, ::testing::ValuesIn(names()));

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
}  // namespace hecaton::test
