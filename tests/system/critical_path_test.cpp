// The critical path of whole runs: on collectives that are one chain of messages it is what arithmetic says, a slow link
// is named, and whatever the deck its parts add up to the step and are what dies did.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/critical_path/sums.hpp"
#include "tests/system/ring_oracle.hpp"
#include "tests/system/varied.hpp"

namespace hecaton::test::critical_path_test {
namespace {

using chiplet::OperationKind;
using chiplet::OperationRow;
using critical::Part;
using critical::Segment;

const Delays delays{1000, 1337};

std::string collective_on(std::uint32_t rows, std::uint32_t columns, const std::string& link,
                          const std::string& collective) {
  return fmt::format(
      "[workload]\nkind = \"collective\"\n[package]\nrows = {}\ncolumns = {}\ntopology = \"mesh\"\n"
      "[link]\nbandwidth_GBps = 64\nlatency_ns = 1.337\nflit_bytes = 64\n{}[die]\nvector_GBps = 0\n"
      "[collective]\n{}",
      rows, columns, link, collective);
}

std::int64_t ps_of(const Outcome& run, Part part) {
  return critical::sums_by_part(run.critical_path)[static_cast<std::size_t>(part)];
}

std::int64_t length(const Segment& segment) {
  return segment.end_ps - segment.start_ps;
}

// All dies do the same at the same time, so the lowest ends last. A chunk goes once around the ring but for one edge, and
// each die sends on what it has got: latency, then bytes, once per edge.
TEST(CriticalPath, OfARingIsTheChainOfItsMessages) {
  constexpr std::int64_t p = 8, flits = 32, chunk = flits * 64;
  const Outcome run = run_deck(
      deck_of(collective_on(2, 4, "",
                            fmt::format("operation = \"all-gather\"\nalgorithm = \"hamiltonian-ring\"\n"
                                        "group = \"package\"\nbytes = {}\n",
                                        p * chunk))),
      world_size(), with_path());
  if (!is_root()) return;
  const std::int64_t edge = edge_time(delays, {1, false}, chunk);
  ASSERT_EQ(run.totals.simulated_ps, (p - 1) * edge);
  ASSERT_EQ(run.critical_path.size(), 2U * (p - 1));
  std::uint32_t die = 0;
  for (std::int64_t message = p - 2; message >= 0; --message) {
    const Segment& latency = run.critical_path[static_cast<std::size_t>(2 * message)];
    const Segment& bytes = run.critical_path[static_cast<std::size_t>(2 * message + 1)];
    EXPECT_EQ(latency.part, Part::latency);
    EXPECT_EQ(bytes.part, Part::serialisation);
    EXPECT_EQ(latency.start_ps, message * edge);
    EXPECT_EQ(bytes.start_ps, (message + 1) * edge - flits * 1000);
    EXPECT_EQ(bytes.end_ps, (message + 1) * edge);
    EXPECT_EQ(latency.die, die);
    EXPECT_EQ(bytes.die, die);
    EXPECT_EQ(bytes.from, latency.from);
    EXPECT_EQ(bytes.kind, OperationKind::all_gather);
    die = bytes.from;
  }
}

// One message is handed on from die to die; the flits of one edge come at a quarter of the pace, all but the first 3 ns
// later each. The closed form lets them catch up with the first by a cycle at each of the two routers, where that passes
// one stage more; they do not, so that is told as contention.
TEST(CriticalPath, NamesASlowLink) {
  constexpr std::int64_t flits = 64, catch_up = 2 * 1000;
  const auto run_with = [&](const std::string& link) {
    return run_deck(
        deck_of(collective_on(1, 6, link,
                              fmt::format("operation = \"broadcast\"\nalgorithm = \"naive-ring\"\n"
                                          "group = \"rows\"\nbytes = {}\nchunks = 1\nroot = 0\n",
                                          flits * 64))),
        world_size(), with_path());
  };
  const Outcome even = run_with("");
  const Outcome slow = run_with("overrides = \"2-3: bandwidth_GBps 16\"\n");
  if (!is_root()) return;
  EXPECT_EQ(ps_of(even, Part::serialisation), 5 * flits * 1000);
  EXPECT_EQ(ps_of(even, Part::contention), 0);
  EXPECT_EQ(ps_of(slow, Part::contention), catch_up);
  EXPECT_EQ(ps_of(slow, Part::latency), ps_of(even, Part::latency));
  constexpr std::int64_t longer = (flits - 1) * 3000;
  EXPECT_EQ(slow.totals.simulated_ps - even.totals.simulated_ps, longer);
  std::uint32_t hops = 0;
  for (const Segment& segment : slow.critical_path) {
    if (segment.part != Part::serialisation) continue;
    ++hops;
    EXPECT_EQ(segment.from + 1, segment.die);
    EXPECT_EQ(length(segment), flits * 1000 + (segment.die == 3 ? longer - catch_up : 0)) << segment.die;
  }
  EXPECT_EQ(hops, 5U);
  const auto longest = critical::longest_wait(slow.critical_path);
  ASSERT_TRUE(longest.has_value());
  EXPECT_EQ(longest->from, 2U);
}

// All dies of a row send to all others, directly: messages share links.
TEST(CriticalPath, TellsContentionFromBytes) {
  const Outcome run = run_deck(
      deck_of(collective_on(
          1, 8, "", "operation = \"all-to-all\"\nalgorithm = \"direct\"\ngroup = \"rows\"\nbytes = 65536\n")),
      world_size(), with_path());
  if (!is_root()) return;
  EXPECT_GT(ps_of(run, Part::contention), 0);
  EXPECT_GT(ps_of(run, Part::serialisation), 0);
}

bool is_work(Part part) {
  return part == Part::compute || part == Part::vector;
}

// An operation of that die that encloses the segment, of that kind and with those labels.
bool has_operation(const Outcome& run, const Segment& segment) {
  return std::any_of(run.operations.begin(), run.operations.end(), [&](const OperationRow& row) {
    return row.die == segment.die && row.kind == segment.kind && row.stage == segment.stage &&
           row.layer == segment.layer && row.minibatch == segment.minibatch &&
           row.start_ps <= segment.start_ps && segment.end_ps <= row.end_ps;
  });
}

void expect_sound(const Outcome& run) {
  std::int64_t at = 0;
  for (const Segment& segment : run.critical_path) {
    ASSERT_EQ(segment.start_ps, at);
    ASSERT_LT(segment.start_ps, segment.end_ps);
    at = segment.end_ps;
    if (!is_work(segment.part)) continue;
    EXPECT_EQ(segment.from, segment.die);
    EXPECT_EQ(segment.part == Part::compute, segment.kind == OperationKind::matmul);
    ASSERT_TRUE(has_operation(run, segment)) << "die " << segment.die << " at " << segment.start_ps;
  }
  EXPECT_EQ(at, run.totals.simulated_ps);
  std::int64_t sum = 0;
  for (const std::int64_t ps : critical::sums_by_part(run.critical_path)) sum += ps;
  EXPECT_EQ(sum, run.totals.simulated_ps);
}

TEST(CriticalPath, AddsUpToTheStepWhateverTheDeck) {
  bool has_dram = false;
  for (const auto& [name, text] : decks()) {
    SCOPED_TRACE(name);
    const io::Deck deck = deck_of(text);
    const Outcome run = run_deck(deck, world_size(), with_path());
    if (!is_root()) continue;
    if (std::holds_alternative<net::TrafficConfig>(deck.workload)) {
      EXPECT_TRUE(run.critical_path.empty());
      continue;
    }
    expect_sound(run);
    has_dram = has_dram || ps_of(run, Part::dram_transfer) > 0;
  }
  EXPECT_TRUE(has_dram || !is_root());
}

// Every method, and every collective by every schedule that goes with it.
TEST(CriticalPath, AddsUpToTheStepForAllMethodsAndCollectives) {
  for (const char* method : {"hecaton", "megatron-flat-ring", "megatron-torus-ring", "optimus"}) {
    SCOPED_TRACE(method);
    TrainingDeck deck = tiny();
    deck.method = method;
    deck.rows = 2;
    deck.columns = 2;
    deck.batch = 4;
    const Outcome run = run_deck(deck_of(text_of(deck)), world_size(), with_path());
    if (is_root()) expect_sound(run);
  }
  const std::pair<const char*, const char*> schedules[] = {{"all-gather", "bypass-ring"},
                                                           {"reduce-scatter", "naive-ring"},
                                                           {"all-reduce", "naive-ring"},
                                                           {"all-reduce", "halving-doubling"},
                                                           {"broadcast", "tree"},
                                                           {"broadcast", "naive-ring"},
                                                           {"reduce", "tree"},
                                                           {"reduce", "naive-ring"},
                                                           {"all-to-all", "direct"},
                                                           {"all-to-all", "naive-ring"}};
  for (const auto& [operation, algorithm] : schedules) {
    SCOPED_TRACE(fmt::format("{} {}", operation, algorithm));
    const Outcome run = run_deck(deck_of(collective_text("bypass-ring", algorithm, "rows", operation, 3, 4)),
                                 world_size(), with_path());
    if (!is_root()) continue;
    expect_sound(run);
    EXPECT_FALSE(run.critical_path.empty());
  }
}

}  // namespace
}  // namespace hecaton::test::critical_path_test
