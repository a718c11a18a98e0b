#include "net/events/router.hpp"

namespace hecaton::net {

namespace {

// The IO port comes after the others but for further ones to the interface; most routers have nothing behind it.
std::uint32_t places_of(const Fabric& fabric, NodeId node) {
  const bool has_io = fabric.topology.is_io(node) || fabric.topology.io_of_die(node);
  const std::uint32_t further = fabric.interface_ports_of(node) - 1;
  return (has_io || further > 0 ? port_count + further : port_count - 1) * fabric.channels;
}

RouterSetup setup_of(const Fabric& fabric, NodeId node) {
  RouterSetup setup{node, fabric.channels, port_count + fabric.interface_ports_of(node) - 1, {}};
  for (std::uint32_t p = 0; p < port_count; ++p) {
    const auto port = static_cast<Port>(p);
    const LinkTiming link = fabric.link(node, port);
    setup.links[p] = {fabric.topology.neighbour(node, port).value_or(node), link.latency, link.flit};
  }
  for (std::uint32_t p = port_count; p < setup.ports; ++p)
    setup.links[p] = setup.links[static_cast<std::size_t>(Port::local)];
  return setup;
}

}  // namespace

Router::Router(const Fabric& fabric, NodeId node)
    : setup_(setup_of(fabric, node)), state_(places_of(fabric, node)) {
  if (fabric.stalls) stalls_ = OutputStalls(setup_.ports);
  counters_.held = TimeBins(fabric.bins);
  for (std::uint32_t p = 0; p < port_count; ++p)
    if (fabric.topology.neighbour(node, static_cast<Port>(p)))
      counters_.ports[p].busy = TimeBins(fabric.bins);
}

TimeBins Router::busy(const Timing& timing, Port port) const {
  const auto number = static_cast<std::size_t>(port);
  TimeBins busy = counters_.ports[number].busy;
  const std::int16_t run = state_.ports[number].out_run;
  if (run != no_owner) {
    const InputChannel& channel = state_.inputs[static_cast<std::size_t>(run)];
    busy.add(channel.run_start, channel.run_start + channel.run_flits * timing.cycle);
  }
  return busy;
}

TimeBins Router::held(const Timing& timing, const WormPool& worms) const {
  TimeBins held = counters_.held;
  detail::for_each_bit(state_.running, [&](std::uint32_t p) {
    detail::for_each_bit(state_.ports[p].running, [&](std::uint32_t c) {
      const InputChannel& channel = state_.inputs[index(p, c)];
      const Worm& worm = worms[channel.front];
      if (!channel.bypassing && worm.sent == worm.flits)
        held.add(worm.head_latched, channel.last_start + timing.cycle);
    });
  });
  return held;
}

bool Router::idle(RouterContext& context, SimTime now) {
  retire_finished(context, now);
  return state_.occupied == 0;
}

SimTime Router::receive_credit(const Fabric& fabric, const Payload& payload, SimTime now) {
  OutputChannel& target = output(payload.port, payload.channel);
  receive_late_credit(fabric.timing, target, payload, now, credit_delay_from(fabric.timing, payload.port));
  // Heads that choose their way, or bid for the switch at once, look at the credits of channels nobody has.
  if (fabric.routes.adaptive() || fabric.timing.channel_stage == SimDuration{}) return now;
  const bool waits =
      target.owner != no_owner && !state_.inputs[static_cast<std::size_t>(target.owner)].running;
  return waits ? now : SimTime::never();
}

bool Router::credits_home(const Fabric& fabric, SimTime now) {
  for (OutputChannel& target : state_.outputs)
    if (!target.credits.all_home(fabric.timing, now)) return false;
  return true;
}

}  // namespace hecaton::net
