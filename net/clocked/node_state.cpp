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
  const InputChannel& input = inputs_[at(router, id)];
  NodeState::Input& state = node.inputs.emplace_back();
  for (std::uint32_t k = 0; k < input.count; ++k) {
    const std::uint32_t flit =
        k == 0 ? input.front : rings_[at(router, id) * depth_ + (input.first + k - 1u) % depth_];
    const bool head = (flit & head_bit) != 0;
    if (k == 0 || head) state.pieces.push_back({worms_[worm_of(flit)], 0, head, false});
    ++state.pieces.back().flits;
    state.pieces.back().tail = (flit & tail_bit) != 0;
  }
  state.goes_on = input.count == 0 && input.out_channel != nobody;
  if (state.goes_on) state.worm = worms_[worm_of(input.front)];
  state.out_port = input.out_port;
  state.out_channel = input.out_channel;
  state.usable = input.usable;
  state.pointer = input.pointer;
  state.routing = (routers_[router].routing[port_of(id)] >> channel_of(id) & 1u) != 0;
}

std::vector<Network::NodeState> Network::states(Cycle from, std::span<const Pending> pending) const {
  std::vector<NodeState> all(nodes_.size());
  for (std::uint32_t router = 0; router < nodes_.size(); ++router) {
    NodeState& state = all[router];
    state.output_pointer = routers_[router].output_pointer;
    state.input_pointer = routers_[router].input_pointer;
    state.channel_offset = routers_[router].channel_offset;
    state.depth = routers_[router].depth;
    for (std::uint32_t id = 0; id < stride_; ++id) {
      fill_input(router, id, state);
      state.outputs.push_back(outputs_[at(router, id)]);
    }
    for (std::uint32_t c = 0; c < channels_; ++c)
      state.injection_credits.push_back(injection_credits_[router * channels_ + c]);
    for (std::uint32_t p = 0; p < die_ports; ++p) state.ports.push_back(ports_[router * die_ports + p]);
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
  for (Cycle cycle = from; cycle < from + arrivals_.size(); ++cycle) {
    for (const Arrival& arrival : arrivals_.at(cycle)) {
      const bool head = (arrival.flit & head_bit) != 0;
      all[arrival.place >> 8].arriving.push_back(
          {cycle, static_cast<std::uint8_t>(arrival.place & 0xFF), head, (arrival.flit & tail_bit) != 0,
           head ? worms_[worm_of(arrival.flit)] : Worm{}, arrival.depth});
    }
    for (const Credit& credit : credits_.at(cycle))
      all[credit.place >> 8].returning.push_back(
          {cycle, static_cast<std::uint8_t>(credit.place & 0xFF), credit.depth});
  }
}

// And what other ranks sent.
void Network::add_pending(const Pending& event, NodeState& state) const {
  const Payload& payload = event.payload;
  const auto channel = static_cast<std::uint8_t>(payload.port * channels_ + payload.channel);
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
  InputChannel& input = inputs_[at(router, id)];
  require(state.out_port < die_ports && state.pointer < stride_, "a port is out of range");
  require(state.out_channel == nobody || state.out_channel < channels_, "a virtual channel is out of range");
  for (const NodeState::Piece& piece : state.pieces) {
    require(piece.flits > 0 && piece.flits <= depth_ - input.count, "a buffer overflows");
    const std::uint32_t worm = keep(piece.worm);
    for (std::uint32_t k = 0; k < piece.flits; ++k) {
      std::uint32_t flit = worm;
      if (piece.head && k == 0) flit |= head_bit;
      if (piece.tail && k + 1 == piece.flits) flit |= tail_bit;
      if (input.count++ == 0) {
        input.front = flit;
      } else {
        ring(at(router, id), input.count - 2u) = flit;
      }
    }
  }
  if (state.goes_on) input.front = keep(state.worm);
  input.out_port = state.out_port;
  input.out_channel = state.out_channel;
  input.usable = state.usable;
  input.pointer = state.pointer;
  if (input.count == 0 || input.out_channel != nobody) return;
  ask(routers_[router], port_of(id), channel_of(id), state.routing);
}

void Network::restore_outputs(std::uint32_t router, const NodeState& state) {
  RouterState& bids = routers_[router];
  for (std::uint32_t id = 0; id < stride_; ++id) {
    const OutputChannel& output = state.outputs[id];
    require(output.credits <= depth_ && output.pointer < stride_, "a virtual channel has too many credits");
    outputs_[at(router, id)] = output;
    if (output.owner == nobody) continue;
    require(output.owner < stride_, "a virtual channel has no owner");
    const std::uint32_t out = port_of(id);
    const InputChannel& owner = inputs_[at(router, output.owner)];
    require(owner.out_port == out && owner.out_channel == channel_of(id),
            "a virtual channel has another owner");
    clear_bit(bids.free[out], channel_of(id));
    if (output.credits > 0 && owner.count > 0)
      bid(bids, port_of(output.owner), channel_of(output.owner), out);
  }
}

void Network::restore_coming(std::uint32_t router, const NodeState& state, Cycle from) {
  const auto comes = [&](Cycle cycle, std::uint32_t channel) {
    require(cycle >= from && cycle < from + arrivals_.size(), "something is to come at no time");
    require(channel < stride_ || (channel >= at_interface && channel < at_interface + channels_),
            "something is to come from nowhere");
    return router << 8 | channel;
  };
  for (const NodeState::Flit& flit : state.arriving) {
    const Place place = comes(flit.at, flit.channel);
    require(flit.channel < stride_, "a flit is to come to no buffer");
    std::uint32_t word = flit.head ? keep(flit.worm) | head_bit : no_worm;
    if (flit.tail) word |= tail_bit;
    arrivals_.at(flit.at).push_back({place, word, flit.depth});
  }
  for (const NodeState::Slot& slot : state.returning)
    credits_.at(slot.at).push_back({comes(slot.at, slot.channel), slot.depth});
}

void Network::restore(std::size_t local, const NodeState& state, Cycle from) {
  const auto router = static_cast<std::uint32_t>(local);
  require(state.inputs.size() == stride_ && state.outputs.size() == stride_ &&
              state.injection_credits.size() == channels_ && state.ports.size() == die_ports,
          "it is of another network");
  RouterState& bids = routers_[router];
  bids.output_pointer = state.output_pointer;
  bids.input_pointer = state.input_pointer;
  bids.channel_offset = state.channel_offset;
  bids.depth = state.depth;
  for (std::uint32_t p = 0; p < die_ports; ++p)
    require(bids.output_pointer[p] < die_ports && bids.input_pointer[p] < die_ports &&
                bids.channel_offset[p] < channels_,
            "a pointer is out of range");
  for (std::uint32_t id = 0; id < stride_; ++id) restore_input(router, id, state);
  restore_outputs(router, state);
  for (std::uint32_t c = 0; c < channels_; ++c) {
    require(state.injection_credits[c] <= depth_, "an interface has too many credits");
    injection_credits_[router * channels_ + c] = state.injection_credits[c];
  }
  for (std::uint32_t p = 0; p < die_ports; ++p) ports_[router * die_ports + p] = state.ports[p];
  counters_[router] = state.counters;
  restore_coming(router, state, from);
  restore_sender(router, state, from);
  if ((bids.bidders | bids.askers) == 0) return;
  bids.woken = from;
  awake_next_.push_back(router);
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
    sending_[router] = from;
    senders_next_.push_back(router);
  } else if (sender.next >= 0) {
    wheel_.add(router, sender.next);
  }
}

}  // namespace hecaton::net::clocked
