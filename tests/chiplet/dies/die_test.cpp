// A die runs its program: loops, labels, accounting, early messages, what it says when it is stuck.
#include "core/chiplet/dies/die.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "tests/chiplet/fake_host.hpp"
#include "tests/chiplet/random_program.hpp"

namespace hecaton::chiplet::testing::die_test {
namespace {

// A host of one die that does nothing by itself: the test delivers messages and wakes the die.
struct ScriptedHost {
  SimTime time;
  std::vector<Message> sent;
  std::vector<SimTime> wakes;
  SimTime now() const { return time; }
  void send(const Message& message) { sent.push_back(message); }
  void wake_at(SimTime at, std::uint32_t) { wakes.push_back(at); }
  void record(const OperationRow&) {}
  void waited(const WaitRow&) {}
  void note(const Mark&) {}

  void deliver(Die& die, const Message& message, std::int64_t at_ps) {
    time = {at_ps};
    wakes.clear();
    die.on_message(*this, message);
    if (!wakes.empty() && wakes.front() == time) die.on_timer(*this, 0);
  }
};

// The messages that die 0 of a ring gets, taken from an undisturbed run.
std::vector<Message> messages_to_die_0(const Program& program, std::uint32_t dies) {
  FakePackage package(100, 1);
  for (std::uint32_t i = 0; i < dies; ++i) package.add(in_one_ring(i, dies, program));
  package.run();
  std::vector<Message> messages;
  for (const Sent& s : package.sent) {
    if (s.message.destination == NodeId{0}) messages.push_back(s.message);
  }
  return messages;
}

Op only_in(Op op, std::uint32_t round) {
  op.only_round = round;
  return op;
}

// Vectors of 100 and 7 ps around a pause of 5,000 ps, in the second of three rounds alone.
TEST(Die, NotesMarksAndPauses) {
  Op pause = label(OpCode::pause, 0);
  pause.slot_ps = 5000;
  const Program program = {label(OpCode::mark, 0),
                           loop(3),
                           with_bytes(OpCode::vector, 100),
                           only_in(label(OpCode::mark, 0), 1),
                           only_in(pause, 1),
                           label(OpCode::mark, 0),
                           with_bytes(OpCode::vector, 7),
                           end_loop(),
                           label(OpCode::mark, 0)};
  DieTimings timings;
  timings.vector = {1'000'000'000'000};  // 1 ps per byte
  FakePackage package(1, 1);
  package.add(in_one_ring(0, 1, program, timings));
  package.run();
  std::vector<std::int64_t> times;
  for (const Mark& mark : package.marks[0]) {
    times.push_back(mark.time.ps);
    EXPECT_EQ(mark.nop_ps + mark.dram_ps + mark.outstanding, 0U);
  }
  EXPECT_EQ(times, (std::vector<std::int64_t>{0, 100, 207, 5207, 5314, 5321}));
  EXPECT_EQ(package.die(0).rows(), 6U);  // a pause leaves none
  EXPECT_EQ(package.die(0).counters().vector_ps, 3 * 107U);
  EXPECT_EQ(package.die(0).counters().finished_ps, 5321U);
}

TEST(Die, RunsLoopsInOrderWithLabels) {
  const Program program = {label(OpCode::set_layer, 10),
                           loop(2),
                           label(OpCode::set_minibatch, 0),
                           loop(3),
                           with_bytes(OpCode::vector, 100),
                           label(OpCode::add_minibatch, 1),
                           end_loop(),
                           with_bytes(OpCode::vector, 7),
                           label(OpCode::add_layer, -1),
                           end_loop()};
  DieTimings timings;
  timings.vector = {1'000'000'000'000};  // 1 ps per byte
  FakePackage package(1, 1);
  package.add(in_one_ring(0, 1, program, timings));
  package.run();
  const std::vector<OperationRow>& rows = package.rows[0];
  ASSERT_EQ(rows.size(), 8U);
  std::int64_t start_ps = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool inner = i % 4 < 3;
    EXPECT_EQ(rows[i].layer, i < 4 ? 10 : 9);
    EXPECT_EQ(rows[i].minibatch, static_cast<std::int32_t>(i % 4));
    EXPECT_EQ(rows[i].start_ps, start_ps);
    start_ps += inner ? 100 : 7;
    EXPECT_EQ(rows[i].end_ps, start_ps);
    EXPECT_EQ(rows[i].bytes, inner ? 100U : 7U);
    EXPECT_EQ(rows[i].kind, OperationKind::vector);
  }
  EXPECT_EQ(package.finish_of(0).ps, start_ps);
}

TEST(Die, PassesOverWhatSkipsTheLastIterations) {
  Program program = {loop(2),
                     loop(3),
                     with_bytes(OpCode::vector, 1),
                     with_bytes(OpCode::vector, 2),
                     with_bytes(OpCode::vector, 3),
                     end_loop(),
                     end_loop()};
  program[3].skip_last = 1;  // not in the last iteration of the inner loop
  program[4].skip_last = 2;  // not in the very last iteration
  FakePackage package(1, 1);
  package.add(in_one_ring(0, 1, program));
  package.run();
  std::vector<std::uint64_t> bytes;
  for (const OperationRow& row : package.rows[0]) bytes.push_back(row.bytes);
  EXPECT_EQ(bytes, (std::vector<std::uint64_t>{1, 2, 3, 1, 2, 3, 1, 3, 1, 2, 3, 1, 2, 3, 1}));
}

TEST(Die, RunsAMillionFreeOperationsInOneInstant) {
  const Program program = {loop(1000), loop(1000), with_bytes(OpCode::vector, 3), end_loop(), end_loop()};
  ScriptedHost host;
  Die die(in_one_ring(0, 1, program));
  die.start(host);
  EXPECT_TRUE(die.finished());
  EXPECT_EQ(die.rows(), 1'000'000U);
  EXPECT_EQ(die.counters().vector_bytes, 3'000'000U);
  EXPECT_TRUE(host.wakes.empty());
}

TEST(Die, TakesChunksThatComeEarlyOrOutOfOrder) {
  const Program program = {collective(OpCode::reduce_scatter, 4, 10),
                           collective(OpCode::all_gather, 4, 10, Ring::column),
                           collective(OpCode::all_gather, 4, 10)};
  const std::vector<Message> messages = messages_to_die_0(program, 4);
  ASSERT_EQ(messages.size(), 9U);
  // Every third order of arrival, from in order to fully reversed, must lead to the end and to the same
  // sends.
  std::vector<std::size_t> order = {0, 1, 2, 3, 4, 5, 6, 7, 8};
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    ScriptedHost host;
    Die die(in_one_ring(0, 4, program));
    die.start(host);
    for (std::size_t i = 0; i < order.size(); ++i) {
      EXPECT_FALSE(die.finished());
      host.deliver(die, messages[order[i]], static_cast<std::int64_t>(100 * (i + 1)));
    }
    EXPECT_TRUE(die.finished()) << die.blocked_on();
    EXPECT_EQ(host.sent.size(), 9U);
    EXPECT_EQ(die.counters().finished_ps, 900U);
    if (round == 0) {
      std::reverse(order.begin(), order.end());
    } else {
      std::shuffle(order.begin(), order.end(), random);
    }
  }
}

