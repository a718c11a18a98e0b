// Interfaces with several ports: a die keeps as many links busy at once as its ports serve, each way.
#include <gtest/gtest.h>

#include "tests/net/message_bench.hpp"

namespace hecaton::test::ports_test {
namespace {

constexpr std::uint32_t flits = 1000;
constexpr NodeId centre{4};
constexpr std::uint32_t neighbours[] = {5, 3, 7, 1};  // east, west, south, north on 3 x 3

// When the last of messages of 1,000 flits has arrived, if the centre sends one to each of the first `count` neighbours,
// or gets one from each.
std::int64_t last_arrival(std::uint32_t ports, std::size_t count, bool sends, net::Switching switching) {
  net::NetworkConfig config = wormhole_mesh(3, 3);
  config.router.switching = switching;
  config.router.buffer_flits = 256;
  config.interface.ports = ports;
  std::vector<Planned> plan;
  for (std::size_t i = 0; i < count; ++i) {
    const NodeId other{neighbours[i]};
    plan.push_back({0, sends ? centre : other, {sends ? other : centre, i, flits * 64, false}});
  }
  const BenchResult result = run_messages(config, plan);
  EXPECT_EQ(result.arrivals.size(), count);
  EXPECT_TRUE(result.drained);
  EXPECT_TRUE(result.credits_home);
  std::int64_t last = 0;
  for (const Arrival& arrival : result.arrivals) last = std::max(last, arrival.at_ps);
  return last;
}

constexpr std::int64_t alone = (6 + 4 + flits - 1) * 1000;  // over one link, in cycles of 1 ns

class Ports : public ::testing::TestWithParam<net::Switching> {};

TEST_P(Ports, ServeLinksOfTheirOwn) {
  for (const bool sends : {true, false}) {
    for (const std::uint32_t ports : {1U, 2U, 4U})
      EXPECT_EQ(last_arrival(ports, 1, sends, GetParam()), alone);
    EXPECT_EQ(last_arrival(4, 4, sends, GetParam()), alone);
    EXPECT_EQ(last_arrival(2, 2, sends, GetParam()), alone) << "east and west";
  }
}

// East and south share a port, west and north the other; one port is shared by all. What shares a port takes turns, and
// where it is injected waits for a channel between two messages at most.
TEST_P(Ports, AreSharedByTheOtherLinks) {
  constexpr std::int64_t message = flits * 1000;
  for (const bool sends : {true, false}) {
    EXPECT_GE(last_arrival(2, 4, sends, GetParam()), alone + message);
    EXPECT_LT(last_arrival(2, 4, sends, GetParam()), alone + message + 20'000);
    EXPECT_GE(last_arrival(1, 4, sends, GetParam()), alone + 3 * message);
    EXPECT_LT(last_arrival(1, 4, sends, GetParam()), alone + 3 * message + 60'000);
  }
}

INSTANTIATE_TEST_SUITE_P(Switching, Ports,
                         ::testing::Values(net::Switching::wormhole, net::Switching::cut_through));

}  // namespace
}  // namespace hecaton::test::ports_test
