// A cycle of the clocked network, from its first arrival to its last decision: the inner loops.
#include <algorithm>

#include "net/clocked/bids.hpp"
#include "net/clocked/network.hpp"
#include "net/router_state.hpp"

namespace hecaton::net::clocked {

using detail::for_each_bit;
using detail::round_robin;

namespace {

constexpr auto local_port = static_cast<std::uint32_t>(Port::local);
constexpr std::size_t ahead = 6;  // how far ahead of its use memory is fetched into the cache

constexpr std::uint8_t next_in(std::uint32_t value, std::uint32_t size) {
  return static_cast<std::uint8_t>(value + 1 == size ? 0 : value + 1);
}

}  // namespace

void Network::step(Cycle now, std::vector<Crossing>& leaving) {
  leaving_ = &leaving;
  switch (channels_) {
    case 1:
      return run_cycle<1>(now);
    case 2:
      return run_cycle<2>(now);
    case 4:
      return run_cycle<4>(now);
    case 8:
      return run_cycle<8>(now);
    default:
      return run_cycle<0>(now);
  }
}

template <std::uint32_t C>
void Network::run_cycle(Cycle now) {
  awake_.swap(awake_next_);
  awake_next_.clear();
  senders_.swap(senders_next_);
  senders_next_.clear();

  std::vector<Arrival>& arrivals = arrivals_.at(now);
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    if (i + ahead < arrivals.size()) {
      const Place place = arrivals[i + ahead].place;
      __builtin_prefetch(&routers_[place >> 8]);
      __builtin_prefetch(&inputs_[at<C>(place >> 8, place & 0xFF)]);
    }
    latch<C>(arrivals[i], now);
  }
  arrivals.clear();
  std::vector<Credit>& credits = credits_.at(now);
  for (std::size_t i = 0; i < credits.size(); ++i) {
    if (i + ahead < credits.size()) {
      const Place place = credits[i + ahead].place;
      __builtin_prefetch(&outputs_[at<C>(place >> 8, place & 0x7F)]);
    }
    take_back<C>(credits[i], now);
  }
  credits.clear();
  wheel_.take(now, [&](std::uint32_t source) { wake_source(source, now); });

  for (std::size_t i = 0; i < awake_.size(); ++i) {
    if (i + ahead < awake_.size()) __builtin_prefetch(&routers_[awake_[i + ahead]]);
    decide<C>(awake_[i], now);
  }
  awake_.clear();
  for (const std::uint32_t source : senders_) inject(source, now);
  senders_.clear();
}

// A flit enters its buffer.
template <std::uint32_t C>
void Network::latch(const Arrival& arrival, Cycle now) {
  const std::uint32_t router = arrival.place >> 8;
  const std::uint32_t id = arrival.place & 0xFF;
  InputChannel& input = inputs_[at<C>(router, id)];
  const std::uint32_t flit = own_flit(at<C>(router, id), arrival.flit);
  RouterState& state = routers_[router];
  state.depth = std::max(state.depth, arrival.depth);
  if (++input.count > 1) {
    ring(at<C>(router, id), input.first + input.count - 2u) = flit;
    return;
  }
  input.front = flit;
  if (input.out_channel == nobody) {
    face_front<C>(router, id);
  } else {
    if (outputs_[at<C>(router, input.out_port * channels<C>() + input.out_channel)].credits == 0) return;
    bid(state, id / channels<C>(), id % channels<C>(), input.out_port);
  }
  wake(router, now);
}

// A slot of the buffer behind an output is free again.
template <std::uint32_t C>
void Network::take_back(const Credit& credit, Cycle now) {
  const std::uint32_t router = credit.place >> 8;
  const std::uint32_t id = credit.place & 0xFF;
  if (id >= at_interface) {
    ++injection_credits_[router * channels<C>() + (id - at_interface)];
    const Source& source = sources_[router];
    if (source.left > 0 || (source.next >= 0 && source.next <= now)) wake_source(router, now);
    return;
  }
  OutputChannel& output = outputs_[at<C>(router, id)];
  if (++output.credits > 1 || output.owner == nobody) return;
  const std::uint32_t owner = output.owner;
  if (inputs_[at<C>(router, owner)].count == 0) return;
  RouterState& state = routers_[router];
  state.depth = std::max(state.depth, credit.depth);
  bid(state, owner / channels<C>(), owner % channels<C>(), id / channels<C>());
  wake(router, now);
}

