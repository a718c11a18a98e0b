// The lookahead of every node: the least time from an event at the node to anything that it causes at a node
// of another rank. An effect moves by messages alone, and over a link an empty one is the fastest.
//
// Invariant: of(a) is at most the way of an empty message from a to b and of(b), if a and b are of one rank.
// So a chain of events never comes sooner to a border than its first event has it.
#pragma once

#include <span>
#include <vector>

#include "core/engine/base/ids.hpp"
#include "core/engine/base/time.hpp"
#include "net/links/timing.hpp"
#include "net/package/topology.hpp"

namespace hecaton::net::links {

class BorderLookahead {
 public:
  // `owner_of`: by node. Throws std::invalid_argument if a speed is impossible, or if a message may be on the
  // other side of a border in no time.
  BorderLookahead(const Topology& topology, std::span<const RankId> owner_of, const SpeedOf& speed_of);

  SimDuration of(NodeId node) const { return distance_[node.value]; }  // 0: no border can be reached
  SimDuration least() const { return least_; }                         // over all borders; 0: there is none

 private:
  std::vector<SimDuration> distance_;  // by node
  SimDuration least_{};
};

}  // namespace hecaton::net::links
