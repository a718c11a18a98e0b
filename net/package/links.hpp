// The links of the package, and where regions of it meet.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "net/package/topology.hpp"

namespace hecaton::net {

// Every directed link: visit(from, to).
template <class Visit>
void for_each_link(const Topology& topology, Visit&& visit) {
  for (std::uint32_t n = 0; n < topology.nodes(); ++n)
    for (std::uint32_t p = 0; p < port_count; ++p)
      if (const auto neighbour = topology.neighbour(NodeId{n}, static_cast<Port>(p)))
        visit(NodeId{n}, *neighbour);
}

// Every link between dies, once: visit(one end, the other end).
template <class Visit>
void for_each_die_link(const Topology& topology, Visit&& visit) {
  for (std::uint32_t d = 0; d < topology.dies(); ++d)
    for (const Dimension dimension : {Dimension::row, Dimension::column})
      if (const auto other = topology.neighbour(NodeId{d}, port_of(dimension, true)))
        visit(NodeId{d}, *other);
}

// The ranks that have a link to one of `self`, ascending. `owner_of`: by node.
inline std::vector<RankId> neighbours_of(const Topology& topology, std::span<const RankId> owner_of,
                                         RankId self) {
  std::vector<RankId> neighbours;
  for_each_link(topology, [&](NodeId from, NodeId to) {
    if (owner_of[from.value] == self && owner_of[to.value] != self) neighbours.push_back(owner_of[to.value]);
  });
  std::sort(neighbours.begin(), neighbours.end());
  neighbours.erase(std::unique(neighbours.begin(), neighbours.end()), neighbours.end());
  return neighbours;
}

}  // namespace hecaton::net
