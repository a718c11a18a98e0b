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
  const InputChannel& input = routers_[router].input(id);
  NodeState::Input& state = node.inputs.emplace_back();
  std::uint32_t worm = worm_of(input.flit);
  std::uint32_t of_worm = input.left;
  std::uint32_t next = input.first;
  for (std::uint32_t count = input.count; count > 0;) {
    const std::uint32_t flits = std::min(count, of_worm);
    state.pieces.push_back({worms_[worm], flits});
    count -= flits;
    if (count == 0) break;
    worm = rings_[(std::size_t{router} * routers_.channels_each() + id) * ring_size_ + next];
    next = next + 1 == ring_size_ ? 0 : next + 1;
    of_worm = packet_flits_;
  }
  state.goes_on = input.count == 0 && input.left != 0;
  if (state.goes_on) state.worm = worms_[worm_of(input.flit)];
  state.left = input.left;
  state.out = input.out;
  state.usable = input.usable;
  state.pointer = input.pointer;
  const Router<0> all = routers_[router];
  state.routing = (all.sets().routing[all.port_of(id)] >> all.channel_of(id) & 1u) != 0;
}

std::vector<Network::NodeState> Network::states(Cycle from, std::span<const Pending> pending) const {
  std::vector<NodeState> all(nodes_.size());
  for (std::uint32_t router = 0; router < nodes_.size(); ++router) {
    NodeState& state = all[router];
    const Router<0> parts = routers_[router];
    state.output_pointer = parts.state().output_pointer;
    state.input_pointer = parts.state().input_pointer;
    state.channel_pointer = parts.state().channel_pointer;
    state.depth = parts.state().depth;
    for (std::uint32_t id = 0; id < routers_.channels_each(); ++id) {
      fill_input(router, id, state);
      state.outputs.push_back(parts.output(id));
    }
    for (std::uint32_t c = 0; c < channels_; ++c)
      state.injection_credits.push_back(injection_credits_[router * routers_.capacity() + c]);
    for (std::uint32_t p = 0; p < die_ports; ++p) state.ports.push_back(port(router, static_cast<Port>(p)));
    const Source& source = sources_[router];
    state.sender = {source.next, source.drawn,   source.packets,
                    source.left, source.channel, source.left > 0 ? worms_[source.worm] : Worm{}};
    state.counters = counters_[router];
  }
  add_coming(from, all);
  for (const Pending& event : pending) add_pending(event, all[local_[event.to.value]]);
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
  for (Cycle cycle = from; cycle <= from + arrivals_.horizon(); ++cycle) {
    for (const Arrival& arrival : arrivals_.at(cycle)) {
      const bool head = (arrival.flit & head_bit) != 0;
      all[router_of(arrival.place)].arriving.push_back(
          {cycle, static_cast<std::uint8_t>(id_of(arrival.place)), head, (arrival.flit & tail_bit) != 0,
           head ? worms_[worm_of(arrival.flit)] : Worm{}, arrival.depth});
    }
    for (const Credit& credit : credits_.at(cycle))
      all[router_of(credit.place)].returning.push_back(
          {cycle, static_cast<std::uint8_t>(id_of(credit.place)), credit.depth});
  }
}

// And what other ranks sent.
void Network::add_pending(const Pending& event, NodeState& state) const {
  const Payload& payload = event.payload;
  const auto channel = static_cast<std::uint8_t>(routers_[0].id_of(payload.port, payload.channel));
  if (payload.kind == EventKind::credit) {
    state.returning.push_back({event.at, channel, event.depth});
    return;
  }
  const bool head = payload.kind == EventKind::head;
  state.arriving.push_back({event.at, channel, head, (payload.flags & flag_tail) != 0,
                            head ? worm_from(payload) : Worm{}, event.depth});
}

std::uint32_t Network::keep(const Worm& worm) {
  require(worm.source < local_.size() && worm.destination < local_.size(), "a packet goes nowhere");
  const std::uint32_t kept = take_worm();
  worms_[kept] = worm;
  return kept;
}

void Network::restore_input(std::uint32_t router, std::uint32_t id, const NodeState& node) {
  const NodeState::Input& state = node.inputs[id];
  const Router<0> parts = routers_[router];
  InputChannel& input = parts.input(id);
  const std::uint32_t out_channel = parts.channel_of(state.out);
  require(state.out < routers_.channels_each() && state.pointer <= routers_.channels_each(),
          "a port is out of range");
  require(state.usable >> channels_ == 0 && out_channel < (state.usable == 0 ? channels_ : 1),
          "a virtual channel is out of range");
  require(state.left <= packet_flits_ && (state.left != 0) == (state.goes_on || !state.pieces.empty()),
          "a packet has too many flits, or none");
  std::uint32_t of_worm = state.left;
  for (const NodeState::Piece& piece : state.pieces) {
    const bool last = &piece == &state.pieces.back();
    require(piece.flits > 0 && piece.flits <= depth_ - input.count, "a buffer overflows");
    require(last ? piece.flits <= of_worm : piece.flits == of_worm, "a packet has too many flits");
    const std::uint32_t worm = keep(piece.worm);
    if (input.count == 0) {
      input.flit = worm | (state.left == packet_flits_ ? head_bit : 0);
    } else {
      require(input.waiting < ring_size_, "a buffer overflows");
      ring(router, id, input.waiting++) = worm;
    }
    input.count = static_cast<std::uint16_t>(input.count + piece.flits);
    of_worm = packet_flits_;
  }
  if (state.goes_on) {
    require(state.pieces.empty() && state.usable == 0,
            "the rest of a packet comes to a buffer that has others");
    input.flit = keep(state.worm);
  }
  input.left = state.left;
  input.out = state.out;
  input.usable = state.usable;
  input.pointer = state.pointer;
  if (input.left != 0 && input.usable != 0)
    ask(parts.state(), parts.sets(), parts.port_of(id), parts.channel_of(id), state.routing);
}

