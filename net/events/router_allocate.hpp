// Router, part 3: an instant from its first decision to its last: who passes, who wins, and when to look
// again. Included by router.hpp.
#pragma once

#include <bit>

#include "net/events/router.hpp"

namespace hecaton::net {

template <class Out>
SimTime Router::settle(RouterContext& context, SimTime now, Out& out) {
  if (state_.occupied == 0) return SimTime::never();
  if (stalls_.keeps()) stalls_.count(state_.ports, now);
  retire_finished(context, now);
  if (context.fabric.bypasses) bypass(context, now, out);
  interrupt_contested_runs(context, now, out);
  Bids bids;
  collect_bids(context, now, bids);

  // Both allocators see the state before either of them changes it.
  std::array<Grant, most_ports> grants;
  const std::size_t granted = bids.switch_count == 0 ? 0 : allocate_switch(bids, grants);
  if (bids.head_count > 0) allocate_channels(context.fabric, bids, now);
  for (std::size_t g = 0; g < granted; ++g) {
    const auto [in, channel, to, speculative] = grants[g];
    if (speculative && is_void(context, grants[g], now)) continue;
    const std::uint32_t id = index(in, channel);
    const bool contested = bids.contested(in, to, !state_.inputs[id].background && !speculative);
    send(context, id, run_length(context, id, now, contested), contested, now, out);
  }
  if (context.fabric.looks_ahead) look_ahead(context, bids, now, out);
  note_misses(context, now, out);
  // A bidder that lost tries again a cycle later.
  for (std::size_t b = 0; b < bids.switch_count && bids.switch_count > granted; ++b) {
    InputChannel& bidder = input(bids.for_switch[b].in, bids.for_switch[b].channel);
    if (bidder.switch_ready > now || !bidder.occupied()) continue;
    bidder.switch_ready = now + context.fabric.timing.cycle;
    bidder.lost = true;
  }
  if (stalls_.keeps()) note_stalls(context, now);
  return next_wake(context, now);
}

// A head that has just got its channel bids for the switch a cycle later. If by then nobody else can bid for
// its input or output, because whoever could would have its channel by now, it wins; that needs no event. (A worm on a
// bypass would take a link's output without bidding, but never the way to an interface.)
template <class Out>
void Router::look_ahead(RouterContext& context, Bids& bids, SimTime now, Out& out) {
  const SimTime next = now + context.fabric.timing.cycle;
  const auto has_won = [&](const HeadBid& head) {
    const InputChannel& channel = state_.inputs[head.id];
    return head.usable != 0 && channel.out_channel != no_channel && channel.switch_ready == next;
  };
  for (std::size_t h = 0; h < bids.head_count; ++h)
    if (has_won(bids.heads[h])) {
      ++bids.holders_in[bids.heads[h].id / setup_.channels];
      ++bids.holders_out[state_.inputs[bids.heads[h].id].out_port];
    }
  for (std::size_t h = 0; h < bids.head_count; ++h) {
    const std::uint32_t id = bids.heads[h].id;
    const std::uint32_t in = id / setup_.channels;
    const std::uint32_t to = state_.inputs[id].out_port;
    if (!has_won(bids.heads[h]) || bids.holders_in[in] > 1 || bids.holders_out[to] > 1) continue;
    if (context.fabric.bypasses && !leads_to_interface(to)) continue;
    if (state_.ports[in].running != 0 || state_.ports[to].out_run != no_owner) continue;
    if (state_.ports[in].in_busy > next || state_.ports[to].out_busy > next) continue;
    if (!output(to, state_.inputs[id].out_channel).credits.any(context.fabric.timing, now)) continue;
    note_grant({static_cast<std::uint8_t>(in), static_cast<std::uint8_t>(id % setup_.channels),
                static_cast<std::uint8_t>(to), false});
    send(context, id, run_length(context, id, next, false), false, next, out);
  }
}

// The express worms announced for this instant, and those whose bypass the next segment is due on.
template <class Out>
void Router::bypass(RouterContext& context, SimTime now, Out& out) {
  detail::for_each_bit(state_.occupied, [&](std::uint32_t p) {
    detail::for_each_bit(state_.ports[p].occupied, [&](std::uint32_t c) {
      const std::uint32_t id = index(p, c);
      InputChannel& channel = state_.inputs[id];
      if (channel.late) {
        if (channel.running) interrupt(context, id, now, out);
        miss_schedule(context.fabric, id, now, out);
      }
      if (!channel.bypassing || channel.running) return;
      Worm& worm = context.worms[channel.front];
      if (worm.next_arrival(context.fabric.timing.segment_flits, context.fabric.timing.segment) > now) return;
      if (pass_through(context, id, now, out)) return;
      channel.bypassing = false;
      worm.run_start += 2 * context.fabric.timing.cycle;
      worm.head_latched += 2 * context.fabric.timing.cycle;
      miss_schedule(context.fabric, id, now, out);
    });
  });
}

template <class Out>
bool Router::pass_through(RouterContext& context, std::uint32_t id, SimTime now, Out& out) {
  InputChannel& channel = state_.inputs[id];
  const PortState& port = state_.ports[channel.out_port];
  if (port.out_run != no_owner) interrupt(context, static_cast<std::uint32_t>(port.out_run), now, out);
  if (port.out_busy > now) return false;
  if (setup_.links[channel.out_port].flit != setup_.links[id / setup_.channels].flit) return false;
  const auto has_credit = [&](std::uint32_t c) {
    return output(channel.out_port, c).credits.any(context.fabric.timing, now);
  };
  if (channel.out_channel == no_channel) {
    const std::uint32_t own = id % setup_.channels;
    const std::uint32_t free = free_channels(channel.out_port, now) & channel.usable;
    std::uint32_t chosen = no_channel;
    if ((free >> own & 1u) != 0 && has_credit(own)) chosen = own;
    detail::for_each_bit(free, [&](std::uint32_t c) {
      if (chosen == no_channel && has_credit(c)) chosen = c;
    });
    if (chosen == no_channel) return false;
    output(channel.out_port, chosen).owner = static_cast<std::int16_t>(id);
    channel.out_channel = static_cast<std::uint8_t>(chosen);
  } else if (!has_credit(channel.out_channel)) {
    return false;
  }
  send(context, id, run_length(context, id, now, false), false, now, out);
  return true;
}

// From the arrival of a segment's first flit until the others will be there in time, if they come slowly.
inline SimDuration Router::wait_for_flits(const Fabric& fabric, const InputChannel& channel,
                                          const Worm& worm) const {
  if (channel.shift_ps == 0) return {};
  return (std::min<std::int64_t>(fabric.timing.segment_flits, worm.flits - worm.sent) - 1) *
         SimDuration{channel.shift_ps};
}

// When the front worm's head may bid for an output channel.
inline SimTime Router::head_bid_time(const RouterContext& context, const InputChannel& channel) const {
  const Worm& worm = context.worms[channel.front];
  const SimTime at_front =
      std::max(worm.head_latched + wait_for_flits(context.fabric, channel, worm), channel.channel_ready);
  return std::max(at_front + context.fabric.timing.routing_stage, channel.switch_ready);
}

// Whether the channel's next segment could cross the switch now, were input and output free.
inline bool Router::wants_switch(const RouterContext& context, std::uint32_t id, SimTime now, SimTime& due) {
  const InputChannel& channel = state_.inputs[id];
  const Worm& worm = context.worms[channel.front];
  const SimTime arrival =
      worm.next_arrival(context.fabric.timing.segment_flits, context.fabric.timing.segment);
  if (arrival == SimTime::never()) {
    due = SimTime::never();
    return false;
  }
  due = std::max(arrival + wait_for_flits(context.fabric, channel, worm), channel.switch_ready);
  return due <= now && output(channel.out_port, channel.out_channel).credits.any(context.fabric.timing, now);
}

// A run never makes others wait longer than single segments would: whoever could bid against it, and would
// not yield to it, ends it here. (A worm on a bypass has no buffer to fall back to between two segments and
// keeps its output to its last one.)
template <class Out>
void Router::interrupt_contested_runs(RouterContext& context, SimTime now, Out& out) {
  if (state_.running == 0) return;
  detail::for_each_bit(state_.occupied, [&](std::uint32_t p) {
    detail::for_each_bit(state_.ports[p].occupied & ~state_.ports[p].running, [&](std::uint32_t c) {
      const std::uint32_t id = index(p, c);
      const InputChannel& channel = state_.inputs[id];
      SimTime due;
      if (channel.bypassing || channel.background || channel.out_channel == no_channel) return;
      if (!wants_switch(context, id, now, due)) return;
      const std::int16_t rival = state_.ports[channel.out_port].out_run;
      if (rival != no_owner && !state_.inputs[static_cast<std::size_t>(rival)].bypassing)
        interrupt(context, static_cast<std::uint32_t>(rival), now, out);
      detail::for_each_bit(state_.ports[p].running, [&](std::uint32_t other) {
        if (!input(p, other).bypassing) interrupt(context, index(p, other), now, out);
      });
    });
  });
}

inline std::uint16_t Router::free_channels(std::uint32_t port, SimTime now) const {
  std::uint32_t free = 0;
  for (std::uint32_t c = 0; c < setup_.channels; ++c) {
    const OutputChannel& target = state_.outputs[index(port, c)];
    if (target.owner == no_owner && target.free_at <= now) free |= 1u << c;
  }
  return static_cast<std::uint16_t>(free);
}

// Separable, input first: one channel per (input, output), then one output per input, then one input per
// output. Pointers move only for a winner of all stages. A speculative bid counts where, at its stage, there
// is no other.
inline std::size_t Router::allocate_switch(const Bids& bids, std::array<Grant, most_ports>& grants) {
  if (bids.switch_count == 1 && bids.hopeless == 0) {
    const SwitchBid& bid = bids.for_switch[0];
    grants[0] = {bid.in, bid.channel, bid.out, bid.speculative};
    note_grant(grants[0]);
    return 1;
  }
  std::array<std::array<std::uint16_t, most_ports>, 2> chooses{};  // by output: inputs that chose it
  std::array<std::uint8_t, most_ports> channel_for{};
  for (std::uint32_t in = 0; in < setup_.ports; ++in) {
    const std::size_t speculative = bids.admitted[0].outputs[in] == 0 ? 1 : 0;
    const Bids::Admitted& admitted = bids.admitted[speculative];
    if (admitted.outputs[in] == 0) continue;
    const std::uint32_t chosen = detail::round_robin(admitted.outputs[in], state_.ports[in].output_pointer);
    channel_for[in] = static_cast<std::uint8_t>(
        detail::round_robin(admitted.want[in][chosen], state_.ports[in].channel_offset));
    std::uint16_t& by = chooses[speculative][chosen];
    by = static_cast<std::uint16_t>(by | (1u << in));
  }
  std::size_t count = 0;
  for (std::uint32_t to = 0; to < setup_.ports; ++to) {
    const std::size_t speculative = chooses[0][to] == 0 ? 1 : 0;
    if (chooses[speculative][to] == 0 || (bids.hopeless >> to & 1u) != 0) continue;
    const std::uint32_t in = detail::round_robin(chooses[speculative][to], state_.ports[to].input_pointer);
    grants[count] = {static_cast<std::uint8_t>(in), channel_for[in], static_cast<std::uint8_t>(to),
                     speculative == 1};
    note_grant(grants[count++]);
  }
  return count;
}

inline void Router::note_grant(const Grant& grant) {
  state_.ports[grant.in].output_pointer = static_cast<std::uint8_t>((grant.out + 1) % setup_.ports);
  state_.ports[grant.out].input_pointer = static_cast<std::uint8_t>((grant.in + 1) % setup_.ports);
  state_.ports[grant.in].channel_offset = static_cast<std::uint8_t>((grant.channel + 1) % setup_.channels);
}

// Of some channels those with a credit.
inline std::uint32_t Router::credited(const Fabric& fabric, std::uint32_t port, std::uint32_t channels,
                                      SimTime now) const {
  std::uint32_t with_credit = 0;
  detail::for_each_bit(channels, [&](std::uint32_t c) {
    if (state_.outputs[index(port, c)].credits.any(fabric.timing, now)) with_credit |= 1u << c;
  });
  return with_credit;
}

// Of a way's channels those that have no owner and behind which so many segments are free, or the whole buffer.
inline Router::Room Router::room_for(const Fabric& fabric, const Way& way, std::uint32_t segments,
                                     SimTime now) const {
  const auto port = static_cast<std::uint32_t>(way.port);
  Room room;
  detail::for_each_bit(way.channels & free_channels(port, now), [&](std::uint32_t c) {
    const CreditBook& credits = state_.outputs[index(port, c)].credits;
    const std::uint32_t free = credits.free(fabric.timing, now);
    if (free < std::min(segments, fabric.timing.buffer_segments)) return;
    room.channels |= 1u << c;
    room.segments += free;
  });
  return room;
}

// The channels that the front worm may take now, none if all are taken. With adaptive routing this decides
// the port too: along the row unless buffers have more than twice as much room along the column; the way out if there is none.
// A packet that enters the network leaves room for another one (as bubble flow control does in rings; Carrion, Beivide,
// Gregorio and Vallejo 1997): else sources that offer more than the network carries fill it up, and it carries less.
inline std::uint32_t Router::choose_way(const RouterContext& context, std::uint32_t id, SimTime now) {
  InputChannel& channel = state_.inputs[id];
  const WormHeader& header = context.worms[channel.front].header;
  if (context.fabric.routes.adaptive()) {
    Room best;
    std::uint8_t port = 0;
    const std::int64_t length = context.fabric.timing.segment_flits;
    const auto whole = static_cast<std::uint32_t>((context.worms[channel.front].flits + length - 1) / length);
    const std::uint32_t wanted = leads_to_interface(id / setup_.channels) ? 2 * whole : whole;
    const Ways ways = context.fabric.routes.shortest(context.fabric.topology, setup_.node, header);
    for (std::uint32_t w = 0; w < ways.count; ++w) {
      const Room room = room_for(context.fabric, ways.way[w], wanted, now);
      if (room.segments <= 2 * best.segments) continue;
      best = room;
      port = static_cast<std::uint8_t>(ways.way[w].port);
    }
    if (best.channels != 0) {
      channel.out_port = port;
      return best.channels;
    }
    face_front(context, id);
    // Without a credit it would only wait there for the one way out, and others may be open sooner.
    return credited(context.fabric, channel.out_port, free_channels(channel.out_port, now) & channel.usable,
                    now);
  }
  return free_channels(channel.out_port, now) & channel.usable;
}

// Each head picks one free channel of its output, each output channel picks one of the heads that picked it;
// a loser has no second choice in the same cycle.
inline void Router::allocate_channels(const Fabric& fabric, const Bids& bids, SimTime now) {
  const std::uint32_t total = setup_.ports * setup_.channels;
  std::array<std::uint16_t, max_bids> picked{};
  for (std::size_t h = 0; h < bids.head_count; ++h) {
    const std::uint32_t id = bids.heads[h].id;
    const std::uint32_t to = state_.inputs[id].out_port;
    picked[h] = 0xFFFF;
    std::uint32_t usable = bids.heads[h].usable;
    if (usable == 0) continue;
    // A channel of few, long segments that has no credit would keep a message waiting for a round trip while
    // others are idle.
    if (fabric.timing.worm_is_message)
      if (const std::uint32_t better = credited(fabric, to, usable, now); better != 0) usable = better;
    const std::uint32_t pointer = state_.channel_in_pointer[id];
    const std::uint32_t from = pointer / setup_.channels == to ? pointer % setup_.channels : 0;
    picked[h] = static_cast<std::uint16_t>(index(to, detail::round_robin(usable, from)));
    state_.inputs[id].switch_ready =
        now + fabric.timing.cycle;  // the switch if it wins, another try if it loses
  }
  for (std::size_t h = 0; h < bids.head_count; ++h) {
    if (picked[h] == 0xFFFF) continue;
    const std::uint32_t target = picked[h];
    // Among the heads that picked this channel, the first at or after its pointer.
    std::size_t best = h;
    const auto distance = [&](std::size_t k) {
      return (bids.heads[k].id + total - state_.channel_out_pointer[target]) % total;
    };
    for (std::size_t k = h + 1; k < bids.head_count; ++k) {
      if (picked[k] != target) continue;
      if (distance(k) < distance(best)) best = k;
    }
    for (std::size_t k = h; k < bids.head_count; ++k)
      if (k != best && picked[k] == target) picked[k] = 0xFFFF;
    const std::uint32_t id = bids.heads[best].id;
    if (best != h) picked[best] = 0xFFFF;
    state_.outputs[target].owner = static_cast<std::int16_t>(id);
    state_.inputs[id].out_channel = static_cast<std::uint8_t>(target % setup_.channels);
    state_.inputs[id].lost = false;
    state_.channel_in_pointer[id] = static_cast<std::uint8_t>((target + 1) % total);
    state_.channel_out_pointer[target] = static_cast<std::uint8_t>((id + 1) % total);
  }
}

// Whoever was due and has got nothing is behind the schedule that the sender upstream reckons with.
template <class Out>
void Router::note_misses(RouterContext& context, SimTime now, Out& out) {
  detail::for_each_bit(state_.occupied, [&](std::uint32_t p) {
    detail::for_each_bit(state_.ports[p].occupied & ~state_.ports[p].running, [&](std::uint32_t c) {
      const std::uint32_t id = index(p, c);
      const InputChannel& channel = state_.inputs[id];
      if (channel.held || channel.bypassing) return;
      SimTime due;
      if (channel.out_channel == no_channel) {
        const Worm& worm = context.worms[channel.front];
        due = std::max(worm.head_latched + wait_for_flits(context.fabric, channel, worm),
                       channel.channel_ready) +
              context.fabric.timing.routing_stage;
      } else if (channel.switch_ready > now) {
        // Got its channel or its segment through just now; a speculative head wanted both.
        const Worm& worm = context.worms[channel.front];
        if (context.fabric.timing.channel_stage != SimDuration{} || worm.sent > 0) return;
        due = std::max(worm.head_latched + wait_for_flits(context.fabric, channel, worm),
                       channel.channel_ready) +
              context.fabric.timing.routing_stage;
      } else {
        wants_switch(context, id, now, due);
      }
      if (due <= now) miss_schedule(context.fabric, id, now, out);
    });
  });
}

// When the clock alone frees one of the channels that the front worm waits for.
inline SimTime Router::next_free(const RouterContext& context, const InputChannel& channel,
                                 SimTime now) const {
  SimTime wake = SimTime::never();
  const auto consider = [&](std::uint32_t port, std::uint32_t channels, bool wants_room) {
    detail::for_each_bit(channels, [&](std::uint32_t c) {
      const OutputChannel& target = state_.outputs[index(port, c)];
      if (target.owner == no_owner) {
        if (target.free_at > now) wake = std::min(wake, target.free_at);
        if (wants_room) wake = std::min(wake, target.credits.next_return(context.fabric.timing, now));
      } else if (const InputChannel& owner = state_.inputs[static_cast<std::size_t>(target.owner)];
                 owner.running) {
        wake = std::min(wake, owner.last_start + context.fabric.timing.cycle);
      }
    });
  };
  const bool adaptive = context.fabric.routes.adaptive();
  consider(channel.out_port, channel.usable, adaptive);
  if (!adaptive) return wake;
  const Ways ways = context.fabric.routes.shortest(context.fabric.topology, setup_.node,
                                                   context.worms[channel.front].header);
  for (std::uint32_t w = 0; w < ways.count; ++w)
    consider(static_cast<std::uint32_t>(ways.way[w].port), ways.way[w].channels, true);
  return wake;
}

inline SimTime Router::next_wake(const RouterContext& context, SimTime now) const {
  const Timing& timing = context.fabric.timing;
  SimTime wake = SimTime::never();
  const auto at = [&](SimTime time) { wake = std::min(wake, time); };
  detail::for_each_bit(state_.occupied, [&](std::uint32_t p) {
    detail::for_each_bit(state_.ports[p].occupied, [&](std::uint32_t c) {
      const InputChannel& channel = state_.inputs[index(p, c)];
      const Worm& worm = context.worms[channel.front];
      if (channel.running) {
        if (worm.sent < worm.announced()) at(channel.switch_ready);
        if (worm.next != WormPool::none) at(channel.last_start + timing.cycle);
        return;
      }
      if (channel.out_channel == no_channel && !channel.bypassing) {
        const SimTime due = head_bid_time(context, channel);
        if (due > now) return at(due);
        return at(next_free(context, channel, now));
      }
      const SimTime arrival = worm.next_arrival(timing.segment_flits, timing.segment);
      if (arrival == SimTime::never()) return;
      const SimTime due =
          channel.bypassing
              ? arrival
              : std::max(arrival + wait_for_flits(context.fabric, channel, worm), channel.switch_ready);
      if (due > now) return at(due);
      const CreditBook& credits = state_.outputs[index(channel.out_port, channel.out_channel)].credits;
      if (!credits.any(timing, now)) return at(credits.next_return(timing, now));
      const SimTime busy = std::max(state_.ports[p].in_busy, state_.ports[channel.out_port].out_busy);
      if (busy > now) at(busy);
    });
  });
  return wake;
}

}  // namespace hecaton::net
