// Links of their own latency and bandwidth against arithmetic.
#include <gtest/gtest.h>

#include "tests/net/random_network.hpp"

namespace hecaton::test::links_test {
namespace {

std::int64_t time_of_one(const net::NetworkConfig& config, std::uint32_t flits, std::uint32_t to) {
  const BenchResult result = run_messages(config, {{0, NodeId{0}, {NodeId{to}, 1, flits * 64, false}}});
  EXPECT_EQ(result.arrivals.size(), 1u);
  EXPECT_TRUE(result.drained && result.credits_home);
  return result.arrivals.empty() ? -1 : result.arrivals[0].at_ps;
}

net::LinkOverride link(std::uint32_t a, std::uint32_t b, double bandwidth_GBps, double latency_ns) {
  return {net::LinkOverride::Where::link, a, b, bandwidth_GBps, latency_ns};
}

TEST(Links, LatencyOfRowsColumnsAndSingleLinks) {
  using Where = net::LinkOverride::Where;
  net::NetworkConfig config = wormhole_mesh(2, 3);
  config.link.overrides = {
      {Where::row, 0, 0, 0.0, 5.0}, {Where::column, 2, 0, 0.0, 7.0}, link(0, 1, 0.0, 2.5)};
  // Two links of row 0 (the first with a latency of its own), then one of column 2; each has 3 cycles of
  // router.
  EXPECT_EQ(time_of_one(config, 4, 5), 6000 + 3 * 3000 + 2500 + 5000 + 7000 + 3 * 1000);
}

// A worm is as slow as its slowest link, once: its last flit comes over it (L - 1)s cycles after the first.
// Of these every later router takes one back in wormhole switching, where heads need a cycle more than
// others; in cut-through switching packets stay together.
TEST(Links, SlowLinksStretchAPacketOnce) {
  for (bool cut_through : {false, true})
    for (bool trains : {false, true})
      for (std::uint32_t flits : {1u, 2u, 6u, 8u}) {
        net::NetworkConfig config = wormhole_mesh(1, 4);
        config.trains = trains;
        config.interface.packet_bytes = 8 * 64;
        config.router.buffer_flits = 16;
        if (cut_through) config.router.switching = net::Switching::cut_through;
        const auto expected = [&](std::int64_t routers_after) {
          const std::int64_t caught_up = cut_through || flits == 1 ? 0 : routers_after;
          return 6000 + 3 * 4000 + ((flits - 1) * 4 - caught_up) * 1000;
        };
        config.link.overrides = {link(1, 2, 16.0, -1.0)};
        EXPECT_EQ(time_of_one(config, flits, 3), expected(2)) << flits;
        config.link.overrides = {link(0, 1, 16.0, -1.0), link(1, 2, 16.0, -1.0)};
        EXPECT_EQ(time_of_one(config, flits, 3), expected(2)) << flits;
        config.link.overrides = {link(0, 1, 32.0, -1.0), link(2, 3, 16.0, -1.0)};
        const std::int64_t gathered = cut_through ? (flits - 1) * 1000 : 0;
        EXPECT_EQ(time_of_one(config, flits, 3), expected(1) + gathered) << flits;
      }
}

// A long message leaves a slow link at that link's bandwidth; what comes after its first flit or packet
// catches up with it by a cycle at the last router.
TEST(Links, ALongMessageTakesTheSlowestLinksTime) {
  for (bool cut_through : {false, true}) {
    net::NetworkConfig config = wormhole_mesh(1, 3);
    config.interface.packet_bytes = (cut_through ? 8 : 512) * 64;
    config.router.buffer_flits = 32;
    if (cut_through) config.router.switching = net::Switching::cut_through;
    config.link.overrides = {link(1, 2, 32.0, -1.0)};
    EXPECT_EQ(time_of_one(config, 512, 2), 6000 + 2 * 4000 + 511 * 2000 - 1000);
  }
}

// Cut packet by packet.
TEST(Links, FlitsAndPacketsOfAMessageFollowFromItsBytes) {
  net::NetworkConfig config = wormhole_mesh(2, 2);
  config.interface.packet_bytes = 3 * 64;
  for (const bool cut_through : {false, true}) {
    if (cut_through) config.router.switching = net::Switching::cut_through;
    const net::Timing timing = net::make_timing(config);
    for (std::uint32_t bytes = 1; bytes <= 4 * 192 + 1; ++bytes) {
      std::uint32_t packets = 0, flits = 0;
      for (std::uint32_t left = bytes; left > 0; ++packets) {
        const std::uint32_t packet = left < 192 ? left : 192;
        for (std::uint32_t sent = 0; sent < packet; sent += 64) ++flits;
        left -= packet;
      }
      EXPECT_EQ(timing.flits_of(bytes), flits) << bytes;
      EXPECT_EQ(timing.packets_of(bytes), packets) << bytes;
      EXPECT_EQ(timing.worms_of(bytes), cut_through ? 1 : packets) << bytes;
    }
  }
}

TEST(Links, TheLeastLatencyBoundsTheLookahead) {
  net::NetworkConfig config = wormhole_mesh(2, 2);
  config.link.overrides = {link(0, 1, 0.0, 0.25)};
  EXPECT_EQ(net::make_timing(config).lookahead(true).ps, 250);
}

}  // namespace
}  // namespace hecaton::test::links_test
