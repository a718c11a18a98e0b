#include "net/events/router.hpp"

namespace hecaton::net {

namespace {

// The IO port is the last one; most routers have nothing behind it.
std::uint32_t places_of(const Fabric& fabric, NodeId node) {
  const bool has_io = fabric.topology.is_io(node) || fabric.topology.io_of_die(node);
  return (has_io ? port_count : port_count - 1) * fabric.channels;
}

}  // namespace

Router::Router(const Fabric& fabric, NodeId node)
    : node_(node),
      channels_(fabric.channels),
      inputs_(places_of(fabric, node)),
      outputs_(places_of(fabric, node)),
      channel_in_pointer_(places_of(fabric, node), 0),
      channel_out_pointer_(places_of(fabric, node), 0) {
  for (std::uint32_t p = 0; p < port_count; ++p)
    neighbours_[p] = fabric.topology.neighbour(node, static_cast<Port>(p)).value_or(node);
  for (std::uint32_t p = 0; p < port_count; ++p) {
    const LinkTiming link = fabric.link(node, static_cast<Port>(p));
    ports_[p].latency = link.latency;
    ports_[p].flit = link.flit;
  }
}

bool Router::idle(Fabric& fabric, SimTime now) {
  retire_finished(fabric, now);
  for (const PortState& p : ports_)
    if (p.occupied != 0) return false;
  return true;
}

void Router::receive_credit(const Fabric& fabric, const Payload& payload, SimTime now) {
  receive_late_credit(fabric.timing, output(payload.port, payload.channel), payload, now,
                      credit_delay_from(fabric.timing, payload.port));
}

bool Router::credits_home(const Fabric& fabric, SimTime now) {
  for (OutputChannel& target : outputs_)
    if (!target.credits.settled(fabric.timing, now)) return false;
  return true;
}

}  // namespace hecaton::net
