// Router: which outputs could send more than they do, see output_stalls.hpp. Included by router.hpp.
#pragma once

#include "net/events/router.hpp"

namespace hecaton::net {

// The front worm's next segment, or a head that asks for an output channel, is here and has had its cycles of the
// pipeline. Precondition: no run of the channel is under way.
inline bool Router::waits(const RouterContext& context, const InputChannel& channel, SimTime now) const {
  const Timing& timing = context.fabric.timing;
  const Worm& worm = context.worms[channel.front];
  if (channel.out_channel == no_channel) {
    const SimTime here = worm.head_latched + wait_for_flits(context.fabric, channel, worm);
    return std::max(here, channel.channel_ready) + timing.routing_stage <= now;
  }
  if (channel.switch_ready > now && !channel.lost) return false;
  const SimTime arrival = worm.next_arrival(timing.segment_flits, timing.segment);
  return arrival != SimTime::never() && arrival + wait_for_flits(context.fabric, channel, worm) <= now;
}

inline void Router::note_stalls(const RouterContext& context, SimTime now) {
  std::uint32_t credit = 0, rival = 0;
  detail::for_each_bit(state_.occupied, [&](std::uint32_t p) {
    detail::for_each_bit(state_.ports[p].occupied & ~state_.ports[p].running, [&](std::uint32_t c) {
      const InputChannel& channel = state_.inputs[index(p, c)];
      if (channel.bypassing || !waits(context, channel, now)) return;
      const bool lacks_credit = channel.out_channel != no_channel &&
                                !state_.outputs[index(channel.out_port, channel.out_channel)].credits.any(
                                    context.fabric.timing, now);
      (lacks_credit ? credit : rival) |= 1u << channel.out_port;
    });
  });
  stalls_.note(credit, rival, now);
}

}  // namespace hecaton::net
