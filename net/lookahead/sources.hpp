// What the lookahead of a rank is made of. Plain values: no router, no queue.
#pragma once

#include <cstdint>

namespace hecaton::net {

// What a rank may build on when it promises that nothing will cross a border for a while. To switch one off
// changes how often ranks wait, nothing else. The times of all pending events are always built on.
struct LookaheadSources {
  bool latency = true;    // of links; without it, a border is one picosecond away
  bool router = true;     // cycles between a decision of a router and its effect on the next one
  bool distance = true;   // links between a node and the border
  bool interface = true;  // what happens at a die has to pass its injection channel first
  bool messages =
      true;  // where no message is under way to another rank or from there, only a die can start one
  bool serialisation = true;  // a message has come when its last flit has
  bool programs = true;       // to whom the programs of dies send at all
};

// Where worms may be announced to a die that they will pass over.
enum class Announcements : std::uint8_t { nowhere, ring_edges, anywhere };

}  // namespace hecaton::net
