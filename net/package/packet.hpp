// What travels: the payload of the network's events, and the worms waiting in a router's buffers.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "core/engine/base/ids.hpp"

namespace hecaton::net {

inline constexpr std::int64_t never_ps = std::numeric_limits<std::int64_t>::max();

enum class EventKind : std::uint8_t {
  head,       // a run that starts a worm is latched (or, on a bypass, announced)
  body,       // a further run of the worm that is arriving on this channel
  cut,        // of the run that arrives since `created_ps` only the first `flits` flits come as promised
  hold,       // credits are no longer on schedule: `count` segments are credited, the rest will be one by one
  credit,     // one late credit; with flag_resume the last one, `flits` holds having been sent before
  settle,     // look at this node again
  delivered,  // the last flit of the worm on this ejection channel is here
  timer,      // for what is attached to the interface; `tag` is its token
};

// 40 bytes, so that an event is 64.
struct Payload {
  EventKind kind = EventKind::settle;
  std::uint8_t port = 0;
  std::uint8_t channel = 0;
  std::uint8_t flags = 0;
  std::uint32_t flits = 0;  // of the run; for `hold` the number of credited segments
  // Of the worm; in `head` events only.
  std::uint32_t source = 0;
  std::uint32_t destination = 0;
  std::uint64_t tag = 0;
  std::int64_t created_ps = 0;
  std::uint32_t bytes = 0;
  std::uint32_t worms = 0;  // of the message it belongs to

  template <class Archive>
  void serialize(Archive& archive) {
    archive(kind, port, channel, flags, flits, source, destination, tag, created_ps, bytes, worms);
  }
};
static_assert(sizeof(Payload) == 40);

// Values of `port` beyond the router's own: the two ends at the network interface.
inline constexpr std::uint8_t ejection_port = 6;
inline constexpr std::uint8_t injection_port = 7;

inline constexpr std::uint8_t flag_epoch = 1;    // see CreditBook
inline constexpr std::uint8_t flag_express = 2;  // the worm follows an edge of a bypass ring
inline constexpr std::uint8_t flag_resume = 8;   // see CreditBook
inline constexpr std::uint8_t flag_tail = 16;    // of a resuming credit: its segment was a tail
inline constexpr std::uint8_t flag_background = 32;
inline constexpr std::uint8_t flag_bypass = 4;  // the worm will pass over the die that this event goes to

// What stays the same of a worm on its way.
struct WormHeader {
  NodeId source;
  NodeId destination;
  std::uint64_t tag = 0;
  std::int64_t created_ps = 0;
  std::uint32_t bytes = 0;
  std::uint32_t worms = 1;
  bool express = false;
  bool background = false;  // yields to worms that are not

  template <class Archive>
  void serialize(Archive& archive) {
    archive(source, destination, tag, created_ps, bytes, worms, express, background);
  }
};

// A worm in an input buffer, arriving and leaving at the same time. Of what has arrived, `base` flits came in
// earlier runs; the run under way brings segment j at run_start + j * segment.
struct Worm {
  WormHeader header;
  std::int64_t head_latched = 0;
  std::int64_t run_arrival = 0;  // of the run's event: what a cut names it by
  std::int64_t run_start = 0;
  std::uint32_t run_flits = 0;
  std::uint32_t base = 0;
  // When the last segment of these is latched; after a missed bypass that may be still to come.
  std::int64_t base_last = 0;
  std::uint32_t sent = 0;
  std::uint32_t flits = 0;
  std::uint32_t next = 0;  // in the same buffer

  std::uint32_t announced() const { return base + run_flits; }
  // When the next segment to be sent is (or was) latched; never_ps if that is not known yet.
  std::int64_t next_arrival(std::int64_t segment_flits, std::int64_t segment_ps) const {
    if (sent >= announced()) return never_ps;
    if (sent < base) return sent + segment_flits >= base ? base_last : 0;
    return run_start + (sent - base) / segment_flits * segment_ps;
  }

  // All but `next`, which is an index into memory.
  template <class Archive>
  void serialize(Archive& archive) {
    archive(header, head_latched, run_arrival, run_start, run_flits, base, base_last, sent, flits);
  }
};

// Worms of all routers of a rank, linked by index; memory follows the number of worms in flight.
class WormPool {
 public:
  static constexpr std::uint32_t none = 0xFFFFFFFFu;

  std::uint32_t take() {
    if (free_ == none) {
      worms_.emplace_back();
      return static_cast<std::uint32_t>(worms_.size() - 1);
    }
    const std::uint32_t index = free_;
    free_ = worms_[index].next;
    return index;
  }
  void give_back(std::uint32_t index) {
    worms_[index].next = free_;
    free_ = index;
  }
  Worm& operator[](std::uint32_t index) { return worms_[index]; }
  const Worm& operator[](std::uint32_t index) const { return worms_[index]; }

 private:
  std::vector<Worm> worms_;
  std::uint32_t free_ = none;
};

inline Payload head_payload(const WormHeader& header) {
  Payload payload;
  payload.kind = EventKind::head;
  payload.source = header.source.value;
  payload.destination = header.destination.value;
  payload.tag = header.tag;
  payload.created_ps = header.created_ps;
  payload.bytes = header.bytes;
  payload.worms = header.worms;
  payload.flags = static_cast<std::uint8_t>((header.express ? flag_express : 0) |
                                            (header.background ? flag_background : 0));
  return payload;
}

inline WormHeader header_of(const Payload& payload) {
  WormHeader header;
  header.source = NodeId{payload.source};
  header.destination = NodeId{payload.destination};
  header.tag = payload.tag;
  header.created_ps = payload.created_ps;
  header.bytes = payload.bytes;
  header.worms = payload.worms;
  header.express = (payload.flags & flag_express) != 0;
  header.background = (payload.flags & flag_background) != 0;
  return header;
}

}  // namespace hecaton::net
