// Zero-load latency of single packets against the closed form, for every pair of dies.
#include <gtest/gtest.h>

#include <tuple>

#include "tests/net/message_bench.hpp"

namespace hecaton::test::zero_load_test {
namespace {

std::int64_t gap(std::int64_t p, std::int64_t q, std::int64_t size, bool torus) {
  const std::int64_t direct = p > q ? p - q : q - p;
  return torus ? std::min(direct, size - direct) : direct;
}

std::int64_t distance(std::uint32_t a, std::uint32_t b, const net::PackageConfig& package) {
  const bool torus = package.topology == net::TopologyKind::torus;
  return gap(a / package.columns, b / package.columns, package.rows, torus) +
         gap(a % package.columns, b % package.columns, package.columns, torus);
}

// Packets far apart in time, one for every pair of dies.
void expect_zero_load(const net::NetworkConfig& config, std::uint32_t flits, std::int64_t base,
                      std::int64_t per_hop) {
  const std::uint32_t dies = config.package.rows * config.package.columns;
  std::vector<Planned> plan;
  std::int64_t start = 0;
  for (std::uint32_t a = 0; a < dies; ++a)
    for (std::uint32_t b = 0; b < dies; ++b, start += 3'000'000)
      plan.push_back({start, NodeId{a}, {NodeId{b}, static_cast<std::uint64_t>(start), flits * 64, false}});
  const BenchResult result = run_messages(config, plan);
  ASSERT_EQ(result.arrivals.size(), plan.size());
  EXPECT_TRUE(result.drained);
  EXPECT_TRUE(result.credits_home);
  for (const Arrival& arrival : result.arrivals) {
    const std::int64_t cycles =
        base + per_hop * distance(arrival.from, arrival.to, config.package) + (flits - 1);
    ASSERT_EQ(arrival.at_ps - static_cast<std::int64_t>(arrival.tag), cycles * 1000)
        << "from " << arrival.from << " to " << arrival.to << ", " << flits << " flits";
  }
}

TEST(ZeroLoad, ThreeStagePipelineIsSixPlusFourPerHopPlusSerialisation) {
  for (bool trains : {true, false})
    for (std::uint32_t flits : {1u, 2u, 8u, 64u}) {
      net::NetworkConfig config = wormhole_mesh(8, 8);
      config.trains = trains;
      expect_zero_load(config, flits, 6, 4);
    }
}

TEST(ZeroLoad, FourStagePipelineIsSevenPlusFivePerHop) {
  net::NetworkConfig config = wormhole_mesh(8, 8);
  config.router.pipeline = net::Pipeline::four_stage;
  for (std::uint32_t flits : {1u, 2u, 8u}) expect_zero_load(config, flits, 7, 5);
}

TEST(ZeroLoad, SpeculativePipelineIsFivePlusThreePerHop) {
  for (bool trains : {true, false})
    for (std::uint32_t flits : {1u, 2u, 8u}) {
      net::NetworkConfig config = wormhole_mesh(8, 8);
      config.router.pipeline = net::Pipeline::speculative;
      config.trains = trains;
      expect_zero_load(config, flits, 5, 3);
    }
}

TEST(ZeroLoad, TorusTakesTheShortWayRound) {
  const std::vector<std::tuple<net::Pipeline, std::int64_t, std::int64_t>> pipelines{
      {net::Pipeline::three_stage, 6, 4},
      {net::Pipeline::four_stage, 7, 5},
      {net::Pipeline::speculative, 5, 3}};
  for (auto [rows, columns] : {std::pair{4u, 5u}, {1u, 6u}, {7u, 1u}, {2u, 3u}, {3u, 3u}})
    for (auto [pipeline, base, per_hop] : pipelines)
      for (std::uint32_t flits : {1u, 3u, 64u}) {
        net::NetworkConfig config = wormhole_mesh(rows, columns);
        config.package.topology = net::TopologyKind::torus;
        config.router.pipeline = pipeline;
        expect_zero_load(config, flits, base, per_hop);
      }
}

TEST(ZeroLoad, EveryShortestRoutingHasTheSameLatency) {
  for (net::Routing routing : {net::Routing::yx, net::Routing::o1turn, net::Routing::adaptive})
    for (net::TopologyKind topology : {net::TopologyKind::mesh, net::TopologyKind::torus}) {
      net::NetworkConfig config = wormhole_mesh(4, 5);
      config.package.topology = topology;
      config.router.routing = routing;
      for (std::uint32_t flits : {1u, 5u}) expect_zero_load(config, flits, 6, 4);
    }
}

TEST(ZeroLoad, RowsAndColumnsOfOneDie) {
  for (auto [rows, columns] : {std::pair{1u, 1u}, {1u, 2u}, {9u, 1u}, {1u, 9u}})
    for (std::uint32_t flits : {1u, 2u, 3u, 17u, 64u})
      expect_zero_load(wormhole_mesh(rows, columns), flits, 6, 4);
}

// With nothing dead, up-down routing with its root in a corner takes shortest ways.
TEST(ZeroLoad, UpDownIsShortestOnAWholeMesh) {
  net::NetworkConfig config = wormhole_mesh(5, 4);
  config.router.routing = net::Routing::up_down;
  for (std::uint32_t flits : {1u, 5u}) expect_zero_load(config, flits, 6, 4);
}

TEST(ZeroLoad, CutThroughHasTheSameLatency) {
  for (bool trains : {true, false}) {
    net::NetworkConfig config = wormhole_mesh(4, 6);
    config.router.switching = net::Switching::cut_through;
    config.router.buffer_flits = 128;
    config.link.latency_ns = 2.0;  // two cycles: one more per hop
    config.trains = trains;
    for (std::uint32_t flits : {1u, 8u, 64u, 65u, 200u, 1024u}) expect_zero_load(config, flits, 6, 5);
  }
}

TEST(ZeroLoad, LinkLatencyNeedNotBeAMultipleOfTheCycle) {
  net::NetworkConfig config = wormhole_mesh(1, 3);
  config.link.latency_ns = 1.337;
  const BenchResult result = run_messages(config, {{17, NodeId{0}, {NodeId{2}, 1, 64, false}}});
  ASSERT_EQ(result.arrivals.size(), 1u);
  EXPECT_EQ(result.arrivals[0].at_ps, 17 + 6000 + 2 * (3000 + 1337));
}

// Over a skipped die only the link is added: no router stage.
TEST(ZeroLoad, ExpressHopCostsOneLinkLatency) {
  for (bool trains : {true, false}) {
    net::NetworkConfig config = wormhole_mesh(1, 5);
    config.package.topology = net::TopologyKind::bypass_ring;
    config.router.switching = net::Switching::cut_through;
    config.router.buffer_flits = 128;
    config.link.latency_ns = 2.0;
    config.trains = trains;
    for (std::uint32_t flits : {1u, 64u, 1000u}) {
      const BenchResult result = run_messages(config, {{0, NodeId{2}, {NodeId{4}, 1, flits * 64, true}},
                                                       {0, NodeId{2}, {NodeId{0}, 2, flits * 64, true}}});
      ASSERT_EQ(result.arrivals.size(), 2u);
      EXPECT_TRUE(result.drained);
      // 6 + (3 + 2) for the first link, 2 for the second; the second message waits for the injection channel.
      EXPECT_EQ(result.arrivals[0].at_ps, (6 + 5 + 2 + flits - 1) * 1000);
      EXPECT_EQ(result.arrivals[1].at_ps, (6 + 5 + 2 + 2 * flits - 1) * 1000);
    }
  }
}

// A packet wins the switch of its first router three cycles after it was handed over, and holds the link from there for
// a cycle per flit: 64 cycles from 3 ns on, in four bins that have to be 32 cycles wide to reach its end.
TEST(ZeroLoad, AnIdleLinkIsBusyForTheFlitsOfAMessage) {
  for (bool trains : {true, false}) {
    net::NetworkConfig config = wormhole_mesh(1, 2);
    config.trains = trains;
    config.bins = 4;
    const BenchResult result = run_messages(config, {{0, NodeId{0}, {NodeId{1}, 1, 64 * 64, false}}});
    const auto east = static_cast<std::size_t>(net::Port::east);
    ASSERT_EQ(std::get<1>(result.links.at(east)), 64'000U);
    EXPECT_EQ(result.bin_ps, 32'000U);
    EXPECT_EQ(result.busy.at(east), (std::vector<std::uint64_t>{29'000, 32'000, 3'000, 0}));
    const auto back = net::port_count + static_cast<std::size_t>(net::Port::west);
    EXPECT_EQ(result.busy.at(back), (std::vector<std::uint64_t>{0, 0, 0, 0}));
  }
}

}  // namespace
}  // namespace hecaton::test::zero_load_test
