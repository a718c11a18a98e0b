#include "partition/partition.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

#include "net/package/links.hpp"

namespace hecaton::partition {

namespace {

Partition with_io(Partition partition, const net::Topology& topology) {
  for (std::uint32_t n = topology.dies(); n < topology.nodes(); ++n)
    partition.owner[n] = partition.owner[topology.die_of(NodeId{n}).value];
  return partition;
}

}  // namespace

void validate(const Partition& partition, const net::Topology& topology) {
  if (partition.owner.size() != topology.nodes())
    throw std::invalid_argument("a partition must give every node an owner");
  std::vector<bool> owns_die(partition.ranks, false);
  for (std::uint32_t n = 0; n < topology.nodes(); ++n) {
    const RankId rank = partition.owner[n];
    if (rank.value >= partition.ranks)
      throw std::invalid_argument("a partition names a rank that does not exist");
    if (n < topology.dies()) owns_die[rank.value] = true;
  }
  if (std::find(owns_die.begin(), owns_die.end(), false) != owns_die.end())
    throw std::invalid_argument("a partition leaves a rank without a die");
}

Partition make_strips(const net::Topology& topology, std::uint32_t ranks) {
  Partition result{ranks, std::vector<RankId>(topology.nodes())};
  for (std::uint64_t die = 0; die < topology.dies(); ++die)
    result.owner[die] = RankId{static_cast<std::uint32_t>(die * ranks / topology.dies())};
  return with_io(std::move(result), topology);
}

namespace {

Partitioner partitioner_named(std::string_view name) {
  if (const auto partitioner = value_named<Partitioner>(name)) return *partitioner;
  std::string known;
  for (const std::string_view other : partition_names) {
    const bool is_last = other == partition_names.back();
    known += std::string(known.empty() ? "" : is_last ? " and " : ", ") + std::string(other);
  }
  throw std::invalid_argument("there is no partitioner \"" + std::string(name) + "\"; there are " + known);
}

Partition make_by(Partitioner partitioner, const net::Topology& topology, std::uint32_t ranks,
                  const Weights& weights) {
  switch (partitioner) {
    case Partitioner::block:
      return make_blocks(topology, ranks);
    case Partitioner::strip:
      return make_strips(topology, ranks);
    case Partitioner::scotch:
      break;
  }
  return make_weighted(topology, ranks, weights);
}

}  // namespace

Partition make_partition(std::string_view name, const net::Topology& topology, std::uint32_t ranks,
                         const Weights& weights) {
  if (!weights.empty() && weights.size() != topology.nodes())
    throw std::invalid_argument("weights must be given for every node or for none");
  Partition result = make_by(partitioner_named(name), topology, ranks, weights);
  validate(result, topology);
  return result;
}

bool needs_weights(std::string_view name) {
  return value_named<Partitioner>(name) == Partitioner::scotch;
}

namespace {

template <class Count>
double over_the_mean(const std::vector<Count>& of_rank) {
  const double total = std::accumulate(of_rank.begin(), of_rank.end(), 0.0);
  const auto largest = static_cast<double>(*std::max_element(of_rank.begin(), of_rank.end()));
  return total > 0 ? largest * static_cast<double>(of_rank.size()) / total : 1.0;
}

}  // namespace

Figures figures(const Partition& partition, const net::Topology& topology, const Weights& weights) {
  Figures result;
  result.dies_of_rank.assign(partition.ranks, 0);
  result.weight_of_rank.assign(partition.ranks, 0);
  for (std::uint32_t d = 0; d < topology.dies(); ++d) ++result.dies_of_rank[partition.owner[d].value];
  net::for_each_die_link(topology, [&](NodeId a, NodeId b) {
    ++result.links;
    if (partition.owner[a.value] != partition.owner[b.value]) ++result.cut_links;
  });
  for (std::uint32_t n = 0; n < topology.nodes(); ++n)
    result.weight_of_rank[partition.owner[n].value] +=
        weights.empty() ? (topology.is_io(NodeId{n}) ? 0 : 1) : weights[n];
  result.imbalance_of_dies = over_the_mean(result.dies_of_rank);
  result.imbalance = over_the_mean(result.weight_of_rank);
  return result;
}

}  // namespace hecaton::partition
