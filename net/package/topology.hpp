// The package as geometry: which nodes there are, who is linked to whom, and the rings that run over the
// dies. Which way a packet takes is routing.hpp's.
//
// Compute dies are nodes 0 .. rows*columns-1 in row-major order (row 0 is the north edge, column 0 the west
// edge). IO dies follow, one attached to the IO port of each edge die, in ascending order of that die.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/engine/base/ids.hpp"
#include "net/package/config.hpp"

namespace hecaton::net {

// Ports of a router, in the order in which round-robin arbiters visit them.
enum class Port : std::uint8_t { east, west, south, north, local, io };
inline constexpr std::uint32_t port_count = 6;

struct Coordinate {
  std::uint16_t row = 0;
  std::uint16_t column = 0;
  friend bool operator==(Coordinate, Coordinate) = default;
};

enum class RingOrder : std::uint8_t {
  // 0, 1, ..., p-1 along a row or column; the last edge runs all the way back, on a torus over the
  // wrap-around link, so that every edge is one link
  naive,
  bypass,      // 0, 2, 4, ..., 5, 3, 1: no edge spans more than two links (HECATON ring, section "package")
  hamiltonian  // over the whole package, every edge one link
};

// One member of a ring as the ring's user needs it.
struct RingMember {
  std::uint32_t size = 1;
  std::uint32_t position = 0;
  NodeId next;
  bool express = false;  // the edge to `next` passes over a skipped die
};

// Shorter rows and columns of a torus have no wrap-around link: it would double the one they have.
inline constexpr std::uint32_t least_ring = 3;

class Topology {
 public:
  // `with_io`: attach an IO die to every edge die. Throws std::invalid_argument if what is dead does not
  // exist.
  Topology(const PackageConfig& package, bool with_io);

  std::uint32_t rows() const { return rows_; }
  std::uint32_t columns() const { return columns_; }
  std::uint32_t dies() const { return rows_ * columns_; }
  std::uint32_t nodes() const { return dies() + static_cast<std::uint32_t>(attached_die_.size()); }
  bool is_io(NodeId node) const { return node.value >= dies(); }
  // Where a die sits; for an IO die, where the die it is attached to sits.
  Coordinate coordinate(NodeId node) const { return coordinates_[node.value]; }
  NodeId die_at(std::uint32_t row, std::uint32_t column) const { return NodeId{row * columns_ + column}; }
  NodeId die_of_io(NodeId io) const { return attached_die_[io.value - dies()]; }
  std::optional<NodeId> io_of_die(NodeId die) const;

  // The node at the other end of a port, if there is one and both and their link are alive.
  std::optional<NodeId> neighbour(NodeId node, Port port) const;
  // The port by which a worm enters there.
  static Port opposite(Port port);
  // The link of this port closes a row or column of a torus.
  bool wraps(NodeId node, Port port) const;
  bool linked(std::uint32_t a, std::uint32_t b) const;  // two dies are neighbours, dead or alive
  bool faulty() const { return faulty_; }
  bool dead(NodeId node) const { return faulty_ && dead_[die_of(node).value]; }
  NodeId die_of(NodeId node) const { return is_io(node) ? die_of_io(node) : node; }

  // Die-to-die (and IO) links on the shortest way if nothing is dead.
  std::uint32_t hops(NodeId from, NodeId to) const;

  // Rings over the row or the column of a die, and over the package. A Hamiltonian ring exists if
  // rows*columns is even and both are at least 2; otherwise throws std::invalid_argument.
  RingMember row_ring(NodeId die, RingOrder order) const;
  RingMember column_ring(NodeId die, RingOrder order) const;
  RingMember package_ring(NodeId die) const;
  static bool has_hamiltonian_ring(std::uint32_t rows, std::uint32_t columns) {
    return rows >= 2 && columns >= 2 && (rows * columns) % 2 == 0;
  }

 private:
  std::optional<NodeId> built_neighbour(NodeId node, Port port) const;

  std::uint32_t rows_;
  std::uint32_t columns_;
  bool torus_;
  std::vector<Coordinate> coordinates_;
  std::vector<NodeId> attached_die_;  // by IO index
  std::vector<std::uint32_t> io_of_;  // by die: IO index + 1, 0 = none
  bool faulty_ = false;
  std::vector<bool> dead_;                // by die
  std::vector<std::uint8_t> dead_ports_;  // by die, one bit per port
};

// Position `index` (0 .. size-1) of a line -> place in the ring, and back.
std::uint32_t ring_position_of(std::uint32_t index, std::uint32_t size, RingOrder order);
std::uint32_t index_at_ring_position(std::uint32_t position, std::uint32_t size, RingOrder order);

// A die's share of the DRAM channels: dies and channels are ordered by angle around the centre of the
// package, and each die takes an equal interval of the channels' circle. So the load is balanced exactly and
// the ways are short.
struct ChannelShare {
  NodeId io;
  std::uint32_t weight = 0;
};
// shares[die]: the IO dies that serve it; the weights of one die sum to the number of channels.
std::vector<std::vector<ChannelShare>> assign_channels(const Topology& topology,
                                                       const std::vector<std::uint32_t>& channels_of_io);
// Channels spread evenly over the IO dies, by angle; by IO index. `channels` 0: one for each IO die.
std::vector<std::uint32_t> spread_channels(const Topology& topology, std::uint32_t channels);

}  // namespace hecaton::net