TEST(Die, ForwardsAChunkAsSoonAsItsTurnHasCome) {
  const Program program = {collective(OpCode::all_gather, 4, 10)};
  const std::vector<Message> messages = messages_to_die_0(program, 4);
  ASSERT_EQ(messages.size(), 3U);
  ScriptedHost host;
  Die die(in_one_ring(0, 4, program));
  die.start(host);
  EXPECT_EQ(host.sent.size(), 1U);
  host.deliver(die, messages[1], 100);
  EXPECT_EQ(host.sent.size(), 1U) << "the chunk of step 2 overtook that of step 1";
  host.deliver(die, messages[0], 200);
  EXPECT_EQ(host.sent.size(), 3U);
  EXPECT_EQ(
      die.blocked_on(),
      "all-gather on the row ring, step 3 of 3, waits for chunk 1 from die 3 (layer -1, mini-batch -1)");
  host.deliver(die, messages[2], 300);
  EXPECT_TRUE(die.finished());
  EXPECT_EQ(die.blocked_on(), "");
}

TEST(Die, SaysWhatItWaitsFor) {
  const Program program = {label(OpCode::set_layer, 5),
                           label(OpCode::set_minibatch, 2),
                           matmul(1, 8, 8, 8),
                           with_bytes(OpCode::dram_read, 1000, 3),
                           wait_for(3),
                           with_bytes(OpCode::dram_write, 300, 1)};
  DieTimings timings = resolve_timings(DieConfig{}, MemoryConfig{});
  timings.burst_bytes = 300;
  DieSetup setup = in_one_ring(4, 5, program, timings);
  setup.dram = {{NodeId{9}, 1}};
  ScriptedHost host;
  Die die(setup);
  EXPECT_EQ(die.blocked_on(), "has not been started (layer -1, mini-batch -1)");
  die.start(host);
  // 8 + 2 x 8 + 8 - 2 = 30 cycles of 1024 ps.
  EXPECT_EQ(die.blocked_on(), "matmul until 30720 ps (layer 5, mini-batch 2)");
  host.time = {30719};
  die.on_timer(host, 0);
  EXPECT_EQ(die.rows(), 0U) << "one picosecond too early";
  host.time = {30720};
  die.on_timer(host, 0);
  EXPECT_EQ(die.rows(), 1U);
  EXPECT_EQ(die.blocked_on(),
            "waits for DRAM slot 3: 1 transfer (4 of 4 bursts missing) (layer 5, mini-batch 2)");
  for (std::uint64_t burst = 0; burst < 4; ++burst) {
    const std::uint32_t transfer = tag_transfer(host.sent[0].tag);
    host.deliver(die, {NodeId{9}, NodeId{4}, transfer_tag(MessageKind::read_data, transfer, burst), 250},
                 40000);
  }
  EXPECT_EQ(die.blocked_on(),
            "program ended, waits for DRAM: 1 transfer (1 of 1 bursts missing) (layer 5, mini-batch 2)");
  EXPECT_THROW(
      host.deliver(die, {NodeId{9}, NodeId{4}, transfer_tag(MessageKind::read_data, 77, 0), 250}, 50000),
      std::logic_error)
      << "nobody asked for it";
}

