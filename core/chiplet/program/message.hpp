// What a die hands to the network and receives from it. The chiplet room knows nothing of packets or routers:
// the wiring turns a Message into packets, and calls the receiving die when the last byte has arrived.
#pragma once

#include <cstdint>

#include "core/engine/base/ids.hpp"
#include "core/engine/base/time.hpp"

namespace hecaton::chiplet {

// How a message travels: `direct` takes the configured routing; `express` marks an edge of a bypass ring,
// which passes the die it skips without touching that die's buffers.
enum class Route : std::uint8_t { direct, express };

struct Message {
  NodeId source;
  NodeId destination;
  // Read by the two ends only (tags.hpp); unique per (source, destination) while in flight.
  std::uint64_t tag = 0;
  std::uint32_t bytes = 0;  // > 0
  Route route = Route::direct;
  SimTime sent = {};  // when it was handed over; the network says so to the receiver

  template <class Archive>
  void serialize(Archive& archive) {
    archive(source, destination, tag, bytes, route, sent);
  }
};

// The place of a die in a logical ring; `next` is where it sends, `route` how.
struct RingPlace {
  std::uint32_t size = 1;      // dies in the ring; 1 means there is nothing to exchange
  std::uint32_t position = 0;  // 0 .. size-1 in ring order
  NodeId next;
  Route route = Route::direct;
  NodeId previous{};  // where it receives from; only the deadlock report reads it
};

}  // namespace hecaton::chiplet
