// The network interface of a node: messages in, worms out, and back.
//
// Injection: messages leave in the order of their hand-over, one flit per cycle; each worm takes the next
// virtual channel, round robin, that has a credit. Ejection: one flit per cycle is consumed as it arrives; a
// message is delivered with its last flit (worms of one message may overtake each other and are counted).
// Out: post(time_ps, Phase, NodeId receiver, const Payload&).
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <unordered_map>

#include "net/events/router.hpp"

namespace hecaton::net {

struct OutgoingMessage {
  NodeId destination;
  std::uint64_t tag = 0;
  std::uint32_t bytes = 0;
  bool express = false;
  bool background = false;  // yields to messages that are not

  template <class Archive>
  void serialize(Archive& archive) {
    archive(destination, tag, bytes, express, background);
  }
};

struct DeliveredMessage {
  WormHeader header;        // of its last worm; `bytes` are the message's
  std::uint32_t flits = 0;  // of the worm just delivered
  bool complete = false;    // false: further worms of the message are to come
};

class Interface {
 public:
  Interface(const Fabric& fabric, NodeId node)
      : node_(node),
        outputs_(fabric.channels),
        ejecting_(fabric.channels),
        last_channel_(fabric.channels - 1) {}

  // Precondition: bytes > 0. The node must be settled at `now`.
  void hand_over(const Fabric& fabric, const OutgoingMessage& message, SimTime now) {
    const std::uint32_t packet_bytes = fabric.timing.packet_flits * fabric.timing.flit_bytes;
    const std::uint32_t worms =
        fabric.timing.worm_is_message ? 1 : (message.bytes + packet_bytes - 1) / packet_bytes;
    const bool yields = fabric.classes && message.background;
    lanes_[yields].queue.push_back({message, now, now + fabric.timing.overhead, worms, 0});
  }

  // Nothing is waiting, and nothing left to start (a last run may still be on its way out).
  bool idle() const { return !lanes_[0].pending() && !lanes_[1].pending(); }
  std::uint64_t packets() const { return packets_; }
  bool credits_home(const Fabric& fabric, SimTime now) {
    for (OutputChannel& output : outputs_)
      if (!output.credits.settled(fabric.timing, now)) return false;
    return true;
  }

  template <class Out>
  SimTime settle(Fabric& fabric, SimTime now, Out& out);
  template <class Out>
  void receive_hold(const Fabric& fabric, const Payload& payload, SimTime now, Out& out);
  void receive_credit(const Fabric& fabric, const Payload& payload, SimTime now) {
    receive_late_credit(fabric.timing, outputs_[payload.channel], payload, now,
                        fabric.timing.credit_injection());
  }

  template <class Out>
  void receive_head(const Fabric& fabric, const Payload& payload, SimTime now, Out& out);
  template <class Out>
  void receive_body(const Fabric& fabric, const Payload& payload, SimTime now, Out& out);
  void receive_cut(const Payload& payload) {
    Ejecting& worm = ejecting_[payload.channel];
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
    archive(outputs_, ejecting_, lanes_, active_, busy_until_, last_channel_, packets_);
    archive(assemblies_in_order());
  }
  template <class Archive>
  void load(Archive& archive) {
    archive(outputs_, ejecting_, lanes_, active_, busy_until_, last_channel_, packets_);
    std::vector<KeyedAssembly> assemblies;
    archive(assemblies);
    for (const KeyedAssembly& a : assemblies) assemblies_[a.source][a.tag] = a.assembly;
  }

 private:
  struct Waiting {
    OutgoingMessage message;
    SimTime created;
    SimTime ready;
    std::uint32_t worms;
    std::uint32_t worms_sent;

    template <class Archive>
    void serialize(Archive& archive) {
      archive(message, created, ready, worms, worms_sent);
    }
  };
  struct Sending {
    WormHeader header;
    std::uint32_t flits = 0;
    std::uint32_t sent = 0;
    std::uint32_t channel = 0;
    SimTime run_start{};
    std::uint32_t run_flits = 0;

