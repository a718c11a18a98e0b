// The network part of a resolved configuration: plain values in the user's units, as a deck gives them.
// Defaults here are the program's defaults; their tags (PAPER, PUBLIC, ASSUMED, ...) live in the deck key
// registry.
#pragma once

#include <cstdint>
#include <vector>

#include "core/engine/base/enum_names.hpp"

namespace hecaton::net {

// What each of them is stands in topologies/.
enum class TopologyKind : std::uint8_t { mesh, bypass_ring, torus };
constexpr auto enum_names(std::type_identity<TopologyKind>) {
  using enum TopologyKind;
  return named<TopologyKind>({{mesh, "mesh"}, {bypass_ring, "bypass-ring"}, {torus, "torus"}});
}

// The link between two neighbouring dies, both directions.
struct DieLink {
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  friend bool operator==(const DieLink&, const DieLink&) = default;
};

struct PackageConfig {
  std::uint32_t rows = 4;
  std::uint32_t columns = 4;
  TopologyKind topology = TopologyKind::bypass_ring;
  // What does not work; a dead die takes its links and its IO die with it.
  std::vector<DieLink> dead_links;
  std::vector<std::uint32_t> dead_dies;
};

// Links that differ from the others: those along a row or a column, those that wrap around a torus, those to
// IO dies, or the one between dies a and b; in both directions. Of several that fit, the last one counts.
struct LinkOverride {
  enum class Where : std::uint8_t { row, column, wrap, io, link } where = Where::row;
  std::uint32_t a = 0;  // row or column, or die
  std::uint32_t b = 0;
  double bandwidth_GBps = 0.0;  // 0: as all; otherwise at most that, for it is the routers' clock
  double latency_ns = -1.0;     // negative: as all
  friend bool operator==(const LinkOverride&, const LinkOverride&) = default;
};
constexpr auto enum_names(std::type_identity<LinkOverride::Where>) {
  using enum LinkOverride::Where;
  return named<LinkOverride::Where>(
      {{row, "row"}, {column, "column"}, {wrap, "wrap"}, {io, "io"}, {link, "link"}});
}

// One die-to-die link; bandwidth is per direction. A cycle is flit_bytes / bandwidth, rounded to the
// picosecond.
struct LinkConfig {
  double bandwidth_GBps = 64.0;
  double latency_ns = 2.0;
  std::uint32_t flit_bytes = 64;
  double energy_pJ_per_bit = 0.6;
  std::vector<LinkOverride> overrides;
};

// speculative: heads bid for a virtual channel and the switch in the same cycle, others first.
enum class Pipeline : std::uint8_t { three_stage, four_stage, speculative };
constexpr auto enum_names(std::type_identity<Pipeline>) {
  using enum Pipeline;
  return named<Pipeline>(
      {{three_stage, "three-stage"}, {four_stage, "four-stage"}, {speculative, "speculative"}});
}

enum class Routing : std::uint8_t { xy, yx, o1turn, adaptive, up_down };  // see routing.hpp
constexpr auto enum_names(std::type_identity<Routing>) {
  using enum Routing;
  return named<Routing>(
      {{xy, "xy"}, {yx, "yx"}, {o1turn, "o1turn"}, {adaptive, "adaptive"}, {up_down, "up-down"}});
}

// wormhole: a packet holds a virtual channel, the switch and credits are handed out flit by flit.
// cut_through: a message holds a virtual channel, the switch and credits are handed out packet by packet.
enum class Switching : std::uint8_t { wormhole, cut_through };
constexpr auto enum_names(std::type_identity<Switching>) {
  using enum Switching;
  return named<Switching>({{wormhole, "wormhole"}, {cut_through, "cut-through"}});
}

struct RouterConfig {
  std::uint32_t virtual_channels = 4;
  std::uint32_t buffer_flits = 128;  // per virtual channel
  std::uint32_t credit_cycles = 1;   // from a credit's arrival to its use
  Pipeline pipeline = Pipeline::three_stage;
  Routing routing = Routing::xy;
  Switching switching = Switching::cut_through;
  // DRAM data yields to everything else at switches and interfaces and leaves one virtual channel free.
  bool background_dram = true;
};

inline constexpr std::uint32_t most_interface_ports = 4;

struct InterfaceConfig {
  std::uint32_t packet_bytes = 4096;
  double message_overhead_ns = 0.0;  // from hand-over of a message to its first flit
  // Channels between a die and its router, each way, of a flit per cycle each; see Fabric::interface_port().
  std::uint32_t ports = 1;
};

struct NetworkConfig {
  PackageConfig package;
  LinkConfig link;
  RouterConfig router;
  InterfaceConfig interface;
  // How it is simulated; results are identical either way.
  bool trains = true;      // let one event stand for a run of segments
  bool clocked = true;     // let one event stand for a cycle of all routers, where that is possible
  std::uint32_t bins = 0;  // of time, in which it is counted how long links are busy; 0: that is not kept
  bool stalls = false;     // whether it is counted why links are idle
  bool messages = false;   // whether nodes remember when messages left and arrived
};

}  // namespace hecaton::net
