// A die runs its graph: what begins when, what is counted, how messages match, what it says when it is stuck. Times are
// reckoned by hand.
#include "core/chiplet/graph/graph_die.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/chiplet/graph/relay.hpp"

namespace hecaton::test::graph_die_test {
namespace {

using namespace chiplet;
using namespace chiplet::graph;

// A host of one die that does nothing by itself: it goes from wake-up to wake-up.
struct Host {
  SimTime time;
  std::vector<Message> sent;
  std::vector<std::int64_t> wakes;
  std::vector<OperationRow> rows;
  SimTime now() const { return time; }
  void send(const Message& message) { sent.push_back(message); }
  void wake_at(SimTime at, std::uint32_t) { wakes.push_back(at.ps); }
  void record(const OperationRow& row) { rows.push_back(row); }
  void waited(const WaitRow&) {}
  void note(const Mark&) {}

  void run(GraphDie& die, std::int64_t until_ps) {
    for (;;) {
      const auto next = std::min_element(wakes.begin(), wakes.end());
      if (next == wakes.end() || *next > until_ps) break;
      time = {*next};
      wakes.erase(next);
      die.on_timer(*this, 0);
    }
    time = {until_ps};
  }
  void deliver(GraphDie& die, const Message& message, std::int64_t at_ps) {
    run(die, at_ps);
    die.on_message(*this, message);
    run(die, at_ps);
  }
};

Node node(std::uint64_t id, Verb verb, std::uint64_t bytes, std::vector<std::uint64_t> after = {}) {
  Node made;
  made.id = id;
  made.name = "n" + std::to_string(id);
  made.verb = verb;
  made.bytes = bytes;
  made.after = std::move(after);
  return made;
}

Node computation(std::uint64_t id, std::uint64_t operations, std::vector<std::uint64_t> after = {}) {
  Node made = node(id, Verb::compute, 0, std::move(after));
  made.operations = operations;
  return made;
}

Node message(std::uint64_t id, Verb verb, std::uint32_t tag, std::vector<std::uint64_t> after = {}) {
  Node made = node(id, verb, 64, std::move(after));
  made.peer = 1;
  made.tag = tag;
  return made;
}

// Rank 0 of two, on die 0 and 4. An operation takes a picosecond, a byte of the own memory two.
GraphDieSetup setup_of(std::vector<Node> nodes, std::uint32_t window = 100) {
  GraphDieSetup setup;
  setup.window = window;
  setup.timing.peak = Rate{ps_per_second};
  setup.timing.operands = Rate{ps_per_second / 2};
  setup.timing.vector = Rate{ps_per_second / 5};
  const auto left = std::make_shared<std::vector<Node>>(std::move(nodes));
  setup.next = [left, at = std::size_t{0}]() mutable {
    return at < left->size() ? std::optional<Node>((*left)[at++]) : std::nullopt;
  };
  setup.die_of_rank = std::make_shared<const std::vector<NodeId>>(std::vector<NodeId>{NodeId{0}, NodeId{4}});
  setup.names_of_groups =
      std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"all ranks"});
  const RingPlace ring{.size = 2, .position = 0, .next = NodeId{4}, .previous = NodeId{4}};
  const LinePlace line{.size = 2, .position = 0, .first = NodeId{0}, .stride = 1};
  setup.groups = {{0, ring, line, setup.die_of_rank->data(), nullptr}};
  return setup;
}

std::vector<std::pair<std::int64_t, std::int64_t>> spans(const Host& host) {
  std::vector<std::pair<std::int64_t, std::int64_t>> all;
  for (const OperationRow& row : host.rows) all.emplace_back(row.start_ps, row.end_ps);
  return all;
}