template <std::uint32_t C>
void Network::decide(std::uint32_t router, Cycle now) {
  RouterState& state = routers_[router];
  ++decisions_;
  ++state.depth;
  if (state.askers == 0 && (state.bidders & (state.bidders - 1u)) == 0) {
    // One input alone.
    const auto in = static_cast<std::uint8_t>(__builtin_ctz(state.bidders));
    const auto out = static_cast<std::uint8_t>(round_robin(state.outputs[in], state.output_pointer[in]));
    send<C>(router,
            {in, static_cast<std::uint8_t>(round_robin(state.want[in][out], state.channel_offset[in])), out},
            now);
  } else {
    Grants grants;
    allocate_switch<C>(state, grants);
    Wins wins;
    std::array<std::uint16_t, die_ports> due;
    if (state.askers != 0) allocate_channels<C>(router, wins);
    if (routing_stage_) {
      due = state.routing;
      state.routing = {};
    }
    for (std::uint32_t g = 0; g < grants.count; ++g) send<C>(router, grants.of[g], now);
    for (std::uint32_t w = 0; w < wins.count; ++w) own<C>(router, wins.head[w], wins.target[w]);
    if (routing_stage_)
      for (std::uint32_t p = 0; p < die_ports; ++p)
        for_each_bit(due[p], [&](std::uint32_t c) { ask(state, p, c, false); });
  }
  if ((state.bidders | state.askers) == 0) return;
  state.woken = now + 1;
  awake_next_.push_back(router);
}

// Separable, input first: one output per input, one of its channels for that, then one input per output.
template <std::uint32_t C>
void Network::allocate_switch(const RouterState& state, Grants& grants) const {
  std::array<std::uint8_t, die_ports> chosen_by{};
  std::array<std::uint8_t, die_ports> channel;
  std::uint32_t outputs = 0;
  for_each_bit(state.bidders, [&](std::uint32_t in) {
    const std::uint32_t out = round_robin(state.outputs[in], state.output_pointer[in]);
    channel[in] = static_cast<std::uint8_t>(round_robin(state.want[in][out], state.channel_offset[in]));
    set_bit(chosen_by[out], in);
    outputs |= 1u << out;
  });
  for_each_bit(outputs, [&](std::uint32_t out) {
    const std::uint32_t in = round_robin(chosen_by[out], state.input_pointer[out]);
    grants.of[grants.count++] = {static_cast<std::uint8_t>(in), channel[in], static_cast<std::uint8_t>(out)};
  });
}

// Each head picks one free channel of its output, each output channel picks one of the heads that picked it;
// a loser has no second choice in the same cycle.
template <std::uint32_t C>
void Network::allocate_channels(std::uint32_t router, Wins& wins) const {
  const RouterState& state = routers_[router];
  std::array<std::uint64_t, 2> claimed{};
  std::array<std::uint8_t, die_ports * 16> place_of;  // in `wins`, by output channel, where claimed
  const auto distance = [&](std::uint32_t head, std::uint32_t target) {
    const std::uint32_t pointer = outputs_[at<C>(router, target)].pointer;
    return head >= pointer ? head - pointer : head + stride_ - pointer;
  };
  for_each_bit(state.askers, [&](std::uint32_t p) {
    for_each_bit(state.heads[p], [&](std::uint32_t c) {
      const std::uint32_t id = p * channels<C>() + c;
      const InputChannel& input = inputs_[at<C>(router, id)];
      const std::uint32_t usable = input.usable & state.free[input.out_port];
      if (usable == 0) return;
      const bool here = input.pointer / channels<C>() == input.out_port;
      const std::uint32_t from = here ? input.pointer % channels<C>() : 0;
      const std::uint32_t target = input.out_port * channels<C>() + round_robin(usable, from);
      const std::uint64_t bit = std::uint64_t{1} << (target & 63u);
      if ((claimed[target >> 6] & bit) == 0) {
        claimed[target >> 6] |= bit;
        place_of[target] = static_cast<std::uint8_t>(wins.count);
        wins.head[wins.count] = static_cast<std::uint8_t>(id);
        wins.target[wins.count++] = static_cast<std::uint8_t>(target);
      } else if (std::uint8_t& best = wins.head[place_of[target]];
                 distance(id, target) < distance(best, target)) {
        best = static_cast<std::uint8_t>(id);
      }
    });
  });
}

