// Which rank simulates which node: plain data, checked once, and the functions that make it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/engine/base/enum_names.hpp"
#include "core/engine/base/ids.hpp"
#include "net/package/topology.hpp"

namespace hecaton::partition {

struct Partition {
  std::uint32_t ranks = 1;
  std::vector<RankId> owner;  // by node; an IO die belongs to the rank of the die it is attached to
};

// How much work every node is, in a unit of the caller's (expected events); by node. Empty: every die is the
// same, IO dies are nothing.
using Weights = std::vector<std::uint64_t>;

// Throws std::invalid_argument unless every node has an owner below `ranks` and every rank owns a die.
void validate(const Partition& partition, const net::Topology& topology);

// Preconditions of all three: 1 <= ranks <= dies.

// Rectangles, whatever the rank count, by cuts from side to side (blocks.cpp). Equal rectangles may need long
// borders, so the cut links times the square of the largest block's dies are made small: one percent more in
// the largest block, for which all ranks wait, must save two percent of the links.
Partition make_blocks(const net::Topology& topology, std::uint32_t ranks);
// Runs of dies in row-major order, equal to within one die.
Partition make_strips(const net::Topology& topology, std::uint32_t ranks);
// Regions of equal weight and any shape, by SCOTCH's recursive bisection (scotch.cpp). A function of its
// arguments alone: the seed is fixed and nothing runs in parallel, so that every rank finds the same.
Partition make_weighted(const net::Topology& topology, std::uint32_t ranks, const Weights& weights);

enum class Partitioner : std::uint8_t { block, strip, scotch };
constexpr auto enum_names(std::type_identity<Partitioner>) {
  using enum Partitioner;
  return named<Partitioner>({{block, "block"}, {strip, "strip"}, {scotch, "scotch"}});
}

inline constexpr auto& partition_names = names_of<Partitioner>();

// By one of these names; throws std::invalid_argument for another. Only "scotch" looks at the weights, as
// `needs_weights` says.
Partition make_partition(std::string_view name, const net::Topology& topology, std::uint32_t ranks,
                         const Weights& weights = {});
bool needs_weights(std::string_view name);

struct Figures {
  std::vector<std::uint32_t> dies_of_rank;
  std::vector<std::uint64_t> weight_of_rank;
  std::uint32_t cut_links = 0;     // links between dies of different ranks, both directions counted as one
  std::uint32_t links = 0;         // between dies, counted likewise
  double imbalance_of_dies = 1.0;  // the largest region's dies over the mean
  double imbalance = 1.0;          // the heaviest region's weight over the mean
};
Figures figures(const Partition& partition, const net::Topology& topology, const Weights& weights = {});

}  // namespace hecaton::partition
