// Collectives that are no plain rings, from deck to last flit: at the picosecond of the closed form where
// nothing contends, and between it and the sum of link loads where something does.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/system/ring_oracle.hpp"
#include "tests/system/run_deck.hpp"

namespace hecaton::test::collective_test {
namespace {

const Delays delays{1000, 2000};  // 64 B at 64 GB/s; links of 2 ns

std::string text(const char* topology, std::uint32_t rows, std::uint32_t columns,
                 const std::string& collective) {
  return fmt::format(
      "[workload]\nkind = \"collective\"\n[package]\nrows = {}\ncolumns = {}\ntopology = \"{}\"\n"
      "[link]\nbandwidth_GBps = 64\nlatency_ns = 2\nflit_bytes = 64\n[die]\nvector_GBps = 0\n"
      "[collective]\n{}",
      rows, columns, topology, collective);
}

Outcome run(const std::string& deck) {
  return run_deck(deck_of(deck), world_size());
}

std::int64_t end_of(const Outcome& outcome) {
  return outcome.totals.simulated_ps;
}

std::int64_t sent_by_all(const Outcome& outcome) {
  return whole(outcome.sum().nop_sent_bytes);
}

// A tree on a line of p = 2^k dies: messages of all bytes over p/2, p/4, ..., 1 links.
std::int64_t tree_time(std::int64_t p, std::int64_t bytes) {
  std::int64_t time = 0;
  for (std::int64_t links = p / 2; links > 0; links /= 2) time += edge_time(delays, {links, false}, bytes);
  return time;
}

TEST(Trees, EndAtTheirClosedFormFromAnyRoot) {
  constexpr std::int64_t bytes = 8192;
  for (const char* operation : {"broadcast", "reduce"}) {
    for (const std::uint32_t root : {0U, 3U, 7U}) {
      const Outcome outcome = run(text(
          "mesh", 3, 8,
          fmt::format("operation = \"{}\"\nalgorithm = \"tree\"\ngroup = \"rows\"\nbytes = {}\nroot = {}",
                      operation, bytes, root)));
      if (!is_root()) continue;
      EXPECT_EQ(end_of(outcome), tree_time(8, bytes)) << operation << " " << root;
      EXPECT_EQ(sent_by_all(outcome), 3 * 7 * bytes);
    }
  }
}

// Chunks of C bytes along a ring of p dies: the first reaches the last die over p - 1 edges, the others
// follow at the pace of an interface, one flit per cycle.
TEST(Chains, EndAtTheirClosedForm) {
  constexpr std::int64_t p = 6, chunk = 4096;
  for (const char* operation : {"broadcast", "reduce"}) {
    for (const std::int64_t chunks : {1, 4, 16}) {
      const Outcome outcome = run(text(
          "mesh", 6, 2,
          fmt::format(
              "operation = \"{}\"\nalgorithm = \"naive-ring\"\ngroup = \"columns\"\nbytes = {}\nchunks = {}\n"
              "root = {}",
              operation, chunks * chunk, chunks, std::string(operation) == "reduce" ? p - 1 : 0)));
      if (!is_root()) continue;
      const std::int64_t first = (p - 1) * edge_time(delays, {1, false}, chunk);
      EXPECT_EQ(end_of(outcome), first + (chunks - 1) * chunk / 64 * 1000) << operation << " " << chunks;
      EXPECT_EQ(sent_by_all(outcome), 2 * (p - 1) * chunks * chunk);
    }
  }
}

// Halving and doubling on two dies has one partner: no contention. On more, d exchanges share the middle link
// of 2d dies in each direction.
TEST(HalvingAndDoubling, LiesBetweenClosedFormAndLinkLoads) {
  for (const std::int64_t p : {2, 4, 8}) {
    const std::int64_t bytes = 8192 * p;
    const Outcome outcome =
        run(text("mesh", 1, static_cast<std::uint32_t>(p),
                 fmt::format("operation = \"reduce-scatter\"\nalgorithm = \"halving-doubling\"\n"
                             "group = \"rows\"\nbytes = {}",
                             bytes)));
    if (!is_root()) continue;
    std::int64_t closed = 0, loads = 0;
    for (std::int64_t distance = p / 2, part = bytes / 2; distance > 0; distance /= 2, part /= 2) {
      const std::int64_t alone = edge_time(delays, {distance, false}, part);
      closed += alone;
      loads += alone + (distance - 1) * part / 64 * 1000;
    }
    EXPECT_GE(end_of(outcome), closed) << p;
    EXPECT_LE(end_of(outcome), loads + loads / 20) << p;  // and a few cycles of arbitration
    EXPECT_EQ(sent_by_all(outcome), (p - 1) * bytes);
    EXPECT_TRUE(p > 2 || end_of(outcome) == closed);
  }
}

// Around a ring of neighbours all-to-all moves p - 1, p - 2, ..., 1 blocks over one link at a time.
TEST(AllToAll, AroundARingEndsAtItsClosedForm) {
  constexpr std::int64_t block = 2048;
  const Outcome outcome = run(
      text("mesh", 2, 4,
           fmt::format("operation = \"all-to-all\"\nalgorithm = \"ring\"\ngroup = \"package\"\nbytes = {}",
                       8 * block)));
  if (!is_root()) return;
  std::int64_t closed = 0;
  for (std::int64_t blocks = 7; blocks > 0; --blocks) closed += edge_time(delays, {1, false}, blocks * block);
  EXPECT_EQ(end_of(outcome), closed);
  EXPECT_EQ(sent_by_all(outcome), 8 * (7 * 8 / 2) * block);
}

TEST(AllToAll, DirectlyLiesBetweenClosedFormAndLinkLoads) {
  constexpr std::int64_t block = 4096, p = 8;
  const Outcome outcome =
      run(text("mesh", 1, 8,
               fmt::format("operation = \"all-to-all\"\nalgorithm = \"direct\"\ngroup = \"rows\"\nbytes = {}",
                           p * block)));
  if (!is_root()) return;
  // Half of the dies send to the other half: 16 blocks over the middle link, which is the busiest.
  std::int64_t closed = 0, all_links = 0;
  for (std::int64_t step = 1; step < p; ++step) closed += edge_time(delays, {1, false}, block);
  for (const chiplet::LinkCounters& link : outcome.links) all_links += whole(link.busy_ps);
  EXPECT_GE(end_of(outcome), std::max(closed, 16 * block / 64 * 1000));
  EXPECT_LE(end_of(outcome), all_links);
  EXPECT_EQ(sent_by_all(outcome), p * (p - 1) * block);
}

// Row rings move the payload, column rings 1/c of it: the bytes of one flat ring, in far fewer steps.
TEST(TorusRing, EndsAtItsClosedForm) {
  constexpr std::int64_t rows = 4, columns = 6, bytes = 4 * 6 * 4096;
  const std::int64_t along_row = closed_form(delays, bypass_ring(columns), Collective::all_gather, bytes);
  const std::int64_t along_column =
      closed_form(delays, bypass_ring(rows), Collective::all_gather, bytes / columns);
  for (const auto& [operation, rounds] :
       {std::pair{"all-gather", 1}, {"reduce-scatter", 1}, {"all-reduce", 2}}) {
    const Outcome outcome =
        run(text("bypass-ring", rows, columns,
                 fmt::format("operation = \"{}\"\nalgorithm = \"torus-ring\"\ngroup = \"package\"\n"
                             "bytes = {}",
                             operation, bytes)));
    if (!is_root()) continue;
    EXPECT_LE(end_of(outcome), rounds * (along_row + along_column)) << operation;
    EXPECT_GE(end_of(outcome), rounds * (along_row + along_column) * 9 / 10) << operation;
    EXPECT_EQ(sent_by_all(outcome), rounds * (rows * columns - 1) * bytes);
  }
}

// Steps of equal length: p - 1 times the slowest edge, where a self-timed ring takes the sum of its edges.
TEST(Forms, StepSynchronousTakesTheSlowestEdgeForEveryStep) {
  constexpr std::int64_t p = 8, chunk = 4096;
  const std::int64_t slowest = edge_time(delays, {p - 1, false}, chunk);
  for (const auto& [operation, rounds] : {std::pair{"all-gather", 1}, {"all-reduce", 2}}) {
    const Outcome outcome =
        run(text("mesh", 2, p,
                 fmt::format("operation = \"{}\"\nalgorithm = \"naive-ring\"\ngroup = \"rows\"\nbytes = {}\n"
                             "form = \"step-synchronous\"\nstep_ns = {}.{:03}",
                             operation, p * chunk, slowest / 1000, slowest % 1000)));
    if (!is_root()) continue;
    EXPECT_EQ(end_of(outcome), rounds * (p - 1) * slowest) << operation;
    EXPECT_EQ(sent_by_all(outcome), 2 * rounds * (p - 1) * p * chunk);
  }
}

// Chunks cut into m parts of time t, edges of latency a beside it, S steps: parts follow each other at the
// pace of the interface, S m t + a, if m t covers a step's a + t; else each step waits for the first part's,
// S (a + t), and the others follow.
TEST(Forms, ChunkedRingsHideLatencyBehindTheOtherParts) {
  constexpr std::int64_t p = 8;
  for (const auto& [operation, rounds] :
       {std::pair{"all-gather", 1}, {"reduce-scatter", 1}, {"all-reduce", 2}}) {
    for (const auto& [part, m] :
         {std::pair<std::int64_t, std::int64_t>{1024, 4}, {64, 2}, {256, 8}, {4096, 1}}) {
      const Outcome outcome =
          run(text("mesh", 2, 4,
                   fmt::format("operation = \"{}\"\nalgorithm = \"ring\"\ngroup = \"package\"\nbytes = {}\n"
                               "form = \"chunked\"\nchunks = {}",
                               operation, p * m * part, m)));
      if (!is_root()) continue;
      const std::int64_t steps = rounds * (p - 1), pace = part / 64 * 1000;
      const std::int64_t step = edge_time(delays, {1, false}, part);
      const std::int64_t closed =
          m * pace >= step ? (steps * m - 1) * pace + step : steps * step + (m - 1) * pace;
      EXPECT_EQ(end_of(outcome), closed) << operation << ", " << m << " parts of " << part;
      EXPECT_EQ(sent_by_all(outcome), steps * p * m * part);
    }
  }
}

double events_of(const Outcome& outcome) {
  std::uint64_t events = 0;
  for (const io::RankAccounting& rank : outcome.accounting) events += rank.events;
  return static_cast<double>(events);
}

// Half as many bytes each way take half the time, and hardly more events than twice as many messages need.
TEST(BothWays, TakeHalfTheTimeAndTwiceTheEvents) {
  const auto around = [](int directions) {
    return run(text(
        "mesh", 8, 8,
        fmt::format("operation = \"all-gather\"\ngroup = \"package\"\nbytes = 16777216\ndirections = {}\n"
                    "[interface]\nports = 4\n",
                    directions)));
  };
  const Outcome one = around(1), both = around(2);
  if (!is_root()) return;
  EXPECT_EQ(sent_by_all(one), sent_by_all(both));
  EXPECT_NEAR(static_cast<double>(end_of(both)) / static_cast<double>(end_of(one)), 0.5, 0.01);
  EXPECT_LE(events_of(both), 2.2 * events_of(one));
}

}  // namespace
}  // namespace hecaton::test::collective_test
