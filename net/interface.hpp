// The network interface of a node: messages in, worms out, and back.
//
// Injection: messages leave in the order of their hand-over, one flit per cycle; each worm takes the next
// virtual channel, round robin, that has a credit. Ejection: one flit per cycle is consumed as it arrives; a
// message is delivered with its last flit (worms of one message may overtake each other and are counted).
// Out: post(time_ps, Phase, NodeId receiver, const Payload&).
#pragma once

#include <deque>
#include <optional>
#include <unordered_map>

#include "net/router.hpp"

namespace hecaton::net {

struct OutgoingMessage {
  NodeId destination;
  std::uint64_t tag = 0;
  std::uint32_t bytes = 0;
  bool express = false;
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
  void hand_over(const Fabric& fabric, const OutgoingMessage& message, std::int64_t now) {
    const std::uint32_t packet_bytes = fabric.timing.packet_flits * fabric.timing.flit_bytes;
    const std::uint32_t worms =
        fabric.timing.worm_is_message ? 1 : (message.bytes + packet_bytes - 1) / packet_bytes;
    queue_.push_back({message, now, now + fabric.timing.overhead, worms, 0});
  }

  // Nothing is waiting, and nothing left to start (a last run may still be on its way out).
  bool idle() const { return queue_.empty() && (!sending_ || sending_->sent == sending_->flits); }
  std::uint64_t packets() const { return packets_; }
  bool credits_home(const Fabric& fabric, std::int64_t now) {
    for (OutputChannel& output : outputs_)
      if (!output.credits.settled(fabric.timing, now)) return false;
    return true;
  }

  template <class Out>
  std::int64_t settle(Fabric& fabric, std::int64_t now, Out& out);
  template <class Out>
  void receive_hold(const Fabric& fabric, const Payload& payload, std::int64_t now, Out& out);
  void receive_credit(const Fabric& fabric, const Payload& payload, std::int64_t now) {
    receive_late_credit(fabric.timing, outputs_[payload.channel], payload, now,
                        fabric.timing.credit_injection());
  }

  template <class Out>
  void receive_head(const Fabric& fabric, const Payload& payload, std::int64_t now, Out& out);
  template <class Out>
  void receive_body(const Fabric& fabric, const Payload& payload, std::int64_t now, Out& out);
  void receive_cut(const Payload& payload) {
    Ejecting& worm = ejecting_[payload.channel];
    if (worm.run_arrival != payload.created_ps || worm.run_flits <= payload.flits) return;
    worm.announced -= worm.run_flits - payload.flits;
    worm.run_flits = payload.flits;
    worm.due = never_ps;
  }
  // Nothing if the announcement was taken back meanwhile.
  std::optional<DeliveredMessage> receive_delivered(const Payload& payload, std::int64_t now);

 private:
  struct Waiting {
    OutgoingMessage message;
    std::int64_t created;
    std::int64_t ready;
    std::uint32_t worms;
    std::uint32_t worms_sent;
  };
  struct Sending {
    WormHeader header;
    std::uint32_t flits = 0;
    std::uint32_t sent = 0;
    std::uint32_t channel = 0;
    std::int64_t run_start = 0;
    std::uint32_t run_flits = 0;
  };
  struct Ejecting {
    WormHeader header;
    std::uint32_t flits = 0;
    std::uint32_t announced = 0;
    std::uint32_t run_flits = 0;  // of the run under way
    std::int64_t run_arrival = 0;
    std::int64_t due = never_ps;
  };
  struct Assembly {
    std::uint32_t worms = 0;
    std::uint32_t bytes = 0;
  };

  bool start_worm(Fabric& fabric, std::int64_t now);
  template <class Out>
  void send_run(Fabric& fabric, std::int64_t now, Out& out);
  std::uint32_t run_length(const Fabric& fabric, std::int64_t now);
  template <class Out>
  void expect(const Fabric& fabric, std::uint8_t channel, std::uint32_t flits, std::int64_t now, Out& out);

