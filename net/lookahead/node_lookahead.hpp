// The lookahead of every node: the least time from an event at the node to anything that it causes at a node
// of another region. (A region is the part of the package that one rank simulates, and a border is where two
// regions meet.)
//
// An effect moves from node to node by flits, credits and announcements. Over a link it takes, from the event
// that a router decides on to the event at the next one, at least the link's own latency and
//   for a flit           two cycles (switch, latch)
//   for a credit         a cycle and the cycles to its use
//   for an announcement  (it tells a die that a worm will pass over it) nothing more.
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

class NodeLookahead {
 public:
  // `region_of`: by node.
  NodeLookahead(const Fabric& fabric, std::span<const RankId> region_of, BypassLinks bypass_links,
                const LookaheadSources& sources);

  SimDuration of(NodeId node) const { return distance_[node.value]; }  // 0: one region only
  SimDuration least() const { return least_; }                         // over all borders
  // The greatest of a single link over a border, as least() is the least of one. 0: one region only.
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

// Of the region `self`, by the same links and sources as `node_lookahead`. A single level where there is no
// other region, or where distance must not be used.
Levels levels_of(const NodeLookahead& node_lookahead, const Fabric& fabric, std::span<const RankId> region_of,
                 RankId self, BypassLinks bypass_links, const LookaheadSources& sources);

}  // namespace hecaton::net
