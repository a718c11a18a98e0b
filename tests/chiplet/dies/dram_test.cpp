// DRAM: latency and bandwidth of IO dies to the picosecond, pacing of writes, shares, slots.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

#include "tests/chiplet/fake_host.hpp"

namespace hecaton::chiplet::testing::dram_test {
namespace {

constexpr std::int64_t hop_ps = 5000;
constexpr std::int64_t ps_per_byte = 10;  // of the network
constexpr std::int64_t request_ps = hop_ps + 16 * ps_per_byte;
constexpr std::int64_t memory_latency_ps = 60000;

IoDieSetup io_die(std::uint32_t id, std::uint32_t channels, std::uint64_t bytes_per_second,
                  std::uint32_t burst) {
  return {NodeId{id}, channels, Rate{bytes_per_second}, {memory_latency_ps}, burst};
}

DieSetup die_with(const Program& program, std::vector<DramShare> shares, std::uint32_t burst,
                  std::uint32_t id = 0) {
  DieTimings timings;
  timings.burst_bytes = burst;
  DieSetup setup = in_one_ring(id, 2, program, timings);
  setup.dram = std::move(shares);
  return setup;
}

// ceil(bytes / bandwidth) in ps.
std::int64_t moving_ps(std::int64_t bytes, std::int64_t bytes_per_second) {
  const __int128 ps =
      (static_cast<__int128>(bytes) * 1'000'000'000'000 + bytes_per_second - 1) / bytes_per_second;
  return static_cast<std::int64_t>(ps);
}

TEST(DramRead, TakesLatencyPlusBytesOverBandwidth) {
  for (const std::int64_t rate :
       {std::int64_t{20'000'000'000}, std::int64_t{7'000'000'001}}) {  // slower than the port
    for (const std::int64_t bytes : {1, 999, 1000, 1001, 54321, 1'000'000}) {
      const Program program = {with_bytes(OpCode::dram_read, static_cast<std::uint64_t>(bytes)), wait_for(0)};
      FakePackage package(hop_ps, ps_per_byte);
      package.add(die_with(program, {{NodeId{5}, 1}}, 1000));
      package.add(io_die(5, 1, static_cast<std::uint64_t>(rate), 1000));
      package.run();
      // The channel never pauses, so no rounding adds up; only the last burst's transit comes on top.
      const std::int64_t last_burst = bytes % 1000 == 0 ? 1000 : bytes % 1000;
      const std::int64_t previous_out =
          bytes <= 1000 ? 0 : moving_ps(bytes - last_burst, rate) + 1000 * ps_per_byte;
      const std::int64_t last_out = std::max(moving_ps(bytes, rate), previous_out) + last_burst * ps_per_byte;
      EXPECT_EQ(package.finish_of(0).ps, request_ps + memory_latency_ps + last_out + hop_ps)
          << bytes << " at " << rate;
      EXPECT_EQ(package.io_die(5).counters().read_bytes, static_cast<std::uint64_t>(bytes));
      EXPECT_EQ(package.io_die(5).counters().bursts, static_cast<std::uint64_t>((bytes + 999) / 1000));
      EXPECT_EQ(package.die(0).counters().dram_read_bytes, static_cast<std::uint64_t>(bytes));
    }
  }
}

TEST(DramRead, SecondRequestHidesItsLatencyBehindABusyChannel) {
  const Program program = {with_bytes(OpCode::dram_read, 10000, 0), with_bytes(OpCode::dram_read, 10000, 1),
                           wait_for(0), wait_for(1)};
  FakePackage package(hop_ps, ps_per_byte);
  package.add(die_with(program, {{NodeId{5}, 1}}, 10000));
  package.add(io_die(5, 1, 10'000'000'000, 10000));  // a burst takes 1 us, the latency is 60 ns
  package.run();
  EXPECT_EQ(package.finish_of(0).ps,
            request_ps + memory_latency_ps + 2 * 1'000'000 + 10000 * ps_per_byte + hop_ps);
}

TEST(DramRead, ChannelsServeBurstsSideBySide) {
  const Program program = {with_bytes(OpCode::dram_read, 7000), wait_for(0)};
  FakePackage package(hop_ps, 0);
  package.add(die_with(program, {{NodeId{5}, 1}}, 1000));
  package.add(io_die(5, 3, 1'000'000'000, 1000));  // 1 us a burst; 7 bursts on 3 channels take 3 rounds
  package.run();
  EXPECT_EQ(package.finish_of(0).ps, hop_ps + memory_latency_ps + 3 * 1'000'000 + hop_ps);
  EXPECT_EQ(package.io_die(5).counters().busy_ps, 7U * 1'000'000);
}

TEST(DramRead, RequestsTakeTurnsBurstByBurst) {
  const Program long_read = {with_bytes(OpCode::dram_read, 50000), wait_for(0)};
  const Program short_read = {with_bytes(OpCode::dram_read, 2000), wait_for(0)};
  FakePackage package(hop_ps, 0);
  package.add(die_with(long_read, {{NodeId{5}, 1}}, 1000, 0));
  package.add(die_with(short_read, {{NodeId{5}, 1}}, 1000, 1));
  package.add(io_die(5, 1, 1'000'000'000, 1000));
  package.run();
  EXPECT_EQ(package.finish_of(1).ps, hop_ps + memory_latency_ps + 4 * 1'000'000 + hop_ps)
      << "long short long short";
  EXPECT_EQ(package.finish_of(0).ps, hop_ps + memory_latency_ps + 52 * 1'000'000 + hop_ps);
}

TEST(DramShares, SplitInProportionAndSumExactly) {
  const std::vector<DramShare> shares = {{NodeId{5}, 3}, {NodeId{6}, 0}, {NodeId{7}, 1}, {NodeId{8}, 2}};
  for (std::uint64_t bytes : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{7}, std::uint64_t{6000001}}) {
    std::vector<std::uint64_t> parts;
    split_bytes(bytes, shares, [&](std::size_t, std::uint64_t part) { parts.push_back(part); });
    EXPECT_EQ(std::accumulate(parts.begin(), parts.end(), std::uint64_t{0}), bytes);
    EXPECT_NEAR(static_cast<double>(parts[0]), static_cast<double>(bytes) / 2, 1.0);
    EXPECT_EQ(parts[1], 0U);
    EXPECT_NEAR(static_cast<double>(parts[2]), static_cast<double>(bytes) / 6, 1.0);
  }
  const Program program = {with_bytes(OpCode::dram_read, 6001), with_bytes(OpCode::dram_write, 1200, 1)};
  FakePackage package(hop_ps, ps_per_byte);
  package.add(die_with(program, shares, 500));
  for (std::uint32_t id = 5; id <= 8; ++id) package.add(io_die(id, 1, 1'000'000'000, 500));
  package.run();
  EXPECT_TRUE(package.all_finished());
  EXPECT_EQ(package.io_die(5).counters().read_bytes, 3000U);
  EXPECT_EQ(package.io_die(6).counters().read_bytes, 0U);
  EXPECT_EQ(package.io_die(7).counters().read_bytes, 1000U);
  EXPECT_EQ(package.io_die(8).counters().read_bytes, 2001U);
  EXPECT_EQ(package.io_die(5).counters().write_bytes, 600U);
  EXPECT_EQ(package.io_die(8).counters().write_bytes, 400U);
}

// How many write bursts were unacknowledged at most: in all, and towards one IO die. Acknowledgements are
// counted when they are sent, so the true number is at least this.
std::pair<int, int> writes_at_once(const std::vector<Sent>& sent) {
  int all = 0;
  int most = 0;
  int most_of_one = 0;
  std::map<NodeId, int> per_io;
  for (const Sent& s : sent) {
    if (tag_kind(s.message.tag) == MessageKind::write_data) {
      most = std::max(most, ++all);
      most_of_one = std::max(most_of_one, ++per_io[s.message.destination]);
    } else if (tag_kind(s.message.tag) == MessageKind::write_done) {
      --all;
      --per_io[s.message.source];
    }
  }
  EXPECT_EQ(all, 0);
  return {most, most_of_one};
}

TEST(DramWrite, IsPacedPerIoDieAndInAll) {
  const Program program = {with_bytes(OpCode::dram_write, 30000, 0), with_bytes(OpCode::dram_write, 30000, 1),
                           wait_for(0), wait_for(1)};
  for (std::size_t io_dies = 1; io_dies <= 6; ++io_dies) {
    FakePackage package(hop_ps, ps_per_byte);
    std::vector<DramShare> shares;
    for (std::uint32_t i = 0; i < io_dies; ++i) {
      shares.push_back({NodeId{10 + i}, 1});
      package.add(io_die(10 + i, 1, 1'000'000'000, 1000));
    }
    package.add(die_with(program, shares, 1000));
    package.run();
    EXPECT_TRUE(package.all_finished());
    const auto [in_all, per_io] = writes_at_once(package.sent);
    EXPECT_EQ(in_all, io_dies == 1 ? 2 : 4);
    EXPECT_LE(per_io, 2);
    if (io_dies <= 3) {
      EXPECT_EQ(per_io, 2);
    }
    std::uint64_t stored = 0;
    for (std::uint32_t i = 0; i < io_dies; ++i) stored += package.io_die(10 + i).counters().write_bytes;
    EXPECT_EQ(stored, 60000U);
  }
}

TEST(DramWrite, KeepsAChannelBusy) {
  const Program program = {with_bytes(OpCode::dram_write, 100000), wait_for(0)};
  FakePackage package(hop_ps, ps_per_byte);
  package.add(die_with(program, {{NodeId{5}, 1}}, 1000));
  package.add(
      io_die(5, 1, 10'000'000'000, 1000));  // 100 ns a burst; there and back and 60 ns latency take 80 ns
  package.run();
  const std::int64_t first_ps = 1000 * ps_per_byte + hop_ps + memory_latency_ps;
  EXPECT_EQ(package.finish_of(0).ps, first_ps + 100 * 100'000 + request_ps)
      << "two bursts on their way are enough";
}

TEST(DramWrite, GoesBehindTheRingChunkOfTheSameInstant) {
  const Program program = {with_bytes(OpCode::dram_write, 10000), collective(OpCode::all_gather, 2, 100),
                           wait_for(0)};
  FakePackage package(hop_ps, ps_per_byte);
  for (std::uint32_t id = 0; id < 2; ++id) package.add(die_with(program, {{NodeId{5}, 1}}, 1000, id));
  package.add(io_die(5, 1, 1'000'000'000, 1000));
  package.run();
  for (std::uint32_t id = 0; id < 2; ++id) {
    const OperationRow& gather = package.rows[id].front();
    EXPECT_EQ(gather.kind, OperationKind::all_gather);
    EXPECT_EQ(gather.end_ps, 100 * ps_per_byte + hop_ps);
  }
}

TEST(DramSlots, AreWaitedForOneByOneWhileTheDieWorks) {
  const Program program = {with_bytes(OpCode::dram_read, 1000, 0), with_bytes(OpCode::dram_read, 20000, 1),
                           with_bytes(OpCode::vector, 500),        wait_for(0),
                           with_bytes(OpCode::vector, 500),        wait_for(1)};
  DieSetup setup = die_with(program, {{NodeId{5}, 1}}, 1000);
  setup.timings.vector = {1'000'000'000};  // 1 ns a byte
  FakePackage package(hop_ps, 0);
  package.add(setup);
  package.add(io_die(5, 1, 1'000'000'000, 1000));  // 1 us a burst
  package.run();
  const std::vector<OperationRow>& rows = package.rows[0];
  using K = OperationKind;
  std::vector<K> kinds;
  for (const OperationRow& row : rows) kinds.push_back(row.kind);
  EXPECT_EQ(kinds,
            (std::vector<K>{K::vector, K::dram_read, K::dram_wait, K::vector, K::dram_read, K::dram_wait}));
  const std::int64_t first_ps = 2 * hop_ps + memory_latency_ps + 1'000'000;
  EXPECT_EQ(rows[1].start_ps, 0);
  EXPECT_EQ(rows[1].end_ps, first_ps);
  EXPECT_EQ(rows[1].bytes, 1000U);
  EXPECT_EQ(rows[2].start_ps, 500'000);
  EXPECT_EQ(rows[2].end_ps, first_ps);
  EXPECT_EQ(rows[3].end_ps, first_ps + 500'000);
  EXPECT_EQ(rows[5].end_ps, first_ps + 20'000'000);
  EXPECT_EQ(package.die(0).counters().dram_ps, static_cast<std::uint64_t>(first_ps + 20'000'000 - 1'000'000));
}

TEST(DramSlots, TransfersOfNoBytesAreDoneAtOnce) {
  const Program program = {with_bytes(OpCode::dram_read, 0, 0), with_bytes(OpCode::dram_write, 0, 0),
                           wait_for(0)};
  FakePackage package(hop_ps, 0);
  package.add(die_with(program, {{NodeId{5}, 1}}, 1000));
  package.run();
  EXPECT_TRUE(package.all_finished());
  EXPECT_EQ(package.rows[0].size(), 3U);
  EXPECT_EQ(package.finish_of(0).ps, 0);
  EXPECT_TRUE(package.sent.empty());
}

TEST(DramEnd, ADieIsFinishedWhenItsLastWriteIsStored) {
  const Program program = {with_bytes(OpCode::dram_write, 1000)};
  FakePackage package(hop_ps, ps_per_byte);
  package.add(die_with(program, {{NodeId{5}, 1}}, 1000));
  package.add(io_die(5, 1, 1'000'000'000, 1000));
  package.run();
  const std::int64_t there_ps = 1000 * ps_per_byte + hop_ps;
  EXPECT_EQ(package.finish_of(0).ps, there_ps + memory_latency_ps + 1'000'000 + request_ps);
  EXPECT_EQ(package.die(0).counters().dram_ps, package.die(0).counters().finished_ps);
  EXPECT_EQ(package.io_die(5).blocked_on(), "");
  ASSERT_EQ(package.rows[0].size(), 2U);
  const OperationRow& wait = package.rows[0].back();
  EXPECT_EQ(wait.kind, OperationKind::dram_wait);
  EXPECT_EQ(wait.start_ps, 0);
  EXPECT_EQ(wait.end_ps, package.finish_of(0).ps);
  EXPECT_EQ(package.die(0).rows(), 1U) << "it is in no digest";
}

}  // namespace
}  // namespace hecaton::chiplet::testing::dram_test
