#include "net/package/dram_channels.hpp"

#include <algorithm>
#include <utility>

namespace hecaton::net {

namespace {

// Twice the offset from the centre of the package: exact in integers.
struct Direction {
  std::int64_t x;
  std::int64_t y;
};

Direction direction_of(const Topology& topology, NodeId node) {
  const Coordinate at = topology.coordinate(node);
  return {2 * static_cast<std::int64_t>(at.column) - (topology.columns() - 1),
          2 * static_cast<std::int64_t>(at.row) - (static_cast<std::int64_t>(topology.rows()) - 1)};
}

// Around the package from its left: what lies before the centre's row, the centre itself, what lies after it.
int sector(Direction d) {
  if (d.x == 0 && d.y == 0) return 1;
  return d.y < 0 || (d.y == 0 && d.x < 0) ? 0 : 2;
}

bool before_by_angle(Direction a, Direction b) {
  if (sector(a) != sector(b)) return sector(a) < sector(b);
  return a.x * b.y - a.y * b.x > 0;
}

// Nodes of one direction stay in their own order.
std::vector<NodeId> sorted_by_angle(const Topology& topology, std::uint32_t first, std::uint32_t last) {
  std::vector<std::pair<Direction, NodeId>> seen;
  seen.reserve(last - first);
  for (std::uint32_t n = first; n < last; ++n)
    seen.emplace_back(direction_of(topology, NodeId{n}), NodeId{n});
  std::sort(seen.begin(), seen.end(), [](const auto& a, const auto& b) {
    if (before_by_angle(a.first, b.first)) return true;
    return !before_by_angle(b.first, a.first) && a.second < b.second;
  });
  std::vector<NodeId> nodes;
  nodes.reserve(seen.size());
  for (const auto& each : seen) nodes.push_back(each.second);
  return nodes;
}

}  // namespace

std::vector<std::uint32_t> spread_channels(const Topology& topology, std::uint32_t channels) {
  const std::uint32_t count = topology.nodes() - topology.dies();
  std::vector<std::uint32_t> of_io(count, 1);
  if (channels == 0 || count == 0) return of_io;
  const std::vector<NodeId> by_angle = sorted_by_angle(topology, topology.dies(), topology.nodes());
  for (std::uint64_t i = 0; i < count; ++i)
    of_io[by_angle[i].value - topology.dies()] =
        static_cast<std::uint32_t>((i + 1) * channels / count - i * channels / count);
  return of_io;
}

std::vector<std::vector<ChannelShare>> assign_channels(const Topology& topology,
                                                       const std::vector<std::uint32_t>& channels_of_io) {
  const std::vector<NodeId> dies = sorted_by_angle(topology, 0, topology.dies());
  const std::vector<NodeId> ios = sorted_by_angle(topology, topology.dies(), topology.nodes());
  const auto channels_of = [&](NodeId io) {
    return std::uint64_t{channels_of_io[io.value - topology.dies()]};
  };
  std::vector<std::vector<ChannelShare>> shares(topology.dies());
  // On a circle of dies x channels units a die covers `channels` units, a channel covers `dies` units.
  std::uint64_t channels = 0;
  for (NodeId io : ios) channels += channels_of(io);
  std::size_t current = 0;
  std::uint64_t left_in_current = ios.empty() ? 0 : channels_of(ios[0]) * topology.dies();
  for (NodeId die : dies) {
    for (std::uint64_t wanted = channels; wanted > 0;) {
      while (left_in_current == 0) left_in_current = channels_of(ios[++current]) * topology.dies();
      const std::uint64_t taken = std::min(wanted, left_in_current);
      shares[die.value].push_back({ios[current], static_cast<std::uint32_t>(taken)});
      wanted -= taken;
      left_in_current -= taken;
    }
  }
  return shares;
}

}  // namespace hecaton::net
