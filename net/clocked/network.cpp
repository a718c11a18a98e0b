#include "net/clocked/network.hpp"

#include <algorithm>

namespace hecaton::net::clocked {

Network::Network(const Fabric& fabric, const Traffic& traffic, std::uint32_t packet_flits,
                 std::span<const RankId> owner_of, RankId self)
    : setup_(fabric, traffic, packet_flits, owner_of, self),
      state_(setup_),
      counters_(setup_),
      lists_(setup_.nodes.size()) {}

Cycle Network::next_after(Cycle now) const {
  if (!state_.busy.empty() || !state_.senders.empty()) return now + 1;
  Cycle next = -1;
  for (const Cycle cycle : {state_.wheel.next_after(now), state_.arrivals.next_after(now),
                            state_.credits.next_after(now), state_.ejections.next_after(now)})
    if (cycle >= 0 && (next < 0 || cycle < next)) next = cycle;
  return next;
}

// A flit whose way leads to another rank, where its worm goes on under another number.
void Network::cross(std::uint32_t router, std::uint32_t target, const InputChannel& input, Cycle at) {
  Payload payload;
  if (input.left + 1u == setup_.packet_flits) {
    const Worm& worm = state_.worms[input.worm];
    payload.kind = EventKind::head;
    payload.source = worm.source;
    payload.destination = worm.destination;
    payload.tag = worm.tag;
    payload.created = SimTime{} + worm.created * setup_.fabric.timing.cycle;
  } else {
    payload.kind = EventKind::body;
  }
  payload.channel = static_cast<std::uint8_t>(state_.routers[router].channel_of(target));
  payload.flits = 1;
  if (input.left == 0) {
    payload.flags = flag_tail;
    state_.drop_worm(input.worm);
  }
  leave(router, state_.routers[router].port_of(target), at, payload);
}

// The sender's side of a buffer, on another rank, hears of a free slot.
void Network::return_credit(const Grant grant, Cycle at) {
  Payload payload;
  payload.kind = EventKind::credit;
  payload.channel = grant.channel;
  leave(grant.router, grant.in, at, payload);
}

void Network::leave(std::uint32_t router, std::uint32_t port, Cycle at, Payload payload) {
  const NodeId from = setup_.nodes[router];
  const NodeId to = *setup_.fabric.topology.neighbour(from, static_cast<Port>(port));
  payload.port = static_cast<std::uint8_t>(Topology::opposite(static_cast<Port>(port)));
  lists_.leaving->push_back({from, to, at, payload, state_.routers[router].state().depth});
}

void Network::receive(NodeId to, const Payload& payload, std::uint32_t depth, Cycle now) {
  state_.arrivals.open(now);
  state_.marks.open(now);
  state_.credits.open(now);
  Place place = place_of(setup_.local[to.value], state_.routers[0].id_of(payload.port, payload.channel));
  if (payload.kind == EventKind::credit) {
    state_.credits.add(now, {place, depth});
    return;
  }
  if (payload.kind == EventKind::head) {
    const std::uint32_t worm = state_.take_worm();
    state_.worms[worm] = setup_.worm_from(payload);
    state_.marks.add(now, {place, worm | head_bit});
  }
  if ((payload.flags & flag_tail) != 0) place |= tail_place;
  state_.arrivals.add(now, {place, depth});
}

void Network::open_bins(Cycle now) {
  counters_.sent.open(now, flits_up_to());
  counters_.held.open(now, residents_up_to());
}

// Who wanted an output that sends nothing in this cycle.
void Network::count_rivals() {
  counters_.stalls.count_rivals(
      [this](std::uint32_t router) { return state_.routers[router].state().chosen; });
}

void Network::start() {
  for (std::uint32_t r = 0; r < setup_.nodes.size(); ++r) {
    state_.sources[r].channel = static_cast<std::uint8_t>(setup_.channels - 1);
    if (setup_.fabric.topology.dead(setup_.nodes[r])) continue;
    draw_next(r, -1);
    if (state_.sources[r].next >= 0) state_.wheel.add(r, state_.sources[r].next);
  }
}

// The die's next packet; those to dead dies are not made.
void Network::draw_next(std::uint32_t router, Cycle after) {
  Source& source = state_.sources[router];
  const NodeId die = setup_.nodes[router];
  const SimDuration cycle = setup_.fabric.timing.cycle;
  do {
    const SimTime next = setup_.traffic.next_time(die, after, source.drawn++, cycle);
    source.next = next == SimTime::never() ? -1 : next / cycle;
    after = source.next;
  } while (source.next >= 0 &&
           setup_.fabric.topology.dead(setup_.traffic.destination(die, source.drawn - 1)));
  if (source.next >= 0) counters_.traffic[router].made(setup_.traffic, source.next, setup_.packet_flits);
}

// Takes the next packet onto a virtual channel: the next one, round robin, that has a credit.
bool Network::begin_packet(std::uint32_t router, Cycle now) {
  Source& source = state_.sources[router];
  if (source.next < 0 || source.next > now) return false;
  for (std::uint32_t k = 1; k <= setup_.channels; ++k) {
    const std::uint32_t candidate = (source.channel + k) % setup_.channels;
    if (state_.routers[router].injection_credits(candidate) == 0) continue;
    source.channel = static_cast<std::uint8_t>(candidate);
    source.worm = state_.take_worm();
    source.left = static_cast<std::uint16_t>(setup_.packet_flits);
    ++source.packets;
    const std::uint64_t draw = source.drawn - 1;
    state_.worms[source.worm] = {setup_.nodes[router].value,
                                 setup_.traffic.destination(setup_.nodes[router], draw).value, draw,
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
  const auto router = state_.routers[local];
  PortCounters counters{router.packets(number) * setup_.packet_flits, router.packets(number)};
  const std::uint32_t taken = ~std::uint32_t{router.state().free[number]} & ((1u << setup_.channels) - 1u);
  detail::for_each_bit(taken, [&](std::uint32_t channel) {
    const std::uint32_t owner = router.output(router.id_of(number, channel)).owner;
    if (owner == nobody) return;  // a port without a link
    counters.flits += setup_.packet_flits - router.input(owner).left;
  });
  return counters;
}

TimeBins Network::busy(std::size_t local, Port port) const {
  const std::size_t cell = local * die_ports + static_cast<std::size_t>(port);
  return counters_.sent.times(cell, setup_.fabric.timing.cycle, flits_up_to());
}

TimeBins Network::held(std::size_t local) const {
  return counters_.held.times(local, setup_.fabric.timing.cycle, residents_up_to());
}

bool Network::quiet() const {
  for (std::size_t r = 0; r < state_.routers.size(); ++r) {
    const auto router = state_.routers[r];
    for (std::uint32_t id = 0; id < state_.routers.channels_each(); ++id)
      if (router.input(id).count != 0 || router.output(id).credits != setup_.buffer_flits) return false;
    for (std::uint32_t c = 0; c < setup_.channels; ++c)
      if (router.injection_credits(c) != setup_.buffer_flits) return false;
  }
  return std::all_of(state_.sources.begin(), state_.sources.end(),
                     [](const Source& source) { return source.left == 0 && source.next < 0; });
}

}  // namespace hecaton::net::clocked
