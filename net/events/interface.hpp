// The network interface of a node: messages in, worms out, and back.
//
// Injection: messages leave in the order of their hand-over, one flit per cycle; each worm takes the next
// virtual channel, round robin, that has a credit. Ejection: one flit per cycle is consumed as it arrives; a
// message is delivered with its last flit (worms of one message may overtake each other and are counted).
// An interface with several ports does so at each of them: a message is injected at the port of the link that it
// leaves the die over, and ejected at that of the link that it has come over (Fabric::interface_port).
// Out: post(SimTime, Phase, NodeId receiver, const Payload&).
#pragma once

#include <array>
#include <optional>

#include "net/events/interface_state.hpp"
#include "net/events/router.hpp"

namespace hecaton::net {

struct DeliveredMessage {
  WormHeader header;        // of its last worm; `bytes` are the message's
  std::uint32_t flits = 0;  // of the worm just delivered
  bool complete = false;    // false: further worms of the message are to come
};

class Interface {
 public:
  Interface(const Fabric& fabric, NodeId node)
      : node_(node),
        state_(fabric.interface_ports_of(node), fabric.channels),
        counters_{.packets = 0, .messages = MessageLog(fabric.messages)} {}

  // Precondition: bytes > 0. The node must be settled at `now`.
  void hand_over(const Fabric& fabric, const OutgoingMessage& message, SimTime now) {
    const std::uint32_t worms = fabric.timing.worms_of(message.bytes);
    const bool yields = fabric.classes && message.background;
    InterfacePort& port = state_.ports[port_for(fabric, message)];
    port.lanes[yields].queue.push_back({message, now, now + fabric.timing.overhead, worms, 0});
  }

  // Nothing is waiting, and nothing left to start (a last run may still be on its way out).
  bool idle() const {
    return std::all_of(state_.ports.begin(), state_.ports.end(),
                       [](const InterfacePort& port) { return port.idle(); });
  }
  const InterfaceCounters& counters() const { return counters_; }
  MessageLog& messages() { return counters_.messages; }
  bool credits_home(const Fabric& fabric, SimTime now) {
    for (InterfacePort& port : state_.ports)
      for (OutputChannel& output : port.outputs)
        if (!output.credits.all_home(fabric.timing, now)) return false;
    return true;
  }

  template <class Out>
  SimTime settle(const Fabric& fabric, SimTime now, Out& out);
  template <class Out>
  void receive_hold(const Fabric& fabric, const Payload& payload, SimTime now, Out& out);
  void receive_credit(const Fabric& fabric, const Payload& payload, SimTime now) {
    receive_late_credit(fabric.timing, injecting(payload).outputs[payload.channel], payload, now,
                        fabric.timing.credit_injection());
  }

  template <class Out>
  void receive_head(const Fabric& fabric, const Payload& payload, SimTime now, Out& out);
  template <class Out>
  void receive_body(const Fabric& fabric, const Payload& payload, SimTime now, Out& out);
  void receive_cut(const Payload& payload) {
    detail::Ejecting& worm = ejecting(payload);
    if (worm.run_arrival != payload.created || worm.run_flits <= payload.flits) return;
    worm.announced -= worm.run_flits - payload.flits;
    worm.run_flits = payload.flits;
    worm.due = SimTime::never();
  }
  // A message of so many flits is on its way here, or arriving, at `now`: when it may be here at the
  // earliest.
  SimTime due(const Timing& timing, NodeId source, std::uint64_t tag, std::uint32_t flits, SimTime now) const;
  // Nothing if the announcement was taken back meanwhile.
  std::optional<DeliveredMessage> receive_delivered(const Payload& payload, SimTime now);

  // All that changes during a run.
  template <class Archive>
  void save(Archive& archive) const {
    archive(state_, counters_);
  }
  template <class Archive>
  void load(Archive& archive) {
    archive(state_, counters_);
  }

