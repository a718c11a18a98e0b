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

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/chiplet/dies/host.hpp"
#include "core/chiplet/dies/io_die_state.hpp"
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
  BinGrid bins = {};  // in which it is counted how long channels are busy
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
  const std::vector<ChannelTotals>& channels() const { return totals_.channels; }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(state_, totals_);
  }

 private:
  void enqueue(const Message& message, SimTime now);
  // Gives the next burst to the channel.
  void serve(std::size_t channel);
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
  for (std::size_t i = 0; i < state_.channels.size() && !state_.requests.empty(); ++i) {
    if (state_.channels[i].busy) continue;
    serve(i);
    h.wake_at(state_.channels[i].done, 0);
  }
}

}  // namespace hecaton::chiplet
