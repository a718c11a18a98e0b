// How far every node is from the border of its rank's region, in time: the least time from an event at the
// node to anything that it causes at a node of another region.
//
// An effect moves from node to node by flits, credits and announcements. Over a link it takes, from the event
// that a router decides on to the event at the next one, at least the link's own latency and
//   for a flit         two cycles (switch, latch)
//   for a credit       a cycle and the cycles to its use
//   for an announcement, which tells a die that a worm will pass over it, nothing more.
// Only the first link of a ring edge over a skipped die carries announcements.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/engine/base/ids.hpp"
#include "core/engine/base/time.hpp"
#include "core/engine/queue/level_queue.hpp"
#include "net/lookahead/sources.hpp"
#include "net/package/fabric.hpp"

namespace hecaton::net {

class Borders {
 public:
  // `region_of`: by node.
  Borders(const Fabric& fabric, std::span<const RankId> region_of, Announcements announcements,
          const LookaheadSources& sources);

  SimDuration from(NodeId node) const { return distance_[node.value]; }  // 0: one region only
  SimDuration least() const { return least_; }                           // over all borders
  // Of a single link over a border; `least` is that of another one. 0: one region only.
  SimDuration greatest() const { return greatest_; }

 private:
  std::vector<SimDuration> distance_;  // by node
  SimDuration least_{};
  SimDuration greatest_{};
};

// The nodes of a region by the number of links from where those of other regions end, as levels of the
// engine.
struct Levels {
  std::vector<engine::Level> levels;
  std::vector<std::uint8_t> of;  // by node; those of other regions mean nothing
};

// Of the region `self`, with what its borders were made of. A single level where there is no other region, or
// distance is not to be built on.
Levels levels_of(const Borders& borders, const Fabric& fabric, std::span<const RankId> region_of, RankId self,
                 Announcements announcements, const LookaheadSources& sources);

}  // namespace hecaton::net
