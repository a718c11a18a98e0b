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

}  // namespace hecaton::net
