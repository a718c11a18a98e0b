// Router, part 2: who bids for the switch and for output channels, and whose bids count. Included by
// router.hpp.
#pragma once

#include "net/events/router.hpp"

namespace hecaton::net {

inline void Router::collect_bids(RouterContext& context, SimTime now, Bids& bids) {
  detail::for_each_bit(state_.occupied, [&](std::uint32_t p) {
    detail::for_each_bit(state_.ports[p].occupied & ~state_.ports[p].running, [&](std::uint32_t c) {
      const std::uint32_t id = index(p, c);
      const InputChannel& channel = state_.inputs[id];
      if (channel.bypassing) return;
      if (channel.out_channel == no_channel) {
        if (head_bid_time(context, channel) > now) return;
        HeadBid& head = bids.heads[bids.head_count++];
        head = {static_cast<std::uint16_t>(id), static_cast<std::uint16_t>(choose_way(context, id, now))};
        if (context.fabric.timing.channel_stage == SimDuration{}) bid_speculatively(context, head, now, bids);
        return;
      }
      ++bids.holders_in[p];
      ++bids.holders_out[channel.out_port];
      if (!channel.background) {
        ++bids.rivals_in[p];
        ++bids.rivals_out[channel.out_port];
      }
      SimTime due;
      if (!wants_switch(context, id, now, due)) return;
      if (state_.ports[p].in_busy > now || state_.ports[channel.out_port].out_busy > now) return;
      bids.for_switch[bids.switch_count++] = {
          static_cast<std::uint8_t>(p), static_cast<std::uint8_t>(c),        channel.out_port,
          channel.background,           keeps_switch(context, channel, now), false};
    });
  });
  admit(bids);
}

// A head asks for the switch together with its channel, if one of those it may get has a credit.
inline void Router::bid_speculatively(const RouterContext& context, const HeadBid& head, SimTime now,
                                      Bids& bids) {
  const InputChannel& channel = state_.inputs[head.id];
  const std::uint32_t in = head.id / setup_.channels;
  if (state_.ports[in].in_busy > now) return;
  if (state_.ports[channel.out_port].out_busy > now) {
    if (!run_bids(context.fabric, channel.out_port, now)) return;
    bids.hopeless |= 1u << channel.out_port;
  }
  std::uint32_t ready = 0;
  detail::for_each_bit(head.usable, [&](std::uint32_t c) {
    if (may_speculate(context, channel, channel.out_port, c, now)) ready |= 1u << c;
  });
  if (ready == 0) return;
  bids.for_switch[bids.switch_count++] = {static_cast<std::uint8_t>(in),
                                          static_cast<std::uint8_t>(head.id % setup_.channels),
                                          channel.out_port,
                                          channel.background,
                                          false,
                                          true};
}

// Whether a run under way stands for a bid at this instant: a segment of it starts now. (One on a bypass
// takes its output without bidding.)
inline bool Router::run_bids(const Fabric& fabric, std::uint32_t port, SimTime now) const {
  if (state_.ports[port].out_run == no_owner) return false;
  const InputChannel& run = state_.inputs[static_cast<std::size_t>(state_.ports[port].out_run)];
  return !run.bypassing && now <= run.last_start &&
         (now - run.run_start) % fabric.timing.segment == SimDuration{};
}

inline bool Router::is_void(const RouterContext& context, const Grant& grant, SimTime now) const {
  const InputChannel& channel = state_.inputs[index(grant.in, grant.channel)];
  return channel.out_channel == no_channel ||
         !may_speculate(context, channel, channel.out_port, channel.out_channel, now);
}

// A credit is there; and the announcement of a worm that skips the next die, which is faster than a flit,
// does not overtake the worm before it.
inline bool Router::may_speculate(const RouterContext& context, const InputChannel& channel,
                                  std::uint32_t port, std::uint32_t out_channel, SimTime now) const {
  const OutputChannel& target = state_.outputs[index(port, out_channel)];
  if (!target.credits.any(context.fabric.timing, now)) return false;
  return target.free_at + context.fabric.timing.cycle <= now ||
         !next_die_is_bypassed(channel, context.worms[channel.front]);
}

// The channel's previous segment has left the switch just now, and the next one is of the same worm. (Over a
// slow link it never has: the switch is free between its segments.)
inline bool Router::keeps_switch(const RouterContext& context, const InputChannel& channel,
                                 SimTime now) const {
  return channel.background && context.worms[channel.front].sent > 0 &&
         channel.last_gone + context.fabric.timing.cycle == now;
}

// An input with other bids ignores its speculative ones. Background bids count where neither the input nor
// the output has a foreground bid; the worm that has the switch keeps it.
inline void Router::admit(Bids& bids) {
  std::uint32_t in_taken = 0;
  std::uint32_t out_taken = 0;
  bool speculative = false;
  const auto admit_if = [&](auto&& belongs) {
    const std::uint32_t in_closed = in_taken;
    const std::uint32_t out_closed = out_taken;
    for (std::size_t b = 0; b < bids.switch_count; ++b) {
      const SwitchBid& bid = bids.for_switch[b];
      if (bid.speculative != speculative || !belongs(bid)) continue;
      if (speculative && bids.admitted[0].outputs[bid.in] != 0) continue;
      if ((in_closed >> bid.in & 1u) != 0 || (out_closed >> bid.out & 1u) != 0) continue;
      bids.admit(bid);
      in_taken |= 1u << bid.in;
      out_taken |= 1u << bid.out;
    }
  };
  admit_if([](const SwitchBid& bid) { return !bid.background; });
  admit_if([](const SwitchBid& bid) { return bid.background && bid.keeps; });
  admit_if([](const SwitchBid& bid) { return bid.background && !bid.keeps; });
  // Among themselves; allocate_switch() puts all others before them.
  speculative = true;
  in_taken = out_taken = 0;
  admit_if([](const SwitchBid& bid) { return !bid.background; });
  admit_if([](const SwitchBid& bid) { return bid.background; });
}

}  // namespace hecaton::net
