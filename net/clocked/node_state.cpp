#include "net/clocked/node_state.hpp"

#include <algorithm>
#include <stdexcept>
#include <tuple>

#include "net/clocked/bids.hpp"

namespace hecaton::net::clocked {

namespace {

void require(bool holds, const char* why) {
  if (!holds) throw std::runtime_error(why);
}

}  // namespace

void Network::fill_input(std::uint32_t router, std::uint32_t id, NodeState& node) const {
  const InputChannel& input = state_.routers[router].input(id);
  NodeState::Input& state = node.inputs.emplace_back();
  std::uint32_t worm = input.worm;
  std::uint32_t of_worm = input.left;
  std::uint32_t next = input.first;
  for (std::uint32_t count = input.count; count > 0;) {
    const std::uint32_t flits = std::min(count, of_worm);
    state.pieces.push_back({state_.worms[worm], flits});
    count -= flits;
    if (count == 0) break;
    worm =
        state_.rings[(std::size_t{router} * state_.routers.channels_each() + id) * setup_.ring_size + next];
    next = next + 1 == setup_.ring_size ? 0 : next + 1;
    of_worm = setup_.packet_flits;
  }
  state.goes_on = input.count == 0 && input.left != 0;
  if (state.goes_on) state.worm = state_.worms[input.worm];
  state.left = input.left;
  state.out = input.out;
  state.usable = input.asks() ? input.usable : 0;
  state.pointer = input.pointer;
  const auto all = state_.routers[router];
  state.routing = (all.state().routing[all.port_of(id)] >> all.channel_of(id) & 1u) != 0;
}

std::vector<Network::NodeState> Network::states(Cycle from, std::span<const Pending> pending) const {
  std::vector<NodeState> all(setup_.nodes.size());
  for (std::uint32_t router = 0; router < setup_.nodes.size(); ++router) {
    NodeState& state = all[router];
    const auto parts = state_.routers[router];
    state.output_pointer = parts.state().output_pointer;
    state.input_pointer = parts.state().input_pointer;
    state.channel_pointer = parts.state().channel_pointer;
    state.depth = parts.state().depth;
    for (std::uint32_t id = 0; id < state_.routers.channels_each(); ++id) {
      fill_input(router, id, state);
      state.outputs.push_back(parts.output(id));
    }
    for (std::uint32_t c = 0; c < setup_.channels; ++c)
      state.injection_credits.push_back(parts.injection_credits(c));
    for (std::uint32_t p = 0; p < die_ports; ++p) state.ports.push_back(port(router, static_cast<Port>(p)));
    const Source& source = state_.sources[router];
    state.sender = {source.next, source.drawn,   source.packets,
                    source.left, source.channel, source.left > 0 ? state_.worms[source.worm] : Worm{}};
    state.counters = counters_.traffic[router];
    state.sent = counters_.sent.save(router * die_ports, die_ports, from, flits_up_to());
    state.held = counters_.held.save(router, 1, from, residents_up_to());
    state.residents = counters_.residents[router].packets;
    state.stalls = counters_.stalls.save(router, from);
    state.messages = counters_.messages[router];
  }
  add_coming(from, all);
  for (const Pending& event : pending) add_pending(event, all[setup_.local[event.to.value]]);
  const auto order = [](const auto& a, const auto& b) {
    return std::tie(a.at, a.channel) < std::tie(b.at, b.channel);
  };
  for (NodeState& state : all) {
    std::sort(state.arriving.begin(), state.arriving.end(), order);
    std::sort(state.returning.begin(), state.returning.end(), order);
  }
  return all;
}

// What this rank's nodes sent each other.
void Network::add_coming(Cycle from, std::vector<NodeState>& all) const {
  for (Cycle cycle = from; cycle <= from + state_.arrivals.horizon(); ++cycle) {
    for (const Arrival& arrival : state_.arrivals.at(cycle))
      all[router_of(arrival.place)].arriving.push_back({cycle,
                                                        static_cast<std::uint8_t>(id_of(arrival.place)),
                                                        false, arrival.tail(), Worm{}, arrival.depth});
    for (const Mark& mark : state_.marks.at(cycle)) {
      if ((mark.worm & head_bit) == 0) continue;
      std::vector<NodeState::Flit>& flits = all[router_of(mark.place)].arriving;
      const auto head = std::find_if(flits.begin(), flits.end(), [&](const NodeState::Flit& flit) {
        return flit.at == cycle && flit.channel == id_of(mark.place);
      });
      head->head = true;
      head->worm = state_.worms[worm_of(mark.worm)];
    }
  }
  for (const Mail<Credit>* mail : {&state_.credits, &state_.ejections})
    for (Cycle cycle = from; cycle <= from + mail->horizon(); ++cycle)
      for (const Credit& credit : mail->at(cycle))
        all[router_of(credit.place)].returning.push_back({cycle, credit.channel(), credit.depth});
}

// And what other ranks sent.
void Network::add_pending(const Pending& event, NodeState& state) const {
  const Payload& payload = event.payload;
  const auto channel = static_cast<std::uint8_t>(state_.routers[0].id_of(payload.port, payload.channel));
  if (payload.kind == EventKind::credit) {
    state.returning.push_back({event.at, channel, event.depth});
    return;
  }
  const bool head = payload.kind == EventKind::head;
  state.arriving.push_back({event.at, channel, head, (payload.flags & flag_tail) != 0,
                            head ? setup_.worm_from(payload) : Worm{}, event.depth});
}

std::uint32_t Network::keep(const Worm& worm) {
  require(worm.source < setup_.local.size() && worm.destination < setup_.local.size(),
          "a packet goes nowhere");
  const std::uint32_t kept = state_.take_worm();
  state_.worms[kept] = worm;
  return kept;
}

void Network::restore_input(std::uint32_t router, std::uint32_t id, const NodeState& node) {
  const NodeState::Input& state = node.inputs[id];
  const Router<0> parts = state_.routers[router];
  InputChannel& input = parts.input(id);
  const std::uint32_t out_channel = parts.channel_of(state.out);
  require(state.out < state_.routers.channels_each() && state.pointer <= state_.routers.channels_each(),
          "a port is out of range");
  require(state.usable >> setup_.channels == 0 && out_channel < (state.usable == 0 ? setup_.channels : 1),
          "a virtual channel is out of range");
  require(state.left <= setup_.packet_flits && (state.left != 0) == (state.goes_on || !state.pieces.empty()),
          "a packet has too many flits, or none");
  std::uint32_t of_worm = state.left;
  for (const NodeState::Piece& piece : state.pieces) {
    const bool last = &piece == &state.pieces.back();
    require(piece.flits > 0 && piece.flits <= setup_.buffer_flits - input.count, "a buffer overflows");
    require(last ? piece.flits <= of_worm : piece.flits == of_worm, "a packet has too many flits");
    const std::uint32_t worm = keep(piece.worm);
    if (input.count == 0) {
      input.worm = worm;
    } else {
      require(input.waiting < setup_.ring_size, "a buffer overflows");
      ring(router, id, input.waiting++) = worm;
    }
    input.count = static_cast<std::uint16_t>(input.count + piece.flits);
    of_worm = setup_.packet_flits;
  }
  if (state.goes_on) {
    require(state.pieces.empty() && state.usable == 0,
            "the rest of a packet comes to a buffer that has others");
    input.worm = keep(state.worm);
  }
  input.left = state.left;
  input.out = state.out;
  input.usable = state.left != 0 ? state.usable : InputChannel::no_packet;
  input.pointer = state.pointer;
  if (input.asks()) ask(parts.state(), parts.port_of(id), parts.channel_of(id), state.routing);
}

void Network::restore_outputs(std::uint32_t router, const NodeState& state, Cycle from) {
  const Router<0> parts = state_.routers[router];
  const std::uint32_t ids = state_.routers.channels_each();
  for (std::uint32_t id = 0; id < ids; ++id) {
    const OutputChannel& output = state.outputs[id];
    require(output.credits <= setup_.buffer_flits && output.pointer <= ids,
            "a virtual channel has too many credits");
    parts.output(id) = output;
    if (output.owner == nobody) continue;
    require(output.owner < ids, "a virtual channel has no owner");
    const std::uint32_t out = parts.port_of(id);
    const InputChannel& owner = parts.input(output.owner);
    require(owner.owns() && owner.out == id, "a virtual channel has another owner");
    clear_bit(parts.state().free[out], parts.channel_of(id));
    if (counters_.stalls.keeps() && output.credits == 0 && owner.count > 0)
      counters_.stalls.block(router, out, from);
    with_capacity(state_.routers.capacity(), [&]<std::uint32_t C>() {
      bid_if(output.credits > 0 && owner.count > 0, state_.routers.view<C>()[router],
             parts.port_of(output.owner), parts.id_of(out, parts.channel_of(output.owner)));
    });
  }
}

void Network::restore_coming(std::uint32_t router, const NodeState& state, Cycle from) {
  state_.arrivals.open(from);
  state_.marks.open(from);
  state_.credits.open(from);
  state_.ejections.open(from);
  const auto put = [&](auto& mail, Cycle at, const auto& record) {
    require(at >= from && at <= from + mail.horizon(), "something is to come at no time");
    require(mail.add(at, record), "too much is to come at once");
  };
  const std::uint32_t ids = state_.routers.channels_each();
  for (const NodeState::Flit& flit : state.arriving) {
    require(flit.channel < ids, "a flit is to come to no buffer");
    const Place place = place_of(router, flit.channel);
    put(state_.arrivals, flit.at, Arrival{place | (flit.tail ? tail_place : 0), flit.depth});
    if (flit.head) put(state_.marks, flit.at, Mark{place, keep(flit.worm) | head_bit});
  }
  const std::uint32_t ejections = state_.routers[router].id_of(local_port, 0);
  for (const NodeState::Slot& slot : state.returning) {
    require(
        slot.channel < ids || (slot.channel >= at_interface && slot.channel < at_interface + setup_.channels),
        "a credit comes from nowhere");
    const bool ejected = slot.channel >= ejections && slot.channel < ids;
    put(ejected ? state_.ejections : state_.credits, slot.at,
        Credit{place_of(router, slot.channel), slot.depth});
  }
}

void Network::restore(std::size_t local, const NodeState& state, Cycle from) {
  const auto router = static_cast<std::uint32_t>(local);
  require(state.inputs.size() == state_.routers.channels_each() &&
              state.outputs.size() == state_.routers.channels_each() &&
              state.injection_credits.size() == setup_.channels && state.ports.size() == die_ports,
          "it is of another network");
  state_.copies = true;
  const Router<0> parts = state_.routers[router];
  RouterState& bids = parts.state();
  bids.output_pointer = state.output_pointer;
  bids.input_pointer = state.input_pointer;
  bids.channel_pointer = state.channel_pointer;
  bids.depth = state.depth;
  for (std::uint32_t p = 0; p < die_ports; ++p)
    require(bids.output_pointer[p] <= die_ports && bids.input_pointer[p] <= die_ports &&
                bids.channel_pointer[p] <= setup_.channels,
            "a pointer is out of range");
  for (std::uint32_t id = 0; id < state_.routers.channels_each(); ++id) restore_input(router, id, state);
  restore_outputs(router, state, from);
  for (std::uint32_t c = 0; c < setup_.channels; ++c) {
    require(state.injection_credits[c] <= setup_.buffer_flits, "an interface has too many credits");
    parts.injection_credits(c) = state.injection_credits[c];
  }
  for (std::uint32_t p = 0; p < die_ports; ++p) {
    parts.packets(p) = state.ports[p].packets;
    require(port(local, static_cast<Port>(p)).flits == state.ports[p].flits,
            "a port has sent other flits than those of its packets");
  }
  counters_.traffic[router] = state.counters;
  counters_.sent.restore(router * die_ports, die_ports, state.sent, from, flits_up_to());
  counters_.residents[router] = {0, state.residents};
  counters_.held.restore(router, 1, state.held, from, residents_up_to());
  counters_.stalls.restore(router, state.stalls);
  counters_.messages[router].restore(state.messages);
  restore_coming(router, state, from);
  restore_sender(router, state, from);
  if ((bids.bidders | bids.askers) != 0) state_.busy.put(router);
}

void Network::restore_sender(std::uint32_t router, const NodeState& state, Cycle from) {
  const NodeState::Sender& sender = state.sender;
  require(sender.channel < setup_.channels && sender.left < setup_.packet_flits,
          "a die sends nothing that exists");
  Source& source = state_.sources[router];
  source.next = sender.next;
  source.drawn = sender.drawn;
  source.packets = sender.packets;
  source.left = sender.left;
  source.channel = sender.channel;
  if (sender.left > 0) source.worm = keep(sender.worm);
  if (sender.left > 0 || (sender.next >= 0 && sender.next < from)) {
    state_.senders.put(router);
  } else if (sender.next >= 0) {
    state_.wheel.add(router, sender.next);
  }
}

}  // namespace hecaton::net::clocked
