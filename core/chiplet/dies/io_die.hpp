// An IO die: DRAM channels at the edge of the package, serving reads and writes of the dies that have it in
// their share.
//
// A read request is answered with messages of at most burst_bytes each, a burst being read wholly before it
// is sent; a write burst is acknowledged when it is stored. Requests take turns in order of arrival, one
// burst each (a long prefetch does not shut out its neighbours), and each burst goes to the first free
// channel, the lowest of several.
//
// A burst's data occupy the channel for bytes / bandwidth, beginning `latency` after the request came or when
// the channel is free, whichever is later: latency hides behind a busy channel. The channel's clock counts in
// 1/bandwidth of a picosecond, so a saturated channel moves exactly bandwidth x time; only the end of each
// burst is rounded up to the picosecond. What a channel has read is handed to the network at once; there is
// no limit on what waits to be sent.
//
// Requests that arrive at the same instant are ordered by (source, tag), so their order within it changes
// nothing.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "core/chiplet/dies/host.hpp"
#include "core/chiplet/hardware/config.hpp"
#include "core/chiplet/hardware/rate.hpp"
#include "core/chiplet/program/tags.hpp"

namespace hecaton::chiplet {

struct IoDieSetup {
  NodeId id;
  std::uint32_t channels = 1;
  Rate channel;         // bytes per second, not free
  SimDuration latency;  // from request to first byte
  std::uint32_t burst_bytes = 262144;
};

// The memory part of a setup from a configuration; id and channels are the wiring's.
IoDieSetup resolve_io_die(const MemoryConfig& memory, NodeId id, std::uint32_t channels);

struct IoCounters {
  std::uint64_t read_bytes = 0;
  std::uint64_t write_bytes = 0;
  std::uint64_t bursts = 0;
  std::uint64_t busy_ps = 0;  // channels moving data, summed over them: bytes / bandwidth
};

class IoDie {
 public:
  explicit IoDie(const IoDieSetup& setup);

  template <MessageHost H>
  void on_message(H& h, const Message& message);
  template <MessageHost H>
  void on_timer(H& h, std::uint32_t token);

  NodeId id() const { return setup_.id; }
  bool idle() const;
  // "3 requests, next is a read for die 12; 1 channel busy until 5120000 ps"; empty if idle.
  std::string blocked_on() const;
  IoCounters counters() const;

  // All that changes during a run.
  template <class Archive>
  void serialize(Archive& archive) {
    archive(woken_, read_bytes_, write_bytes_, bursts_, arrived_, requests_);
    for (Channel& channel : channels_) archive(channel);
  }

 private:
  struct Request {
    SimTime arrival;
    NodeId die;
    std::uint64_t tag = 0;
    std::uint64_t left = 0;   // bytes not yet given to a channel
    std::uint64_t burst = 0;  // of a read: number of the next burst
    bool reads() const { return tag_kind(tag) == MessageKind::read_request; }

    template <class Archive>
    void serialize(Archive& archive) {
      archive(arrival, die, tag, left, burst);
    }
  };
  // A time that a channel's bandwidth divides: ps + fraction / (bytes per second).
  struct ExactTime {
    std::int64_t ps = 0;
    std::uint64_t fraction = 0;
    friend constexpr auto operator<=>(ExactTime, ExactTime) = default;

    template <class Archive>
    void serialize(Archive& archive) {
      archive(ps, fraction);
    }
  };
  struct Channel {
    ExactTime free;  // when its last burst ends
    SimTime done;    // the same, rounded up
    bool busy = false;
    Message answer;  // sent when the burst is done

    template <class Archive>
    void serialize(Archive& archive) {
      archive(free, done, busy, answer);
    }
  };

  void enqueue(const Message& message, SimTime now);
  // Gives the next burst to the channel.
  void serve(Channel& channel);
  ExactTime after(ExactTime start, std::uint64_t bytes) const;
  Message next_answer(Request& request, std::uint64_t bytes) const;

  IoDieSetup setup_;
  bool woken_ = false;
  std::uint64_t read_bytes_ = 0;
  std::uint64_t write_bytes_ = 0;
  std::uint64_t bursts_ = 0;
  std::deque<Request> arrived_;   // at this instant, ordered by (die, tag); not yet in the queue
  std::deque<Request> requests_;  // in the order of their turns
  std::vector<Channel> channels_;
};

template <MessageHost H>
void IoDie::on_message(H& h, const Message& message) {
  enqueue(message, h.now());
  if (woken_) return;
  woken_ = true;
  h.wake_at(h.now(), 0);
}

template <MessageHost H>
void IoDie::on_timer(H& h, std::uint32_t /*token*/) {
  woken_ = false;
  for (Channel& channel : channels_) {
    if (!channel.busy || channel.done > h.now()) continue;
    channel.busy = false;
    h.send(channel.answer);
  }
  requests_.insert(requests_.end(), arrived_.begin(), arrived_.end());
  arrived_.clear();
  for (Channel& channel : channels_) {
    if (requests_.empty()) break;
    if (channel.busy) continue;
    serve(channel);
    h.wake_at(channel.done, 0);
  }
}

}  // namespace hecaton::chiplet
