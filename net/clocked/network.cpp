#include "net/clocked/network.hpp"

#include <algorithm>

namespace hecaton::net::clocked {

namespace {

constexpr auto local_port = static_cast<std::uint32_t>(Port::local);

// The longest that any link takes, in cycles, for what `duration` says it takes over a latency.
template <class Duration>
Cycle longest(const Fabric& fabric, Duration&& duration) {
  SimDuration most;
  for (std::uint32_t n = 0; n < fabric.topology.dies(); ++n)
    for (std::uint32_t p = 0; p < local_port; ++p)
      most = std::max(most, duration(fabric.link(NodeId{n}, static_cast<Port>(p)).latency));
  return most / fabric.timing.cycle;
}

Cycle longest_flight(const Fabric& fabric) {
  const Timing& timing = fabric.timing;
  const SimDuration injection = timing.latch_injection();
  return longest(fabric,
                 [&](SimDuration latency) { return std::max(latency + 2 * timing.cycle, injection); });
}

Cycle longest_credit(const Fabric& fabric) {
  const Timing& timing = fabric.timing;
  const SimDuration injection = timing.credit_injection();
  return longest(fabric,
                 [&](SimDuration latency) { return std::max(timing.credit_router(latency), injection); });
}

std::size_t count_of(std::span<const RankId> owner_of, RankId self) {
  return static_cast<std::size_t>(std::count(owner_of.begin(), owner_of.end(), self));
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

Network::Network(const Fabric& fabric, const Traffic& traffic, std::uint32_t packet_flits,
                 std::span<const RankId> owner_of, RankId self)
    : fabric_(fabric),
      traffic_(traffic),
      channels_(fabric.channels),
      depth_(fabric.timing.buffer_segments),
      packet_flits_(packet_flits),
      ring_size_(std::max(1u, (depth_ + packet_flits - 2) / packet_flits)),
      order_(fabric.routes.dimension_order()),
      routing_stage_(fabric.timing.routing_stage > SimDuration{}),
      ejection_(cycles(fabric, fabric.timing.latch_ejection())),
      ejection_credit_(ejection_ + cycles(fabric, fabric.timing.credit_ejection())),
      injection_(cycles(fabric, fabric.timing.latch_injection())),
      injection_credit_(cycles(fabric, fabric.timing.credit_injection())),
      local_(owner_of.size(), elsewhere),
      routers_(count_of(owner_of, self), channels_),
      arrivals_(longest_flight(fabric), die_ports * routers_.size()),
      marks_(longest_flight(fabric), die_ports * routers_.size()),
      credits_(longest_credit(fabric), die_ports * routers_.size()),
      ejections_(ejection_credit_, routers_.size()),
      wheel_(routers_.size()),
      busy_(routers_.size()),
      senders_(routers_.size()),
      bids_(die_ports * routers_.size(), die_ports),
      askers_(routers_.size(), 1),
      grants_(die_ports * routers_.size(), 0),
      heads_(die_ports * routers_.size(), 1),
      tails_(die_ports * routers_.size(), 1) {
  for (std::uint32_t n = 0; n < owner_of.size(); ++n) {
    if (owner_of[n] != self) continue;
    local_[n] = static_cast<std::uint32_t>(nodes_.size());
    nodes_.push_back(NodeId{n});
  }
  rings_.resize(nodes_.size() * routers_.channels_each() * ring_size_);
  copies_ = nodes_.size() < owner_of.size();
  sources_.resize(nodes_.size());
  counters_.resize(nodes_.size());
  for (std::uint32_t r = 0; r < nodes_.size(); ++r) {
    const Router<0> router = routers_[r];
    for (std::uint32_t id = 0; id < routers_.channels_each(); ++id)
      router.output(id).credits = static_cast<std::uint16_t>(depth_);
    for (std::uint32_t c = 0; c < routers_.capacity(); ++c)
      router.injection_credits(c) = static_cast<std::uint16_t>(depth_);
    Link& interface = router.link(local_port);
    interface.place = place_of(r, at_interface);
    interface.credit = static_cast<std::uint16_t>(injection_credit_);
    router.state().free[local_port] = static_cast<std::uint8_t>((1u << channels_) - 1u);
    for (std::uint32_t p = 0; p < local_port; ++p) connect(r, static_cast<Port>(p));
  }
}

void Network::connect(std::uint32_t number, Port port) {
  const Router<0> router = routers_[number];
  const auto neighbour = fabric_.topology.neighbour(nodes_[number], port);
  if (!neighbour) return;
  router.state().free[static_cast<std::uint32_t>(port)] = static_cast<std::uint8_t>((1u << channels_) - 1u);
  const SimDuration latency = fabric_.link(nodes_[number], port).latency;
  Link& link = router.link(static_cast<std::uint32_t>(port));
  link.flight = static_cast<std::uint16_t>(cycles(fabric_, latency) + 2);
  link.credit = static_cast<std::uint16_t>(cycles(fabric_, fabric_.timing.credit_router(latency)));
  const std::uint32_t there = local_[neighbour->value];
  if (there == elsewhere) return;
  link.place = place_of(there, router.id_of(static_cast<std::uint32_t>(Topology::opposite(port)), 0));
}

Cycle Network::next_after(Cycle now) const {
  if (!busy_.empty() || !senders_.empty()) return now + 1;
  Cycle next = -1;
  for (const Cycle cycle : {wheel_.next_after(now), arrivals_.next_after(now), credits_.next_after(now),
                            ejections_.next_after(now)})
    if (cycle >= 0 && (next < 0 || cycle < next)) next = cycle;
  return next;
}

std::uint32_t Network::take_worm() {
  if (spare_worms_.empty()) {
    worms_.emplace_back();
    return static_cast<std::uint32_t>(worms_.size() - 1);
  }
  const std::uint32_t worm = spare_worms_.back();
  spare_worms_.pop_back();
  return worm;
}

// A flit whose way leads to another rank, where its worm goes on under another number.
void Network::cross(std::uint32_t router, std::uint32_t target, const InputChannel& input, Cycle at) {
  Payload payload;
  if (input.left + 1u == packet_flits_) {
    const Worm& worm = worms_[input.worm];
    payload.kind = EventKind::head;
    payload.source = worm.source;
    payload.destination = worm.destination;
    payload.tag = worm.tag;
    payload.created = SimTime{} + worm.created * fabric_.timing.cycle;
  } else {
    payload.kind = EventKind::body;
  }
  payload.channel = static_cast<std::uint8_t>(routers_[router].channel_of(target));
  payload.flits = 1;
  if (input.left == 0) {
    payload.flags = flag_tail;
    drop_worm(input.worm);
  }
  leave(router, routers_[router].port_of(target), at, payload);
}

void Network::leave(std::uint32_t router, std::uint32_t port, Cycle at, Payload payload) {
  const NodeId from = nodes_[router];
  const NodeId to = *fabric_.topology.neighbour(from, static_cast<Port>(port));
  payload.port = static_cast<std::uint8_t>(Topology::opposite(static_cast<Port>(port)));
  leaving_->push_back({from, to, at, payload, routers_[router].state().depth});
}

void Network::receive(NodeId to, const Payload& payload, std::uint32_t depth, Cycle now) {
  arrivals_.open(now);
  marks_.open(now);
  credits_.open(now);
  Place place = place_of(local_[to.value], routers_[0].id_of(payload.port, payload.channel));
  if (payload.kind == EventKind::credit) {
    credits_.add(now, {place, depth});
    return;
  }
  if (payload.kind == EventKind::head) {
    const std::uint32_t worm = take_worm();
    worms_[worm] = worm_from(payload);
    marks_.add(now, {place, worm | head_bit});
  }
  if ((payload.flags & flag_tail) != 0) place |= tail_place;
  arrivals_.add(now, {place, depth});
}

void Network::start() {
  for (std::uint32_t r = 0; r < nodes_.size(); ++r) {
    sources_[r].channel = static_cast<std::uint8_t>(channels_ - 1);
    if (fabric_.topology.dead(nodes_[r])) continue;
    draw_next(r, -1);
    if (sources_[r].next >= 0) wheel_.add(r, sources_[r].next);
  }
}

// The die's next packet; those to dead dies are not made.
void Network::draw_next(std::uint32_t router, Cycle after) {
  Source& source = sources_[router];
  const NodeId die = nodes_[router];
  const SimDuration cycle = fabric_.timing.cycle;
  do {
    const SimTime next = traffic_.next_time(die, after, source.drawn++, cycle);
    source.next = next == SimTime::never() ? -1 : next / cycle;
    after = source.next;
  } while (source.next >= 0 && fabric_.topology.dead(traffic_.destination(die, source.drawn - 1)));
  if (source.next >= 0) counters_[router].made(traffic_, source.next, packet_flits_);
}

// Takes the next packet onto a virtual channel: the next one, round robin, that has a credit.
bool Network::begin_packet(std::uint32_t router, Cycle now) {
  Source& source = sources_[router];
  if (source.next < 0 || source.next > now) return false;
  for (std::uint32_t k = 1; k <= channels_; ++k) {
    const std::uint32_t candidate = (source.channel + k) % channels_;
    if (routers_[router].injection_credits(candidate) == 0) continue;
    source.channel = static_cast<std::uint8_t>(candidate);
    source.worm = take_worm();
    source.left = static_cast<std::uint16_t>(packet_flits_);
    ++source.packets;
    const std::uint64_t draw = source.drawn - 1;
    worms_[source.worm] = {nodes_[router].value, traffic_.destination(nodes_[router], draw).value, draw,
                           source.next};
    draw_next(router, source.next);
    return true;
  }
  return false;
}

// Flits are those of the packets that have gone, and of those that are going what is gone of them.
PortCounters Network::port(std::size_t local, Port port) const {
  const auto number = static_cast<std::uint32_t>(port);
  if (number >= die_ports) return {};
  const auto router = routers_[local];
  PortCounters counters{router.packets(number) * packet_flits_, router.packets(number)};
  for (std::uint32_t c = 0; c < channels_; ++c) {
    const std::uint32_t owner = router.output(router.id_of(number, c)).owner;
    if (owner != nobody) counters.flits += packet_flits_ - router.input(owner).left;
  }
  return counters;
}

bool Network::quiet() const {
  for (std::size_t r = 0; r < routers_.size(); ++r) {
    const auto router = routers_[r];
    for (std::uint32_t id = 0; id < routers_.channels_each(); ++id)
      if (router.input(id).count != 0 || router.output(id).credits != depth_) return false;
    for (std::uint32_t c = 0; c < channels_; ++c)
      if (router.injection_credits(c) != depth_) return false;
  }
  return std::all_of(sources_.begin(), sources_.end(),
                     [](const Source& source) { return source.left == 0 && source.next < 0; });
}

}  // namespace hecaton::net::clocked