    template <class Archive>
    void serialize(Archive& archive) {
      archive(header, flits, sent, channel, run_start, run_flits);
    }
  };
  struct Ejecting {
    WormHeader header;
    std::uint32_t flits = 0;
    std::uint32_t announced = 0;
    std::uint32_t run_flits = 0;  // of the run under way
    SimTime run_arrival{};
    SimTime due = SimTime::never();

    template <class Archive>
    void serialize(Archive& archive) {
      archive(header, flits, announced, run_flits, run_arrival, due);
    }
  };
  struct Assembly {
    std::uint32_t worms = 0;
    std::uint32_t bytes = 0;

    template <class Archive>
    void serialize(Archive& archive) {
      archive(worms, bytes);
    }
  };
  struct KeyedAssembly {
    std::uint64_t source = 0;
    std::uint64_t tag = 0;
    Assembly assembly;

    template <class Archive>
    void serialize(Archive& archive) {
      archive(source, tag, assembly);
    }
  };

  // Messages of one class.
  struct Lane {
    std::deque<Waiting> queue;
    std::optional<Sending> sending;  // the worm under way, until its tail has started for good

    bool pending() const { return !queue.empty() || (sending && sending->sent < sending->flits); }
    bool ready(SimTime now) const {
      return (sending && sending->sent < sending->flits) || (!queue.empty() && queue.front().ready <= now);
    }

    template <class Archive>
    void serialize(Archive& archive) {
      archive(queue, sending);
    }
  };

  bool start_worm(Fabric& fabric, Lane& lane, SimTime now);
  template <class Out>
  bool try_send(Fabric& fabric, std::size_t lane, SimTime now, Out& out);
  template <class Out>
  void send_run(Fabric& fabric, std::size_t lane, SimTime now, Out& out);
  template <class Out>
  void interrupt(const Fabric& fabric, SimTime now, Out& out);
  std::uint32_t run_length(const Fabric& fabric, const Lane& lane, SimTime now);
  SimTime next_wake(const Fabric& fabric, SimTime now) const;
  template <class Out>
  void expect(const Fabric& fabric, std::uint8_t channel, std::uint32_t flits, SimTime now, Out& out);
  std::vector<KeyedAssembly> assemblies_in_order() const;

