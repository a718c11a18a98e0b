// The clocked network gives what the network of events gives, to the last counter: on random meshes and tori,
// under random traffic, from light to far beyond saturation, and at any number of ranks.
#include <gtest/gtest.h>

#include "runs/wiring/package.hpp"
#include "tests/net/random_network.hpp"
#include "tests/system/varied.hpp"

namespace hecaton::test::clocked_test {
namespace {

constexpr std::uint32_t networks = 150;

net::TrafficConfig random_traffic(Dice& draw, const net::NetworkConfig& network) {
  constexpr std::array patterns = {net::TrafficPattern::uniform, net::TrafficPattern::bit_complement,
                                   net::TrafficPattern::tornado, net::TrafficPattern::neighbour,
                                   net::TrafficPattern::hotspot, net::TrafficPattern::permutation};
  net::TrafficConfig traffic;
  traffic.pattern = patterns[draw(0, patterns.size() - 1)];
  traffic.packet_flits = draw.one_in(2) ? 1 : draw(2, 20);
  traffic.injection_rate = draw(1, 40) * 0.025;
  if (draw.one_in(3)) {
    traffic.injection = net::Injection::bursty;
    traffic.burst_packets = draw(1, 10);
  }
  traffic.warmup_cycles = draw(0, 50);
  traffic.measure_cycles = draw(50, 300);
  traffic.drain_cycles = draw(0, 50);
  traffic.seed = draw(1, 1000);
  traffic.hotspot_die = draw(0, network.package.rows * network.package.columns - 1);
  return traffic;
}

io::Deck random_deck(std::uint32_t seed) {
  constexpr std::array routings = {net::Routing::xy, net::Routing::yx, net::Routing::o1turn,
                                   net::Routing::up_down};
  Dice draw(seed);
  io::Deck deck = deck_of(traffic_text("wormhole", "uniform", 0.1, 1));
  const auto topology = draw.one_in(3) ? net::TopologyKind::torus : net::TopologyKind::mesh;
  deck.network = random_network(draw, topology, routings[draw(0, routings.size() - 1)], false);
  deck.network.router.pipeline = draw.one_in(3) ? net::Pipeline::four_stage : net::Pipeline::three_stage;
  deck.network.link.latency_ns = draw(1, 3);
  deck.network.interface.ports = 1;
  for (net::LinkOverride& other : deck.network.link.overrides) {
    other.bandwidth_GBps = 0.0;
    if (other.latency_ns >= 0.0) other.latency_ns = draw(1, 12);
  }
  deck.workload = random_traffic(draw, deck.network);
  return deck;
}

TEST(Clocked, IsTheNetworkOfEvents) {
  std::uint64_t flit_hops = 0;
  for (std::uint32_t seed = 0; seed < networks; ++seed) {
    io::Deck deck = random_deck(seed);
    SCOPED_TRACE(fmt::format("seed {}: {}", seed, describe(deck.network)));
    ASSERT_TRUE(runs::is_clocked(deck));
    const Outcome clocked = run_deck(deck, 1);
    const int ranks = 2 + static_cast<int>(seed) % 3;
    runs::RunOptions options;
    options.partition = seed % 2 == 0 ? "block" : "scotch";
    options.sync = seed % 5 == 0 ? engine::SyncKind::window : engine::SyncKind::null;
    const Outcome on_ranks = run_deck(deck, ranks, options);
    deck.network.clocked = false;
    ASSERT_FALSE(runs::is_clocked(deck));
    const Outcome events = run_deck(deck, 1);
    if (!is_root()) continue;
    expect_same(clocked, events);
    expect_same(on_ranks, clocked);
    expect_same_work(on_ranks, clocked);
    ASSERT_FALSE(HasFailure());
    flit_hops += clocked.totals.flit_hops;
  }
  if (is_root()) {
    EXPECT_GT(flit_hops, networks * 500U);
  }
}

// What does not keep step with one clock is left to events.
TEST(Clocked, LeavesTheRestToEvents) {
  const auto fits = [](auto&& change) {
    io::Deck deck = deck_of(traffic_text("wormhole", "uniform", 0.1, 1));
    deck.network.link.latency_ns = 2.0;
    change(deck);
    return runs::is_clocked(deck);
  };
  EXPECT_TRUE(fits([](io::Deck&) {}));
  EXPECT_FALSE(fits([](io::Deck& deck) { deck.network.link.latency_ns = 1.3; }));
  EXPECT_FALSE(fits([](io::Deck& deck) { deck.network.router.switching = net::Switching::cut_through; }));
  EXPECT_FALSE(fits([](io::Deck& deck) { deck.network.router.pipeline = net::Pipeline::speculative; }));
  EXPECT_FALSE(fits([](io::Deck& deck) { deck.network.router.routing = net::Routing::adaptive; }));
  EXPECT_FALSE(
      fits([](io::Deck& deck) { deck.as<net::TrafficConfig>().pattern = net::TrafficPattern::trace; }));
  EXPECT_FALSE(fits([](io::Deck& deck) { deck.network.interface.message_overhead_ns = 1.0; }));
  EXPECT_FALSE(fits([](io::Deck& deck) { deck.network.interface.ports = 2; }));
  net::LinkOverride slow;
  slow.bandwidth_GBps = 16.0;
  EXPECT_FALSE(fits([&](io::Deck& deck) { deck.network.link.overrides = {slow}; }));
  EXPECT_FALSE(fits([](io::Deck& deck) { deck = deck_of(text_of(tiny())); }));
}

}  // namespace
}  // namespace hecaton::test::clocked_test
