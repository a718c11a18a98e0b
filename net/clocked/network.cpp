#include "net/clocked/network.hpp"

#include <algorithm>

namespace hecaton::net::clocked {

namespace {

constexpr auto local_port = static_cast<std::uint32_t>(Port::local);

Cycle longest_delay(const Fabric& fabric, const NodeId node) {
  Cycle longest = 0;
  for (std::uint32_t p = 0; p < local_port; ++p)
    longest = std::max(longest, fabric.link(node, static_cast<Port>(p)).latency / fabric.timing.cycle);
  return longest;
}

Cycle horizon_of(const Fabric& fabric) {
  Cycle longest = 0;
  for (std::uint32_t n = 0; n < fabric.topology.dies(); ++n)
    longest = std::max(longest, longest_delay(fabric, NodeId{n}));
  // A credit of the interface takes as long as any other delay that is no link's.
  return longest + 6 + fabric.timing.credit_use / fabric.timing.cycle;
}

}  // namespace

bool fits(const NetworkConfig& network, const TrafficConfig& traffic) {
  constexpr std::uint32_t most = 0xFFFF;
  const auto pipeline = network.router.pipeline;
  if (network.router.switching != Switching::wormhole || pipeline == Pipeline::speculative) return false;
  if (network.package.topology == TopologyKind::bypass_ring || network.router.routing == Routing::adaptive)
    return false;
  if (traffic.pattern == TrafficPattern::trace || traffic.packet_flits > most) return false;
  if (network.interface.packet_bytes < traffic.packet_flits * network.link.flit_bytes) return false;
  if (network.router.buffer_flits > most || network.router.virtual_channels > 16) return false;
  const std::int64_t cycle = cycle_ps(network.link);
  const auto keeps_step = [cycle](const LinkTiming& link) {
    return link.flit == cycle && link.latency % cycle == 0 && link.latency / cycle < 10'000;
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
      stride_(die_ports * fabric.channels),
      depth_(fabric.timing.buffer_segments),
      packet_flits_(packet_flits),
      order_(fabric.routes.dimension_order()),
      routing_stage_(fabric.timing.routing_stage > 0),
      ejection_(fabric.timing.latch_ejection() / fabric.timing.cycle),
      ejection_credit_(fabric.timing.credit_ejection() / fabric.timing.cycle),
      injection_(fabric.timing.latch_injection() / fabric.timing.cycle),
      injection_credit_(fabric.timing.credit_injection() / fabric.timing.cycle),
      local_(owner_of.size(), elsewhere),
      arrivals_(horizon_of(fabric)),
      credits_(horizon_of(fabric)),
      wheel_(static_cast<std::size_t>(std::count(owner_of.begin(), owner_of.end(), self))) {
  for (std::uint32_t n = 0; n < owner_of.size(); ++n) {
    if (owner_of[n] != self) continue;
    local_[n] = static_cast<std::uint32_t>(nodes_.size());
    nodes_.push_back(NodeId{n});
  }
  routers_.resize(nodes_.size());
  inputs_.resize(nodes_.size() * stride_);
  outputs_.resize(nodes_.size() * stride_);
  rings_.resize(nodes_.size() * stride_ * depth_);
  far_.resize(nodes_.size() * die_ports);
  ports_.resize(nodes_.size() * die_ports);
  sources_.resize(nodes_.size());
  injection_credits_.assign(nodes_.size() * channels_, static_cast<std::uint16_t>(depth_));
  counters_.resize(nodes_.size());
  sending_.assign(nodes_.size(), -1);
  for (OutputChannel& output : outputs_) output.credits = static_cast<std::uint16_t>(depth_);
  for (std::uint32_t r = 0; r < nodes_.size(); ++r)
    for (std::uint32_t p = 0; p < die_ports; ++p) {
      const auto port = static_cast<Port>(p);
      const auto neighbour = fabric.topology.neighbour(nodes_[r], port);
      if (p != local_port && !neighbour) continue;
      routers_[r].free[p] = static_cast<std::uint16_t>((1u << channels_) - 1u);
      if (p == local_port) continue;
      const auto latency =
          static_cast<std::uint16_t>(fabric.link(nodes_[r], port).latency / fabric.timing.cycle);
      Far& far = far_[r * die_ports + p];
      far.flight = static_cast<std::uint16_t>(latency + 2);
      far.credit = static_cast<std::uint16_t>(latency + 1 + fabric.timing.credit_use / fabric.timing.cycle);
      const std::uint32_t there = local_[neighbour->value];
      if (there != elsewhere)
        far.place = there << 8 | static_cast<std::uint32_t>(Topology::opposite(port)) * channels_;
    }
}

Cycle Network::next_after(Cycle now) const {
  if (!awake_next_.empty() || !senders_next_.empty()) return now + 1;
  const Cycle due = wheel_.next_after(now);
  for (Cycle cycle = now + 1; cycle < now + arrivals_.size() && (due < 0 || cycle < due); ++cycle)
    if (!arrivals_.at(cycle).empty() || !credits_.at(cycle).empty()) return cycle;
  return due;
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
void Network::cross(std::uint32_t router, std::uint32_t out, std::uint32_t out_channel, std::uint32_t flit,
                    Cycle at) {
  Payload payload;
  if ((flit & head_bit) != 0) {
    const Worm& worm = worms_[worm_of(flit)];
    payload.kind = EventKind::head;
    payload.source = worm.source;
    payload.destination = worm.destination;
    payload.tag = worm.tag;
    payload.created_ps = worm.created * fabric_.timing.cycle;
  } else {
    payload.kind = EventKind::body;
  }
  payload.channel = static_cast<std::uint8_t>(out_channel);
  payload.flits = 1;
  if ((flit & tail_bit) != 0) {
    payload.flags = flag_tail;
    drop_worm(worm_of(flit));
  }
  leave(router, out, at, payload);
}

void Network::leave(std::uint32_t router, std::uint32_t port, Cycle at, Payload payload) {
  const NodeId from = nodes_[router];
  const NodeId to = *fabric_.topology.neighbour(from, static_cast<Port>(port));
  payload.port = static_cast<std::uint8_t>(Topology::opposite(static_cast<Port>(port)));
  leaving_->push_back({from, to, at, payload, routers_[router].depth});
}

void Network::receive(NodeId to, const Payload& payload, std::uint32_t depth, Cycle now) {
  const Place place = local_[to.value] << 8 | (payload.port * channels_ + payload.channel);
  if (payload.kind == EventKind::credit) {
    credits_.at(now).push_back({place, depth});
    return;
  }
  std::uint32_t flit = no_worm;
  if (payload.kind == EventKind::head) {
    flit = take_worm();
    worms_[flit] = worm_from(payload);
    flit |= head_bit;
  }
  if ((payload.flags & flag_tail) != 0) flit |= tail_bit;
  arrivals_.at(now).push_back({place, flit, depth});
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
  const std::int64_t cycle_ps = fabric_.timing.cycle;
  do {
    const std::int64_t next_ps = traffic_.next_ps(die, after, source.drawn++, cycle_ps);
    source.next = next_ps < 0 ? -1 : next_ps / cycle_ps;
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
    if (injection_credits_[router * channels_ + candidate] == 0) continue;
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

PortCounters Network::port(std::size_t local, Port port) const {
  const auto number = static_cast<std::uint32_t>(port);
  return number < die_ports ? ports_[local * die_ports + number] : PortCounters{};
}

bool Network::quiet() const {
  const auto is_full = [&](std::uint32_t credits) { return credits == depth_; };
  return std::all_of(inputs_.begin(), inputs_.end(),
                     [](const InputChannel& input) { return input.count == 0; }) &&
         std::all_of(outputs_.begin(), outputs_.end(),
                     [&](const OutputChannel& output) { return is_full(output.credits); }) &&
         std::all_of(injection_credits_.begin(), injection_credits_.end(), is_full) &&
         std::all_of(sources_.begin(), sources_.end(),
                     [](const Source& source) { return source.left == 0 && source.next < 0; });
}

}  // namespace hecaton::net::clocked