 private:
  InterfacePort& injecting(const Payload& payload) { return state_.ports[payload.port - injection_port]; }
  detail::Ejecting& ejecting(const Payload& payload) {
    return state_.ports[payload.port - ejection_port].ejecting[payload.channel];
  }
  std::uint8_t router_port(const InterfacePort& port) const {
    return static_cast<std::uint8_t>(router_port_of(static_cast<std::uint32_t>(&port - state_.ports.data())));
  }
  std::uint32_t port_for(const Fabric& fabric, const OutgoingMessage& message) const;
  bool start_worm(const Fabric& fabric, InterfacePort& port, detail::Lane& lane, SimTime now);
  template <class Out>
  bool try_send(const Fabric& fabric, InterfacePort& port, std::size_t lane, SimTime now, Out& out);
  template <class Out>
  void send_run(const Fabric& fabric, InterfacePort& port, std::size_t lane, SimTime now, Out& out);
  template <class Out>
  void interrupt(const Fabric& fabric, InterfacePort& port, SimTime now, Out& out);
  std::uint32_t run_length(const Fabric& fabric, InterfacePort& port, const detail::Lane& lane, SimTime now);
  template <class Out>
  SimTime settle_port(const Fabric& fabric, InterfacePort& port, SimTime now, Out& out);
  SimTime next_wake(const Fabric& fabric, const InterfacePort& port, SimTime now) const;
  template <class Out>
  void expect(const Fabric& fabric, const Payload& payload, SimTime now, Out& out);

