// Far beyond saturation, on every topology and routing: everything arrives once, whole, after its time;
// credits come home; and every rank sees what one rank alone sees.
#include <gtest/gtest.h>

#include <boost/mpi/communicator.hpp>

#include "core/engine/mpi/transport.hpp"
#include "core/engine/sync/window_sync.hpp"
#include "tests/net/random_network.hpp"

namespace hecaton::test::saturation_test {
namespace {

// About `load` flits per die and cycle for a while, in messages of up to three packets.
std::vector<Planned> storm(Dice& draw, const net::NetworkConfig& config, std::uint32_t load) {
  std::vector<std::uint32_t> alive;
  for (std::uint32_t d = 0; d < config.package.rows * config.package.columns; ++d)
    if (!is_dead(config, d)) alive.push_back(d);
  const auto pick = [&] { return NodeId{alive[draw(0, static_cast<std::uint32_t>(alive.size()) - 1)]}; };
  constexpr std::uint32_t cycles = 60;
  const auto flits_wanted = static_cast<std::uint64_t>(load) * cycles * alive.size();
  std::vector<Planned> plan;
  for (std::uint64_t flits = 0; flits < flits_wanted;) {
    const std::uint32_t bytes = draw(1, 3 * config.interface.packet_bytes);
    flits += (bytes + 63) / 64;
    plan.push_back({draw(0, cycles) * 1000, pick(), {pick(), plan.size(), bytes, false, draw.one_in(4)}});
  }
  return plan;
}

void expect_all_arrived(const BenchResult& result, const std::vector<Planned>& plan) {
  ASSERT_EQ(result.arrivals.size(), plan.size());
  EXPECT_TRUE(result.drained);
  EXPECT_TRUE(result.credits_home);
  std::vector<bool> seen(plan.size(), false);
  for (const Arrival& arrival : result.arrivals) {
    const Planned& sent = plan.at(arrival.tag);
    EXPECT_FALSE(seen[arrival.tag]) << "arrived twice";
    seen[arrival.tag] = true;
    EXPECT_EQ(arrival.from, sent.from.value);
    EXPECT_EQ(arrival.to, sent.message.destination.value);
    EXPECT_EQ(arrival.bytes, sent.message.bytes);
    EXPECT_GT(arrival.at_ps, sent.at_ps);
  }
}

// Columns in turn, and rows in turn: every region has borders with every other.
std::vector<RankId> scattered(const net::NetworkConfig& config, std::uint32_t ranks) {
  std::vector<RankId> owner;
  for (std::uint32_t d = 0; d < config.package.rows * config.package.columns; ++d)
    owner.push_back(RankId{(d % config.package.columns + d / config.package.columns) % ranks});
  return owner;
}

void expect_same_here(const net::NetworkConfig& config, const std::vector<Planned>& plan,
                      const BenchResult& alone) {
  const boost::mpi::communicator world;
  const auto ranks = static_cast<std::uint32_t>(world.size());
  if (ranks == 1) return;
  const std::vector<RankId> owner = scattered(config, ranks);
  const RankId self{static_cast<std::uint32_t>(world.rank())};
  engine::MpiTransport<net::Payload> transport(world);
  engine::WindowSync sync(transport);
  const BenchResult here = run_messages_on(sync, owner, self, config, plan, false);
  std::vector<Arrival> expected;
  for (const Arrival& arrival : alone.arrivals)
    if (owner[arrival.to] == self) expected.push_back(arrival);
  EXPECT_TRUE(here.arrivals == expected) << "ranks change the result";
  EXPECT_TRUE(here.drained && here.credits_home);
}

void expect_survives(net::TopologyKind topology, net::Routing routing, std::uint32_t cases) {
  for (std::uint32_t seed = 1; seed <= cases; ++seed) {
    Dice draw(seed * 100 + static_cast<std::uint32_t>(routing));
    const net::NetworkConfig config = random_network(draw, topology, routing, draw.one_in(2));
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + describe(config));
    const std::vector<Planned> plan = storm(draw, config, 10);
    const BenchResult alone = run_messages(config, plan);
    expect_all_arrived(alone, plan);
    expect_same_here(config, plan, alone);
    if (testing::Test::HasFailure()) return;
  }
}

constexpr net::Routing every_routing[] = {net::Routing::xy, net::Routing::yx, net::Routing::o1turn,
                                          net::Routing::adaptive, net::Routing::up_down};

TEST(Saturation, Mesh) {
  for (net::Routing routing : every_routing) expect_survives(net::TopologyKind::mesh, routing, 10);
}

TEST(Saturation, Torus) {
  for (net::Routing routing : every_routing) expect_survives(net::TopologyKind::torus, routing, 10);
}

TEST(Saturation, BypassRing) {
  for (net::Routing routing :
       {net::Routing::xy, net::Routing::yx, net::Routing::o1turn, net::Routing::adaptive})
    expect_survives(net::TopologyKind::bypass_ring, routing, 5);
}

}  // namespace
}  // namespace hecaton::test::saturation_test
