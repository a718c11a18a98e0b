// When dies make packets: bursty injection against its mean and its spread, replayed packets against the
// list.
#include "net/traffic/traffic.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace hecaton::test::traffic_test {
namespace {

net::TrafficConfig bursty(double rate, double packets, double burst_rate, std::uint32_t flits) {
  net::TrafficConfig config;
  config.injection = net::Injection::bursty;
  config.injection_rate = rate;
  config.burst_packets = packets;
  config.burst_rate = burst_rate;
  config.packet_flits = flits;
  return config;
}

// Packets in each window of 100 cycles, of all dies.
std::vector<int> counts(const net::TrafficConfig& config, std::int64_t cycles) {
  const net::Traffic traffic(config, 4, 4);
  std::vector<int> in_window;
  for (std::uint32_t die = 0; die < 16; ++die) {
    const std::size_t first = in_window.size();
    in_window.resize(first + static_cast<std::size_t>(cycles / 100), 0);
    std::int64_t cycle = -1;
    for (std::uint64_t draw = 0; (cycle = traffic.next_cycle(NodeId{die}, cycle, draw)) < cycles; ++draw)
      ++in_window[first + static_cast<std::size_t>(cycle / 100)];
  }
  return in_window;
}

struct Moments {
  double mean = 0, variance = 0;
};

Moments moments(const std::vector<int>& values) {
  Moments m;
  for (int v : values) m.mean += v;
  m.mean /= static_cast<double>(values.size());
  for (int v : values) m.variance += (v - m.mean) * (v - m.mean);
  m.variance /= static_cast<double>(values.size());
  return m;
}

// Within four standard deviations: bursts of a geometric number of packets, B on average, make the count of n
// packets vary by at most (2B + 1) n.
TEST(Bursts, KeepTheMeanRate) {
  for (const net::TrafficConfig& config :
       {bursty(0.1, 8, 1, 1), bursty(0.05, 20, 0.5, 4), bursty(0.3, 3, 0.9, 8), bursty(0.02, 50, 1, 1)}) {
    constexpr std::int64_t cycles = 1'000'000;
    const Moments m = moments(counts(config, cycles));
    const double expected = 100 * config.injection_rate / config.packet_flits;
    const double packets = 16 * expected * cycles / 100;
    const double deviation = std::sqrt((2 * config.burst_packets + 1) / packets);
    EXPECT_NEAR(m.mean, expected, 4 * deviation * expected) << config.injection_rate;
  }
}

// Without bursts a window's count varies as its mean, or a little less.
TEST(Bursts, ComeInBursts) {
  net::TrafficConfig config = bursty(0.1, 8, 1, 1);
  const Moments in_bursts = moments(counts(config, 400000));
  config.injection = net::Injection::bernoulli;
  const Moments even = moments(counts(config, 400000));
  EXPECT_NEAR(even.variance, even.mean * 0.9, 0.05 * even.mean);
  EXPECT_GT(in_bursts.variance, 5 * even.variance);
}

TEST(Bursts, WithoutPausesAreBernoulli) {
  net::TrafficConfig config = bursty(0.4, 8, 0.4, 2);
  const std::vector<int> with = counts(config, 10000);
  config.injection = net::Injection::bernoulli;
  EXPECT_EQ(counts(config, 10000), with);
}

TEST(Bursts, OfOnePacketEach) {
  const net::TrafficConfig config = bursty(0.25, 1, 1, 1);
  const Moments m = moments(counts(config, 400000));
  EXPECT_NEAR(m.mean, 25, 0.25);
}

// Where hardly a packet comes before the end, a draw ends there.
TEST(Gaps, OfVeryLowRatesEnd) {
  net::TrafficConfig single;
  single.injection_rate = 1e-9;
  net::TrafficConfig long_packets;
  long_packets.injection_rate = 1e-6;
  long_packets.packet_flits = 64;
  net::TrafficConfig in_bursts = bursty(1e-5, 100, 1, 64);
  net::TrafficConfig hopeless;
  hopeless.injection_rate = 1e-300;
  for (const net::TrafficConfig& config : {single, long_packets, in_bursts, hopeless}) {
    const net::Traffic traffic(config, 8, 8);
    for (std::uint32_t die = 0; die < 64; ++die) {
      std::int64_t cycle = -1;
      std::uint64_t draw = 0;
      while (cycle < traffic.inject_until() && draw < 10000)
        cycle = traffic.next_cycle(NodeId{die}, cycle, draw++);
      EXPECT_GE(cycle, traffic.inject_until());
    }
  }
}

// A gap of more than 65,536 tables: 2^28 cycles. As many come after that as before it, relative to what is left.
TEST(Gaps, HaveNoPeriod) {
  net::TrafficConfig config;
  config.injection_rate = 4e-9;
  config.measure_cycles = 1'000'000'000;
  const net::Traffic traffic(config, 32, 8);
  int beyond = 0, within = 0;
  for (std::uint32_t die = 0; die < 256; ++die) {
    const std::int64_t cycle = traffic.next_cycle(NodeId{die}, -1, 0);
    if (cycle >= traffic.inject_until()) continue;
    ++(cycle >= std::int64_t{1} << 28 ? beyond : within);
  }
  // Probabilities 0.658 and 0.323, four standard deviations of 8 dies.
  EXPECT_NEAR(within, 168, 32);
  EXPECT_NEAR(beyond, 83, 32);
}

TEST(Replay, GivesEachDieItsPacketsByTime) {
  net::TrafficConfig config;
  config.pattern = net::TrafficPattern::trace;
  const net::Traffic traffic(config, 2, 2,
                             {{5000, 3, 0, 64}, {2500, 1, 2, 10}, {1000, 3, 1, 7}, {5000, 3, 2, 9}});
  EXPECT_EQ(traffic.next_time(NodeId{0}, -1, 0, {1000}), SimTime::never());
  EXPECT_EQ(traffic.next_time(NodeId{1}, -1, 0, {1000}), SimTime{2500});
  EXPECT_EQ(traffic.next_time(NodeId{1}, 2, 1, {1000}), SimTime::never());
  const std::vector<net::ReplayPacket> expected{{1000, 3, 1, 7}, {5000, 3, 0, 64}, {5000, 3, 2, 9}};
  for (std::uint64_t draw = 0; draw < expected.size(); ++draw) {
    EXPECT_EQ(traffic.next_time(NodeId{3}, -1, draw, {1000}).ps, expected[draw].time_ps);
    EXPECT_EQ(traffic.destination(NodeId{3}, draw), NodeId{expected[draw].destination});
    EXPECT_EQ(traffic.bytes(NodeId{3}, draw, 64), expected[draw].bytes);
  }
  EXPECT_EQ(traffic.next_time(NodeId{3}, 5, 3, {1000}), SimTime::never());
}

}  // namespace
}  // namespace hecaton::test::traffic_test