// Two rows of three dies and one IO die, everything at work at once, with times that fall together often.
const Program& busy_program() {
  static const Program program = {with_bytes(OpCode::dram_read, 9000, 0),
                                  loop(4),
                                  label(OpCode::add_minibatch, 1),
                                  wait_for(0),
                                  with_bytes(OpCode::dram_read, 7000, 0),
                                  collective(OpCode::all_gather, 600, 4),
                                  matmul(2, 5, 300, 9),
                                  collective(OpCode::reduce_scatter, 500, 2, Ring::column),
                                  with_bytes(OpCode::dram_write, 5000, 1),
                                  collective(OpCode::all_reduce, 30, 4, Ring::package),
                                  with_bytes(OpCode::vector, 1000),
                                  wait_for(1),
                                  end_loop(),
                                  wait_for(0)};
  return program;
}

FakePackage busy_package(std::uint64_t seed) {
  DieConfig config;
  config.peak_TFLOPS = 0.032;
  config.array_rows = 4;
  config.array_columns = 4;  // 1 ns a cycle
  config.vector_GBps = 1;    // 1 ns a byte
  MemoryConfig memory;
  memory.bandwidth_GBps = 1;
  memory.latency_ns = 10;
  memory.burst_bytes = 1000;
  FakePackage package(1000, 1000, seed);
  for (std::uint32_t id = 0; id < 6; ++id) {
    DieSetup setup = in_one_ring(id, 6, busy_program(), resolve_timings(config, memory));
    const std::uint32_t row = id / 3;
    const std::uint32_t column = id % 3;
    setup.rings[0] = place_in({3 * row, 3 * row + 1, 3 * row + 2}, column);
    setup.rings[1] = place_in({column, column + 3}, row);
    setup.dram = {{NodeId{6}, 2}, {NodeId{7}, 1}};
    package.add(setup);
  }
  package.add(resolve_io_die(memory, NodeId{6}, 2));
  package.add(resolve_io_die(memory, NodeId{7}, 1));
  return package;
}

// What a die waited adds up to its counters, no wait overlaps another or is empty, and each was caused before it ended.
void expect_waits_add_up(const std::vector<WaitRow>& waits, const DieCounters& counters) {
  std::uint64_t nop_ps = 0, dram_ps = 0;
  std::int64_t last_ps = 0;
  for (const WaitRow& wait : waits) {
    ASSERT_LE(last_ps, wait.start_ps);
    ASSERT_LT(wait.start_ps, wait.end_ps);
    ASSERT_LT(wait.caused_ps, wait.end_ps);
    const bool of_dram = wait.cause == WaitCause::dram_read || wait.cause == WaitCause::dram_write;
    ASSERT_EQ(wait.from >= dies, of_dram);
    ASSERT_GT(wait.bytes, 0U);
    (of_dram ? dram_ps : nop_ps) += static_cast<std::uint64_t>(wait.end_ps - wait.start_ps);
    last_ps = wait.end_ps;
  }
  EXPECT_EQ(nop_ps, counters.nop_ps);
  EXPECT_EQ(dram_ps, counters.dram_ps);
}

