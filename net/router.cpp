#include "net/router.hpp"

namespace hecaton::net {

Router::Router(const Fabric& fabric, NodeId node)
    : node_(node),
      channels_(fabric.channels),
      inputs_(port_count * fabric.channels),
      outputs_(port_count * fabric.channels),
      channel_in_pointer_(port_count * fabric.channels, 0),
      channel_out_pointer_(port_count * fabric.channels, 0) {
  for (std::uint32_t p = 0; p < port_count; ++p)
    neighbours_[p] = fabric.topology.neighbour(node, static_cast<Port>(p)).value_or(node);
}

bool Router::idle(Fabric& fabric, std::int64_t now) {
  retire_finished(fabric, now);
  for (const PortState& p : ports_)
    if (p.occupied != 0) return false;
  return true;
}

void Router::receive_credit(const Fabric& fabric, const Payload& payload, std::int64_t now) {
  receive_late_credit(fabric.timing, output(payload.port, payload.channel), payload, now,
                      fabric.timing.credit_router());
}

bool Router::credits_home(const Fabric& fabric, std::int64_t now) {
  for (OutputChannel& target : outputs_)
    if (!target.credits.settled(fabric.timing, now)) return false;
  return true;
}

}  // namespace hecaton::net
