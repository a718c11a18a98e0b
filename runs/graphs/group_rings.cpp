#include "runs/graphs/group_rings.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace hecaton::runs {

namespace {

// The group of dies that has just these members.
std::optional<net::DieGroup> whole_group(std::span<const NodeId> members, const net::Topology& topology) {
  for (const net::DieGroup group : {net::DieGroup::row, net::DieGroup::column, net::DieGroup::package}) {
    const net::LineMember line = topology.line_place(group, members.front());
    const auto is_in = [&](NodeId die) {
      const net::LineMember other = topology.line_place(group, die);
      return other.first == line.first && other.size == line.size;
    };
    if (members.size() == line.size && std::all_of(members.begin(), members.end(), is_in)) return group;
  }
  return std::nullopt;
}

std::vector<chiplet::RingPlace> as_listed(std::span<const NodeId> members) {
  const auto size = static_cast<std::uint32_t>(members.size());
  std::vector<chiplet::RingPlace> places;
  for (std::uint32_t i = 0; i < size; ++i)
    places.push_back({.size = size,
                      .position = i,
                      .next = members[(i + 1) % size],
                      .route = chiplet::Route::direct,
                      .previous = members[(i + size - 1) % size]});
  return places;
}

}  // namespace

std::vector<chiplet::RingPlace> ring_of(std::span<const NodeId> members, const net::Topology& topology,
                                        chiplet::graph::Rings rings) {
  if (rings == chiplet::graph::Rings::listed) return as_listed(members);
  const std::optional<net::DieGroup> group = whole_group(members, topology);
  if (!group) return as_listed(members);
  std::vector<chiplet::RingPlace> places;
  try {
    for (const NodeId die : members) {
      const net::RingMember member = topology.ring(*group, die, topology.design().ring_order);
      places.push_back({.size = member.size,
                        .position = member.position,
                        .next = member.next,
                        .route = member.express ? chiplet::Route::express : chiplet::Route::direct,
                        .previous = member.previous});
    }
  } catch (const std::invalid_argument&) {
    return as_listed(members);  // the package has no cycle
  }
  return places;
}

}  // namespace hecaton::runs
