#include "net/clocked/network_state.hpp"

namespace hecaton::net::clocked {

namespace {

std::uint8_t all_channels(const NetworkSetup& setup) {
  return static_cast<std::uint8_t>((1u << setup.channels) - 1u);
}

void connect(const Router<0>& router, const NetworkSetup& setup, NodeId node, Port port) {
  const Fabric& fabric = setup.fabric;
  const auto neighbour = fabric.topology.neighbour(node, port);
  if (!neighbour) return;
  router.state().free[static_cast<std::uint32_t>(port)] = all_channels(setup);
  const SimDuration latency = fabric.link(node, port).latency;
  Link& link = router.link(static_cast<std::uint32_t>(port));
  link.flight = static_cast<std::uint16_t>(latency / fabric.timing.cycle + 2);
  link.credit = static_cast<std::uint16_t>(fabric.timing.credit_router(latency) / fabric.timing.cycle);
  const std::uint32_t there = setup.local[neighbour->value];
  if (there == elsewhere) return;
  link.place = place_of(there, router.id_of(static_cast<std::uint32_t>(Topology::opposite(port)), 0));
}

}  // namespace

NetworkState::NetworkState(const NetworkSetup& setup)
    : routers(setup.nodes.size(), setup.channels),
      rings(routers.size() * routers.channels_each() * setup.ring_size),
      sources(routers.size()),
      copies(setup.nodes.size() < setup.local.size()),
      arrivals(setup.longest_flight, die_ports * routers.size()),
      marks(setup.longest_flight, die_ports * routers.size()),
      credits(setup.longest_credit, die_ports * routers.size()),
      ejections(setup.ejection_credit, routers.size()),
      wheel(routers.size()),
      busy(routers.size()),
      senders(routers.size()) {
  for (std::uint32_t r = 0; r < routers.size(); ++r) {
    const Router<0> router = routers[r];
    for (std::uint32_t id = 0; id < routers.channels_each(); ++id)
      router.output(id).credits = static_cast<std::uint16_t>(setup.buffer_flits);
    for (std::uint32_t c = 0; c < routers.capacity(); ++c)
      router.injection_credits(c) = static_cast<std::uint16_t>(setup.buffer_flits);
    Link& interface = router.link(local_port);
    interface.place = place_of(r, at_interface);
    interface.credit = static_cast<std::uint16_t>(setup.injection_credit);
    router.state().free[local_port] = all_channels(setup);
    for (std::uint32_t p = 0; p < local_port; ++p)
      connect(router, setup, setup.nodes[r], static_cast<Port>(p));
  }
}

}  // namespace hecaton::net::clocked
