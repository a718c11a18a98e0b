// What all nodes of a network share: topology, routes, link timing and the rules that follow from the deck.
// It never changes; both networks rest on it.
#pragma once

#include <cstdint>

#include "core/engine/base/time.hpp"
#include "core/engine/base/time_bins.hpp"
#include "net/package/packet.hpp"
#include "net/package/routing.hpp"
#include "net/package/timing.hpp"
#include "net/package/topology.hpp"

namespace hecaton::net {

struct Fabric {
  Topology topology;
  Routes routes;
  Timing timing;
  std::uint32_t channels = 4;  // virtual channels per port
  std::uint32_t interface_ports = 1;
  bool trains = true;
  bool classes = true;  // background worms yield
  LinkConfig links;
  // Routers may settle what the next cycle will bring, see Router::look_ahead.
  bool looks_ahead = true;
  bool bypasses = false;  // some worms pass over dies
  BinGrid bins;           // in which it is counted how long links are busy
  bool stalls = false;    // it is counted why they are idle
  bool messages = false;  // nodes remember when messages left and arrived

  // Throws std::invalid_argument, see Topology and Routes.
  Fabric(const NetworkConfig& config, bool with_io)
      : topology(config.package, with_io),
        routes(config, topology),
        timing(make_timing(config)),
        channels(config.router.virtual_channels),
        interface_ports(config.interface.ports),
        trains(config.trains),
        classes(config.router.background_dram),
        links(config.link),
        looks_ahead(config.trains && config.router.pipeline != Pipeline::speculative),
        bypasses(topology.design().passes_dies),
        bins(make_bins(config.bins, timing)),
        stalls(config.stalls),
        messages(config.messages) {}

  LinkTiming link(NodeId node, Port port) const;
  // Ports between a node and its router; IO dies have one.
  std::uint32_t interface_ports_of(NodeId node) const { return topology.is_io(node) ? 1 : interface_ports; }
  // The one of them for what leaves over this link of the die, or has come over it: with two ports one serves
  // east and south, the other west and north.
  std::uint32_t interface_port(Port link) const {
    return link < Port::local ? static_cast<std::uint32_t>(link) % interface_ports : 0;
  }
  std::uint32_t hops(NodeId from, NodeId to) const { return routes.hops(topology, from, to); }
  // Virtual channels that an interface may inject on, one bit each.
  std::uint32_t allowed_channels(bool background) const {
    const std::uint32_t all = (1u << channels) - 1u;
    return background && classes && channels > 1 ? all & ~1u : all;
  }
};

}  // namespace hecaton::net
