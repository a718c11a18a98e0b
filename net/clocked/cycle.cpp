// A cycle of the clocked network, from its first arrival to its last decision: the inner loops. Each does one
// thing for all routers, because a processor foresees the end of a long loop and what is always the same, and
// little else; what is as good as random is computed without branches.
#include <algorithm>

#include "net/clocked/bids.hpp"
#include "net/clocked/network.hpp"
#include "net/router_state.hpp"

namespace hecaton::net::clocked {

using detail::for_each_bit;
using detail::round_robin;

namespace {

constexpr auto local_port = static_cast<std::uint32_t>(Port::local);

// The first from `pointer` on, round robin, of a set of up to 64.
std::uint32_t first_from(std::uint64_t set, std::uint32_t pointer) {
  const std::uint64_t after = set & ~((std::uint64_t{1} << pointer) - 1u);
  return static_cast<std::uint32_t>(__builtin_ctzll(after != 0 ? after : set));
}

}  // namespace

void Network::step(Cycle now, std::vector<Crossing>& leaving) {
  leaving_ = &leaving;
  switch (routers_.capacity()) {
    case 1:
      return run_cycle<1>(now);
    case 2:
      return run_cycle<2>(now);
    case 4:
      return run_cycle<4>(now);
    default:
      return run_cycle<most_channels>(now);
  }
}

template <std::uint32_t C>
void Network::run_cycle(Cycle now) {
  arrivals_.open(now);
  credits_.open(now);
  for (const Arrival& arrival : arrivals_.take()) latch<C>(arrival);
  for (const Credit& credit : credits_.take()) take_back<C>(credit);
  wheel_.take(now, [this](std::uint32_t source) { senders_.put(source); });

  Grant* grants = grants_.data();
  wins_.clear();
  busy_.for_each([&](std::uint32_t router) { grants = decide<C>(router, grants); });
  for (const Grant* grant = grants_.data(); grant != grants; ++grant) send<C>(*grant, now);
  for (const Win& win : wins_) own<C>(win);
  senders_.take_each([this, now](std::uint32_t router) { inject(router, now); });
}

// A flit enters its buffer.
template <std::uint32_t C>
inline void Network::latch(const Arrival arrival) {
  const std::uint32_t number = router_of(arrival.place);
  const std::uint32_t id = id_of(arrival.place);
  const Router<C> router = routers_.at<C>(number);
  RouterState& state = router.state();
  InputChannel& input = router.input(id);
  state.depth = std::max(state.depth, arrival.depth);
  ++input.count;
  if ((arrival.flit & head_bit) != 0) {
    if (input.left != 0) {
      ring(number, id, input.first + input.waiting++) = worm_of(arrival.flit);
    } else {
      input.flit = worm_of(arrival.flit) | head_bit;
      face_front<C>(router, number, id);
    }
    return;
  }
  if ((arrival.flit & copy_bit_) != 0) end_worm(number, id, worm_of(arrival.flit));
  // It bids already, or does from now on, or lacks an output channel or a credit.
  const bool bids = (input.usable == 0) & (router.output(input.out).credits != 0);
  bid_if(bids, state, router.port_of(id), router.id_of(router.port_of(input.out), router.channel_of(id)));
  busy_.put_if(number, bids);
}

// A slot of the buffer behind an output is free again.
template <std::uint32_t C>
inline void Network::take_back(const Credit credit) {
  const std::uint32_t number = router_of(credit.place);
  const std::uint32_t id = id_of(credit.place);
  const Router<C> router = routers_.at<C>(number);
  RouterState& state = router.state();
  if (id >= at_interface) {
    ++injection_credits_[number * C + (id - at_interface)];
    senders_.put_if(number, state.waits_for_credit != 0);
    return;
  }
  OutputChannel& output = router.output(id);
  const std::uint32_t owner = output.owner;
  if (++output.credits != 1 || owner == nobody || router.input(owner).count == 0) return;
  state.depth = std::max(state.depth, credit.depth);
  bid_if(true, state, router.port_of(owner), router.id_of(router.port_of(id), router.channel_of(owner)));
  busy_.put(number);
}

// Both allocators, on the state so far.
template <std::uint32_t C>
inline Network::Grant* Network::decide(std::uint32_t number, Grant* grants) {
  const Router<C> router = routers_.at<C>(number);
  RouterState& state = router.state();
  ++decisions_;
  ++state.depth;
  grants = allocate_switch<C>(state, number, grants);
  if (state.askers == 0) return grants;
  allocate_channels<C>(router, number);
  if (!routing_stage_) return grants;
  ChannelSets& sets = router.sets();
  for (std::uint32_t p = 0; p < die_ports; ++p)
    sets.asking[p] = static_cast<std::uint8_t>(sets.asking[p] | sets.routing[p]);
  sets.routing = {};
  return grants;
}

// Separable, input first: one output per input, one of its channels for that, then one input per output.
template <std::uint32_t C>
inline Network::Grant* Network::allocate_switch(const RouterState& state, std::uint32_t number,
                                                Grant* grants) {
  Grant* const first = grants;
  std::uint32_t outputs = 0;
  std::uint32_t rivals = 0;
  for_each_bit(state.bidders, [&](std::uint32_t in) {
    const std::uint64_t want = state.want[in];
    const std::uint32_t out = first_from(want, state.output_pointer[in] * C) / C;
    const auto channels = static_cast<std::uint32_t>(want >> (out * C)) & ((1u << C) - 1u);
    const std::uint32_t channel = round_robin(channels, state.channel_pointer[in]);
    rivals |= outputs & (1u << out);
    outputs |= 1u << out;
    *grants++ = {number, static_cast<std::uint8_t>(in), static_cast<std::uint8_t>(channel),
                 static_cast<std::uint8_t>(out)};
  });
  return rivals == 0 ? grants : settle_rivals(state, first, grants);
}

Network::Grant* Network::settle_rivals(const RouterState& state, Grant* first, Grant* last) {
  std::array<std::uint8_t, die_ports> chosen_by{};
  for (const Grant* grant = first; grant != last; ++grant) set_bit(chosen_by[grant->out], grant->in);
  return std::remove_if(first, last, [&](const Grant& grant) {
    return round_robin(chosen_by[grant.out], state.input_pointer[grant.out]) != grant.in;
  });
}

// Each head picks one free channel of its output, each output channel picks one of the heads that picked it;
// a loser has no second choice in the same cycle.
template <std::uint32_t C>
void Network::allocate_channels(const Router<C> router, std::uint32_t number) {
  const ChannelSets& sets = router.sets();
  std::uint64_t claimed = 0;
  std::array<std::uint32_t, die_ports * C> win_of;  // by output channel, where claimed
  const auto distance = [&](std::uint32_t head, std::uint32_t target) {
    const std::uint32_t pointer = router.output(target).pointer;
    return head >= pointer ? head - pointer : head + die_ports * C - pointer;
  };
  for_each_bit(router.state().askers, [&](std::uint32_t p) {
    for_each_bit(sets.asking[p], [&](std::uint32_t c) {
      const std::uint32_t id = router.id_of(p, c);
      const InputChannel& input = router.input(id);
      const std::uint32_t usable = input.usable & sets.free[router.port_of(input.out)];
      if (usable == 0) return;
      // Round robin over all output channels, of which only those of one port are usable.
      const std::uint32_t from = input.pointer > input.out ? input.pointer - std::uint32_t{input.out} : 0;
      const std::uint32_t target = input.out + round_robin(usable, from < C ? from : 0);
      if ((claimed >> target & 1u) == 0) {
        claimed |= std::uint64_t{1} << target;
        win_of[target] = static_cast<std::uint32_t>(wins_.size());
        wins_.push_back({number, static_cast<std::uint8_t>(id), static_cast<std::uint8_t>(target)});
      } else if (std::uint8_t& best = wins_[win_of[target]].head;
                 distance(id, target) < distance(best, target)) {
        best = static_cast<std::uint8_t>(id);
      }
    });
  });
}

template <std::uint32_t C>
inline void Network::own(const Win win) {
  const Router<C> router = routers_.at<C>(win.router);
  RouterState& state = router.state();
  InputChannel& input = router.input(win.head);
  OutputChannel& output = router.output(win.target);
  const std::uint32_t in = router.port_of(win.head);
  const std::uint32_t channel = router.channel_of(win.head);
  const std::uint32_t out = router.port_of(win.target);
  ChannelSets& sets = router.sets();
  ask_no_more(state, sets, in, channel);
  input.out = win.target;
  input.usable = 0;
  clear_bit(sets.free[out], router.channel_of(win.target));
  input.pointer = static_cast<std::uint8_t>(win.target + 1);
  output.owner = win.head;
  output.pointer = static_cast<std::uint8_t>(win.head + 1);
  bid_if(output.credits != 0, state, in, router.id_of(out, channel));
  busy_.remove_if(win.router, (state.bidders | state.askers) == 0);
}

// A flit crosses the switch.
template <std::uint32_t C>
inline void Network::send(const Grant grant, Cycle now) {
  const Router<C> router = routers_.at<C>(grant.router);
  RouterState& state = router.state();
  const std::uint32_t id = router.id_of(grant.in, grant.channel);
  InputChannel& input = router.input(id);
  const std::uint32_t target = input.out;
  OutputChannel& output = router.output(target);
  PortState& port = router.port(grant.out);
  state.output_pointer[grant.in] = static_cast<std::uint8_t>(grant.out + 1);
  state.channel_pointer[grant.in] = static_cast<std::uint8_t>(grant.channel + 1);
  state.input_pointer[grant.out] = static_cast<std::uint8_t>(grant.in + 1);

  const bool tail = --input.left == 0;
  const std::uint32_t flit = input.flit | (std::uint32_t{tail} << tail_shift);
  input.flit &= ~head_bit;
  --input.count;
  --output.credits;
  ++port.flits;
  give_credit(router.port(grant.in), grant, state.depth, now);
  if (grant.out == local_port) {
    if (tail) eject(grant.router, worm_of(flit), now);
    credits_.send(ejection_ + ejection_credit_, {place_of(grant.router, target), 0});
  } else if (port.place != elsewhere) {
    arrivals_.send(port.flight, {port.place + router.channel_of(target), flit, state.depth});
  } else {
    cross(grant.router, grant.out, router.channel_of(target), flit, now + port.flight);
  }
  bid_no_more_if(tail | (input.count == 0) | (output.credits == 0), state, grant.in,
                 router.id_of(grant.out, grant.channel));
  router.packets(grant.out) += std::uint64_t{tail};
  output.owner = tail ? nobody : output.owner;
  set_bit(router.sets().free[grant.out], router.channel_of(target), tail);
  if (tail & (input.waiting != 0)) face_next<C>(router, grant.router, id);
  busy_.remove_if(grant.router, (state.bidders | state.askers) == 0);
}

// The sender's side of a buffer hears of a free slot.
inline void Network::give_credit(const PortState& port, const Grant grant, std::uint32_t depth, Cycle now) {
  if (port.place != elsewhere) return credits_.send(port.credit, {port.place + grant.channel, depth});
  Payload payload;
  payload.kind = EventKind::credit;
  payload.channel = grant.channel;
  leave(grant.router, grant.in, now + port.credit, payload);
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
  // By table, because where a packet goes is as good as random.
  const auto side = [](std::uint32_t from, std::uint32_t to) {
    return 1u + static_cast<std::uint32_t>(to > from) - static_cast<std::uint32_t>(to < from);
  };
  const std::uint32_t across = side(here.column, there.column);
  const std::uint32_t down = side(here.row, there.row);
  constexpr std::array<Port, 9> row_first = {Port::west,  Port::west, Port::west, Port::north, Port::local,
                                             Port::south, Port::east, Port::east, Port::east};
  constexpr std::array<Port, 9> column_first = {Port::north, Port::west,  Port::south,
                                                Port::north, Port::local, Port::south,
                                                Port::north, Port::east,  Port::south};
  const std::uint32_t way = across * 3 + down;
  return order_ == DimensionOrder::row_first ? row_first[way] : column_first[way];
}

// The packet behind the one that has gone.
template <std::uint32_t C>
void Network::face_next(const Router<C> router, std::uint32_t number, std::uint32_t id) {
  InputChannel& input = router.input(id);
  --input.waiting;
  input.flit = ring(number, id, input.first) | head_bit;
  input.first = static_cast<std::uint16_t>(input.first + 1u == ring_size_ ? 0 : input.first + 1u);
  face_front<C>(router, number, id);
}

// A packet comes to the front: where it goes, and when it may ask.
template <std::uint32_t C>
void Network::face_front(const Router<C> router, std::uint32_t number, std::uint32_t id) {
  InputChannel& input = router.input(id);
  const Worm& worm = worms_[worm_of(input.flit)];
  const std::uint32_t in = router.port_of(id);
  const std::uint32_t channel = router.channel_of(id);
  input.left = static_cast<std::uint16_t>(packet_flits_);
  if (order_ != DimensionOrder::none) {
    const auto out = static_cast<std::uint32_t>(next_by_coordinates(number, worm.destination));
    input.out = static_cast<std::uint8_t>(router.id_of(out, 0));
    input.usable = static_cast<std::uint16_t>((1u << channels_) - 1u);
  } else {
    WormHeader header;
    header.source = NodeId{worm.source};
    header.destination = NodeId{worm.destination};
    header.tag = worm.tag;
    const Way way =
        fabric_.routes.way(fabric_.topology, nodes_[number], header, static_cast<Port>(in), channel);
    input.out = static_cast<std::uint8_t>(router.id_of(static_cast<std::uint32_t>(way.port), 0));
    input.usable = way.channels;
  }
  ask(router.state(), router.sets(), in, channel, routing_stage_);
  busy_.put(number);
}

// A die sends one flit; if it lacks a credit, the next one to come wakes it.
void Network::inject(std::uint32_t router, Cycle now) {
  Source& source = sources_[router];
  RouterState& state = routers_[router].state();
  state.waits_for_credit = 1;
  if (source.left == 0 && !begin_packet(router, now)) return;
  std::uint16_t& credits = injection_credits_[router * routers_.capacity() + source.channel];
  if (credits == 0) return;
  state.waits_for_credit = 0;
  --credits;
  ++decisions_;
  std::uint32_t flit = source.worm;
  if (source.left == packet_flits_) flit |= head_bit;
  if (--source.left == 0) flit |= tail_bit;
  const std::uint32_t id = routers_[router].id_of(local_port, source.channel);
  arrivals_.send(injection_, {place_of(router, id), flit, state.depth});
  if (source.left > 0 || (source.next >= 0 && source.next <= now + 1)) {
    senders_.put(router);
  } else if (source.next >= 0) {
    wheel_.add(router, source.next);
  }
}

}  // namespace hecaton::net::clocked
