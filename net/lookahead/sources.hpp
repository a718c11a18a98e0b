// What the lookahead of a rank is made of. Plain values: no router, no queue.
#pragma once

#include <cstdint>

#include "core/engine/base/fields.hpp"

namespace hecaton::net {

// What a rank may use to show that nothing will cross the border of its region for a while. To switch one off
// changes how often ranks wait, nothing else. The times of all pending events are always used.
struct LookaheadSources {
  bool latency = true;    // of links; without it, a link takes one picosecond
  bool router = true;     // cycles between a decision of a router and its effect on the next one
  bool distance = true;   // links between a node and the border
  bool interface = true;  // what happens at a die has to pass its injection channel first
  // Where no message is under way to another rank or from there, only a die can start one.
  bool messages = true;
  bool serialisation = true;  // a message has come when its last flit has
  bool programs = true;       // to whom the programs of dies send at all

  static constexpr auto fields() {
    using S = LookaheadSources;
    return FieldList(field<&S::latency>("latency", "1", "The latency of links"),
                     field<&S::router>("router", "1", "The cycles of routers"),
                     field<&S::distance>("distance", "1", "The links between a node and the border"),
                     field<&S::interface>("interface", "1", "The injection channel"),
                     field<&S::messages>("messages", "1", "The messages under way"),
                     field<&S::serialisation>("serialisation", "1", "The time until a last flit"),
                     field<&S::programs>("programs", "1", "The programs of dies"));
  }
};
static_assert(lists_every_member<LookaheadSources>);

// Over which links a router may announce to a die that a worm will pass over it: none, the first links of ring
// edges that span two links, or all.
enum class BypassLinks : std::uint8_t { none, ring_edges, all };

}  // namespace hecaton::net
