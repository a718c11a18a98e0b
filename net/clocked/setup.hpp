// What the deck fixes of a rank's clocked network. Times are in cycles of the routers' clock.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/engine/base/ids.hpp"
#include "net/clocked/state.hpp"
#include "net/package/fabric.hpp"
#include "net/package/packet.hpp"
#include "net/traffic/traffic.hpp"

namespace hecaton::net::clocked {

// Whether a network and its traffic can be simulated so: a mesh or torus of wormhole routers without
// speculation and adaptive routing, whose latencies are whole cycles and whose links are equally fast, and
// packets of one length.
bool fits(const NetworkConfig& network, const TrafficConfig& traffic);

struct NetworkSetup {
  // Nodes of which `owner_of` is `self`. Precondition: fits(). The fabric and the traffic must outlive it.
  NetworkSetup(const Fabric& the_fabric, const Traffic& the_traffic, std::uint32_t flits_of_packet,
               std::span<const RankId> owner_of, RankId self);

  // The header of what came from another rank.
  Worm worm_from(const Payload& payload) const {
    return {payload.source, payload.destination, payload.tag, payload.created / fabric.timing.cycle};
  }

  // And back, without its flags.
  WormHeader header_of(const Worm& worm) const {
    WormHeader header;
    header.source = NodeId{worm.source};
    header.destination = NodeId{worm.destination};
    header.tag = worm.tag;
    header.created = SimTime{} + worm.created * fabric.timing.cycle;
    return header;
  }
  std::uint32_t packet_bytes() const { return packet_flits * fabric.timing.flit_bytes; }

  const Fabric& fabric;
  const Traffic& traffic;
  std::uint32_t channels;
  std::uint32_t buffer_flits;
  std::uint32_t packet_flits;
  std::uint32_t ring_size;  // packets behind the front one that a buffer can hold the head of
  DimensionOrder order;
  bool routing_stage;
  std::uint32_t ejection, ejection_credit, injection, injection_credit;  // what these take
  Cycle longest_flight, longest_credit;  // from one die to another or its router
  std::vector<NodeId> nodes;             // of this rank, ascending
  std::vector<std::uint32_t> local;      // by node: its number among `nodes`, or `elsewhere`
};

}  // namespace hecaton::net::clocked
