// Mechanisms of the router, each against cycles worked out by hand.
#include <gtest/gtest.h>

#include "tests/net/message_bench.hpp"

namespace hecaton::test::router_test {
namespace {

std::vector<std::int64_t> arrival_cycles(const BenchResult& result) {
  std::vector<std::int64_t> cycles;
  for (const Arrival& a : result.arrivals) cycles.push_back(a.at_ps / 1000);
  return cycles;
}

// One stream of long packets is limited to buffer / credit loop: 200 flits over one hop take
// 209 cycles with 8 flits of buffer and 307 with 4 (published for the reference router).
TEST(Router, CreditLoopLimitsAStream) {
  for (bool trains : {true, false}) {
    for (auto [buffer, cycles] : {std::pair{8u, 209}, {4u, 307}}) {
      net::NetworkConfig config = wormhole_mesh(1, 2);
      config.interface.packet_bytes = 200 * 64;
      config.router.buffer_flits = buffer;
      config.trains = trains;
      const BenchResult result = run_messages(config, {{0, NodeId{0}, {NodeId{1}, 1, 200 * 64, false}}});
      EXPECT_EQ(arrival_cycles(result), std::vector<std::int64_t>{cycles});
    }
  }
}

// With one virtual channel a packet of L flits takes L + 1 cycles of it: the next head bids a cycle after the
// tail.
TEST(Router, OneChannelCarriesAPacketEveryLengthPlusOneCycles) {
  for (std::uint32_t flits : {1u, 2u}) {
    net::NetworkConfig config = wormhole_mesh(1, 2);
    config.router.virtual_channels = 1;
    config.interface.packet_bytes = flits * 64;
    std::vector<Planned> plan;
    for (std::uint32_t k = 0; k < 4; ++k) plan.push_back({0, NodeId{0}, {NodeId{1}, k, flits * 64, false}});
    const std::int64_t first = 6 + 4 + flits - 1;
    std::vector<std::int64_t> expected;
    for (std::uint32_t k = 0; k < 4; ++k) expected.push_back(first + k * (flits + 1));
    EXPECT_EQ(arrival_cycles(run_messages(config, plan)), expected);
  }
}

// Two messages of packets that share a link take turns packet by packet in a cut-through network.
TEST(Router, CutThroughTakesTurnsByPacket) {
  for (bool trains : {true, false}) {
    net::NetworkConfig config = wormhole_mesh(1, 3);
    config.router.switching = net::Switching::cut_through;
    config.router.buffer_flits = 16;
    config.interface.packet_bytes = 8 * 64;
    config.trains = trains;
    // Die 0 and die 1 both send 10 packets of 8 flits to die 2; the link from 1 to 2 carries both.
    const BenchResult result = run_messages(config, {{0, NodeId{0}, {NodeId{2}, 1, 80 * 64, false}},
                                                     {0, NodeId{1}, {NodeId{2}, 2, 80 * 64, false}}});
    ASSERT_EQ(result.arrivals.size(), 2u);
    // 20 packets cross the link without a gap, from the first flit of die 1 (zero load 10) to the last.
    EXPECT_EQ(result.arrivals[1].at_ps / 1000, 10 + 160 - 1);
    // Die 1 is alone for its first packet (die 0's first arrives 4 cycles later) and then has every second
    // turn.
    EXPECT_EQ(result.arrivals[0].tag, 2u);
    EXPECT_EQ(result.arrivals[0].at_ps / 1000, 10 + 19 * 8 - 1);
  }
}

TEST(Router, DeadlockFreeAndLosslessFarBeyondSaturation) {
  net::NetworkConfig config = wormhole_mesh(4, 4);
  config.interface.packet_bytes = 5 * 64;
  std::vector<Planned> plan;
  for (std::uint32_t k = 0; k < 60; ++k)
    for (std::uint32_t a = 0; a < 16; ++a)
      plan.push_back({k * 1000, NodeId{a}, {NodeId{(a * 7 + k * 5) % 16}, k * 16 + a, 5 * 64, false}});
  const BenchResult result = run_messages(config, plan);
  EXPECT_EQ(result.arrivals.size(), plan.size());
  EXPECT_TRUE(result.drained);
  EXPECT_TRUE(result.credits_home);
}

}  // namespace
}  // namespace hecaton::test::router_test
