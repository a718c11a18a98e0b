#include "net/package/fabric.hpp"

namespace hecaton::net {

LinkTiming Fabric::link(NodeId node, Port port) const {
  LinkTiming own{timing.link, timing.cycle};
  const auto there = topology.neighbour(node, port);
  if (!there) return own;
  const Coordinate at = topology.coordinate(node);
  const std::optional<Dimension> along = dimension_of(port);
  for (const LinkOverride& other : links.overrides) {
    using Where = LinkOverride::Where;
    const bool fits = (other.where == Where::row && along == Dimension::row && at.row == other.a) ||
                      (other.where == Where::column && along == Dimension::column && at.column == other.a) ||
                      (other.where == Where::wrap && topology.wraps(node, port)) ||
                      (other.where == Where::io && port == Port::io) ||
                      (other.where == Where::link && along &&
                       ((node.value == other.a && there->value == other.b) ||
                        (node.value == other.b && there->value == other.a)));
    if (fits) own = link_timing(links, other);
  }
  return own;
}

}  // namespace hecaton::net
