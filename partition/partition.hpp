// Which rank simulates which node: plain data, checked once, and the functions that make it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/engine/ids.hpp"
#include "net/topology.hpp"

namespace hecaton::partition {

struct Partition {
  std::uint32_t ranks = 1;
  std::vector<RankId> owner;  // by node; an IO die belongs to the rank of the die it is attached to
};

// Throws std::invalid_argument unless every node has an owner below `ranks` and every rank owns a die.
void validate(const Partition& partition, const net::Topology& topology);

// Rectangles by recursive bisection of the longer side, in proportion to the ranks on either side; any rank
// count. Preconditions of both: 1 <= ranks <= dies.
Partition make_blocks(const net::Topology& topology, std::uint32_t ranks);
// Runs of dies in row-major order, equal to within one die.
Partition make_strips(const net::Topology& topology, std::uint32_t ranks);

// By name: "block" or "strip"; throws std::invalid_argument for another name.
Partition make_partition(std::string_view name, const net::Topology& topology, std::uint32_t ranks);

struct Figures {
  std::vector<std::uint32_t> dies_of_rank;
  std::uint32_t cut_links = 0;  // links between dies of different ranks, both directions counted as one
  double imbalance = 1.0;       // largest region over the mean
};
Figures figures(const Partition& partition, const net::Topology& topology);

}  // namespace hecaton::partition
