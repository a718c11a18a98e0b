#include "net/package/topology.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

namespace hecaton::net {

namespace {

bool on_edge(std::uint32_t row, std::uint32_t column, std::uint32_t rows, std::uint32_t columns) {
  return row == 0 || column == 0 || row + 1 == rows || column + 1 == columns;
}

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

int half_plane(Direction d) {
  return d.y < 0 || (d.y == 0 && d.x < 0) ? 0 : 1;
}

bool before_by_angle(Direction a, Direction b) {
  if (half_plane(a) != half_plane(b)) return half_plane(a) < half_plane(b);
  return a.x * b.y - a.y * b.x > 0;
}

std::vector<NodeId> sorted_by_angle(const Topology& topology, std::uint32_t first, std::uint32_t last) {
  std::vector<NodeId> nodes;
  for (std::uint32_t n = first; n < last; ++n) nodes.push_back(NodeId{n});
  std::stable_sort(nodes.begin(), nodes.end(), [&](NodeId a, NodeId b) {
    return before_by_angle(direction_of(topology, a), direction_of(topology, b));
  });
  return nodes;
}

}  // namespace

Topology::Topology(const PackageConfig& package, bool with_io)
    : rows_(package.rows),
      columns_(package.columns),
      torus_(package.topology == TopologyKind::torus),
      io_of_(rows_ * columns_, 0),
      faulty_(!package.dead_links.empty() || !package.dead_dies.empty()) {
  for (std::uint32_t r = 0; r < rows_; ++r)
    for (std::uint32_t c = 0; c < columns_; ++c)
      coordinates_.push_back({static_cast<std::uint16_t>(r), static_cast<std::uint16_t>(c)});
  for (std::uint32_t r = 0; with_io && r < rows_; ++r)
    for (std::uint32_t c = 0; c < columns_; ++c) {
      if (!on_edge(r, c, rows_, columns_)) continue;
      attached_die_.push_back(die_at(r, c));
      io_of_[die_at(r, c).value] = static_cast<std::uint32_t>(attached_die_.size());
      coordinates_.push_back({static_cast<std::uint16_t>(r), static_cast<std::uint16_t>(c)});
    }
  if (!faulty_) return;
  dead_.assign(dies(), false);
  for (std::uint32_t die : package.dead_dies) {
    if (die >= dies()) throw std::invalid_argument("there is no die " + std::to_string(die));
    dead_[die] = true;
  }
  dead_ports_.assign(dies(), 0);
  for (const DieLink& link : package.dead_links) {
    if (!linked(link.a, link.b))
      throw std::invalid_argument("there is no link between dies " + std::to_string(link.a) + " and " +
                                  std::to_string(link.b));
    for (Port port : {Port::east, Port::west, Port::south, Port::north})
      for (auto [from, to] : {std::pair{link.a, link.b}, {link.b, link.a}}) {
        if (from >= dies() || built_neighbour(NodeId{from}, port) != NodeId{to}) continue;
        dead_ports_[from] =
            static_cast<std::uint8_t>(dead_ports_[from] | (1u << static_cast<unsigned>(port)));
      }
  }
}

std::optional<NodeId> Topology::io_of_die(NodeId die) const {
  const std::uint32_t io = io_of_[die.value];
  return io == 0 ? std::nullopt : std::optional{NodeId{dies() + io - 1}};
}

std::optional<NodeId> Topology::built_neighbour(NodeId node, Port port) const {
  if (is_io(node)) return port == Port::io ? std::optional{die_of_io(node)} : std::nullopt;
  const auto [row, column] = coordinates_[node.value];
  const bool row_closes = torus_ && columns_ >= least_ring;
  const bool column_closes = torus_ && rows_ >= least_ring;
  switch (port) {
    case Port::east:
      if (column + 1u < columns_) return die_at(row, column + 1u);
      return row_closes ? std::optional{die_at(row, 0)} : std::nullopt;
    case Port::west:
      if (column > 0) return die_at(row, column - 1u);
      return row_closes ? std::optional{die_at(row, columns_ - 1)} : std::nullopt;
    case Port::south:
      if (row + 1u < rows_) return die_at(row + 1u, column);
      return column_closes ? std::optional{die_at(0, column)} : std::nullopt;
    case Port::north:
      if (row > 0) return die_at(row - 1u, column);
      return column_closes ? std::optional{die_at(rows_ - 1, column)} : std::nullopt;
    case Port::io:
      return io_of_die(node);
    case Port::local:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<NodeId> Topology::neighbour(NodeId node, Port port) const {
  const std::optional<NodeId> there = built_neighbour(node, port);
  if (!faulty_ || !there) return there;
  const bool dead_link = !is_io(node) && (dead_ports_[node.value] >> static_cast<unsigned>(port) & 1u) != 0;
  return dead_link || dead(node) || dead(*there) ? std::nullopt : there;
}

bool Topology::linked(std::uint32_t a, std::uint32_t b) const {
  if (a >= dies()) return false;
  for (Port port : {Port::east, Port::west, Port::south, Port::north})
    if (built_neighbour(NodeId{a}, port) == NodeId{b}) return true;
  return false;
}

bool Topology::wraps(NodeId node, Port port) const {
  if (!torus_ || is_io(node)) return false;
  const auto [row, column] = coordinates_[node.value];
  return (port == Port::east && column + 1u == columns_) || (port == Port::west && column == 0) ||
         (port == Port::south && row + 1u == rows_) || (port == Port::north && row == 0);
}

Port Topology::opposite(Port port) {
  switch (port) {
    case Port::east:
      return Port::west;
    case Port::west:
      return Port::east;
    case Port::south:
      return Port::north;
    case Port::north:
      return Port::south;
    case Port::io:
      return Port::io;
    case Port::local:
      return Port::local;
  }
  return Port::local;
}

std::uint32_t Topology::hops(NodeId from, NodeId to) const {
  if (from == to) return 0;
  const Coordinate a = coordinates_[from.value];
  const Coordinate b = coordinates_[to.value];
  const auto distance = [&](std::uint32_t p, std::uint32_t q, std::uint32_t size) {
    const std::uint32_t direct = p > q ? p - q : q - p;
    return torus_ ? std::min(direct, size - direct) : direct;
  };
  return distance(a.row, b.row, rows_) + distance(a.column, b.column, columns_) + (is_io(from) ? 1u : 0u) +
         (is_io(to) ? 1u : 0u);
}

std::uint32_t ring_position_of(std::uint32_t index, std::uint32_t size, RingOrder order) {
  if (order != RingOrder::bypass) return index;
  return index % 2 == 0 ? index / 2 : size - 1 - index / 2;
}

std::uint32_t index_at_ring_position(std::uint32_t position, std::uint32_t size, RingOrder order) {
  if (order != RingOrder::bypass) return position;
  return position < (size + 1) / 2 ? 2 * position : 2 * (size - 1 - position) + 1;
}

namespace {

struct LineStep {
  RingMember member;
  std::uint32_t next_index = 0;
};

LineStep line_ring(std::uint32_t index, std::uint32_t size, RingOrder order) {
  LineStep step;
  step.member.size = size;
  step.member.position = ring_position_of(index, size, order);
  step.next_index = index_at_ring_position((step.member.position + 1) % size, size, order);
  const std::uint32_t span = step.next_index > index ? step.next_index - index : index - step.next_index;
  step.member.express = order == RingOrder::bypass && span == 2;
  return step;
}

}  // namespace

RingMember Topology::row_ring(NodeId die, RingOrder order) const {
  const Coordinate at = coordinate(die);
  LineStep step = line_ring(at.column, columns_, order);
  step.member.next = die_at(at.row, step.next_index);
  return step.member;
}

RingMember Topology::column_ring(NodeId die, RingOrder order) const {
  const Coordinate at = coordinate(die);
  LineStep step = line_ring(at.row, rows_, order);
  step.member.next = die_at(step.next_index, at.column);
  return step.member;
}

// Column 0 leads back north; the rest of each row is a snake going south. With an odd number of rows the
// snake runs along columns instead (then the number of columns is even).
RingMember Topology::package_ring(NodeId die) const {
  if (!has_hamiltonian_ring(rows_, columns_))
    throw std::invalid_argument(
        "a ring over all dies needs an even number of dies and at least 2 rows and columns");
  const Coordinate at = coordinate(die);
  const bool by_rows = rows_ % 2 == 0;
  const std::uint32_t lines = by_rows ? rows_ : columns_;
  const std::uint32_t length = by_rows ? columns_ : rows_;
  const auto position_of = [&](std::uint32_t line, std::uint32_t place) {
    if (place == 0) return line == 0 ? 0 : lines * length - line;
    const std::uint32_t along = line % 2 == 0 ? place - 1 : length - 1 - place;
    return 1 + line * (length - 1) + along;
  };
  RingMember member;
  member.size = dies();
  const std::uint32_t line = by_rows ? at.row : at.column;
  const std::uint32_t place = by_rows ? at.column : at.row;
  member.position = position_of(line, place);
  const std::uint32_t wanted = (member.position + 1) % member.size;
  for (Port port : {Port::east, Port::west, Port::south, Port::north}) {
    const auto candidate = built_neighbour(die, port);  // the ring stays what it is where links are dead
    if (!candidate) continue;
    const Coordinate there = coordinate(*candidate);
    const std::uint32_t position =
        by_rows ? position_of(there.row, there.column) : position_of(there.column, there.row);
    if (position == wanted) member.next = *candidate;
  }
  return member;
}

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