  NodeId node_;
  std::vector<OutputChannel> outputs_;
  std::vector<Ejecting> ejecting_;
  std::array<Lane, 2> lanes_;  // foreground, background
  std::size_t active_ = 0;     // lane of the latest run
  SimTime busy_until_{};       // the injection channel carries that run until then
  std::uint32_t last_channel_;
  std::uint64_t packets_ = 0;
  // Messages of several worms, keyed by source and tag; looked up only, never walked.
  std::unordered_map<std::uint64_t, std::unordered_map<std::uint64_t, Assembly>> assemblies_;
};

inline std::vector<Interface::KeyedAssembly> Interface::assemblies_in_order() const {
  std::vector<KeyedAssembly> all;
  for (const auto& [source, by_tag] : assemblies_)
    for (const auto& [tag, assembly] : by_tag) all.push_back({source, tag, assembly});
  std::sort(all.begin(), all.end(), [](const KeyedAssembly& a, const KeyedAssembly& b) {
    return std::pair(a.source, a.tag) < std::pair(b.source, b.tag);
  });
  return all;
}

// Takes the next worm of the lane onto a virtual channel; false if there is none to take, or no credit.
inline bool Interface::start_worm(Fabric& fabric, Lane& lane, SimTime now) {
  if (lane.queue.empty() || lane.queue.front().ready > now) return false;
  Waiting& waiting = lane.queue.front();
  std::uint32_t usable = fabric.allowed_channels(waiting.message.background);
  for (const Lane& other : lanes_)
    if (other.sending) usable &= ~(1u << other.sending->channel);
  std::uint32_t channel = fabric.channels;
  for (std::uint32_t k = 1; k <= fabric.channels && channel == fabric.channels; ++k) {
    const std::uint32_t candidate = (last_channel_ + k) % fabric.channels;
    if ((usable >> candidate & 1u) != 0 && outputs_[candidate].credits.any(fabric.timing, now))
      channel = candidate;
  }
  if (channel == fabric.channels) return false;
  last_channel_ = channel;

  const std::uint32_t packet_bytes = fabric.timing.packet_flits * fabric.timing.flit_bytes;
  Sending worm;
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
  packets_ += fabric.timing.worm_is_message ? segments_of(fabric.timing, worm.flits) : 1;
  if (++waiting.worms_sent == waiting.worms) lane.queue.pop_front();
  return true;
}

inline std::uint32_t Interface::run_length(const Fabric& fabric, const Lane& lane, SimTime now) {
  const Timing& timing = fabric.timing;
  const Sending& worm = *lane.sending;
  const std::uint32_t left = worm.flits - worm.sent;
  const auto one = static_cast<std::uint32_t>(std::min<std::int64_t>(timing.segment_flits, left));
  OutputChannel& output = outputs_[worm.channel];
  if (!fabric.trains || output.credits.held()) return one;
  const bool sustained = output.sustains(timing, now, now + timing.latch_injection(), worm.sent == 0, false,
                                         segments_of(timing, left), timing.credit_injection());
  return sustained ? left : one;
}

template <class Out>
void Interface::send_run(Fabric& fabric, std::size_t lane, SimTime now, Out& out) {
  const Timing& timing = fabric.timing;
  Sending& worm = *lanes_[lane].sending;
  OutputChannel& output = outputs_[worm.channel];
  const std::uint32_t flits = run_length(fabric, lanes_[lane], now);
  const bool head = worm.sent == 0;
  worm.run_start = now;
  worm.run_flits = flits;
  worm.sent += flits;
  active_ = lane;
  busy_until_ = now + flits * timing.cycle;
  const SimTime arrival = now + timing.latch_injection();
  output.credits.purge(now);
  output.book(timing, arrival, head, worm.sent == worm.flits, flits, false, timing.credit_injection());

  Payload payload = head ? head_payload(worm.header) : Payload{};
  if (!head) payload.kind = EventKind::body;
  payload.port = static_cast<std::uint8_t>(Port::local);
  payload.channel = static_cast<std::uint8_t>(worm.channel);
  payload.flits = flits;
  if (output.credits.epoch()) payload.flags |= flag_epoch;
  out.post(arrival, engine::Phase::arrival, node_, payload);
}

template <class Out>
bool Interface::try_send(Fabric& fabric, std::size_t lane, SimTime now, Out& out) {
  Lane& l = lanes_[lane];
  if (!l.sending && !start_worm(fabric, l, now)) return false;
  if (!outputs_[l.sending->channel].credits.any(fabric.timing, now)) return false;
  send_run(fabric, lane, now, out);
  return true;
}

template <class Out>
SimTime Interface::settle(Fabric& fabric, SimTime now, Out& out) {
  if (busy_until_ > now && active_ == 1 && lanes_[0].ready(now)) interrupt(fabric, now, out);
  if (busy_until_ <= now) {
    for (Lane& lane : lanes_)
      if (lane.sending && lane.sending->sent == lane.sending->flits) lane.sending.reset();
    if (!try_send(fabric, 0, now, out)) try_send(fabric, 1, now, out);
  }
  return next_wake(fabric, now);
}

// When something that waits could go on, as far as the clock alone decides it.
inline SimTime Interface::next_wake(const Fabric& fabric, SimTime now) const {
  SimTime wake = SimTime::never();
  for (const Lane& lane : lanes_) {
    if (!lane.pending()) continue;
    if (busy_until_ > now) wake = std::min(wake, busy_until_);
    if (!lane.queue.empty() && lane.queue.front().ready > now)
      wake = std::min(wake, lane.queue.front().ready);
    // A foreground message that lacks a credit interrupts a background run as soon as it gets one.
    if (busy_until_ > now && (active_ == 0 || &lane != &lanes_[0])) continue;
    for (const OutputChannel& output : outputs_)
      wake = std::min(wake, output.credits.next_return(fabric.timing, now));
  }
  return wake;
}

// Takes back what has not started of the run under way.
template <class Out>
void Interface::interrupt(const Fabric& fabric, SimTime now, Out& out) {
  const Timing& timing = fabric.timing;
  Sending& worm = *lanes_[active_].sending;
  const auto started = static_cast<std::uint32_t>(ceil_div(now - worm.run_start, timing.segment));
  const std::uint32_t segments = segments_of(timing, worm.run_flits);
  if (started >= segments) return;
  const auto kept = static_cast<std::uint32_t>(started * timing.segment_flits);
  worm.sent -= worm.run_flits - kept;
  worm.run_flits = kept;
  busy_until_ = worm.run_start + started * timing.segment;
  outputs_[worm.channel].unbook(timing, started, segments - started);
  Payload cut;
  cut.kind = EventKind::cut;
  cut.port = static_cast<std::uint8_t>(Port::local);
  cut.channel = static_cast<std::uint8_t>(worm.channel);
  cut.flits = kept;
  cut.created = worm.run_start + timing.latch_injection();
  out.post(busy_until_ + timing.latch_injection(), engine::Phase::arrival, node_, cut);
}

template <class Out>
void Interface::receive_hold(const Fabric& fabric, const Payload& payload, SimTime now, Out& out) {
  const Lane& active = lanes_[active_];
  if (busy_until_ > now && active.sending && active.sending->channel == payload.channel)
    interrupt(fabric, now, out);
  outputs_[payload.channel].credits.hold(payload.flits);
}

template <class Out>
void Interface::expect(const Fabric& fabric, std::uint8_t channel, std::uint32_t flits, SimTime now,
                       Out& out) {
  Ejecting& worm = ejecting_[channel];
  worm.announced += flits;
  worm.run_flits = flits;
  worm.run_arrival = now;
  if (worm.announced < worm.flits) return;
  worm.due = now + (flits - 1) * fabric.timing.cycle;
  Payload payload;
  payload.kind = EventKind::delivered;
  payload.port = ejection_port;
  payload.channel = channel;
  out.post(worm.due, engine::Phase::delivery, node_, payload);
}

template <class Out>
void Interface::receive_head(const Fabric& fabric, const Payload& payload, SimTime now, Out& out) {
  Ejecting& worm = ejecting_[payload.channel];
  worm.header = header_of(payload);
  worm.flits = fabric.timing.flits_of(payload.bytes);
  worm.announced = 0;
  worm.due = SimTime::never();
  expect(fabric, payload.channel, payload.flits, now, out);
}

template <class Out>
void Interface::receive_body(const Fabric& fabric, const Payload& payload, SimTime now, Out& out) {
  expect(fabric, payload.channel, payload.flits, now, out);
}

// Of a message of several worms it is not known how many have come.
inline SimTime Interface::due(const Timing& timing, NodeId source, std::uint64_t tag, std::uint32_t flits,
                              SimTime now) const {
  if (!timing.worm_is_message) return now;
  std::uint32_t left = flits;
  for (const Ejecting& worm : ejecting_) {
    if (worm.header.source != source || worm.header.tag != tag) continue;
    if (worm.due != SimTime::never()) return worm.due;
    left = std::max(worm.flits, worm.announced + 1) - worm.announced;
  }
  return now + (left - 1) * timing.cycle;
}

inline std::optional<DeliveredMessage> Interface::receive_delivered(const Payload& payload, SimTime now) {
  Ejecting& worm = ejecting_[payload.channel];
  if (worm.due != now) return std::nullopt;
  worm.due = SimTime::never();
  DeliveredMessage delivered{worm.header, worm.flits, true};
  if (worm.header.worms > 1) {
    auto& of_source = assemblies_[worm.header.source.value];
    Assembly& assembly = of_source[worm.header.tag];
    ++assembly.worms;
    assembly.bytes += worm.header.bytes;
    delivered.complete = assembly.worms == worm.header.worms;
    if (delivered.complete) {
      delivered.header.bytes = assembly.bytes;
      of_source.erase(worm.header.tag);
    }
  }
  return delivered;
}

}  // namespace hecaton::net
