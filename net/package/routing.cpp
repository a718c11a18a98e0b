#include "net/package/routing.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <string>

#include "core/engine/base/splitmix64.hpp"
#include "net/package/hops.hpp"

namespace hecaton::net {

namespace {

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

void require_routes(const NetworkConfig& config, const Topology& topology) {
  const std::uint32_t channels = config.router.virtual_channels;
  const std::uint32_t classes = topology.design().wraps ? 2 : 1;
  const Routing routing = config.router.routing;
  require(!topology.faulty() || routing == Routing::up_down,
          "only up-down routing finds ways around dead links and dies");
  switch (routing) {
    case Routing::xy:
    case Routing::yx:
      return require_channels(channels, classes, config);
    case Routing::o1turn:
      return require_channels(channels, 2 * classes, config);
    case Routing::adaptive:
      return require_channels(channels, classes + 1, config);
    case Routing::up_down:
      up_down_order(topology);
  }
}

Routes::Routes(const NetworkConfig& config, const Topology& topology)
    : routing_(config.router.routing),
      dateline_(topology.design().wraps),
      classes_(config.router.background_dram) {
  require_routes(config, topology);
  const std::uint32_t channels = config.router.virtual_channels;
  const std::uint32_t classes = dateline_ ? 2 : 1;
  all_ = sets_of(0, channels).all;
  switch (routing_) {
    case Routing::xy:
    case Routing::yx:
      sets_[0] = sets_of(0, channels);
      break;
    case Routing::o1turn:
      sets_[0] = sets_of(0, channels / 2);
      sets_[1] = sets_of(channels / 2, channels - channels / 2);
      break;
    case Routing::adaptive:
      sets_[0] = sets_of(0, classes);
      any_ = sets_of(classes, channels - classes).all;
      break;
    case Routing::up_down:
      up_down_ = UpDown(topology);
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
    return {up_down_.port(topology, here, header.destination, in), all_[background]};
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

}  // namespace hecaton::net
