// Random networks of every topology, routing, switching and pipeline, with links of their own and dead ones.
#pragma once

#include <random>
#include <sstream>
#include <string>

#include "tests/net/message_bench.hpp"

namespace hecaton::test {

class Dice {
 public:
  explicit Dice(std::uint32_t seed) : random_(seed) {}
  std::uint32_t operator()(std::uint32_t low, std::uint32_t high) {
    return low + static_cast<std::uint32_t>(random_() % (high - low + 1));
  }
  bool one_in(std::uint32_t n) { return (*this)(1, n) == 1; }

 private:
  std::mt19937 random_;
};

// The fewest virtual channels that a routing needs.
inline std::uint32_t least_channels(net::TopologyKind topology, net::Routing routing) {
  const std::uint32_t classes = net::design_of(topology).wraps ? 2 : 1;
  switch (routing) {
    case net::Routing::xy:
    case net::Routing::yx:
      return classes;
    case net::Routing::o1turn:
      return 2 * classes;
    case net::Routing::adaptive:
      return 1 + classes;
    case net::Routing::up_down:
      break;
  }
  return 1;
}

inline void draw_overrides(Dice& draw, net::NetworkConfig& config) {
  for (std::uint32_t k = draw(0, 3); k > 0; --k) {
    net::LinkOverride other;
    other.where = static_cast<net::LinkOverride::Where>(draw(0, 2));
    other.a = draw(0, 4);
    if (draw.one_in(2)) other.bandwidth_GBps = config.link.bandwidth_GBps / draw(1, 4);
    if (draw.one_in(2)) other.latency_ns = draw(1, 12) * 0.7;
    config.link.overrides.push_back(other);
  }
}

// Up to `tries` dead links and a dead die, as long as all others still reach each other.
inline void draw_faults(Dice& draw, net::NetworkConfig& config, std::uint32_t tries) {
  const auto keep_if_whole = [&](const net::PackageConfig& before) {
    try {
      const net::Topology topology(config.package, false);
      const net::Routes routes(config, topology);
    } catch (const std::invalid_argument&) {
      config.package = before;
    }
  };
  const std::uint32_t dies = config.package.rows * config.package.columns;
  for (std::uint32_t k = 0; k < tries; ++k) {
    const net::PackageConfig before = config.package;
    const net::Topology topology(config.package, false);
    const std::uint32_t die = draw(0, dies - 1);
    const auto port = static_cast<net::Port>(draw(0, 3));
    if (k == 0 && draw.one_in(2)) {
      config.package.dead_dies.push_back(die);
    } else if (const auto other = topology.neighbour(NodeId{die}, port)) {
      config.package.dead_links.push_back({die, other->value});
    }
    keep_if_whole(before);
  }
}

inline net::NetworkConfig random_network(Dice& draw, net::TopologyKind topology, net::Routing routing,
                                         bool cut_through) {
  net::NetworkConfig config;
  config.package.rows = draw(1, 4);
  config.package.columns = draw(2, 5);
  config.package.topology = topology;
  config.router.routing = routing;
  config.router.switching = cut_through ? net::Switching::cut_through : net::Switching::wormhole;
  config.router.virtual_channels = std::max(draw(1, 4), least_channels(topology, routing));
  config.interface.packet_bytes = 64 * draw(1, 16);
  const std::uint32_t packet_flits = config.interface.packet_bytes / 64;
  config.router.buffer_flits = cut_through ? packet_flits * draw(1, 4) : draw(1, 12);
  config.router.credit_cycles = draw(0, 2);
  config.router.pipeline = static_cast<net::Pipeline>(draw(0, 2));
  config.link.latency_ns = draw.one_in(3) ? 1.3 : draw(1, 3);
  if (draw.one_in(3)) config.interface.ports = draw.one_in(2) ? 2 : 4;
  draw_overrides(draw, config);
  if (routing == net::Routing::up_down && draw.one_in(2)) draw_faults(draw, config, 5);
  return config;
}

inline bool is_dead(const net::NetworkConfig& config, std::uint32_t die) {
  const auto& dead = config.package.dead_dies;
  return std::find(dead.begin(), dead.end(), die) != dead.end();
}

inline std::string describe(const net::NetworkConfig& config) {
  const net::RouterConfig& router = config.router;
  std::ostringstream text;
  text << config.package.rows << " x " << config.package.columns << ", topology "
       << static_cast<int>(config.package.topology) << ", routing " << static_cast<int>(router.routing)
       << ", pipeline " << static_cast<int>(router.pipeline)
       << (router.switching == net::Switching::wormhole ? ", wormhole, " : ", cut-through, ")
       << config.interface.ports << " ports, " << router.virtual_channels << " channels of "
       << router.buffer_flits << " flits, " << config.package.dead_links.size() << " dead links";
  return text.str();
}

}  // namespace hecaton::test
