#include "net/lookahead/node_lookahead.hpp"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

#include "net/package/links.hpp"

namespace hecaton::net {

namespace {

class LinkTimes {
 public:
  LinkTimes(const Fabric& fabric, BypassLinks bypass_links, const LookaheadSources& sources)
      : fabric_(fabric), bypass_links_(bypass_links), sources_(sources) {}

  SimDuration least(NodeId from, Port port) const {
    const Timing& timing = fabric_.timing;
    const SimDuration latency = sources_.latency ? fabric_.link(from, port).latency : SimDuration{1};
    if (!sources_.router || announced(from, port)) return latency;
    return latency + timing.cycle + std::min(timing.cycle, timing.credit_use);
  }

 private:
  bool announced(NodeId from, Port port) const {
    if (bypass_links_ == BypassLinks::none) return false;
    return bypass_links_ == BypassLinks::all || fabric_.topology.begins_express_edge(from, port);
  }

  const Fabric& fabric_;
  BypassLinks bypass_links_;
  const LookaheadSources& sources_;
};

}  // namespace

NodeLookahead::NodeLookahead(const Fabric& fabric, std::span<const RankId> region_of,
                             BypassLinks bypass_links, const LookaheadSources& sources)
    : distance_(region_of.size(), SimDuration::forever()) {
  const Topology& topology = fabric.topology;
  const LinkTimes times(fabric, bypass_links, sources);
  using Reached = std::pair<SimDuration, std::uint32_t>;  // distance, node
  std::priority_queue<Reached, std::vector<Reached>, std::greater<>> wave;
  const auto reach = [&](NodeId node, SimDuration distance) {
    if (distance >= distance_[node.value]) return;
    distance_[node.value] = distance;
    wave.push({distance, node.value});
  };
  const auto for_each_way_in = [&](NodeId node, auto&& visit) {
    for (std::uint32_t p = 0; p < port_count; ++p)
      if (const auto from = topology.neighbour(node, static_cast<Port>(p)))
        visit(*from, times.least(*from, Topology::opposite(static_cast<Port>(p))));
  };
  for (std::uint32_t n = 0; n < region_of.size(); ++n)
    for_each_way_in(NodeId{n}, [&](NodeId from, SimDuration time) {
      if (region_of[from.value] == region_of[n]) return;
      reach(from, time);
      greatest_ = std::max(greatest_, time);
    });
  least_ = wave.empty() ? SimDuration{} : wave.top().first;
  while (!wave.empty()) {
    const auto [distance, n] = wave.top();
    wave.pop();
    if (distance > distance_[n]) continue;
    for_each_way_in(NodeId{n}, [&, from_there = distance](NodeId from, SimDuration time) {
      reach(from, from_there + time);
    });
  }
  for (SimDuration& distance : distance_) {
    if (distance == SimDuration::forever()) distance = SimDuration{};
    if (!sources.distance) distance = std::min(distance, least_);
  }
}

namespace {

constexpr std::uint8_t no_level = 0xFF;

// The nodes of `self` that links from other regions lead to: the first level.
std::vector<NodeId> entered_nodes(const Topology& topology, std::span<const RankId> region_of, RankId self,
                                  std::vector<std::uint8_t>& level_of) {
  std::vector<NodeId> entered;
  for_each_link(topology, [&](NodeId from, NodeId to) {
    if (region_of[to.value] != self || region_of[from.value] == self || level_of[to.value] == 0) return;
    level_of[to.value] = 0;
    entered.push_back(to);
  });
  return entered;
}

}  // namespace

// Level by level from the border inwards. The depth of one exceeds that of the one before by the least time
// of a link from there; all nodes beyond the last are on it, as if they were no deeper.
Levels levels_of(const NodeLookahead& node_lookahead, const Fabric& fabric, std::span<const RankId> region_of,
                 RankId self, BypassLinks bypass_links, const LookaheadSources& sources) {
  const LinkTimes times(fabric, bypass_links, sources);
  Levels found{{}, std::vector<std::uint8_t>(region_of.size(), no_level)};
  std::vector<NodeId> level = entered_nodes(fabric.topology, region_of, self, found.of), next;
  const std::size_t most = sources.distance ? engine::most_levels : 1;
  for (SimDuration depth; !level.empty() && found.levels.size() < most; level = std::exchange(next, {})) {
    SimDuration lookahead = SimDuration::forever(), link = SimDuration::forever();
    for (const NodeId node : level) {
      lookahead = std::min(lookahead, node_lookahead.of(node));
      for (std::uint32_t p = 0; p < port_count; ++p) {
        const auto port = static_cast<Port>(p);
        const auto to = fabric.topology.neighbour(node, port);
        if (!to || region_of[to->value] != self || found.of[to->value] <= found.levels.size()) continue;
        link = std::min(link, times.least(node, port));
        if (std::exchange(found.of[to->value], found.levels.size() + 1) == no_level) next.push_back(*to);
      }
    }
    found.levels.push_back({depth, lookahead});
    if (!next.empty()) depth = depth + link;
  }
  if (found.levels.empty()) found.levels.push_back({});
  const auto last = static_cast<std::uint8_t>(found.levels.size() - 1);
  for (std::uint8_t& of : found.of) of = std::min(of, last);
  return found;
}

}  // namespace hecaton::net
