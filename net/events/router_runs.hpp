// Router, part 1: worms in buffers, runs of segments, and the credits they earn. Included by router.hpp.
#pragma once

#include "net/events/router.hpp"

namespace hecaton::net {

// A credit that was sent, at the output channel it belongs to; `delay` is what it took from the segment's
// last flit.
inline void receive_late_credit(const Timing& timing, OutputChannel& output, const Payload& payload,
                                SimTime now, SimDuration delay) {
  if ((payload.flags & flag_resume) == 0) return output.credits.credit();
  output.resume(timing, now - delay - (timing.segment - timing.cycle), (payload.flags & flag_tail) != 0,
                payload.flits, delay);
}

// The far end of an output: which node, and which of its ports.
struct FarEnd {
  NodeId node;
  std::uint8_t port;
};
inline FarEnd downstream(NodeId self, NodeId neighbour, std::uint32_t out_port) {
  if (leads_to_interface(out_port))
    return {self, static_cast<std::uint8_t>(ejection_port + interface_port_of(out_port))};
  return {neighbour, static_cast<std::uint8_t>(Topology::opposite(static_cast<Port>(out_port)))};
}
inline FarEnd upstream(NodeId self, NodeId neighbour, std::uint32_t in_port) {
  if (leads_to_interface(in_port))
    return {self, static_cast<std::uint8_t>(injection_port + interface_port_of(in_port))};
  return {neighbour, static_cast<std::uint8_t>(Topology::opposite(static_cast<Port>(in_port)))};
}

// From the start of a segment to its arrival at the far end (announcement, latch or ejection).
inline SimDuration Router::flight(const Timing& timing, std::uint32_t out_port, bool announced) const {
  if (leads_to_interface(out_port)) return timing.latch_ejection();
  return announced ? setup_.links[out_port].latency : 2 * timing.cycle + setup_.links[out_port].latency;
}

// From the departure of a segment's last flit to the use of its credit: of those that come to an output, and
// of those that an input sends.
inline SimDuration Router::credit_delay_from(const Timing& timing, std::uint32_t out_port) const {
  return leads_to_interface(out_port) ? timing.credit_ejection()
                                      : timing.credit_router(setup_.links[out_port].latency);
}
inline SimDuration Router::credit_delay_to(const Timing& timing, std::uint32_t in_port) const {
  return leads_to_interface(in_port) ? timing.credit_injection()
                                     : timing.credit_router(setup_.links[in_port].latency);
}

// A ring edge spans at most two links, so only the first die after the source is skipped.
inline bool Router::next_die_is_bypassed(const InputChannel& channel, const Worm& worm) const {
  return worm.header.express && worm.header.source == setup_.node && !leads_to_interface(channel.out_port) &&
         setup_.links[channel.out_port].neighbour != worm.header.destination;
}

// How many flits to send as one run from `now` on: one segment, unless nobody else wants input or output, and
// every further segment is known to be there in time. If they may not all find a credit in time, those that have one
// now.
inline std::uint32_t Router::run_length(const RouterContext& context, std::uint32_t id, SimTime now,
                                        bool contested) {
  const InputChannel& channel = state_.inputs[id];
  const Worm& worm = context.worms[channel.front];
  const Timing& timing = context.fabric.timing;
  const auto one =
      static_cast<std::uint32_t>(std::min<std::int64_t>(timing.segment_flits, worm.flits - worm.sent));
  OutputChannel& target = output(channel.out_port, channel.out_channel);
  if (!context.fabric.trains || contested) return one;
  if (channel.held && !may_resume(context, id, now, contested)) return one;
  std::uint32_t known = worm.announced() - worm.sent;
  if (worm.sent < worm.base) {
    const std::uint32_t buffered = worm.base - worm.sent;
    if (worm.run_start > now + buffered / timing.segment_flits * timing.segment) known = buffered;
  }
  const std::uint32_t segments = segments_of(timing, known);
  const bool nominal = setup_.links[id / setup_.channels].flit == timing.cycle &&
                       setup_.links[channel.out_port].flit == timing.cycle;
  if (segments <= 1 || !nominal) return one;
  const bool local = leads_to_interface(channel.out_port);
  const bool announced = next_die_is_bypassed(channel, worm);
  const bool sustained =
      target.sustains(timing, now, now + flight(timing, channel.out_port, announced), worm.sent == 0,
                      announced || local, segments, credit_delay_from(timing, channel.out_port));
  if (sustained) return known;
  const std::int64_t credited = target.credits.available(timing, now) * timing.segment_flits;
  return static_cast<std::uint32_t>(std::min<std::int64_t>(known, credited));
}

// Upstream reckons with what this buffer really does: no worm here that should have passed without touching
// it.
inline bool Router::as_announced(const RouterContext& context, const InputChannel& channel) const {
  if (channel.bypassing) return channel.front == channel.back;
  for (std::uint32_t w = channel.front; w != WormPool::none; w = context.worms[w].next) {
    const WormHeader& header = context.worms[w].header;
    if (header.express && header.source != setup_.node && header.destination != setup_.node) return false;
  }
  return true;
}

// Credits are sent one by one; whether the one of the segment that starts now can be the last: it is whole, nothing is in
// the way of those after it, and no credit sent before will arrive later.
inline bool Router::may_resume(const RouterContext& context, std::uint32_t id, SimTime now,
                               bool contested) const {
  const Timing& timing = context.fabric.timing;
  const InputChannel& channel = state_.inputs[id];
  const Worm& worm = context.worms[channel.front];
  return context.fabric.trains && !contested && setup_.links[channel.out_port].flit == timing.cycle &&
         worm.flits - worm.sent >= timing.segment_flits &&
         now + timing.segment - timing.cycle > channel.last_gone &&
         !state_.outputs[index(channel.out_port, channel.out_channel)].credits.held() &&
         as_announced(context, channel);
}

template <class Out>
void Router::send(RouterContext& context, std::uint32_t id, std::uint32_t flits, bool contested, SimTime now,
                  Out& out) {
  const Timing& timing = context.fabric.timing;
  InputChannel& channel = state_.inputs[id];
  Worm& worm = context.worms[channel.front];
  OutputChannel& target = output(channel.out_port, channel.out_channel);
  const RouterLink& link = setup_.links[channel.out_port];
  PortState& port = state_.ports[channel.out_port];
  const std::uint32_t in_port = id / setup_.channels;
  const std::uint32_t segments = segments_of(timing, flits);
  // The next link is slower than the sender upstream reckons. Or a worm on a bypass leaves before its elder
  // has quite gone: its credit must not wait for the elder's to say that credits are on schedule again.
  const bool slow = link.flit > timing.cycle;
  const bool resumes = channel.held && may_resume(context, id, now, contested);
  if (!channel.held && ((slow && flits > 1) || now + (flits - 1) * timing.cycle < channel.resume_gone))
    miss_schedule(context.fabric, id, now, out);
  const std::int64_t last_flits = flits - (segments - 1) * timing.segment_flits;
  const bool head = worm.sent == 0;
  worm.sent += flits;
  const bool tail = worm.sent == worm.flits;

  channel.departed += segments;
  channel.last_start = now + (segments - 1) * timing.segment;
  channel.last_gone = channel.last_start + (last_flits - 1) * link.flit;
  channel.switch_ready = now + flits * timing.cycle;
  channel.lost = false;
  if (stalls_.keeps()) stalls_.sends(channel.out_port, now, port.out_busy);
  port.out_busy = now + flits * link.flit;
  if (!channel.bypassing) state_.ports[in_port].in_busy = channel.last_gone + timing.cycle;
  PortCounters& counters = counters_.ports[channel.out_port];
  counters.sent(flits * link.flit, flits, timing.worm_is_message ? segments : (tail ? 1u : 0u));
  if (tail) counters.bytes += worm.header.bytes;

  const bool announced = next_die_is_bypassed(channel, worm);
  const bool local = leads_to_interface(channel.out_port);
  const SimTime arrival = now + flight(timing, channel.out_port, announced);
  target.credits.purge(now);
  target.book(timing, arrival + (last_flits - 1) * (link.flit - timing.cycle), head, tail, flits,
              announced || local, credit_delay_from(timing, channel.out_port));

  Payload payload = head ? head_payload(worm.header) : Payload{};
  if (!head) payload.kind = EventKind::body;
  const FarEnd far = downstream(setup_.node, setup_.links[channel.out_port].neighbour, channel.out_port);
  payload.port = far.port;
  payload.channel = channel.out_channel;
  payload.flits = flits;
  if (target.credits.epoch()) payload.flags |= flag_epoch;
  if (announced) payload.flags |= flag_bypass;
  out.post(arrival, engine::Phase::arrival, far.node, payload);

  channel.last_credited = channel.held && segments == 1;
  if (resumes) {
    channel.held = false;
    channel.resume_gone = now + timing.segment - timing.cycle;
    const std::uint8_t flags = tail && segments == 1 ? flag_resume | flag_tail : flag_resume;
    send_late_credit(context.fabric, in_port, id % setup_.channels, channel.resume_gone, flags, out);
  } else if (channel.held) {
    send_late_credit(context.fabric, in_port, id % setup_.channels, channel.last_gone, 0, out);
  }
  if (segments > 1) {
    channel.running = true;
    channel.run_start = now;
    channel.run_flits = flits;
    port.out_run = static_cast<std::int16_t>(id);
    state_.begin_run(in_port, id % setup_.channels);
  } else {
    counters.busy.add(now, port.out_busy);
    if (tail) pop_worm(context, id, now);
  }
}

// What follows from which worm is in front.
inline void Router::face_front(const RouterContext& context, std::uint32_t id) {
  InputChannel& channel = state_.inputs[id];
  const WormHeader& header = context.worms[channel.front].header;
  const std::uint32_t in_port = id / setup_.channels;
  const Port in = leads_to_interface(in_port) ? Port::local : static_cast<Port>(in_port);
  const Way way =
      context.fabric.routes.way(context.fabric.topology, setup_.node, header, in, id % setup_.channels);
  channel.out_port = static_cast<std::uint8_t>(way.port);
  if (way.port == Port::local && setup_.ports > port_count)
    channel.out_port = static_cast<std::uint8_t>(router_port_of(context.fabric.interface_port(in)));
  channel.usable = way.channels;
  const SimDuration leaves =
      context.fabric.routes.adaptive() ? context.fabric.timing.cycle : setup_.links[channel.out_port].flit;
  channel.shift_ps = static_cast<std::uint32_t>(
      std::max(SimDuration{}, setup_.links[id / setup_.channels].flit - leaves).ps);
  channel.background = context.fabric.classes && header.background;
}

// The front worm's tail won the switch at `tail_start`; a cycle later its output channel and its place at the
// front of the buffer are free.
inline void Router::pop_worm(RouterContext& context, std::uint32_t id, SimTime tail_start) {
  InputChannel& channel = state_.inputs[id];
  OutputChannel& target = output(channel.out_port, channel.out_channel);
  target.owner = no_owner;
  target.free_at = tail_start + context.fabric.timing.cycle;
  const std::uint32_t done = channel.front;
  if (!channel.bypassing)
    counters_.held.add(context.worms[done].head_latched, tail_start + context.fabric.timing.cycle);
  channel.front = context.worms[done].next;
  context.worms.give_back(done);
  channel.out_channel = no_channel;
  channel.channel_ready = tail_start + context.fabric.timing.cycle;
  channel.switch_ready = SimTime{};
  channel.bypassing = false;
  if (channel.front == WormPool::none) {
    channel.back = WormPool::none;
    state_.vacate(id / setup_.channels, id % setup_.channels);
  } else {
    face_front(context, id);
  }
}

// Ends a run whose last segment has started.
inline void Router::retire(RouterContext& context, std::uint32_t id, SimTime now) {
  InputChannel& channel = state_.inputs[id];
  if (!channel.running || channel.last_start >= now) return;
  channel.running = false;
  state_.end_run(id / setup_.channels, id % setup_.channels);
  state_.ports[channel.out_port].out_run = no_owner;
  // Now it is known how much of the run there was.
  counters_.ports[channel.out_port].busy.add(
      channel.run_start, channel.run_start + channel.run_flits * context.fabric.timing.cycle);
  const Worm& worm = context.worms[channel.front];
  if (worm.sent == worm.flits) pop_worm(context, id, channel.last_start);
}

inline void Router::retire_finished(RouterContext& context, SimTime now) {
  detail::for_each_bit(state_.running, [&](std::uint32_t p) {
    detail::for_each_bit(state_.ports[p].running,
                         [&](std::uint32_t c) { retire(context, index(p, c), now); });
  });
}

// Shortens the run under way to its first `segments` (>= 1) segments and takes the rest back, here and, by a
// `cut` that is there when the first missing segment was due, downstream.
template <class Out>
void Router::truncate(RouterContext& context, std::uint32_t id, std::uint32_t segments, Out& out) {
  const Timing& timing = context.fabric.timing;
  InputChannel& channel = state_.inputs[id];
  Worm& worm = context.worms[channel.front];
  OutputChannel& target = output(channel.out_port, channel.out_channel);
  PortCounters& counters = counters_.ports[channel.out_port];
  const bool had_tail = worm.sent == worm.flits;
  const auto kept = static_cast<std::uint32_t>(segments * timing.segment_flits);
  const std::uint32_t removed = channel.run_flits - kept;
  const std::uint32_t removed_segments = segments_of(timing, channel.run_flits) - segments;

  worm.sent -= removed;
  channel.departed -= removed_segments;
  channel.run_flits = kept;
  channel.last_start = channel.run_start + (segments - 1) * timing.segment;
  channel.last_gone = channel.last_start + timing.segment - timing.cycle;
  channel.switch_ready = channel.run_start + segments * timing.segment;
  channel.last_credited = channel.last_gone == channel.resume_gone;
  state_.ports[channel.out_port].out_busy = channel.switch_ready;
  if (!channel.bypassing) state_.ports[id / setup_.channels].in_busy = channel.switch_ready;
  counters.busy_ps -= static_cast<std::uint64_t>((removed * timing.cycle).ps);
  counters.flits -= removed;
  counters.packets -= timing.worm_is_message ? removed_segments : (had_tail ? 1u : 0u);
  if (had_tail) counters.bytes -= worm.header.bytes;
  target.unbook(timing, segments, removed_segments);

  const FarEnd far = downstream(setup_.node, setup_.links[channel.out_port].neighbour, channel.out_port);
  const SimDuration delay = flight(timing, channel.out_port, next_die_is_bypassed(channel, worm));
  Payload payload;
  payload.kind = EventKind::cut;
  payload.port = far.port;
  payload.channel = channel.out_channel;
  payload.flits = kept;
  payload.created = channel.run_start + delay;
  out.post(channel.switch_ready + delay, engine::Phase::arrival, far.node, payload);
}

// Takes back what has not started by `now`, except a first segment that is committed to start; the run is
// over.
template <class Out>
void Router::interrupt(RouterContext& context, std::uint32_t id, SimTime now, Out& out) {
  const Timing& timing = context.fabric.timing;
  const InputChannel& channel = state_.inputs[id];
  const auto started = static_cast<std::uint32_t>(
      std::max<std::int64_t>(1, ceil_div(now - channel.run_start, timing.segment)));
  if (started < segments_of(timing, channel.run_flits)) truncate(context, id, started, out);
  retire(context, id, now);
}

template <class Out>
void Router::send_late_credit(const Fabric& fabric, std::uint32_t port, std::uint32_t channel, SimTime gone,
                              std::uint8_t flags, Out& out) {
  const FarEnd far = upstream(setup_.node, setup_.links[port].neighbour, port);
  Payload payload;
  payload.kind = EventKind::credit;
  payload.port = far.port;
  payload.channel = static_cast<std::uint8_t>(channel);
  payload.flags = flags;
  payload.flits = input(port, channel).holds;
  out.post(gone + credit_delay_to(fabric.timing, port), engine::Phase::arrival, far.node, payload);
}

// A segment of this buffer could not leave when the sender upstream expects it to: from now on credits are
// sent. The hold arrives no later than the first credit that would have been counted too early.
template <class Out>
void Router::miss_schedule(const Fabric& fabric, std::uint32_t id, SimTime now, Out& out) {
  InputChannel& channel = state_.inputs[id];
  channel.late = false;
  if (channel.held) return;
  channel.held = true;
  const std::uint32_t port = id / setup_.channels;
  std::uint32_t credited = channel.departed;
  if (channel.last_start != SimTime::never() && channel.last_gone > now) {
    --credited;
    if (!channel.last_credited)
      send_late_credit(fabric, port, id % setup_.channels, channel.last_gone, 0, out);
  }
  ++channel.holds;
  const FarEnd far = upstream(setup_.node, setup_.links[port].neighbour, port);
  Payload payload;
  payload.kind = EventKind::hold;
  payload.port = far.port;
  payload.channel = static_cast<std::uint8_t>(id % setup_.channels);
  payload.flits = credited;
  out.post(now + credit_delay_to(fabric.timing, port), engine::Phase::arrival, far.node, payload);
}

inline SimTime Router::receive_head(RouterContext& context, const Payload& payload, SimTime now) {
  const std::uint32_t id = index(payload.port, payload.channel);
  retire(context, id, now);
  InputChannel& channel = state_.inputs[id];
  channel.follow_epoch((payload.flags & flag_epoch) != 0);

  const std::uint32_t slot = context.worms.take();
  Worm& worm = context.worms[slot];
  worm = Worm{};
  worm.header = header_of(payload);
  worm.flits = context.fabric.timing.flits_of(payload.bytes);
  worm.run_start = now;
  worm.run_arrival = now;
  worm.run_flits = payload.flits;
  worm.next = WormPool::none;
  const bool announced = (payload.flags & flag_bypass) != 0;
  const bool empty = !channel.occupied();
  // Sent off a cycle ahead, a worm may be gone from here before its tail has left.
  const bool passes = announced && empty && channel.channel_ready < now + context.fabric.timing.cycle;
  if (announced && !passes) {
    worm.run_start += 2 * context.fabric.timing.cycle;
    channel.late = true;
  }
  worm.head_latched = worm.run_start;
  if (empty) {
    channel.front = slot;
    channel.bypassing = passes;
    face_front(context, id);
    state_.occupy(payload.port, payload.channel);
  } else {
    context.worms[channel.back].next = slot;
  }
  channel.back = slot;
  if (empty || channel.late) return now;
  // It is faced when the worm before it has gone.
  return channel.running ? channel.last_start + context.fabric.timing.cycle : SimTime::never();
}

inline SimTime Router::receive_body(RouterContext& context, const Payload& payload, SimTime now) {
  InputChannel& channel = input(payload.port, payload.channel);
  channel.follow_epoch((payload.flags & flag_epoch) != 0);
  Worm& worm = context.worms[channel.back];
  worm.base_last = worm.run_start +
                   (segments_of(context.fabric.timing, worm.run_flits) - 1) * context.fabric.timing.segment;
  worm.base += worm.run_flits;
  worm.run_flits = payload.flits;
  worm.run_arrival = now;
  const bool announced = (payload.flags & flag_bypass) != 0;
  worm.run_start = announced && !channel.bypassing ? now + 2 * context.fabric.timing.cycle : now;
  if (announced && !channel.bypassing) channel.late = true;
  if (channel.late || channel.bypassing) return now;
  if (channel.front != channel.back || channel.out_channel == no_channel) return SimTime::never();
  return std::max(now, channel.switch_ready);
}

template <class Out>
SimTime Router::receive_cut(RouterContext& context, const Payload& payload, SimTime now, Out& out) {
  const std::uint32_t id = index(payload.port, payload.channel);
  InputChannel& channel = state_.inputs[id];
  Worm& worm = context.worms[channel.back];
  if (worm.run_arrival != payload.created || worm.run_flits <= payload.flits)
    return SimTime::never();  // overtaken by another cut
  worm.run_flits = payload.flits;
  if (channel.front != channel.back || !channel.running || worm.sent <= worm.announced())
    return SimTime::never();
  const std::uint32_t kept = channel.run_flits - (worm.sent - worm.announced());
  truncate(context, id, segments_of(context.fabric.timing, kept), out);
  return now;
}

template <class Out>
SimTime Router::receive_hold(RouterContext& context, const Payload& payload, SimTime now, Out& out) {
  OutputChannel& target = output(payload.port, payload.channel);
  const bool runs = target.owner != no_owner && state_.inputs[static_cast<std::size_t>(target.owner)].running;
  if (runs) interrupt(context, static_cast<std::uint32_t>(target.owner), now, out);
  target.credits.hold(payload.flits);
  return runs ? now : SimTime::never();
}

}  // namespace hecaton::net
