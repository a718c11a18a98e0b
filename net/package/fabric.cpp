#include "net/package/fabric.hpp"

namespace hecaton::net {

LinkTiming Fabric::link(NodeId node, Port port) const {
  LinkTiming own{timing.link, timing.cycle};
  const auto there = topology.neighbour(node, port);
  if (!there) return own;
  const Coordinate at = topology.coordinate(node);
  const bool in_row = port == Port::east || port == Port::west;
  for (const LinkOverride& other : links.overrides) {
    using Where = LinkOverride::Where;
    const bool fits = (other.where == Where::row && in_row && at.row == other.a) ||
                      (other.where == Where::column && !in_row && port != Port::io && at.column == other.a) ||
                      (other.where == Where::wrap && topology.wraps(node, port)) ||
                      (other.where == Where::io && port == Port::io) ||
                      (other.where == Where::link && port != Port::io &&
                       ((node.value == other.a && there->value == other.b) ||
                        (node.value == other.b && there->value == other.a)));
    if (fits) own = link_timing(links, other);
  }
  return own;
}

}  // namespace hecaton::net
