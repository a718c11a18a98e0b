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

// A die's request, as far as it has not been given to a channel.
struct IoRequest {
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

struct DramChannel {
  ExactTime free;  // when its last burst ends
  SimTime done;    // the same, rounded up
  bool busy = false;
  Message answer;  // sent when the burst is done

  template <class Archive>
  void serialize(Archive& archive) {
    archive(free, done, busy, answer);
  }
};

// Where an IO die is in its work, and what it has moved so far. A checkpoint holds both whole.
struct IoDieState {
  bool is_woken = false;
  std::deque<IoRequest> arrived;      // at this instant, ordered by (die, tag); not yet in the queue
  std::deque<IoRequest> requests;     // in the order of their turns
  std::vector<DramChannel> channels;  // as many as the setup says

  template <class Archive>
  void serialize(Archive& archive) {
    archive(is_woken, arrived, requests);
    for (DramChannel& channel : channels) archive(channel);
  }
};

struct IoDieTotals {
  std::uint64_t read_bytes = 0;
  std::uint64_t write_bytes = 0;
  std::uint64_t bursts = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(read_bytes, write_bytes, bursts);
  }
};

class IoDie {
 public:
  // Throws std::logic_error for a setup without channels, bandwidth or burst size.
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

  template <class Archive>
  void serialize(Archive& archive) {
    archive(state_, totals_);
  }

 private:
  void enqueue(const Message& message, SimTime now);
  // Gives the next burst to the channel.
  void serve(DramChannel& channel);
  ExactTime after(ExactTime start, std::uint64_t bytes) const;
  Message next_answer(IoRequest& request, std::uint64_t bytes) const;

  IoDieSetup setup_;
  IoDieState state_;
  IoDieTotals totals_;
};

template <MessageHost H>
void IoDie::on_message(H& h, const Message& message) {
  enqueue(message, h.now());
  if (state_.is_woken) return;
  state_.is_woken = true;
  h.wake_at(h.now(), 0);
}

template <MessageHost H>
void IoDie::on_timer(H& h, std::uint32_t /*token*/) {
  state_.is_woken = false;
  for (DramChannel& channel : state_.channels) {
    if (!channel.busy || channel.done > h.now()) continue;
    channel.busy = false;
    h.send(channel.answer);
  }
  state_.requests.insert(state_.requests.end(), state_.arrived.begin(), state_.arrived.end());
  state_.arrived.clear();
  for (DramChannel& channel : state_.channels) {
    if (state_.requests.empty()) break;
    if (channel.busy) continue;
    serve(channel);
    h.wake_at(channel.done, 0);
  }
}

}  // namespace hecaton::chiplet