template <std::uint32_t C>
void Network::own(std::uint32_t router, std::uint32_t head, std::uint32_t target) {
  RouterState& state = routers_[router];
  InputChannel& input = inputs_[at<C>(router, head)];
  OutputChannel& output = outputs_[at<C>(router, target)];
  const std::uint32_t in = head / channels<C>();
  const std::uint32_t channel = head % channels<C>();
  const std::uint32_t out = target / channels<C>();
  ask_no_more(state, in, channel);
  input.out_channel = static_cast<std::uint8_t>(target % channels<C>());
  clear_bit(state.free[out], input.out_channel);
  input.pointer = next_in(target, die_ports * channels<C>());
  output.owner = static_cast<std::uint8_t>(head);
  output.pointer = next_in(head, die_ports * channels<C>());
  if (output.credits > 0) bid(state, in, channel, out);
}

// A flit crosses the switch.
template <std::uint32_t C>
void Network::send(std::uint32_t router, const Grant& grant, Cycle now) {
  RouterState& state = routers_[router];
  const std::size_t place = at<C>(router, grant.in * channels<C>() + grant.channel);
  InputChannel& input = inputs_[place];
  const std::uint32_t target = grant.out * channels<C>() + input.out_channel;
  OutputChannel& output = outputs_[at<C>(router, target)];
  state.output_pointer[grant.in] = next_in(grant.out, die_ports);
  state.input_pointer[grant.out] = next_in(grant.in, die_ports);
  state.channel_offset[grant.in] = next_in(grant.channel, channels<C>());

  const std::uint32_t flit = input.front;
  if (--input.count > 0) {
    input.front = ring(place, input.first);
    input.first = static_cast<std::uint16_t>(input.first + 1u == depth_ ? 0 : input.first + 1u);
  }
  --output.credits;
  const bool tail = (flit & tail_bit) != 0;
  PortCounters& port = ports_[router * die_ports + grant.out];
  ++port.flits;
  give_credit<C>(router, grant.in, grant.channel, now);
  if (grant.out == local_port) {
    if (tail) eject(router, worm_of(flit), now);
    credits_.at(now + ejection_ + ejection_credit_).push_back({router << 8 | target, state.depth});
  } else {
    forward(router, grant.out, input.out_channel, flit, now);
  }
  if (!tail) {
    if (input.count == 0 || output.credits == 0) bid_no_more(state, grant.in, grant.channel, grant.out);
    return;
  }
  ++port.packets;
  output.owner = nobody;
  set_bit(state.free[grant.out], input.out_channel);
  input.out_channel = nobody;
  bid_no_more(state, grant.in, grant.channel, grant.out);
  if (input.count > 0) face_front<C>(router, grant.in * channels<C>() + grant.channel);
}

inline void Network::forward(std::uint32_t router, std::uint32_t out, std::uint32_t out_channel,
                             std::uint32_t flit, Cycle now) {
  const Far& far = far_[router * die_ports + out];
  if (far.place == elsewhere) return cross(router, out, out_channel, flit, now + far.flight);
  arrivals_.at(now + far.flight).push_back({far.place + out_channel, flit, routers_[router].depth});
}