// All network and memory times are whole nanoseconds, so that much falls together.
TEST(Package, DoesNotDependOnTheOrderWithinAnInstant) {
  for (const std::int64_t ps_per_byte : {0, 1000}) {
    for (std::uint64_t program_seed = 1; program_seed <= 20; ++program_seed) {
      const Program program = RandomProgram(program_seed).make();
      std::set<std::vector<std::uint64_t>> outcomes;
      std::map<std::uint32_t, std::vector<WaitRow>> waits;
      for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        FakePackage package = random_package(program, {1000, ps_per_byte, 300'000'000'000, 1000}, seed);
        package.run();
        ASSERT_TRUE(package.all_finished());
        std::vector<std::uint64_t> digests;
        for (std::uint32_t id = 0; id < dies; ++id) digests.push_back(package.die(id).digest());
        if (outcomes.empty()) waits = package.waits;
        outcomes.insert(digests);
        EXPECT_EQ(package.waits, waits) << "program " << program_seed;
      }
      FakePackage package = random_package(program, {1000, ps_per_byte, 300'000'000'000, 1000}, 1);
      package.run();
      for (std::uint32_t id = 0; id < dies; ++id)
        expect_waits_add_up(package.waits[id], package.die(id).counters());
      EXPECT_EQ(outcomes.size(), 1U) << "program " << program_seed;
    }
  }
}

TEST(Package, EveryPicosecondOfADieIsAccountedFor) {
  FakePackage package = busy_package(1);
  package.run();
  for (std::uint32_t id = 0; id < 6; ++id) {
    const DieCounters& c = package.die(id).counters();
    EXPECT_EQ(c.matrix_ps + c.vector_ps + c.nop_ps + c.dram_ps, c.finished_ps);
    EXPECT_GT(c.nop_ps, 0U);
    EXPECT_GT(c.dram_ps, 0U);
    const std::size_t uncounted = package.rows[id].size() - package.die(id).rows();
    EXPECT_LE(uncounted, 1U) << "the wait at the end";
    std::int64_t last_ps = 0;
    std::int64_t waiting_ps = 0;
    std::uint64_t macs = 0;
    for (const OperationRow& row : package.rows[id]) {
      EXPECT_EQ(row.macs, row.kind == OperationKind::matmul ? 2U * 5 * 300 * 9 : 0U);
      macs += row.macs;
      EXPECT_LE(row.start_ps, row.end_ps);
      EXPECT_LE(last_ps, row.end_ps) << "rows come in the order of their ends";
      last_ps = row.end_ps;
      if (row.kind == OperationKind::dram_wait) waiting_ps += row.end_ps - row.start_ps;
    }
    EXPECT_EQ(waiting_ps, static_cast<std::int64_t>(c.dram_ps));
    EXPECT_EQ(macs, c.macs);
    EXPECT_GT(macs, 0U);
  }
}

TEST(Package, SurvivesMessagesThatOvertakeEachOther) {
  FakePackage straight = busy_package(1);
  straight.run();
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    FakePackage package = busy_package(seed);
    std::mt19937_64 random(seed);
    package.extra_latency_ps = [&](const Message&) {
      return static_cast<std::int64_t>(random() % 3'000'000);
    };
    package.run();
    ASSERT_TRUE(package.all_finished());
    for (std::uint32_t id = 0; id < 6; ++id) {
      const DieCounters& a = package.die(id).counters();
      const DieCounters& b = straight.die(id).counters();
      EXPECT_EQ(a.nop_received_bytes, b.nop_received_bytes);
      EXPECT_EQ(a.sram_write_bytes, b.sram_write_bytes);
      EXPECT_EQ(package.die(id).rows(), straight.die(id).rows());
      EXPECT_NE(package.die(id).digest(), straight.die(id).digest()) << "other times, another digest";
    }
  }
}

TEST(Package, ADieThatIsMissingIsNamedByThoseWhoWait) {
  const Program works = {collective(OpCode::all_reduce, 8, 4)};
  const Program idles;
  FakePackage package(1000, 10);
  for (std::uint32_t id = 0; id < 4; ++id) package.add(in_one_ring(id, 4, id == 2 ? idles : works));
  package.run();
  EXPECT_FALSE(package.all_finished());
  EXPECT_TRUE(package.die(2).finished());
  EXPECT_EQ(
      package.die(3).blocked_on(),
      "all-reduce on the row ring, step 1 of 6, waits for chunk 1 from die 2 (layer -1, mini-batch -1)");
}

TEST(Die, IsSmall) {
  EXPECT_LE(sizeof(Die), 896U);
}

}  // namespace
}  // namespace hecaton::chiplet::testing::die_test
