// A cycle of the clocked network, from its first arrival to its last decision: the inner loops. Each does one
// thing for all routers, because a processor foresees the end of a long loop and what is always the same, and
// little else; what is as good as random is computed without branches, or goes on a list of its own. Loops
// keep addresses of what they fill in variables of their own: bytes that they write could be anything,
// members of the network too.
#include <algorithm>
#include <cstddef>
#include <span>

#include "net/clocked/bids.hpp"
#include "net/clocked/network.hpp"
#include "net/package/bits.hpp"

namespace hecaton::net::clocked {

using detail::for_each_bit;
using detail::round_robin;

namespace {

std::uint32_t first_of(std::uint32_t set) {
  return static_cast<std::uint32_t>(__builtin_ctz(set));
}
std::uint32_t first_of(std::uint64_t set) {
  return static_cast<std::uint32_t>(__builtin_ctzll(set));
}
// The first from `pointer` on, round robin.
template <class Set>
std::uint32_t first_from(Set set, std::uint32_t pointer) {
  const Set after = set & ~((Set{1} << pointer) - 1u);
  return first_of(after != 0 ? after : set);
}

// The inputs of a set of them, one after another.
struct InputList {
  std::array<std::uint32_t, die_ports> inputs{};
  std::uint32_t count = 0;
};
constexpr std::array<InputList, 1u << die_ports> input_lists = [] {
  std::array<InputList, 1u << die_ports> lists{};
  for (std::uint32_t set = 0; set < lists.size(); ++set)
    for (std::uint32_t in = 0; in < die_ports; ++in)
      if ((set >> in & 1u) != 0) lists[set].inputs[lists[set].count++] = in;
  return lists;
}();

// The record whose router a loop should fetch by now: a few before it comes, or the last of the list.
template <class Record>
const Record& ahead_of(const Record& record, const Record* end) {
  constexpr std::ptrdiff_t records = 8;
  return *(&record + std::min(records, end - &record - 1));
}

}  // namespace

void Network::step(Cycle now, std::vector<Crossing>& leaving) {
  lists_.leaving = &leaving;
  with_capacity(state_.routers.capacity(), [&]<std::uint32_t C>() {
    switch (counters_.records) {
      case Records::none:
        return run_cycle<C, Records::none>(now);
      case Records::bins:
        return run_cycle<C, Records::bins>(now);
      case Records::stalls:
        return run_cycle<C, Records::stalls>(now);
    }
  });
}

template <std::uint32_t C, Records R>
void Network::run_cycle(Cycle now) {
  if constexpr (R != Records::none) open_bins(now);
  state_.arrivals.open(now);
  state_.marks.open(now);
  state_.credits.open(now);
  state_.ejections.open(now);
  latch<C, R>(now);
  read_marks<C, R>(now);
  take_back<C, R>(state_.credits, now);
  take_back<C, R>(state_.ejections, now);
  state_.wheel.take(now, [this](std::uint32_t source) { state_.senders.put(source); });

  collect_bids<C>();
  choose<C, R>();
  lists_.wins.clear();
  for (const std::uint32_t router : lists_.askers) allocate_channels<C, R>(router);
  if constexpr (R == Records::stalls) count_rivals();
  send<C, R>(now);
  send_marks<C>();
  release<C, R>(now);
  for (const Win& win : lists_.wins) own<C, R>(win, now);
  state_.senders.take_each([this, now](std::uint32_t router) { inject<C>(router, now); });
}

// Flits enter their buffers.
template <std::uint32_t C, Records R>
void Network::latch(Cycle now) {
  const RouterView<C> routers = state_.routers.view<C>();
  constexpr bool tells = R == Records::stalls;
  const NodeSet::Putter busy(state_.busy);
  const std::span<const Arrival> arrivals = state_.arrivals.take();
  for (const Arrival& arrival : arrivals) {
    const Place soon = ahead_of(arrival, arrivals.data() + arrivals.size()).place;
    routers[router_of(soon)].prefetch_input(id_of(soon));
    const std::uint32_t number = router_of(arrival.place);
    const std::uint32_t id = id_of(arrival.place);
    const Router<C> router = routers[number];
    InputChannel& input = router.input(id);
    RouterState& state = router.state();
    state.depth = std::max(state.depth, arrival.depth);
    ++input.count;
    // It bids already, or does from now on, or lacks an output channel or a credit.
    const bool bids = input.owns() & (router.output(input.out).credits != 0);
    bid_if(bids, router, router.port_of(id), router.id_of(router.port_of(input.out), router.channel_of(id)));
    busy.put_if(number, bids);
    if (tells && !bids && input.owns() && input.count == 1)
      counters_.stalls.block(number, router.port_of(input.out), now);
  }
}

// Heads among them wait for their turn, or come to the front.
template <std::uint32_t C, Records R>
void Network::read_marks(Cycle now) {
  const RouterView<C> routers = state_.routers.view<C>();
  for (const Mark mark : state_.marks.take()) {
    const std::uint32_t number = router_of(mark.place);
    const std::uint32_t id = id_of(mark.place);
    const Router<C> router = routers[number];
    InputChannel& input = router.input(id);
    if ((mark.worm & head_bit) == 0) {
      end_worm(number, id, worm_of(mark.worm));
      continue;
    }
    if constexpr (R != Records::none) counters_.residents[number].come(now);
    if (input.usable != InputChannel::no_packet) {
      ring(number, id, input.first + input.waiting++) = worm_of(mark.worm);
    } else {
      input.worm = worm_of(mark.worm);
      face_front<C>(router, number, id);
    }
  }
}

// Slots of the buffers behind outputs are free again.
template <std::uint32_t C, Records R>
void Network::take_back(Mail<Credit>& mail, Cycle now) {
  const RouterView<C> routers = state_.routers.view<C>();
  for (const Credit credit : mail.take()) {
    const std::uint32_t number = router_of(credit.place);
    const std::uint32_t id = id_of(credit.place);
    const Router<C> router = routers[number];
    RouterState& state = router.state();
    if (credit.to_interface()) {
      ++router.injection_credits(id);
      NodeSet::Putter(state_.senders).put_if(number, state.waits_for_credit != 0);
      continue;
    }
    OutputChannel& output = router.output(id);
    const std::uint32_t owner = output.owner;
    // Seldom: the first credit of several that somebody waits for, not the first after a packet has gone.
    if (!((++output.credits == 1) & (owner != nobody)) || router.input(owner).count == 0) continue;
    state.depth = std::max(state.depth, credit.depth);
    if constexpr (R == Records::stalls) counters_.stalls.unblock(number, router.port_of(id), now);
    bid_if(true, router, router.port_of(owner), router.id_of(router.port_of(id), router.channel_of(owner)));
    state_.busy.put(number);
  }
}

// Who decides, on the state so far: inputs of routers on one list, routers with heads on another.
template <std::uint32_t C>
void Network::collect_bids() {
  const RouterView<C> routers = state_.routers.view<C>();
  Bid* bid = lists_.bids.memory();
  std::uint32_t* asker = lists_.askers.memory();
  std::uint64_t decisions = 0;
  state_.busy.keep_if([&](std::uint32_t number) {
    RouterState& state = routers[number].state();
    const std::uint32_t bidders = state.bidders;
    const bool asks = state.askers != 0;
    const bool decides = asks | (bidders != 0);
    decisions += decides;
    state.depth += decides;
    state.chosen = 0;
    const InputList& list = input_lists[bidders];
    for (std::uint32_t k = 0; k < die_ports; ++k) bid[k] = bid_of(number, list.inputs[k]);
    bid += list.count;
    *asker = number;
    asker += asks;
    return decides;
  });
  lists_.bids.end_at(bid);
  lists_.askers.end_at(asker);
  counters_.decisions += decisions;
}

// Separable, input first: one output per input, one of its channels for that; then one input per output.
template <std::uint32_t C, Records R>
void Network::choose() {
  const RouterView<C> routers = state_.routers.view<C>();
  Grant* grant = lists_.grants.memory();
  constexpr bool tells = R == Records::stalls;
  for (const Bid bid : lists_.bids) {
    const std::uint32_t number = bid / bid_inputs;
    const std::uint32_t in = bid % bid_inputs;
    const Router<C> router = routers[number];
    RouterState& state = router.state();
    const ChannelSet<C> want = router.want(in);
    const std::uint32_t out = router.port_of(first_from(want, router.id_of(state.output_pointer[in], 0)));
    const auto channels = static_cast<std::uint32_t>(want >> router.id_of(out, 0)) & ((1u << C) - 1u);
    const std::uint32_t channel = round_robin(channels, state.channel_pointer[in]);
    // Seldom.
    if (const ChannelSet<C> others = want ^ (ChannelSet<C>{channels} << router.id_of(out, 0));
        tells && others != 0)
      for_each_output(others, router, [&](std::uint32_t port) { counters_.stalls.has_rival(number, port); });
    const Grant own = {number, static_cast<std::uint8_t>(in), static_cast<std::uint8_t>(out),
                       static_cast<std::uint8_t>(channel)};
    // Seldom, below saturation.
    if ((state.chosen >> out & 1u) != 0) {
      settle_rivals(own, grant, state.input_pointer[out]);
      continue;
    }
    set_bit(state.chosen, out);
    *grant++ = own;
  }
  lists_.grants.end_at(grant);
}

// Of two inputs of a router that have chosen the same output one stays, round robin from `first` on; and
// again, if there is a third. The other is among the latest before `end`.
void Network::settle_rivals(const Grant rival, Grant* end, std::uint32_t first) {
  Grant* other = end - 1;
  while (other->out != rival.out) --other;
  const auto turn = [first](std::uint32_t in) { return in >= first ? in - first : in + die_ports - first; };
  if (turn(rival.in) < turn(other->in)) *other = rival;
}

// Each head picks one free channel of its output, each output channel picks one of the heads that picked it;
// a loser has no second choice in the same cycle.
template <std::uint32_t C, Records R>
void Network::allocate_channels(std::uint32_t number) {
  const Router<C> router = state_.routers.view<C>()[number];
  RouterState& state = router.state();
  std::uint64_t claimed = 0;
  std::array<std::uint32_t, die_ports * C> win_of;  // by output channel, where claimed
  const auto distance = [&](std::uint32_t head, std::uint32_t target) {
    const std::uint32_t pointer = router.output(target).pointer;
    return head >= pointer ? head - pointer : head + die_ports * C - pointer;
  };
  const auto fails = [&](std::uint32_t port) {
    if constexpr (R == Records::stalls) counters_.stalls.has_rival(number, port);
  };
  for_each_bit(state.askers, [&](std::uint32_t p) {
    for_each_bit(state.asking[p], [&](std::uint32_t c) {
      const std::uint32_t id = router.id_of(p, c);
      const InputChannel& input = router.input(id);
      const std::uint32_t usable = input.usable & state.free[router.port_of(input.out)];
      if (usable == 0) return fails(router.port_of(input.out));
      // Round robin over all output channels, of which only those of one port are usable.
      const std::uint32_t from = input.pointer > input.out ? input.pointer - std::uint32_t{input.out} : 0;
      const std::uint32_t target = input.out + round_robin(usable, from < C ? from : 0);
      if ((claimed >> target & 1u) == 0) {
        claimed |= std::uint64_t{1} << target;
        win_of[target] = static_cast<std::uint32_t>(lists_.wins.size());
        lists_.wins.push_back({number, static_cast<std::uint8_t>(id), static_cast<std::uint8_t>(target)});
        return;
      }
      fails(router.port_of(target));
      std::uint8_t& best = lists_.wins[win_of[target]].head;
      if (distance(id, target) < distance(best, target)) best = static_cast<std::uint8_t>(id);
    });
  });
  if (!setup_.routing_stage) return;
  for (std::uint32_t p = 0; p < die_ports; ++p)
    state.asking[p] = static_cast<std::uint8_t>(state.asking[p] | state.routing[p]);
  state.routing = {};
}

template <std::uint32_t C, Records R>
void Network::own(const Win win, Cycle now) {
  const Router<C> router = state_.routers.view<C>()[win.router];
  RouterState& state = router.state();
  InputChannel& input = router.input(win.head);
  OutputChannel& output = router.output(win.target);
  const std::uint32_t in = router.port_of(win.head);
  const std::uint32_t channel = router.channel_of(win.head);
  const std::uint32_t out = router.port_of(win.target);
  ask_no_more(state, in, channel);
  input.out = win.target;
  input.usable = 0;
  clear_bit(state.free[out], router.channel_of(win.target));
  input.pointer = static_cast<std::uint8_t>(win.target + 1);
  output.owner = win.head;
  output.pointer = static_cast<std::uint8_t>(win.head + 1);
  if (R == Records::stalls && output.credits == 0) counters_.stalls.block(win.router, out, now + 1);
  bid_if(output.credits != 0, router, in, router.id_of(out, channel));
}

// Flits cross the switch.
template <std::uint32_t C, Records R>
void Network::send(Cycle now) {
  const RouterView<C> routers = state_.routers.view<C>();
  const Mail<Arrival>::Sender arrivals(state_.arrivals);
  const Mail<Credit>::Sender credits(state_.credits);
  const std::uint32_t whole = setup_.packet_flits;
  constexpr bool tells = R == Records::stalls;
  const Grant** head = lists_.heads.memory();
  const Grant** tail = lists_.tails.memory();
  for (const Grant& grant : lists_.grants) {
    const Grant& soon = ahead_of(grant, lists_.grants.end());
    routers[soon.router].prefetch_input(routers[soon.router].id_of(soon.in, soon.channel));
    routers[soon.router].prefetch_outputs();
    const Router<C> router = routers[grant.router];
    RouterState& state = router.state();
    state.output_pointer[grant.in] = static_cast<std::uint8_t>(grant.out + 1);
    state.channel_pointer[grant.in] = static_cast<std::uint8_t>(grant.channel + 1);
    state.input_pointer[grant.out] = static_cast<std::uint8_t>(grant.in + 1);

    InputChannel& input = router.input(router.id_of(grant.in, grant.channel));
    const std::uint32_t target = input.out;
    OutputChannel& output = router.output(target);
    *head = &grant;
    head += input.left == whole;
    const bool is_tail = --input.left == 0;
    *tail = &grant;
    tail += is_tail;
    const bool stops = is_tail | (--input.count == 0) | (--output.credits == 0);
    bid_no_more_if(stops, router, grant.in, router.id_of(grant.out, grant.channel));
    if constexpr (tells) {
      counters_.stalls.sends(grant.router, grant.out);
      if (!is_tail && input.count != 0 && output.credits == 0)
        counters_.stalls.block(grant.router, grant.out, now + 1);
    }

    const Link back = router.link(grant.in);
    const Link link = router.link(grant.out);
    if (back.place != elsewhere) {
      credits.send(back.credit, {back.place + grant.channel, state.depth});
    } else {
      return_credit(grant, now + back.credit);
    }
    if (grant.out == local_port) {
      Mail<Credit>::Sender(state_.ejections)
          .send(setup_.ejection_credit, {place_of(grant.router, target), 0});
    } else if (link.place != elsewhere) {
      const Place last = Place{is_tail} << tail_place_shift;
      arrivals.send(link.flight, {link.place + router.channel_of(target) + last, state.depth});
    } else {
      cross(grant.router, target, input, now + link.flight);
    }
  }
  lists_.heads.end_at(head);
  lists_.tails.end_at(tail);
}

// Heads among them, and tails if need be, tell which packet they are of.
template <std::uint32_t C>
void Network::send_marks() {
  const Mail<Mark>::Sender marks(state_.marks);
  const auto tell = [&](const Grant grant, std::uint32_t bit) {
    const Router<C> router = state_.routers.view<C>()[grant.router];
    const Link link = router.link(grant.out);
    const InputChannel& input = router.input(router.id_of(grant.in, grant.channel));
    if (grant.out != local_port && link.place != elsewhere)
      marks.send(link.flight, {link.place + router.channel_of(input.out), input.worm | bit});
  };
  for (const Grant* grant : lists_.heads) tell(*grant, head_bit);
  if (!state_.copies || setup_.packet_flits == 1) return;
  for (const Grant* grant : lists_.tails) tell(*grant, 0);
}

// The last flits of packets have won their way out.
template <std::uint32_t C, Records R>
void Network::release(Cycle now) {
  for (const Grant* tail : lists_.tails) {
    const Grant grant = *tail;
    const Router<C> router = state_.routers.view<C>()[grant.router];
    const std::uint32_t id = router.id_of(grant.in, grant.channel);
    InputChannel& input = router.input(id);
    if (grant.out == local_port) eject(grant.router, input.worm, now);
    if constexpr (R != Records::none) counters_.residents[grant.router].go(now + 1);
    ++router.packets(grant.out);
    router.output(input.out).owner = nobody;
    set_bit(router.state().free[grant.out], router.channel_of(input.out));
    if (input.waiting != 0) {
      face_next<C>(router, grant.router, id);
    } else {
      input.usable = InputChannel::no_packet;
    }
  }
}

// The last flit of a packet won its way out.
void Network::eject(std::uint32_t router, std::uint32_t worm, Cycle now) {
  const SimDuration cycle = setup_.fabric.timing.cycle;
  const Worm& packet = state_.worms[worm];
  const Cycle there = now + setup_.ejection;
  TrafficCounters& counters = counters_.traffic[router];
  counters.arrived(setup_.traffic, SimTime{} + there * cycle, cycle, setup_.packet_flits);
  if (setup_.traffic.measures(packet.created))
    counters.completed(setup_.traffic.part_of(packet.created), (there - packet.created) * cycle,
                       setup_.fabric.hops(NodeId{packet.source}, setup_.nodes[router]));
  counters_.messages[router].arrived(setup_.header_of(packet), setup_.nodes[router], setup_.packet_bytes(),
                                     SimTime{} + there * cycle);
  state_.drop_worm(worm);
}

inline Port Network::next_by_coordinates(std::uint32_t router, std::uint32_t destination) const {
  const Coordinate here = setup_.fabric.topology.coordinate(setup_.nodes[router]);
  const Coordinate there = setup_.fabric.topology.coordinate(NodeId{destination});
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
  return setup_.order == DimensionOrder::row_first ? row_first[way] : column_first[way];
}

// The packet behind the one that has gone.
template <std::uint32_t C>
void Network::face_next(const Router<C> router, std::uint32_t number, std::uint32_t id) {
  InputChannel& input = router.input(id);
  --input.waiting;
  input.worm = ring(number, id, input.first);
  input.first = static_cast<std::uint16_t>(input.first + 1u == setup_.ring_size ? 0 : input.first + 1u);
  face_front<C>(router, number, id);
}

// A packet comes to the front: where it goes, and when it may ask.
template <std::uint32_t C>
void Network::face_front(const Router<C> router, std::uint32_t number, std::uint32_t id) {
  InputChannel& input = router.input(id);
  const Worm& worm = state_.worms[input.worm];
  const std::uint32_t in = router.port_of(id);
  const std::uint32_t channel = router.channel_of(id);
  input.left = static_cast<std::uint16_t>(setup_.packet_flits);
  if (setup_.order != DimensionOrder::none) {
    const auto out = static_cast<std::uint32_t>(next_by_coordinates(number, worm.destination));
    input.out = static_cast<std::uint8_t>(router.id_of(out, 0));
    input.usable = static_cast<std::uint16_t>((1u << setup_.channels) - 1u);
  } else {
    WormHeader header;
    header.source = NodeId{worm.source};
    header.destination = NodeId{worm.destination};
    header.tag = worm.tag;
    const Way way = setup_.fabric.routes.way(setup_.fabric.topology, setup_.nodes[number], header,
                                             static_cast<Port>(in), channel);
    input.out = static_cast<std::uint8_t>(router.id_of(static_cast<std::uint32_t>(way.port), 0));
    input.usable = way.channels;
  }
  ask(router.state(), in, channel, setup_.routing_stage);
  state_.busy.put(number);
}

// A die sends one flit; if it lacks a credit, the next one to come wakes it.
template <std::uint32_t C>
void Network::inject(std::uint32_t number, Cycle now) {
  Source& source = state_.sources[number];
  const Router<C> router = state_.routers.view<C>()[number];
  RouterState& state = router.state();
  state.waits_for_credit = 1;
  if (source.left == 0 && !begin_packet(number, now)) return;
  std::uint16_t& credits = router.injection_credits(source.channel);
  if (credits == 0) return;
  state.waits_for_credit = 0;
  --credits;
  ++counters_.decisions;
  const Place place = place_of(number, router.id_of(local_port, source.channel));
  if (source.left == setup_.packet_flits) {
    Mail<Mark>::Sender(state_.marks).send(setup_.injection, {place, source.worm | head_bit});
    const Worm& worm = state_.worms[source.worm];
    const SimDuration cycle = setup_.fabric.timing.cycle;
    counters_.messages[number].left({SimTime{} + worm.created * cycle, worm.destination, worm.tag},
                                    SimTime{} + now * cycle);
  }
  const bool tail = --source.left == 0;
  if (tail && state_.copies && setup_.packet_flits > 1)
    Mail<Mark>::Sender(state_.marks).send(setup_.injection, {place, source.worm});
  Mail<Arrival>::Sender(state_.arrivals)
      .send(setup_.injection, {place + (std::uint32_t{tail} << tail_place_shift), state.depth});
  if (source.left > 0 || (source.next >= 0 && source.next <= now + 1)) {
    state_.senders.put(number);
  } else if (source.next >= 0) {
    state_.wheel.add(number, source.next);
  }
}

}  // namespace hecaton::net::clocked
