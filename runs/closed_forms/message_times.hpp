// What a message takes from its hand-over to its delivery if nothing is in its way: the zero-load time of the
// network (net/README.md) along the way that routing gives it, with what overrides say of each link. All
// times are picoseconds, and checked: what does not fit into 64 bits throws std::overflow_error.
//
// Invariant: no message is delivered sooner. Where the way is not known from its ends (adaptive and O1TURN
// routing, and half way round a closed line) and links differ, all its links are taken to be the fastest
// there are.
#pragma once

#include <cstdint>
#include <optional>

#include "core/engine/base/checked.hpp"
#include "net/package/fabric.hpp"
#include "net/package/hops.hpp"

namespace hecaton::runs {

// A time, and what of it is the sending of bytes; the rest is latency.
struct Time {
  Checked all;
  Checked bytes;

  Time& operator+=(const Time& b) {
    all += b.all;
    bytes += b.bytes;
    return *this;
  }
  friend Time operator+(Time a, const Time& b) { return a += b; }
  friend Time operator*(Checked n, const Time& t) { return {n * t.all, n * t.bytes}; }
};
inline Time later(const Time& a, const Time& b) {
  return b.all > a.all ? b : a;
}

// A way between two nodes.
struct Way {
  Checked head;  // from hand-over to the instant before the first flit is delivered
  // Slow links: what every flit after the first takes longer than a cycle, and what flits may catch up with
  // the first at routers, where it passes more stages than they do.
  Checked slow;
  Checked catch_up;
};

class MessageTimes {
 public:
  // `with_io`: also to and from IO dies.
  explicit MessageTimes(const net::NetworkConfig& config, bool with_io = false);

  // Whether all links are alike and all ways as long as they can be short: then rows are alike, and columns.
  bool uniform() const { return !fabric_; }
  const net::Topology& topology() const { return topology_; }

  // `express`: over the ring edge that passes over a die.
  Way way(NodeId from, NodeId to, bool express) const;
  // The same if all links of the way were the fastest there are: no longer, and found without following it.
  Way least_way(NodeId from, NodeId to) const;
  // Calls f(from, to, flit) for every link of the way to `to` that a flit occupies so long; where links are alike, or the
  // way is not known, not at all.
  template <class F>
  void for_each_link(NodeId from, NodeId to, F&& f) const {
    if (!fabric_ || !knows_way(from, to)) return;
    net::for_each_hop(fabric_->routes, fabric_->topology, from, to, [&](const net::Hop& hop) {
      f(hop.from, hop.to, fabric_->link(hop.from, hop.out).flit);
      return true;
    });
  }
  Time message(std::uint64_t bytes, const Way& way) const;  // no bytes: no message, no time
  // `count` messages of so many bytes, one behind the other.
  Time stream(std::uint64_t count, std::uint64_t bytes, const Way& way) const;
  Way shortest() const;  // over one link, the fastest there is
  std::uint64_t flits(std::uint64_t bytes) const {
    return bytes / timing_.flit_bytes + (bytes % timing_.flit_bytes > 0 ? 1 : 0);
  }
  Checked sending(std::uint64_t bytes) const {
    return Checked{flits(bytes)} * static_cast<std::uint64_t>(timing_.cycle.ps);
  }
  // A node's interface carries so many flits per cycle each way.
  std::uint64_t interface_ports() const { return interface_ports_; }
  std::uint64_t overhead() const { return static_cast<std::uint64_t>(timing_.overhead.ps); }

 private:
  bool knows_way(NodeId from, NodeId to) const;
  Way shortest_over(NodeId from, NodeId to, bool express) const;
  Way over_links(std::uint64_t links, std::uint64_t routers, Checked latency) const;

  net::Topology topology_;
  net::Timing timing_;
  net::Routing routing_;
  std::uint64_t interface_ports_;
  std::optional<net::Fabric> fabric_;  // if links differ or are dead
};

}  // namespace hecaton::runs