void Network::restore_outputs(std::uint32_t router, const NodeState& state) {
  const Router<0> parts = routers_[router];
  RouterState& bids = parts.state();
  const std::uint32_t ids = routers_.channels_each();
  for (std::uint32_t id = 0; id < ids; ++id) {
    const OutputChannel& output = state.outputs[id];
    require(output.credits <= depth_ && output.pointer <= ids, "a virtual channel has too many credits");
    parts.output(id) = output;
    if (output.owner == nobody) continue;
    require(output.owner < ids, "a virtual channel has no owner");
    const std::uint32_t out = parts.port_of(id);
    const InputChannel& owner = parts.input(output.owner);
    require(owner.owns() && owner.out == id, "a virtual channel has another owner");
    clear_bit(parts.sets().free[out], parts.channel_of(id));
    bid_if(output.credits > 0 && owner.count > 0, bids, parts.port_of(output.owner),
           parts.id_of(out, parts.channel_of(output.owner)));
  }
}

void Network::restore_coming(std::uint32_t router, const NodeState& state, Cycle from) {
  const auto in_time = [&](Cycle cycle) {
    require(cycle >= from && cycle <= from + arrivals_.horizon(), "something is to come at no time");
  };
  const auto fits_in = [](bool added) { require(added, "too much is to come at once"); };
  for (const NodeState::Flit& flit : state.arriving) {
    in_time(flit.at);
    require(flit.channel < routers_.channels_each(), "a flit is to come to no buffer");
    std::uint32_t word = flit.head ? keep(flit.worm) | head_bit : no_worm;
    if (flit.tail) word |= tail_bit;
    fits_in(arrivals_.add(flit.at, {place_of(router, flit.channel), word, flit.depth}));
  }
  for (const NodeState::Slot& slot : state.returning) {
    in_time(slot.at);
    require(slot.channel < routers_.channels_each() ||
                (slot.channel >= at_interface && slot.channel < at_interface + channels_),
            "a credit comes from nowhere");
    fits_in(credits_.add(slot.at, {place_of(router, slot.channel), slot.depth}));
  }
}

void Network::restore(std::size_t local, const NodeState& state, Cycle from) {
  const auto router = static_cast<std::uint32_t>(local);
  require(state.inputs.size() == routers_.channels_each() &&
              state.outputs.size() == routers_.channels_each() &&
              state.injection_credits.size() == channels_ && state.ports.size() == die_ports,
          "it is of another network");
  copy_bit_ = tail_bit;
  const Router<0> parts = routers_[router];
  RouterState& bids = parts.state();
  bids.output_pointer = state.output_pointer;
  bids.input_pointer = state.input_pointer;
  bids.channel_pointer = state.channel_pointer;
  bids.depth = state.depth;
  for (std::uint32_t p = 0; p < die_ports; ++p)
    require(bids.output_pointer[p] <= die_ports && bids.input_pointer[p] <= die_ports &&
                bids.channel_pointer[p] <= channels_,
            "a pointer is out of range");
  for (std::uint32_t id = 0; id < routers_.channels_each(); ++id) restore_input(router, id, state);
  restore_outputs(router, state);
  for (std::uint32_t c = 0; c < channels_; ++c) {
    require(state.injection_credits[c] <= depth_, "an interface has too many credits");
    injection_credits_[router * routers_.capacity() + c] = state.injection_credits[c];
  }
  for (std::uint32_t p = 0; p < die_ports; ++p) {
    parts.port(p).flits = state.ports[p].flits;
    parts.packets(p) = state.ports[p].packets;
  }
  counters_[router] = state.counters;
  restore_coming(router, state, from);
  restore_sender(router, state, from);
  busy_.put_if(router, (bids.bidders | bids.askers) != 0);
}

void Network::restore_sender(std::uint32_t router, const NodeState& state, Cycle from) {
  const NodeState::Sender& sender = state.sender;
  require(sender.channel < channels_ && sender.left < packet_flits_, "a die sends nothing that exists");
  Source& source = sources_[router];
  source.next = sender.next;
  source.drawn = sender.drawn;
  source.packets = sender.packets;
  source.left = sender.left;
  source.channel = sender.channel;
  if (sender.left > 0) source.worm = keep(sender.worm);
  if (sender.left > 0 || (sender.next >= 0 && sender.next < from)) {
    senders_.put(router);
  } else if (sender.next >= 0) {
    wheel_.add(router, sender.next);
  }
}

}  // namespace hecaton::net::clocked