// The sender's side of a buffer hears of a free slot.
template <std::uint32_t C>
void Network::give_credit(std::uint32_t router, std::uint32_t port, std::uint32_t channel, Cycle now) {
  const std::uint32_t depth = routers_[router].depth;
  if (port == local_port) {
    credits_.at(now + injection_credit_).push_back({router << 8 | (at_interface + channel), depth});
    return;
  }
  const Far& far = far_[router * die_ports + port];
  if (far.place != elsewhere) {
    credits_.at(now + far.credit).push_back({far.place + channel, depth});
    return;
  }
  Payload payload;
  payload.kind = EventKind::credit;
  payload.channel = static_cast<std::uint8_t>(channel);
  leave(router, port, now + far.credit, payload);
}

// The last flit of a packet won its way out.
void Network::eject(std::uint32_t router, std::uint32_t worm, Cycle now) {
  const std::int64_t cycle_ps = fabric_.timing.cycle;
  const Worm& packet = worms_[worm];
  const Cycle there = now + ejection_;
  TrafficCounters& counters = counters_[router];
  counters.arrived(traffic_, there * cycle_ps, cycle_ps, packet_flits_);
  if (traffic_.measures(packet.created))
    counters.completed(static_cast<std::uint64_t>((there - packet.created) * cycle_ps),
                       fabric_.hops(NodeId{packet.source}, nodes_[router]));
  drop_worm(worm);
}

inline Port Network::next_by_coordinates(std::uint32_t router, std::uint32_t destination) const {
  const Coordinate here = fabric_.topology.coordinate(nodes_[router]);
  const Coordinate there = fabric_.topology.coordinate(NodeId{destination});
  const Port along_row = there.column > here.column ? Port::east : Port::west;
  const Port along_column = there.row > here.row ? Port::south : Port::north;
  if (there == here) return Port::local;
  if (order_ == DimensionOrder::row_first) return there.column != here.column ? along_row : along_column;
  return there.row != here.row ? along_column : along_row;
}

// A head is in front: where it goes, and when it may ask.
template <std::uint32_t C>
void Network::face_front(std::uint32_t router, std::uint32_t id) {
  InputChannel& input = inputs_[at<C>(router, id)];
  const Worm& worm = worms_[worm_of(input.front)];
  const std::uint32_t in = id / channels<C>();
  const std::uint32_t channel = id % channels<C>();
  if (order_ != DimensionOrder::none) {
    input.out_port = static_cast<std::uint8_t>(next_by_coordinates(router, worm.destination));
    input.usable = static_cast<std::uint16_t>((1u << channels<C>()) - 1u);
  } else {
    WormHeader header;
    header.source = NodeId{worm.source};
    header.destination = NodeId{worm.destination};
    header.tag = worm.tag;
    const Way way =
        fabric_.routes.way(fabric_.topology, nodes_[router], header, static_cast<Port>(in), channel);
    input.out_port = static_cast<std::uint8_t>(way.port);
    input.usable = way.channels;
  }
  ask(routers_[router], in, channel, routing_stage_);
}

// A die sends one flit; if it lacks a credit, the next one to come wakes it.
void Network::inject(std::uint32_t router, Cycle now) {
  Source& source = sources_[router];
  if (source.left == 0 && !begin_packet(router, now)) return;
  std::uint16_t& credits = injection_credits_[router * channels_ + source.channel];
  if (credits == 0) return;
  --credits;
  ++decisions_;
  std::uint32_t flit = source.worm;
  if (source.left == packet_flits_) flit |= head_bit;
  if (--source.left == 0) flit |= tail_bit;
  const Place place = router << 8 | (local_port * channels_ + source.channel);
  arrivals_.at(now + injection_).push_back({place, flit, routers_[router].depth});
  if (source.left > 0 || (source.next >= 0 && source.next <= now + 1)) {
    sending_[router] = now + 1;
    senders_next_.push_back(router);
  } else if (source.next >= 0) {
    wheel_.add(router, source.next);
  }
}

}  // namespace hecaton::net::clocked
