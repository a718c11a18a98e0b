// The table of up-down routing: the port that leaves each node for each destination, first towards a root,
// then away from it, by the shortest such way. Nodes are in the order of their distance from the root; a link
// to an earlier node leads up, to a later one down.
//
// A way that has come down cannot go up again, so each entry has two ports: one for worms that may still go
// up, one for those that may not. Of equally short ways those of different pairs begin with different ports,
// so that they share the load.
#pragma once

#include <cstdint>
#include <vector>

#include "net/package/topology.hpp"

namespace hecaton::net {

// All nodes that are alive, by their distance from the first of them. Throws std::invalid_argument if some
// cannot be reached, or if a table would be too large.
std::vector<NodeId> up_down_order(const Topology& topology);

class UpDown {
 public:
  UpDown() = default;  // no routing
  explicit UpDown(const Topology& topology);
  Port port(const Topology& topology, NodeId here, NodeId destination, Port in) const;

 private:
  // Places in the order, by node.
  std::vector<std::uint32_t> order_;
  // Ports by [destination * nodes + here]: in the low half of worms that may still go up, in the high half of
  // those that may not.
  std::vector<std::uint8_t> next_;
};

}  // namespace hecaton::net
