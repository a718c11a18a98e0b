// What travels: the payload of the network's events, and what a worm's header says. Both networks use them.
#pragma once

#include <cstdint>

#include "core/engine/base/ids.hpp"
#include "core/engine/base/time.hpp"

namespace hecaton::net {

enum class EventKind : std::uint8_t {
  head,       // a run that starts a worm is latched (or, on a bypass, announced)
  body,       // a further run of the worm that is arriving on this channel
  cut,        // of the run that arrives since `created` only the first `flits` flits come as promised
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
  SimTime created;
  std::uint32_t bytes = 0;
  std::uint32_t worms = 0;  // of the message it belongs to

  template <class Archive>
  void serialize(Archive& archive) {
    archive(kind, port, channel, flags, flits, source, destination, tag, created, bytes, worms);
  }
};
static_assert(sizeof(Payload) == 40);

// Values of `port` beyond the router's own: the two ends at the network interface, each the first of as many as the
// interface has ports.
inline constexpr std::uint8_t ejection_port = 16;
inline constexpr std::uint8_t injection_port = 32;

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
  SimTime created;
  std::uint32_t bytes = 0;
  std::uint32_t worms = 1;
  bool express = false;
  bool background = false;  // yields to worms that are not

  template <class Archive>
  void serialize(Archive& archive) {
    archive(source, destination, tag, created, bytes, worms, express, background);
  }
};

inline Payload head_payload(const WormHeader& header) {
  Payload payload;
  payload.kind = EventKind::head;
  payload.source = header.source.value;
  payload.destination = header.destination.value;
  payload.tag = header.tag;
  payload.created = header.created;
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
  header.created = payload.created;
  header.bytes = payload.bytes;
  header.worms = payload.worms;
  header.express = (payload.flags & flag_express) != 0;
  header.background = (payload.flags & flag_background) != 0;
  return header;
}

}  // namespace hecaton::net