  NodeId node_;
  std::vector<OutputChannel> outputs_;
  std::vector<Ejecting> ejecting_;
  std::deque<Waiting> queue_;
  std::optional<Sending> sending_;  // the worm that has the injection channel, until its tail has started
  std::int64_t busy_until_ = 0;
  std::uint32_t last_channel_;
  std::uint64_t packets_ = 0;
  // Messages of several worms, keyed by source and tag; looked up only, never walked.
  std::unordered_map<std::uint64_t, std::unordered_map<std::uint64_t, Assembly>> assemblies_;
};

// Takes the next worm of the queue onto a virtual channel; false if there is none to take, or no credit.
inline bool Interface::start_worm(Fabric& fabric, std::int64_t now) {
  if (queue_.empty() || queue_.front().ready > now) return false;
  std::uint32_t channel = fabric.channels;
  for (std::uint32_t k = 1; k <= fabric.channels && channel == fabric.channels; ++k) {
    const std::uint32_t candidate = (last_channel_ + k) % fabric.channels;
    if (outputs_[candidate].credits.available(fabric.timing, now) > 0) channel = candidate;
  }
  if (channel == fabric.channels) return false;
  last_channel_ = channel;

  Waiting& waiting = queue_.front();
  const std::uint32_t packet_bytes = fabric.timing.packet_flits * fabric.timing.flit_bytes;
  Sending worm;
  worm.header.source = node_;
  worm.header.destination = waiting.message.destination;
  worm.header.tag = waiting.message.tag;
  worm.header.created_ps = waiting.created;
  worm.header.worms = waiting.worms;
  worm.header.express = waiting.message.express;
  worm.header.bytes = waiting.worms == 1
                          ? waiting.message.bytes
                          : std::min(packet_bytes, waiting.message.bytes - waiting.worms_sent * packet_bytes);
  worm.flits = (worm.header.bytes + fabric.timing.flit_bytes - 1) / fabric.timing.flit_bytes;
  worm.channel = channel;
  sending_ = worm;
  packets_ += fabric.timing.worm_is_message ? segments_of(fabric.timing, worm.flits) : 1;
  if (++waiting.worms_sent == waiting.worms) queue_.pop_front();
  return true;
}

inline std::uint32_t Interface::run_length(const Fabric& fabric, std::int64_t now) {
  const Timing& timing = fabric.timing;
  const std::uint32_t left = sending_->flits - sending_->sent;
  const auto one = static_cast<std::uint32_t>(std::min<std::int64_t>(timing.segment_flits, left));
  OutputChannel& output = outputs_[sending_->channel];
  if (!fabric.trains || output.credits.held()) return one;
  const bool sustained = output.sustains(timing, now, now + timing.latch_injection(), sending_->sent == 0,
                                         false, segments_of(timing, left), timing.credit_injection());
  return sustained ? left : one;
}

template <class Out>
void Interface::send_run(Fabric& fabric, std::int64_t now, Out& out) {
  const Timing& timing = fabric.timing;
  OutputChannel& output = outputs_[sending_->channel];
  const std::uint32_t flits = run_length(fabric, now);
  const bool head = sending_->sent == 0;
  sending_->run_start = now;
  sending_->run_flits = flits;
  sending_->sent += flits;
  busy_until_ = now + flits * timing.cycle;
  const std::int64_t arrival = now + timing.latch_injection();
  output.book(timing, arrival, head, sending_->sent == sending_->flits, flits, false,
              timing.credit_injection());

  Payload payload = head ? head_payload(sending_->header) : Payload{};
  if (!head) payload.kind = EventKind::body;
  payload.port = static_cast<std::uint8_t>(Port::local);
  payload.channel = static_cast<std::uint8_t>(sending_->channel);
  payload.flits = flits;
  if (output.credits.epoch()) payload.flags |= flag_epoch;
  out.post(arrival, engine::Phase::arrival, node_, payload);
}

template <class Out>
std::int64_t Interface::settle(Fabric& fabric, std::int64_t now, Out& out) {
  const Timing& timing = fabric.timing;
  if (busy_until_ > now) return idle() ? never_ps : busy_until_;
  if (sending_ && sending_->sent == sending_->flits) sending_.reset();
  if (!sending_) {
    if (queue_.empty()) return never_ps;
    if (queue_.front().ready > now) return queue_.front().ready;
    if (!start_worm(fabric, now)) {
      std::int64_t wake = never_ps;
      for (const OutputChannel& output : outputs_)
        wake = std::min(wake, output.credits.next_return(timing, now));
      return wake;
    }
  } else if (outputs_[sending_->channel].credits.available(timing, now) == 0) {
    return outputs_[sending_->channel].credits.next_return(timing, now);
  }
  send_run(fabric, now, out);
  return sending_->sent < sending_->flits || !queue_.empty() ? busy_until_ : never_ps;
}

template <class Out>
void Interface::receive_hold(const Fabric& fabric, const Payload& payload, std::int64_t now, Out& out) {
  const Timing& timing = fabric.timing;
  OutputChannel& output = outputs_[payload.channel];
  if (sending_ && sending_->channel == payload.channel && busy_until_ > now) {
    const auto started =
        static_cast<std::uint32_t>((now - sending_->run_start + timing.segment - 1) / timing.segment);
    const std::uint32_t segments = segments_of(timing, sending_->run_flits);
    if (started < segments) {
      const auto kept = static_cast<std::uint32_t>(started * timing.segment_flits);
      sending_->sent -= sending_->run_flits - kept;
      sending_->run_flits = kept;
      busy_until_ = sending_->run_start + started * timing.segment;
      Payload cut;
      cut.kind = EventKind::cut;
      cut.port = static_cast<std::uint8_t>(Port::local);
      cut.channel = payload.channel;
      cut.flits = kept;
      cut.created_ps = sending_->run_start + timing.latch_injection();
      output.unbook(timing, started, segments - started);
      out.post(busy_until_ + timing.latch_injection(), engine::Phase::arrival, node_, cut);
    }
  }
  output.credits.hold(payload.flits);
}

template <class Out>
void Interface::expect(const Fabric& fabric, std::uint8_t channel, std::uint32_t flits, std::int64_t now,
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
void Interface::receive_head(const Fabric& fabric, const Payload& payload, std::int64_t now, Out& out) {
  Ejecting& worm = ejecting_[payload.channel];
  worm.header = header_of(payload);
  worm.flits = (payload.bytes + fabric.timing.flit_bytes - 1) / fabric.timing.flit_bytes;
  worm.announced = 0;
  worm.due = never_ps;
  expect(fabric, payload.channel, payload.flits, now, out);
}

template <class Out>
void Interface::receive_body(const Fabric& fabric, const Payload& payload, std::int64_t now, Out& out) {
  expect(fabric, payload.channel, payload.flits, now, out);
}

inline std::optional<DeliveredMessage> Interface::receive_delivered(const Payload& payload,
                                                                    std::int64_t now) {
  Ejecting& worm = ejecting_[payload.channel];
  if (worm.due != now) return std::nullopt;
  worm.due = never_ps;
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
