// Every way arrives, and no set of channels can wait for each other in a circle.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/net/random_network.hpp"

namespace hecaton::test::routing_test {
namespace {

// A virtual channel of a link: the node it leaves, its port, its number.
using Channel = std::tuple<std::uint32_t, net::Port, std::uint32_t>;
using Waits = std::map<Channel, std::set<Channel>>;

// Follows every way (adaptive routing: the way out from wherever a worm may be) and notes which channel may
// wait for which.
struct Walker {
  const net::Topology& topology;
  const net::Routes& routes;
  Waits waits;
  std::set<std::tuple<std::uint32_t, net::Port, std::uint32_t>> visited;  // of the worm at hand

  void walk(NodeId here, const net::WormHeader& header, net::Port in, std::uint32_t in_channel,
            std::optional<Channel> held, std::uint32_t hops) {
    ASSERT_LE(hops, 4 * topology.nodes()) << "a way without end";
    const net::Way way = routes.way(topology, here, header, in, in_channel);
    ASSERT_NE(way.channels, 0);
    if (way.port == net::Port::local) {
      EXPECT_EQ(here, header.destination);
      return;
    }
    const auto next = topology.neighbour(here, way.port);
    ASSERT_TRUE(next.has_value()) << "over a link that is not there";
    for (std::uint32_t c = 0; c < 16; ++c) {
      if ((way.channels >> c & 1u) == 0) continue;
      const Channel taken{here.value, way.port, c};
      if (held) waits[*held].insert(taken);
      if (!visited.insert({next->value, net::Topology::opposite(way.port), c}).second) continue;
      walk(*next, header, net::Topology::opposite(way.port), c, taken, hops + 1);
    }
  }
};

bool has_circle(const Waits& waits) {
  std::map<Channel, int> state;  // 1: on the way down, 2: done
  const std::function<bool(const Channel&)> search = [&](const Channel& channel) {
    state[channel] = 1;
    if (const auto found = waits.find(channel); found != waits.end())
      for (const Channel& next : found->second)
        if (state[next] == 1 || (state[next] == 0 && search(next))) return true;
    state[channel] = 2;
    return false;
  };
  for (const auto& [channel, next] : waits)
    if (state[channel] == 0 && search(channel)) return true;
  return false;
}

void expect_sound(const net::NetworkConfig& config, bool with_io) {
  const net::Topology topology(config.package, with_io);
  const net::Routes routes(config, topology);
  Walker walker{topology, routes, {}, {}};
  for (std::uint32_t from = 0; from < topology.nodes(); ++from)
    for (std::uint32_t to = 0; to < topology.nodes(); ++to)
      for (std::uint32_t tag = 0; tag < 6; ++tag) {  // coins fall differently
        if (topology.dead(NodeId{from}) || topology.dead(NodeId{to})) continue;
        net::WormHeader header;
        header.source = NodeId{from};
        header.destination = NodeId{to};
        header.tag = tag;
        header.background = tag % 2 == 1;
        walker.visited.clear();
        walker.walk(NodeId{from}, header, net::Port::local, 0, {}, 0);
        if (testing::Test::HasFatalFailure()) return;
      }
  EXPECT_FALSE(has_circle(walker.waits));
}

TEST(Routing, EveryWayArrivesAndNoChannelsWaitInACircle) {
  for (const net::TopologyKind kind : values_of<net::TopologyKind>())
    for (net::Routing routing : {net::Routing::xy, net::Routing::yx, net::Routing::o1turn,
                                 net::Routing::adaptive, net::Routing::up_down})
      for (std::uint32_t seed = 1; seed <= 6; ++seed) {
        Dice draw(seed);
        net::NetworkConfig config = random_network(draw, kind, routing, false);
        config.package.rows = draw(1, 5);
        config.package.columns = draw(1, 5);
        config.package.dead_links.clear();
        config.package.dead_dies.clear();
        if (routing == net::Routing::up_down) draw_faults(draw, config, 6);
        SCOPED_TRACE(describe(config));
        expect_sound(config, draw.one_in(2));
      }
}

// The check above finds a circle where there is one: a torus whose channels have no classes.
TEST(Routing, ARingWithoutClassesIsACircle) {
  Waits waits;
  for (std::uint32_t n = 0; n < 4; ++n)
    waits[{n, net::Port::east, 0}].insert({(n + 1) % 4, net::Port::east, 0});
  EXPECT_TRUE(has_circle(waits));
  waits.erase({3, net::Port::east, 0});
  EXPECT_FALSE(has_circle(waits));
}

TEST(Routing, DimensionOrderIsShortest) {
  for (net::Routing routing : {net::Routing::xy, net::Routing::yx, net::Routing::o1turn}) {
    net::NetworkConfig config = wormhole_mesh(3, 5);
    config.router.routing = routing;
    const net::Topology topology(config.package, true);
    const net::Routes routes(config, topology);
    for (std::uint32_t a = 0; a < topology.nodes(); ++a)
      for (std::uint32_t b = 0; b < topology.nodes(); ++b) {
        net::WormHeader header;
        header.source = NodeId{a};
        header.destination = NodeId{b};
        NodeId at{a};
        std::uint32_t hops = 0;
        for (net::Way way = routes.way(topology, at, header, net::Port::local, 0);
             way.port != net::Port::local; way = routes.way(topology, at, header, net::Port::local, 0)) {
          at = topology.neighbour(at, way.port).value();
          ASSERT_LE(++hops, topology.hops(NodeId{a}, NodeId{b}));
        }
        EXPECT_EQ(at, NodeId{b});
        EXPECT_EQ(hops, topology.hops(NodeId{a}, NodeId{b}));
      }
  }
}

TEST(Routing, ARefusalSaysHowManyChannelsTheTopologyTakes) {
  const auto refusal = [](net::TopologyKind topology, net::Routing routing, std::uint32_t channels) {
    net::NetworkConfig config = wormhole_mesh(3, 3);
    config.package.topology = topology;
    config.router.routing = routing;
    config.router.virtual_channels = channels;
    try {
      const net::Routes routes(config, net::Topology(config.package, false));
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  using enum net::TopologyKind;
  EXPECT_EQ(refusal(torus, net::Routing::xy, 1), "xy routing on a torus needs 2 virtual channels");
  EXPECT_EQ(refusal(torus, net::Routing::o1turn, 3), "o1turn routing on a torus needs 4 virtual channels");
  EXPECT_EQ(refusal(torus, net::Routing::adaptive, 2),
            "adaptive routing on a torus needs 3 virtual channels");
  EXPECT_EQ(refusal(mesh, net::Routing::adaptive, 1), "adaptive routing on a mesh needs 2 virtual channels");
  EXPECT_EQ(refusal(mesh, net::Routing::o1turn, 2), "");
}

TEST(Routing, WhatDoesNotFitIsRefused) {
  net::NetworkConfig config = wormhole_mesh(3, 3);
  const auto refused = [&] {
    const net::Topology topology(config.package, false);
    EXPECT_THROW(net::Routes(config, topology), std::invalid_argument);
  };
  config.package.topology = net::TopologyKind::torus;
  config.router.virtual_channels = 1;
  refused();
  config.router.routing = net::Routing::adaptive;
  config.router.virtual_channels = 2;
  refused();
  config.package.topology = net::TopologyKind::mesh;
  config.router.routing = net::Routing::xy;
  config.package.dead_links = {{0, 1}};
  refused();
  config.router.routing = net::Routing::up_down;
  config.package.dead_links = {{0, 1}, {0, 3}};  // die 0 is cut off
  refused();
  config.package.dead_dies = {0};  // and so it is dead
  const net::Topology topology(config.package, false);
  EXPECT_NO_THROW(net::Routes(config, topology));
  config.package.dead_links = {{0, 4}};
  EXPECT_THROW(net::Topology(config.package, false), std::invalid_argument);
}

}  // namespace
}  // namespace hecaton::test::routing_test