// 0 and 1 are ready; 2 waits for 0 and a store of 50 bytes, 3 for 1. The engine takes what stands first.
TEST(GraphDie, ComputesInTheOrderOfTheFile) {
  GraphDie die(setup_of({computation(0, 100), computation(1, 30), computation(2, 7, {0, 4}),
                         computation(3, 5, {1}), node(4, Verb::store, 50)}));
  Host host;
  die.start(host);
  host.run(die, 10'000);
  const std::vector<std::pair<std::int64_t, std::int64_t>> expected{
      {0, 100}, {0, 100}, {100, 130}, {130, 137}, {137, 142}};
  EXPECT_EQ(spans(host), expected);
  EXPECT_TRUE(die.finished());
  EXPECT_EQ(die.blocked_on(), "");
  const DieCounters& counters = die.counters();
  EXPECT_EQ(counters.finished_ps, 142U);
  EXPECT_EQ(counters.matrix_ps, 142U);
  EXPECT_EQ(counters.macs, 50U + 15 + 3 + 2);  // an odd operation is none
  EXPECT_EQ(counters.dram_write_bytes, 50U);
  EXPECT_EQ(die.nodes(), 5U);
}

TEST(GraphDie, TakesTheLongerOfOperationsAndBytesOrWhatWasRecorded) {
  Node product = computation(0, 100);
  product.bytes = 60;
  product.recorded_ps = 77;
  GraphDieSetup setup = setup_of({product});
  EXPECT_EQ(setup.timing.computation(product).ps, 120);
  setup.timing.recorded = true;
  setup.timing.slowness_ppm = 1'500'000;
  EXPECT_EQ(setup.timing.computation(product).ps, 116);  // 115.5, up
  setup.timing.recorded = false;
  setup.timing.slowness_ppm = 1'000'000;
  setup.timing.rounding.unit = SimDuration{50};
  EXPECT_EQ(setup.timing.computation(product).ps, 100);  // 100 and 120, down to fifties
}

// A send is over at once; messages match by tag and order, not by when they come.
TEST(GraphDie, MatchesMessages) {
  GraphDie die(setup_of({message(0, Verb::receive, 7), message(1, Verb::receive, 7),
                         message(2, Verb::receive, 9, {0}), message(3, Verb::send, 7, {2})}));
  Host host;
  die.start(host);
  EXPECT_TRUE(host.sent.empty());
  const auto from_4 = [](std::uint32_t tag, std::uint64_t order) {
    return Message{NodeId{4}, NodeId{0}, point_to_point_tag(tag, order), 64};
  };
  host.deliver(die, from_4(9, 0), 10);
  host.deliver(die, from_4(7, 1), 20);
  EXPECT_EQ(die.nodes(), 1U);
  EXPECT_EQ(die.blocked_on(), "node 0 \"n0\" waits for message 0 of tag 7 from rank 1");
  host.deliver(die, from_4(7, 0), 30);
  EXPECT_TRUE(die.finished());
  const std::vector<std::pair<std::int64_t, std::int64_t>> expected{{0, 20}, {0, 30}, {30, 30}, {30, 30}};
  EXPECT_EQ(spans(host), expected);
  ASSERT_EQ(host.sent.size(), 1U);
  EXPECT_EQ(host.sent[0].destination, NodeId{4});
  EXPECT_EQ(host.sent[0].tag, point_to_point_tag(7, 0));
  EXPECT_EQ(die.counters().nop_ps, 30U);
  EXPECT_EQ(die.counters().nop_received_bytes, 3U * 64);
}

Node all_reduce(std::uint64_t id, std::uint64_t bytes, std::vector<std::uint64_t> after = {}) {
  Node made = node(id, Verb::collective, bytes, std::move(after));
  made.operation = OpCode::all_reduce;
  return made;
}

// Of two dies: half of the bytes goes out, comes in and is added at 5 ps a byte, then the sum goes out and comes in. Node 1
// is ready first, but stands second in the file.
TEST(GraphDie, RunsCollectivesInTheOrderOfTheFile) {
  GraphDieSetup setup = setup_of({all_reduce(0, 100, {2}), all_reduce(1, 40), computation(2, 10)});
  setup.timing.endpoint_delay = SimDuration{3};
  GraphDie die(std::move(setup));
  Host host;
  die.start(host);
  host.run(die, 9);
  EXPECT_TRUE(host.sent.empty());
  EXPECT_EQ(die.blocked_on(),
            "node 1 \"n1\" waits in communicator \"all ranks\" until node 0 \"n0\" is over, which "
            "stands before it");
  host.run(die, 50);
  ASSERT_EQ(host.sent.size(), 1U);
  EXPECT_EQ(host.sent[0].bytes, 50U);
  EXPECT_EQ(host.sent[0].tag, group_tag(0, 1, 0, 0));
  const auto chunk = [](std::uint64_t sequence, std::uint32_t step, std::uint32_t bytes) {
    return Message{NodeId{4}, NodeId{0}, group_tag(0, sequence, step, 0), bytes};
  };
  host.deliver(die, chunk(1, 0, 50), 60);   // added until 310, sent at 313
  host.deliver(die, chunk(2, 0, 20), 400);  // the other die is ahead
  EXPECT_EQ(
      die.blocked_on(),
      "node 0 \"n0\" (all-reduce of communicator \"all ranks\") waits in step 1 of 2 for 50 bytes from die 4");
  host.deliver(die, chunk(1, 1, 50), 500);  // over at 503, where the next begins
  host.run(die, 2'000);
  host.deliver(die, chunk(2, 1, 20), 2'000);
  host.run(die, 3'000);
  EXPECT_TRUE(die.finished());
  const std::vector<std::pair<std::int64_t, std::int64_t>> expected{{0, 10}, {10, 503}, {503, 2'003}};
  EXPECT_EQ(spans(host), expected);
  ASSERT_EQ(host.sent.size(), 4U);
  EXPECT_EQ(die.counters().vector_ps, 250U + 100U);
  EXPECT_EQ(die.counters().matrix_ps, 10U);
  EXPECT_EQ(die.counters().nop_ps, 2'003U - 360U);
}

TEST(GraphDie, ReadsNoFurtherThanItsWindow) {
  GraphDie die(
      setup_of({computation(0, 10), computation(1, 10, {2}), computation(2, 10), node(3, Verb::load, 8)}, 2));
  Host host;
  die.start(host);
  host.run(die, 100);
  // The load is ready from the beginning, but read only when node 2 is over: 0, 1 | 1, 2 | 1, 3.
  const std::vector<std::pair<std::int64_t, std::int64_t>> expected{{0, 10}, {10, 20}, {20, 30}, {20, 36}};
  EXPECT_EQ(spans(host), expected);
  EXPECT_TRUE(die.finished());
}

TEST(GraphDie, WithoutAGraphHasNothingToDo) {
  GraphDieSetup setup = setup_of({});
  setup.next = nullptr;
  GraphDie die(std::move(setup));
  Host host;
  die.start(host);
  EXPECT_TRUE(die.finished());
  EXPECT_EQ(die.counters().finished_ps, 0U);
}

// Block by block: a block for the die d places on passes d links, so p (p - 1) / 2 steps, and every die sends as much as with
// the schedule "ring", which passes on all that has further to go at once.
TEST(Relay, MovesWhatARingMoves) {
  for (const std::uint32_t dies : {2U, 3U, 5U, 8U})
    for (const std::uint64_t bytes : {std::uint64_t{8 * 3 * 5}, std::uint64_t{1000}}) {
      Op op;
      op.code = OpCode::all_to_all;
      op.units = bytes;
      const RingPlace ring{.size = dies, .position = 0, .next = NodeId{1}, .previous = NodeId{dies - 1}};
      std::uint64_t sent = 0;
      for (std::uint32_t step = 0; step < relay_steps(ring); ++step) {
        const Exchange e = relay_step(op, ring, step);
        EXPECT_EQ(e.send_bytes, e.receive_bytes);
        EXPECT_EQ(e.send_step, step);
        sent += e.send_bytes;
      }
      EXPECT_EQ(relay_steps(ring), dies * (dies - 1) / 2);
      if (bytes % dies == 0) {
        EXPECT_EQ(sent, bytes / dies * dies * (dies - 1) / 2);
      }
      EXPECT_LE(sent, (bytes / dies + 1) * dies * (dies - 1) / 2);
    }
}

}  // namespace
}  // namespace hecaton::test::graph_die_test