  NodeId node_;  // all that the deck fixes of it
  InterfaceState state_;
  InterfaceCounters counters_;
};

inline std::uint32_t Interface::port_for(const Fabric& fabric, const OutgoingMessage& message) const {
  if (state_.ports.size() == 1) return 0;
  WormHeader header;
  header.source = node_;
  header.destination = message.destination;
  header.tag = message.tag;
  header.express = message.express;
  header.background = message.background;
  return fabric.interface_port(fabric.routes.way(fabric.topology, node_, header, Port::local, 0).port);
}

// Takes the next worm of the lane onto a virtual channel; false if there is none to take, or no credit.
inline bool Interface::start_worm(const Fabric& fabric, InterfacePort& port, detail::Lane& lane,
                                  SimTime now) {
  if (lane.queue.empty() || lane.queue.front().ready > now) return false;
  detail::Waiting& waiting = lane.queue.front();
  std::uint32_t usable = fabric.allowed_channels(waiting.message.background);
  for (const detail::Lane& other : port.lanes)
    if (other.sending) usable &= ~(1u << other.sending->channel);
  std::uint32_t channel = fabric.channels;
  for (std::uint32_t k = 1; k <= fabric.channels && channel == fabric.channels; ++k) {
    const std::uint32_t candidate = (port.last_channel + k) % fabric.channels;
    if ((usable >> candidate & 1u) != 0 && port.outputs[candidate].credits.any(fabric.timing, now))
      channel = candidate;
  }
  if (channel == fabric.channels) return false;
  port.last_channel = channel;

  const std::uint32_t packet_bytes = fabric.timing.packet_bytes();
  detail::Sending worm;
  worm.header.source = node_;
  worm.header.destination = waiting.message.destination;
  worm.header.tag = waiting.message.tag;
  worm.header.created = waiting.created;
  worm.header.worms = waiting.worms;
  worm.header.express = waiting.message.express;
  worm.header.background = waiting.message.background;
  worm.header.bytes = waiting.worms == 1
                          ? waiting.message.bytes
                          : std::min(packet_bytes, waiting.message.bytes - waiting.worms_sent * packet_bytes);
  worm.flits = fabric.timing.flits_of(worm.header.bytes);
  worm.channel = channel;
  lane.sending = worm;
  counters_.packets += fabric.timing.packets_of(worm.header.bytes);
  if (waiting.worms_sent == 0)
    counters_.messages.left({waiting.created, waiting.message.destination.value, waiting.message.tag}, now);
  if (++waiting.worms_sent == waiting.worms) lane.queue.pop_front();
  return true;
}

inline std::uint32_t Interface::run_length(const Fabric& fabric, InterfacePort& port,
                                           const detail::Lane& lane, SimTime now) {
  const Timing& timing = fabric.timing;
  const detail::Sending& worm = *lane.sending;
  const std::uint32_t left = worm.flits - worm.sent;
  const auto one = static_cast<std::uint32_t>(std::min<std::int64_t>(timing.segment_flits, left));
  OutputChannel& output = port.outputs[worm.channel];
  if (!fabric.trains) return one;
  const bool sustained = output.sustains(timing, now, now + timing.latch_injection(), worm.sent == 0, false,
                                         segments_of(timing, left), timing.credit_injection());
  if (sustained) return left;
  const std::int64_t credited = output.credits.available(timing, now) * timing.segment_flits;
  return static_cast<std::uint32_t>(std::min<std::int64_t>(left, credited));
}

template <class Out>
void Interface::send_run(const Fabric& fabric, InterfacePort& port, std::size_t lane, SimTime now, Out& out) {
  const Timing& timing = fabric.timing;
  detail::Sending& worm = *port.lanes[lane].sending;
  OutputChannel& output = port.outputs[worm.channel];
  const std::uint32_t flits = run_length(fabric, port, port.lanes[lane], now);
  const bool head = worm.sent == 0;
  worm.run_start = now;
  worm.run_flits = flits;
  worm.sent += flits;
  port.active = lane;
  port.busy_until = now + flits * timing.cycle;
  const SimTime arrival = now + timing.latch_injection();
  output.credits.purge(now);
  output.book(timing, arrival, head, worm.sent == worm.flits, flits, false, timing.credit_injection());

  Payload payload = head ? head_payload(worm.header) : Payload{};
  if (!head) payload.kind = EventKind::body;
  payload.port = router_port(port);
  payload.channel = static_cast<std::uint8_t>(worm.channel);
  payload.flits = flits;
  if (output.credits.epoch()) payload.flags |= flag_epoch;
  out.post(arrival, engine::Phase::arrival, node_, payload);
}

template <class Out>
bool Interface::try_send(const Fabric& fabric, InterfacePort& port, std::size_t lane, SimTime now, Out& out) {
  detail::Lane& l = port.lanes[lane];
  if (!l.sending && !start_worm(fabric, port, l, now)) return false;
  if (!port.outputs[l.sending->channel].credits.any(fabric.timing, now)) return false;
  send_run(fabric, port, lane, now, out);
  return true;
}

template <class Out>
SimTime Interface::settle(const Fabric& fabric, SimTime now, Out& out) {
  SimTime wake = SimTime::never();
  for (InterfacePort& port : state_.ports) wake = std::min(wake, settle_port(fabric, port, now, out));
  return wake;
}

template <class Out>
SimTime Interface::settle_port(const Fabric& fabric, InterfacePort& port, SimTime now, Out& out) {
  if (port.busy_until > now && port.active == 1 && port.lanes[0].ready(now))
    interrupt(fabric, port, now, out);
  if (port.busy_until <= now) {
    for (detail::Lane& lane : port.lanes)
      if (lane.sending && lane.sending->sent == lane.sending->flits) lane.sending.reset();
    if (!try_send(fabric, port, 0, now, out)) try_send(fabric, port, 1, now, out);
  }
  return next_wake(fabric, port, now);
}

// When something that waits could go on, as far as the clock alone decides it.
inline SimTime Interface::next_wake(const Fabric& fabric, const InterfacePort& port, SimTime now) const {
  SimTime wake = SimTime::never();
  for (const detail::Lane& lane : port.lanes) {
    if (!lane.pending()) continue;
    if (port.busy_until > now) wake = std::min(wake, port.busy_until);
    if (!lane.queue.empty() && lane.queue.front().ready > now)
      wake = std::min(wake, lane.queue.front().ready);
    // A foreground message that lacks a credit interrupts a background run as soon as it gets one.
    if (port.busy_until > now && (port.active == 0 || &lane != &port.lanes[0])) continue;
    for (const OutputChannel& output : port.outputs)
      wake = std::min(wake, output.credits.next_return(fabric.timing, now));
  }
  return wake;
}

// Takes back what has not started of the run under way.
template <class Out>
void Interface::interrupt(const Fabric& fabric, InterfacePort& port, SimTime now, Out& out) {
  const Timing& timing = fabric.timing;
  detail::Sending& worm = *port.lanes[port.active].sending;
  const auto started = static_cast<std::uint32_t>(ceil_div(now - worm.run_start, timing.segment));
  const std::uint32_t segments = segments_of(timing, worm.run_flits);
  if (started >= segments) return;
  const auto kept = static_cast<std::uint32_t>(started * timing.segment_flits);
  worm.sent -= worm.run_flits - kept;
  worm.run_flits = kept;
  port.busy_until = worm.run_start + started * timing.segment;
  port.outputs[worm.channel].unbook(timing, started, segments - started);
  Payload cut;
  cut.kind = EventKind::cut;
  cut.port = router_port(port);
  cut.channel = static_cast<std::uint8_t>(worm.channel);
  cut.flits = kept;
  cut.created = worm.run_start + timing.latch_injection();
  out.post(port.busy_until + timing.latch_injection(), engine::Phase::arrival, node_, cut);
}

template <class Out>
void Interface::receive_hold(const Fabric& fabric, const Payload& payload, SimTime now, Out& out) {
  InterfacePort& port = injecting(payload);
  const detail::Lane& active = port.lanes[port.active];
  if (port.busy_until > now && active.sending && active.sending->channel == payload.channel)
    interrupt(fabric, port, now, out);
  port.outputs[payload.channel].credits.hold(payload.flits);
}

template <class Out>
void Interface::expect(const Fabric& fabric, const Payload& run, SimTime now, Out& out) {
  detail::Ejecting& worm = ejecting(run);
  worm.announced += run.flits;
  worm.run_flits = run.flits;
  worm.run_arrival = now;
  if (worm.announced < worm.flits) return;
  worm.due = now + (run.flits - 1) * fabric.timing.cycle;
  Payload payload;
  payload.kind = EventKind::delivered;
  payload.port = run.port;
  payload.channel = run.channel;
  out.post(worm.due, engine::Phase::delivery, node_, payload);
}

template <class Out>
void Interface::receive_head(const Fabric& fabric, const Payload& payload, SimTime now, Out& out) {
  detail::Ejecting& worm = ejecting(payload);
  worm.header = header_of(payload);
  worm.flits = fabric.timing.flits_of(payload.bytes);
  worm.announced = 0;
  worm.due = SimTime::never();
  expect(fabric, payload, now, out);
}

template <class Out>
void Interface::receive_body(const Fabric& fabric, const Payload& payload, SimTime now, Out& out) {
  expect(fabric, payload, now, out);
}

// Of a message of several worms it is not known how many have come.
inline SimTime Interface::due(const Timing& timing, NodeId source, std::uint64_t tag, std::uint32_t flits,
                              SimTime now) const {
  if (!timing.worm_is_message) return now;
  std::uint32_t left = flits;
  for (const InterfacePort& port : state_.ports)
    for (const detail::Ejecting& worm : port.ejecting) {
      if (worm.header.source != source || worm.header.tag != tag) continue;
      if (worm.due != SimTime::never()) return worm.due;
      left = std::max(worm.flits, worm.announced + 1) - worm.announced;
    }
  return now + (left - 1) * timing.cycle;
}

inline std::optional<DeliveredMessage> Interface::receive_delivered(const Payload& payload, SimTime now) {
  detail::Ejecting& worm = ejecting(payload);
  if (worm.due != now) return std::nullopt;
  worm.due = SimTime::never();
  DeliveredMessage delivered{worm.header, worm.flits, true};
  if (worm.header.worms > 1) {
    detail::Assembly& assembly = state_.assemblies.of(worm.header.source, worm.header.tag);
    ++assembly.worms;
    assembly.bytes += worm.header.bytes;
    delivered.complete = assembly.worms == worm.header.worms;
    if (delivered.complete) {
      delivered.header.bytes = assembly.bytes;
      state_.assemblies.erase(worm.header.source, worm.header.tag);
    }
  }
  if (delivered.complete) counters_.messages.arrived(delivered.header, node_, delivered.header.bytes, now);
  return delivered;
}

}  // namespace hecaton::net
