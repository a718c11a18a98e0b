#include "net/clocked/setup.hpp"

#include <algorithm>

#include "net/clocked/routers.hpp"

namespace hecaton::net::clocked {

namespace {

// The longest that any link takes, in cycles, for what `duration` says it takes over a latency.
template <class Duration>
Cycle longest(const Fabric& fabric, Duration&& duration) {
  SimDuration most;
  for (std::uint32_t n = 0; n < fabric.topology.dies(); ++n)
    for (std::uint32_t p = 0; p < static_cast<std::uint32_t>(Port::local); ++p)
      most = std::max(most, duration(fabric.link(NodeId{n}, static_cast<Port>(p)).latency));
  return most / fabric.timing.cycle;
}

Cycle longest_flight_of(const Fabric& fabric) {
  const Timing& timing = fabric.timing;
  const SimDuration injection = timing.latch_injection();
  return longest(fabric,
                 [&](SimDuration latency) { return std::max(latency + 2 * timing.cycle, injection); });
}

Cycle longest_credit_of(const Fabric& fabric) {
  const Timing& timing = fabric.timing;
  const SimDuration injection = timing.credit_injection();
  return longest(fabric,
                 [&](SimDuration latency) { return std::max(timing.credit_router(latency), injection); });
}

std::uint32_t cycles(const Fabric& fabric, SimDuration duration) {
  return static_cast<std::uint32_t>(duration / fabric.timing.cycle);
}

}  // namespace

bool fits(const NetworkConfig& network, const TrafficConfig& traffic) {
  constexpr std::uint32_t most = 0xFFFF;
  const auto pipeline = network.router.pipeline;
  if (network.router.switching != Switching::wormhole || pipeline == Pipeline::speculative) return false;
  if (design_of(network.package.topology).passes_dies || network.router.routing == Routing::adaptive)
    return false;
  if (network.interface.ports > 1) return false;
  if (traffic.pattern == TrafficPattern::trace || traffic.packet_flits > most) return false;
  if (network.interface.packet_bytes < traffic.packet_flits * network.link.flit_bytes) return false;
  if (network.router.buffer_flits > most || network.router.virtual_channels > most_channels) return false;
  const SimDuration cycle = cycle_of(network.link);
  const auto keeps_step = [cycle](const LinkTiming& link) {
    return link.flit == cycle && link.latency % cycle == SimDuration{} && link.latency / cycle <= 256;
  };
  if (!keeps_step(link_timing(network.link, {})) || network.interface.message_overhead_ns > 0.0) return false;
  return std::all_of(network.link.overrides.begin(), network.link.overrides.end(),
                     [&](const LinkOverride& other) { return keeps_step(link_timing(network.link, other)); });
}

NetworkSetup::NetworkSetup(const Fabric& the_fabric, const Traffic& the_traffic,
                           std::uint32_t flits_of_packet, std::span<const RankId> owner_of, RankId self)
    : fabric(the_fabric),
      traffic(the_traffic),
      channels(fabric.channels),
      buffer_flits(fabric.timing.buffer_segments),
      packet_flits(flits_of_packet),
      ring_size(std::max(1u, (buffer_flits + packet_flits - 2) / packet_flits)),
      order(fabric.routes.dimension_order()),
      routing_stage(fabric.timing.routing_stage > SimDuration{}),
      ejection(cycles(fabric, fabric.timing.latch_ejection())),
      ejection_credit(ejection + cycles(fabric, fabric.timing.credit_ejection())),
      injection(cycles(fabric, fabric.timing.latch_injection())),
      injection_credit(cycles(fabric, fabric.timing.credit_injection())),
      longest_flight(longest_flight_of(fabric)),
      longest_credit(longest_credit_of(fabric)),
      local(owner_of.size(), elsewhere) {
  for (std::uint32_t n = 0; n < owner_of.size(); ++n) {
    if (owner_of[n] != self) continue;
    local[n] = static_cast<std::uint32_t>(nodes.size());
    nodes.push_back(NodeId{n});
  }
}

}  // namespace hecaton::net::clocked
