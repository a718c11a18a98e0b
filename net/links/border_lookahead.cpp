#include "net/links/border_lookahead.hpp"

#include <cstdint>
#include <functional>
#include <queue>
#include <stdexcept>
#include <string>
#include <utility>

namespace hecaton::net::links {

namespace {

SimDuration least_way(NodeId from, Port out, const SpeedOf& speed_of) {
  const LinkSpeed speed = speed_of(from, out);
  speed.require_possible();
  return speed.way(0);
}

[[noreturn]] void throw_no_lookahead(NodeId from, NodeId to) {
  throw std::invalid_argument("nodes " + std::to_string(from.value) + " and " + std::to_string(to.value) +
                              " are on two ranks, so the link between them needs a latency of at least the " +
                              "unit of its times");
}

}  // namespace

// A wave from the borders inwards (Dijkstra).
BorderLookahead::BorderLookahead(const Topology& topology, std::span<const RankId> owner_of,
                                 const SpeedOf& speed_of)
    : distance_(owner_of.size(), SimDuration::forever()) {
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
        visit(*from, least_way(*from, Topology::opposite(static_cast<Port>(p)), speed_of));
  };
  for (std::uint32_t n = 0; n < owner_of.size(); ++n)
    for_each_way_in(NodeId{n}, [&](NodeId from, SimDuration way) {
      if (owner_of[from.value] == owner_of[n]) return;
      if (way < SimDuration{1}) throw_no_lookahead(from, NodeId{n});
      reach(from, way);
    });
  least_ = wave.empty() ? SimDuration{} : wave.top().first;
  while (!wave.empty()) {
    const auto [distance, n] = wave.top();
    wave.pop();
    if (distance > distance_[n]) continue;
    for_each_way_in(NodeId{n}, [&, from_there = distance](NodeId from, SimDuration way) {
      reach(from, from_there + way);
    });
  }
  for (SimDuration& distance : distance_)
    if (distance == SimDuration::forever()) distance = SimDuration{};
}

}  // namespace hecaton::net::links
