#include "net/package/topology.hpp"

#include <stdexcept>
#include <string>
#include <utility>

namespace hecaton::net {

namespace {

bool is_forward(Port port) {
  return port == Port::east || port == Port::south;
}

}  // namespace

Topology::Topology(const PackageConfig& package, bool with_io)
    : design_(&design_of(package.topology)),
      rows_(package.rows),
      columns_(package.columns),
      lines_{design_->row(columns_), design_->column(rows_)},
      io_of_(rows_ * columns_, 0),
      faulty_(!package.dead_links.empty() || !package.dead_dies.empty()) {
  for (std::uint32_t r = 0; r < rows_; ++r)
    for (std::uint32_t c = 0; c < columns_; ++c)
      coordinates_.push_back({static_cast<std::uint16_t>(r), static_cast<std::uint16_t>(c)});
  for (std::uint32_t die = 0; with_io && die < dies(); ++die) {
    if (!side(NodeId{die})) continue;
    attached_die_.push_back(NodeId{die});
    io_of_[die] = static_cast<std::uint32_t>(attached_die_.size());
    coordinates_.push_back(Coordinate{coordinates_[die]});
  }
  if (faulty_) bury(package);
}

void Topology::bury(const PackageConfig& package) {
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
    for (Port port : die_ports)
      for (auto [from, to] : {std::pair{link.a, link.b}, {link.b, link.a}}) {
        if (from >= dies() || built_neighbour(NodeId{from}, port) != NodeId{to}) continue;
        dead_ports_[from] =
            static_cast<std::uint8_t>(dead_ports_[from] | (1u << static_cast<unsigned>(port)));
      }
  }
}

std::optional<Port> Topology::side(NodeId node) const {
  const auto [row, column] = coordinates_[node.value];
  if (row == 0) return Port::north;
  if (row + 1u == rows_) return Port::south;
  if (column == 0) return Port::west;
  if (column + 1u == columns_) return Port::east;
  return std::nullopt;
}

std::optional<NodeId> Topology::io_of_die(NodeId die) const {
  const std::uint32_t io = io_of_[die.value];
  return io == 0 ? std::nullopt : std::optional{NodeId{dies() + io - 1}};
}

std::optional<NodeId> Topology::built_neighbour(NodeId node, Port port) const {
  if (is_io(node)) return port == Port::io ? std::optional{die_of(node)} : std::nullopt;
  if (port == Port::io) return io_of_die(node);
  const auto dimension = dimension_of(port);
  if (!dimension) return std::nullopt;
  const auto beside = line(*dimension).beside(place(*dimension, node), is_forward(port));
  return beside ? std::optional{die_beside(*dimension, node, *beside)} : std::nullopt;
}

std::optional<NodeId> Topology::neighbour(NodeId node, Port port) const {
  const std::optional<NodeId> there = built_neighbour(node, port);
  if (!faulty_ || !there) return there;
  const bool dead_link = !is_io(node) && (dead_ports_[node.value] >> static_cast<unsigned>(port) & 1u) != 0;
  return dead_link || dead(node) || dead(*there) ? std::nullopt : there;
}

bool Topology::linked(std::uint32_t a, std::uint32_t b) const {
  if (a >= dies()) return false;
  for (Port port : die_ports)
    if (built_neighbour(NodeId{a}, port) == NodeId{b}) return true;
  return false;
}

bool Topology::wraps(NodeId node, Port port) const {
  const auto dimension = dimension_of(port);
  return dimension && !is_io(node) && line(*dimension).wraps(place(*dimension, node), is_forward(port));
}

std::uint32_t Topology::hops(NodeId from, NodeId to) const {
  if (from == to) return 0;
  std::uint32_t links = (is_io(from) ? 1u : 0u) + (is_io(to) ? 1u : 0u);
  for (const Dimension dimension : {Dimension::row, Dimension::column})
    links += line(dimension).distance(place(dimension, from), place(dimension, to));
  return links;
}

RingMember Topology::ring(DieGroup group, NodeId die, RingOrder order) const {
  RingMember member;
  if (group == DieGroup::package) {
    if (!has_hamiltonian_ring(rows_, columns_))
      throw std::invalid_argument(
          "a ring over all dies needs an even number of dies and at least 2 rows and columns");
    member.size = dies();
    member.position = hamiltonian_position_of(coordinate(die), rows_, columns_);
    const auto at = [&](std::uint32_t position) {
      const Coordinate found = at_hamiltonian_position(position % member.size, rows_, columns_);
      return die_at(found.row, found.column);
    };
    member.next = at(member.position + 1);
    member.previous = at(member.position + member.size - 1);
    return member;
  }
  const auto dimension = static_cast<Dimension>(group);
  const std::uint32_t here = place(dimension, die);
  member.size = line(dimension).size;
  member.position = ring_position_of(here, member.size, order);
  const auto place_at = [&](std::uint32_t position) {
    return place_at_ring_position(position % member.size, member.size, order);
  };
  const std::uint32_t next = place_at(member.position + 1);
  member.next = die_beside(dimension, die, next);
  member.previous = die_beside(dimension, die, place_at(member.position + member.size - 1));
  member.express = order == RingOrder::bypass && (next > here ? next - here : here - next) == 2;
  return member;
}

LineMember Topology::line_place(DieGroup group, NodeId die) const {
  if (group == DieGroup::package) return {dies(), die.value, NodeId{0}, 1};
  const auto dimension = static_cast<Dimension>(group);
  const NodeId first = die_beside(dimension, die, 0);
  return {line(dimension).size, place(dimension, die), first, dimension == Dimension::row ? 1 : columns_};
}

bool Topology::begins_express_edge(NodeId node, Port port) const {
  const auto dimension = dimension_of(port);
  if (!dimension || is_io(node)) return false;
  const RingMember member = ring(static_cast<DieGroup>(*dimension), node, RingOrder::bypass);
  return member.express && (place(*dimension, member.next) > place(*dimension, node)) == is_forward(port);
}

}  // namespace hecaton::net
