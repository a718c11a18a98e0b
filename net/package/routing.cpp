#include "net/package/routing.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <string>

#include "core/engine/base/splitmix64.hpp"
#include "net/package/hops.hpp"

namespace hecaton::net {

namespace {

constexpr std::array<Port, 5> linked_ports{Port::east, Port::west, Port::south, Port::north, Port::io};

// A coin per worm that is the same on every router of its way.
std::uint64_t hash_of(const WormHeader& header) {
  return splitmix64_finalise(header.tag * splitmix64_increment + header.source.value);
}
constexpr std::uint64_t coin_row = 1, coin_column = 2, coin_order = 4;

Port port_of(Dimension dimension, const Leg& leg) {
  return net::port_of(dimension, leg.direction == Leg::Direction::forward);
}

std::uint16_t without_lowest(std::uint32_t bits) {
  return static_cast<std::uint16_t>(std::popcount(bits) > 1 ? bits & (bits - 1) : bits);
}

void require(bool holds, const std::string& why) {
  if (!holds) throw std::invalid_argument(why);
}
void require_channels(std::uint32_t channels, std::uint32_t least, const NetworkConfig& config) {
  require(channels >= least, std::string(name_of(config.router.routing)) + " routing on a " +
                                 std::string(name_of(config.package.topology)) + " needs " +
                                 std::to_string(least) + " virtual channels");
}

}  // namespace

// `count` channels from `first` on; background worms leave the first one of each class to the others.
Routes::Sets Routes::sets_of(std::uint32_t first, std::uint32_t count) const {
  const auto range = [](std::uint32_t from, std::uint32_t n) { return ((1u << n) - 1u) << from; };
  const std::uint32_t low = (count + 1) / 2;
  Sets sets;
  for (std::size_t background = 0; background < 2; ++background) {
    const auto of_class = [&](std::uint32_t bits) {
      return background == 1 && classes_ ? without_lowest(bits) : static_cast<std::uint16_t>(bits);
    };
    sets.all[background] = of_class(range(first, count));
    sets.lower[background] = of_class(range(first, low));
    sets.upper[background] = of_class(range(first + low, count - low));
  }
  return sets;
}

Routes::Routes(const NetworkConfig& config, const Topology& topology)
    : routing_(config.router.routing),
      dateline_(topology.design().wraps),
      classes_(config.router.background_dram) {
  const std::uint32_t channels = config.router.virtual_channels;
  const std::uint32_t classes = dateline_ ? 2 : 1;
  require(!topology.faulty() || routing_ == Routing::up_down,
          "only up-down routing finds ways around dead links and dies");
  all_ = sets_of(0, channels).all;
  switch (routing_) {
    case Routing::xy:
    case Routing::yx:
      require_channels(channels, classes, config);
      sets_[0] = sets_of(0, channels);
      break;
    case Routing::o1turn:
      require_channels(channels, 2 * classes, config);
      sets_[0] = sets_of(0, channels / 2);
      sets_[1] = sets_of(channels / 2, channels - channels / 2);
      break;
    case Routing::adaptive:
      require_channels(channels, classes + 1, config);
      sets_[0] = sets_of(0, classes);
      any_ = sets_of(classes, channels - classes).all;
      break;
    case Routing::up_down:
      make_up_down(topology);
      break;
  }
}

Leg Routes::leg(const Topology& topology, NodeId here, const WormHeader& header, Dimension dimension) {
  const std::uint64_t coin = dimension == Dimension::row ? coin_row : coin_column;
  return topology.leg(dimension, header.source, here, header.destination,
                      [&] { return (hash_of(header) & coin) != 0; });
}

std::uint16_t Routes::channels(const Leg& leg, Port out, const Sets& sets, bool background, Port in,
                               std::uint32_t in_channel) const {
  if (!dateline_) return sets.all[background];
  if (leg.ahead) return sets.lower[background];
  const bool goes_on = in == Topology::opposite(out);
  if (leg.wraps || (goes_on && (sets.upper[0] >> in_channel & 1u) != 0)) return sets.upper[background];
  return static_cast<std::uint16_t>(sets.lower[background] | sets.upper[background]);
}

Way Routes::way(const Topology& topology, NodeId here, const WormHeader& header, Port in,
                std::uint32_t in_channel) const {
  const bool background = header.background;
  if (here == header.destination) return {Port::local, all_[background]};
  if (topology.is_io(here)) return {Port::io, all_[background]};
  if (topology.coordinate(here) == topology.coordinate(header.destination))
    return {Port::io, all_[background]};
  if (routing_ == Routing::up_down)
    return {up_down(topology, here, header.destination, in), all_[background]};
  const bool by_coin = routing_ == Routing::o1turn && (hash_of(header) & coin_order) != 0;
  const bool row_first = routing_ != Routing::yx && !by_coin;
  Dimension dimension = row_first ? Dimension::row : Dimension::column;
  Leg next = leg(topology, here, header, dimension);
  if (next.direction == Leg::Direction::none) {
    dimension = row_first ? Dimension::column : Dimension::row;
    next = leg(topology, here, header, dimension);
  }
  const Port port = port_of(dimension, next);
  // The way out of adaptive routing is entered anywhere: its class depends on what is ahead alone.
  const Sets& sets = sets_[by_coin ? 1 : 0];
  if (adaptive() && dateline_) return {port, next.ahead ? sets.lower[background] : sets.upper[background]};
  return {port, channels(next, port, sets, background, in, in_channel)};
}

Ways Routes::shortest(const Topology& topology, NodeId here, const WormHeader& header) const {
  Ways ways;
  if (topology.is_io(here)) return ways;
  for (const Dimension dimension : {Dimension::row, Dimension::column}) {
    const Leg next = leg(topology, here, header, dimension);
    if (next.direction == Leg::Direction::none) continue;
    ways.way[ways.count++] = {port_of(dimension, next), any_[header.background]};
  }
  return ways;
}

std::uint32_t Routes::hops(const Topology& topology, NodeId from, NodeId to) const {
  if (routing_ != Routing::up_down || from == to) return topology.hops(from, to);
  WormHeader header;
  header.source = from;
  header.destination = to;
  std::uint32_t count = 0;
  for_each_hop(*this, topology, header, [&](const Hop&) {
    ++count;
    return true;
  });
  return count;
}

namespace {

// Nodes that are alive, by their distance from the first of them: the order of up-down routing.
std::vector<NodeId> breadth_first(const Topology& topology) {
  std::vector<NodeId> found;
  std::vector<bool> seen(topology.nodes(), false);
  std::uint32_t alive = 0;
  for (std::uint32_t n = topology.nodes(); n-- > 0;) {
    if (topology.dead(NodeId{n})) continue;
    ++alive;
    found.assign(1, NodeId{n});
  }
  for (NodeId node : found) seen[node.value] = true;
  for (std::size_t i = 0; i < found.size(); ++i)
    for (Port port : linked_ports)
      if (const auto next = topology.neighbour(found[i], port); next && !seen[next->value]) {
        seen[next->value] = true;
        found.push_back(*next);
      }
  require(found.size() == alive && alive > 0, "dead links and dies leave dies that cannot reach each other");
  return found;
}

}  // namespace

void Routes::make_up_down(const Topology& topology) {
  constexpr std::uint32_t never = 0xFFFFFFFFu;
  require(topology.nodes() <= 8192, "up-down routing has a table of nodes x nodes; at most 8192 nodes");
  const std::vector<NodeId> by_order = breadth_first(topology);
  const std::size_t nodes = topology.nodes();
  order_.assign(nodes, never);
  for (std::uint32_t i = 0; i < by_order.size(); ++i) order_[by_order[i].value] = i;
  next_.assign(nodes * nodes, 0xFF);
  std::vector<std::uint32_t> down(nodes), any(nodes);
  for (NodeId destination : by_order) {
    // Ways that only lead away from the root, found from their end; then those that lead towards it first.
    down.assign(nodes, never);
    down[destination.value] = 0;
    for (std::size_t i = by_order.size(); i-- > 0;) {
      const NodeId node = by_order[i];
      for (Port port : linked_ports)
        if (const auto next = topology.neighbour(node, port);
            next && order_[next->value] > i && down[next->value] != never)
          down[node.value] = std::min(down[node.value], down[next->value] + 1);
    }
    any = down;
    for (std::size_t i = 0; i < by_order.size(); ++i) {
      const NodeId node = by_order[i];
      std::uint8_t& entry = next_[destination.value * nodes + node.value];
      std::array<Port, 5> ports = linked_ports;
      // Another port first for every pair, so that equally long ways share the load.
      std::rotate(ports.begin(), ports.begin() + (node.value + destination.value) % 4, ports.begin() + 4);
      for (Port port : ports) {
        const auto next = topology.neighbour(node, port);
        if (next && order_[next->value] < i && any[next->value] != never)
          any[node.value] = std::min(any[node.value], any[next->value] + 1);
      }
      for (Port port : ports) {
        const auto next = topology.neighbour(node, port);
        if (!next || node == destination) continue;
        const bool is_up = order_[next->value] < i;
        const auto number = static_cast<std::uint8_t>(port);
        const std::uint32_t rest = is_up ? any[next->value] : down[next->value];
        if (rest == never) continue;
        if (rest + 1 == any[node.value]) entry = static_cast<std::uint8_t>((entry & 0xF0) | number);
        if (!is_up && rest + 1 == down[node.value])
          entry = static_cast<std::uint8_t>((entry & 0x0F) | (number << 4));
      }
    }
  }
}

Port Routes::up_down(const Topology& topology, NodeId here, NodeId destination, Port in) const {
  const std::uint8_t entry = next_[destination.value * topology.nodes() + here.value];
  const auto from = topology.neighbour(here, in);
  const bool came_down = from && order_[from->value] < order_[here.value];
  return static_cast<Port>(came_down ? entry >> 4 : entry & 0xF);
}

}  // namespace hecaton::net
