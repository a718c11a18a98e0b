// The way of a worm from its source to its destination, hop by hop, as far as its header decides it: with
// adaptive routing its way out, which has as many hops as any other.
#pragma once

#include "net/package/packet.hpp"
#include "net/package/routing.hpp"
#include "net/package/topology.hpp"

namespace hecaton::net {

// A step over one link.
struct Hop {
  NodeId from;
  Port out;
  NodeId to;
};

// visit(hop) for every hop from header.source on, until it returns false. Returns whether the way was
// followed to its end. `header` has to name source, destination and tag.
template <class Visit>
bool for_each_hop(const Routes& routes, const Topology& topology, const WormHeader& header, Visit&& visit) {
  NodeId here = header.source;
  for (Port in = Port::local;;) {
    const Port out = routes.way(topology, here, header, in, 0).port;
    if (out == Port::local) return true;
    const NodeId there = *topology.neighbour(here, out);
    if (!visit(Hop{here, out, there})) return false;
    here = there;
    in = Topology::opposite(out);
  }
}

// Of a message whose tag does not matter.
template <class Visit>
bool for_each_hop(const Routes& routes, const Topology& topology, NodeId from, NodeId to, Visit&& visit) {
  WormHeader header;
  header.source = from;
  header.destination = to;
  return for_each_hop(routes, topology, header, visit);
}

// Links one behind another in one direction, the first of which leaves `from` by `out`.
struct Straight {
  NodeId from;
  Port out;
  std::uint32_t links;
};

// The same way in straight pieces, two at most beside links of IO dies, in time that does not grow with its
// length. Only of routings that go one dimension after the other (not up-down).
template <class Visit>
void for_each_straight(const Routes& routes, const Topology& topology, NodeId from, NodeId to,
                       Visit&& visit) {
  WormHeader header;
  header.source = from;
  header.destination = to;
  const Coordinate end = topology.coordinate(to);
  for (NodeId here = from; here != to;) {
    const Port out = routes.way(topology, here, header, Port::local, 0).port;
    const auto dimension = dimension_of(out);
    if (!dimension) {
      visit(Straight{here, out, 1});
      here = *topology.neighbour(here, out);
      continue;
    }
    const Coordinate at = topology.coordinate(here);
    const NodeId there = *dimension == Dimension::row ? topology.die_at(at.row, end.column)
                                                      : topology.die_at(end.row, at.column);
    visit(Straight{here, out, topology.hops(here, there)});
    here = there;
  }
}

}  // namespace hecaton::net
