// What the two ends of a message know of it: the source, when its first flit left; the destination, when its last
// flit was there. A log is of one node, and is kept only where a run asks for rows of messages.
//
// Ends are on different ranks; whoever has the logs of both makes a row of them (runs/wiring/message_rows.hpp). What
// waits for its other half is part of a checkpoint.
#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include "core/engine/base/ids.hpp"
#include "core/engine/base/time.hpp"
#include "net/package/packet.hpp"

namespace hecaton::net {

// What tells a message from all others of its source: no two of one tag are under way to one node.
struct MessageKey {
  SimTime created;  // handed over
  std::uint32_t destination = 0;
  std::uint64_t tag = 0;

  friend bool operator==(const MessageKey&, const MessageKey&) = default;
  friend bool operator<(const MessageKey& a, const MessageKey& b) {
    return std::tie(a.created, a.destination, a.tag) < std::tie(b.created, b.destination, b.tag);
  }
  template <class Archive>
  void serialize(Archive& archive) {
    archive(created, destination, tag);
  }
};

// At the source.
struct MessageHead {
  MessageKey message;
  SimTime out;  // when its first flit left the interface

  template <class Archive>
  void serialize(Archive& archive) {
    archive(message, out);
  }
};

// At the destination.
struct MessageArrival {
  MessageKey message;
  SimTime here;
  std::uint32_t source = 0;
  std::uint32_t bytes = 0;
  bool express = false;
};

class MessageLog {
 public:
  explicit MessageLog(bool keeps = false) : keeps_(keeps) {}

  void left(const MessageKey& message, SimTime out) {
    if (keeps_) heads.push_back({message, out});
  }
  void arrived(const WormHeader& header, NodeId here, std::uint32_t bytes, SimTime now) {
    if (!keeps_) return;
    arrivals.push_back(
        {{header.created, here.value, header.tag}, now, header.source.value, bytes, header.express});
  }

  // From a checkpoint, of a run that may have kept more.
  void restore(const MessageLog& saved) {
    if (keeps_) heads = saved.heads;
  }

  std::vector<MessageHead> heads;
  std::vector<MessageArrival> arrivals;

  // Arrivals have become rows before a state is saved.
  template <class Archive>
  void serialize(Archive& archive) {
    archive(heads);
  }

 private:
  bool keeps_;
};

}  // namespace hecaton::net
