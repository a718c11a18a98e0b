// The package as geometry: which nodes there are, who is linked to whom, the shortest ways between them, and
// the rings and lines that run over the dies. Which way a packet takes, and on which channels, is
// routing.hpp's.
//
// Compute dies are nodes 0 .. rows*columns-1 in row-major order (row 0 is the north edge, column 0 the west
// edge). IO dies follow, one attached to the IO port of each edge die, in ascending order of that die.
//
// A package is rows and columns of dies, each a Line; which lines are closed and how rings run is the
// TopologyDesign's.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/engine/base/ids.hpp"
#include "net/package/config.hpp"
#include "net/package/topologies/design.hpp"

namespace hecaton::net {

// Ports of a router, in the order in which round-robin arbiters visit them.
enum class Port : std::uint8_t { east, west, south, north, local, io };
inline constexpr std::uint32_t port_count = 6;
// Further ports between a die and its router come after these, see InterfaceConfig::ports.
inline constexpr std::uint32_t most_ports = port_count + most_interface_ports - 1;
constexpr bool leads_to_interface(std::uint32_t port) {
  return port == static_cast<std::uint32_t>(Port::local) || port >= port_count;
}
// The number of such a port among them, and back.
constexpr std::uint32_t interface_port_of(std::uint32_t port) {
  return port < port_count ? 0 : port - port_count + 1;
}
constexpr std::uint32_t router_port_of(std::uint32_t interface_port) {
  return interface_port == 0 ? static_cast<std::uint32_t>(Port::local) : port_count + interface_port - 1;
}
// The ports to other dies.
inline constexpr std::array<Port, 4> die_ports{Port::east, Port::west, Port::south, Port::north};

// Along a row (east and west), or along a column (south and north).
enum class Dimension : std::uint8_t { row, column };

inline constexpr Port port_of(Dimension dimension, bool forward) {
  if (dimension == Dimension::row) return forward ? Port::east : Port::west;
  return forward ? Port::south : Port::north;
}
// None for the local port and the IO port.
inline constexpr std::optional<Dimension> dimension_of(Port port) {
  if (port >= Port::local) return std::nullopt;
  return port == Port::east || port == Port::west ? Dimension::row : Dimension::column;
}

// The dies that a collective runs over: the row of a die, its column, or all.
enum class DieGroup : std::uint8_t { row, column, package };

// One member of a ring as the ring's user needs it.
struct RingMember {
  std::uint32_t size = 1;
  std::uint32_t position = 0;
  NodeId next;
  NodeId previous;
  bool express = false;  // the edge to `next` passes over a skipped die
};

// A die's place in its group where any member may send to any other: place i is node first + i * stride.
struct LineMember {
  std::uint32_t size = 1;
  std::uint32_t place = 0;
  NodeId first;
  std::uint32_t stride = 1;
};

class Topology {
 public:
  // `with_io`: attach an IO die to every edge die. Throws std::invalid_argument if what is dead does not
  // exist.
  Topology(const PackageConfig& package, bool with_io);

  const TopologyDesign& design() const { return *design_; }
  std::uint32_t rows() const { return rows_; }
  std::uint32_t columns() const { return columns_; }
  std::uint32_t dies() const { return rows_ * columns_; }
  std::uint32_t nodes() const { return dies() + static_cast<std::uint32_t>(attached_die_.size()); }
  bool is_io(NodeId node) const { return node.value >= dies(); }
  // Where a die sits; for an IO die, where the die it is attached to sits.
  Coordinate coordinate(NodeId node) const { return coordinates_[node.value]; }
  NodeId die_at(std::uint32_t row, std::uint32_t column) const { return NodeId{row * columns_ + column}; }
  // The side of the package that a node is at, as a port; corners belong to the north and south sides. None
  // inside.
  std::optional<Port> side(NodeId node) const;
  // The die that an IO die is attached to; of a die, itself.
  NodeId die_of(NodeId node) const { return is_io(node) ? attached_die_[node.value - dies()] : node; }
  std::optional<NodeId> io_of_die(NodeId die) const;

  // The node at the other end of a port, if there is one and both and their link are alive.
  std::optional<NodeId> neighbour(NodeId node, Port port) const;
  // The port by which a worm enters there.
  static constexpr Port opposite(Port port) {
    return port < Port::local ? static_cast<Port>(static_cast<unsigned>(port) ^ 1u) : port;
  }
  // Whether the link of this port is the wrap-around link of a closed row or column.
  bool wraps(NodeId node, Port port) const;
  bool linked(std::uint32_t a, std::uint32_t b) const;  // two dies are neighbours, dead or alive
  bool faulty() const { return faulty_; }
  bool dead(NodeId node) const { return faulty_ && dead_[die_of(node).value]; }

  // Die-to-die (and IO) links on the shortest way if nothing is dead.
  std::uint32_t hops(NodeId from, NodeId to) const;
  // Of a way from `from` to `to`: what is left of it in one dimension at `at`, see Line::leg.
  template <class Coin>
  Leg leg(Dimension dimension, NodeId from, NodeId at, NodeId to, Coin&& coin) const {
    return line(dimension).leg(place(dimension, from), place(dimension, at), place(dimension, to), coin);
  }
  // Whether two ways along that dimension are shortest, so that each message takes one of them by a coin.
  bool has_two_ways(Dimension dimension, NodeId from, NodeId to) const {
    return line(dimension).has_two_ways(place(dimension, from), place(dimension, to));
  }
  // Whether the dies of a group sit on a closed row or column.
  bool closed(DieGroup group) const {
    return group != DieGroup::package && line(static_cast<Dimension>(group)).closed;
  }

  // The ring over a group of dies; `order` is for rows and columns, over the package it is Hamiltonian.
  // Throws std::invalid_argument if the package has no Hamiltonian ring. Dead links do not change it:
  // messages find their way around them.
  RingMember ring(DieGroup group, NodeId die, RingOrder order) const;
  LineMember line_place(DieGroup group, NodeId die) const;
  // Whether the port leads over the first link of a bypass ring's edge that passes over the die there.
  bool begins_express_edge(NodeId node, Port port) const;

 private:
  const Line& line(Dimension dimension) const { return lines_[static_cast<std::size_t>(dimension)]; }
  std::uint32_t place(Dimension dimension, NodeId node) const {
    const Coordinate at = coordinates_[node.value];
    return dimension == Dimension::row ? at.column : at.row;
  }
  // The die at another place of the same row or column.
  NodeId die_beside(Dimension dimension, NodeId die, std::uint32_t place) const {
    const Coordinate at = coordinates_[die.value];
    return dimension == Dimension::row ? die_at(at.row, place) : die_at(place, at.column);
  }
  std::optional<NodeId> built_neighbour(NodeId node, Port port) const;
  void bury(const PackageConfig& package);

  const TopologyDesign* design_;
  std::uint32_t rows_;
  std::uint32_t columns_;
  std::array<Line, 2> lines_;  // by Dimension: all rows are alike, and all columns
  std::vector<Coordinate> coordinates_;
  std::vector<NodeId> attached_die_;  // by IO index
  std::vector<std::uint32_t> io_of_;  // by die: IO index + 1, 0 = none
  bool faulty_ = false;
  std::vector<bool> dead_;                // by die
  std::vector<std::uint8_t> dead_ports_;  // by die, one bit per port
};

}  // namespace hecaton::net
