#include "net/package/topology.hpp"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <tuple>

namespace hecaton::net::topology_test {
namespace {

Topology make(std::uint32_t rows, std::uint32_t columns, bool with_io = false) {
  return Topology({rows, columns, TopologyKind::mesh, {}, {}}, with_io);
}

TEST(Topology, BypassRingVisitsEvenThenOddAndSpansAtMostTwo) {
  for (std::uint32_t p : {1u, 2u, 3u, 4u, 5u, 8u, 9u, 16u}) {
    std::set<std::uint32_t> visited;
    std::set<std::pair<std::uint32_t, std::uint32_t>> directed_links;
    for (std::uint32_t k = 0; k < p; ++k) {
      const std::uint32_t from = place_at_ring_position(k, p, RingOrder::bypass);
      const std::uint32_t to = place_at_ring_position((k + 1) % p, p, RingOrder::bypass);
      EXPECT_EQ(ring_position_of(from, p, RingOrder::bypass), k);
      visited.insert(from);
      EXPECT_LE(from > to ? from - to : to - from, 2u);
      for (std::uint32_t at = from; at != to; at = at < to ? at + 1 : at - 1)
        EXPECT_TRUE(directed_links.insert({at, at < to ? at + 1 : at - 1}).second)
            << "a link carries two ring edges";
    }
    EXPECT_EQ(visited.size(), p);
    EXPECT_EQ(directed_links.size(), 2 * (p - 1));
  }
}

TEST(Topology, HamiltonianRingIsOneCycleOfNeighbours) {
  for (auto [rows, columns] :
       {std::pair{2u, 2u}, {2u, 3u}, {3u, 2u}, {4u, 4u}, {3u, 4u}, {4u, 3u}, {8u, 5u}, {5u, 8u}}) {
    const Topology topology = make(rows, columns);
    NodeId at{0};
    std::set<std::uint32_t> visited;
    for (std::uint32_t k = 0; k < rows * columns; ++k) {
      const RingMember member = topology.ring(DieGroup::package, at, RingOrder::hamiltonian);
      EXPECT_EQ(member.position, k);
      EXPECT_TRUE(visited.insert(at.value).second);
      EXPECT_EQ(topology.hops(at, member.next), 1u);
      at = member.next;
    }
    EXPECT_EQ(at, NodeId{0});
  }
  EXPECT_THROW(make(3, 3).ring(DieGroup::package, NodeId{0}, RingOrder::hamiltonian), std::invalid_argument);
  // Over a link that is dead as well: messages find their way around.
  const Topology torn({2, 2, TopologyKind::mesh, {}, {{0, 1}}}, false);
  EXPECT_EQ(torn.ring(DieGroup::package, NodeId{0}, RingOrder::hamiltonian).next, NodeId{1});
  EXPECT_THROW(make(1, 4).ring(DieGroup::package, NodeId{0}, RingOrder::hamiltonian), std::invalid_argument);
}

TEST(Topology, ADieIsThePreviousOneOfTheNext) {
  const Topology topology = make(4, 5);
  for (std::uint32_t d = 0; d < topology.dies(); ++d) {
    const auto expect_back = [&](DieGroup group, RingOrder order) {
      const NodeId next = topology.ring(group, NodeId{d}, order).next;
      EXPECT_EQ(topology.ring(group, next, order).previous, NodeId{d});
    };
    expect_back(DieGroup::package, RingOrder::hamiltonian);
    for (const DieGroup group : {DieGroup::row, DieGroup::column})
      for (const RingOrder order : {RingOrder::naive, RingOrder::bypass}) expect_back(group, order);
  }
}

TEST(Topology, TorusRingIsOneLinkPerEdge) {
  PackageConfig package{3, 5, TopologyKind::torus, {}, {}};
  const Topology topology(package, false);
  for (std::uint32_t d = 0; d < topology.dies(); ++d) {
    EXPECT_EQ(topology.hops(NodeId{d}, topology.ring(DieGroup::row, NodeId{d}, RingOrder::naive).next), 1u);
    EXPECT_EQ(topology.hops(NodeId{d}, topology.ring(DieGroup::column, NodeId{d}, RingOrder::naive).next),
              1u);
  }
}

TEST(Topology, EveryEdgeDieHasOneIoDie) {
  const Topology topology = make(4, 5, true);
  EXPECT_EQ(topology.nodes() - topology.dies(), 2 * (4 + 5) - 4u);
  EXPECT_FALSE(topology.io_of_die(topology.die_at(1, 1)).has_value());
  const NodeId corner = topology.die_at(0, 0);
  ASSERT_TRUE(topology.io_of_die(corner).has_value());
  EXPECT_EQ(topology.die_of(*topology.io_of_die(corner)), corner);
}

// A closed row has its one link more, an open one ends; nothing else tells topologies apart but the ring's order.
TEST(Topology, LinesEndOrClose) {
  for (const TopologyKind kind : {TopologyKind::mesh, TopologyKind::bypass_ring, TopologyKind::torus}) {
    const bool closes = kind == TopologyKind::torus;
    const Topology topology({2, 4, kind, {}, {}}, false);
    EXPECT_EQ(topology.neighbour(NodeId{3}, Port::east), closes ? std::optional{NodeId{0}} : std::nullopt);
    EXPECT_EQ(topology.neighbour(NodeId{0}, Port::north), std::nullopt)
        << "two rows are too few to close a column";
    EXPECT_EQ(topology.hops(NodeId{0}, NodeId{7}), closes ? 2U : 4U);
    EXPECT_EQ(topology.wraps(NodeId{3}, Port::east), closes);
    EXPECT_EQ(topology.has_two_ways(Dimension::row, NodeId{0}, NodeId{2}), closes);
    EXPECT_EQ(topology.closed(DieGroup::row), closes);
    EXPECT_FALSE(topology.closed(DieGroup::column));
  }
}

TEST(Topology, ExpressEdgesBeginWhereTheyPassOverADie) {
  const Topology topology({1, 5, TopologyKind::bypass_ring, {}, {}}, false);  // 0 2 4 3 1
  for (const auto& [die, east, west] : {std::tuple{0U, true, false},
                                        {1U, false, false},
                                        {2U, true, false},
                                        {3U, false, true},
                                        {4U, false, false}}) {
    EXPECT_EQ(topology.begins_express_edge(NodeId{die}, Port::east), east) << die;
    EXPECT_EQ(topology.begins_express_edge(NodeId{die}, Port::west), west) << die;
    EXPECT_FALSE(topology.begins_express_edge(NodeId{die}, Port::local));
  }
}

TEST(Topology, NodesOfTheBorderHaveASide) {
  const Topology topology = make(3, 4, true);
  EXPECT_EQ(topology.side(NodeId{0}), Port::north);
  EXPECT_EQ(topology.side(NodeId{4}), Port::west);
  EXPECT_EQ(topology.side(NodeId{5}), std::nullopt);
  EXPECT_EQ(topology.side(NodeId{7}), Port::east);
  EXPECT_EQ(topology.side(NodeId{8}), Port::south);
  EXPECT_EQ(topology.side(*topology.io_of_die(NodeId{7})), Port::east);
}

}  // namespace
}  // namespace hecaton::net::topology_test
