// An IO die's two changing parts: where it is in its work, and what it has moved so far. A checkpoint holds
// both whole.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <vector>

#include "core/chiplet/program/message.hpp"
#include "core/chiplet/program/tags.hpp"
#include "core/engine/base/ids.hpp"
#include "core/engine/base/time.hpp"
#include "core/engine/base/time_bins.hpp"

namespace hecaton::chiplet {

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

// Of one channel. Its time at work counts whole picoseconds that have begun and ended in it: a burst that follows
// another begins in the picosecond in which that ends.
struct ChannelTotals {
  std::uint64_t busy_ps = 0;
  TimeBins busy;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(busy_ps, busy);
  }
};

struct IoDieTotals {
  std::uint64_t read_bytes = 0;
  std::uint64_t write_bytes = 0;
  std::uint64_t bursts = 0;
  std::vector<ChannelTotals> channels;  // as many as the setup says

  template <class Archive>
  void serialize(Archive& archive) {
    archive(read_bytes, write_bytes, bursts);
    for (ChannelTotals& channel : channels) archive(channel);
  }
};

}  // namespace hecaton::chiplet
