#include "partition/partition.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace hecaton::partition {

namespace {

struct Rectangle {
  std::uint32_t row, column, rows, columns;
};

// Where to cut a side of `length` so that the parts are in the proportion of their ranks, yet each part,
// `width` wide, has room for its ranks.
std::uint32_t cut_of(std::uint32_t length, std::uint32_t width, std::uint32_t first, std::uint32_t second) {
  const std::uint32_t ranks = first + second;
  const std::uint32_t wanted = (2 * length * first + ranks) / (2 * ranks);
  const std::uint32_t least = (first + width - 1) / width;
  const std::uint32_t most = length - (second + width - 1) / width;
  return std::clamp(wanted, least, std::max(least, most));
}

void divide(const Rectangle& area, std::uint32_t first_rank, std::uint32_t ranks,
            const net::Topology& topology, Partition& result) {
  if (ranks == 1) {
    for (std::uint32_t r = area.row; r < area.row + area.rows; ++r)
      for (std::uint32_t c = area.column; c < area.column + area.columns; ++c)
        result.owner[topology.die_at(r, c).value] = RankId{first_rank};
    return;
  }
  // Halves that do not fit along the longer side (few dies, many ranks) may fit with another share of ranks.
  const bool by_rows = area.rows >= area.columns;
  const std::uint32_t length = by_rows ? area.rows : area.columns;
  const std::uint32_t width = by_rows ? area.columns : area.rows;
  std::uint32_t first = ranks / 2;
  std::uint32_t cut = cut_of(length, width, first, ranks - first);
  while ((length - cut) * width < ranks - first || cut == length) {
    ++first;
    cut = std::max((first + width - 1) / width, std::min(cut, length - 1));
    if (cut == length) cut = length - 1, first = std::min(first, cut * width);
  }
  Rectangle near = area;
  Rectangle far = area;
  if (by_rows) {
    near.rows = cut;
    far.row += cut;
    far.rows -= cut;
  } else {
    near.columns = cut;
    far.column += cut;
    far.columns -= cut;
  }
  divide(near, first_rank, first, topology, result);
  divide(far, first_rank + first, ranks - first, topology, result);
}

Partition with_io(Partition partition, const net::Topology& topology) {
  for (std::uint32_t n = topology.dies(); n < topology.nodes(); ++n)
    partition.owner[n] = partition.owner[topology.die_of_io(NodeId{n}).value];
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

Partition make_blocks(const net::Topology& topology, std::uint32_t ranks) {
  Partition result{ranks, std::vector<RankId>(topology.nodes())};
  divide({0, 0, topology.rows(), topology.columns()}, 0, ranks, topology, result);
  return with_io(std::move(result), topology);
}

Partition make_strips(const net::Topology& topology, std::uint32_t ranks) {
  Partition result{ranks, std::vector<RankId>(topology.nodes())};
  for (std::uint64_t die = 0; die < topology.dies(); ++die)
    result.owner[die] = RankId{static_cast<std::uint32_t>(die * ranks / topology.dies())};
  return with_io(std::move(result), topology);
}

Partition make_partition(std::string_view name, const net::Topology& topology, std::uint32_t ranks) {
  Partition result;
  if (name == "block") {
    result = make_blocks(topology, ranks);
  } else if (name == "strip") {
    result = make_strips(topology, ranks);
  } else {
    throw std::invalid_argument("there is no partitioner \"" + std::string(name) +
                                "\"; there are block and strip");
  }
  validate(result, topology);
  return result;
}

Figures figures(const Partition& partition, const net::Topology& topology) {
  Figures result;
  result.dies_of_rank.assign(partition.ranks, 0);
  for (std::uint32_t d = 0; d < topology.dies(); ++d) {
    const RankId rank = partition.owner[d];
    ++result.dies_of_rank[rank.value];
    for (net::Port port : {net::Port::east, net::Port::south})
      if (const auto other = topology.neighbour(NodeId{d}, port);
          other && partition.owner[other->value] != rank)
        ++result.cut_links;
  }
  const auto largest = *std::max_element(result.dies_of_rank.begin(), result.dies_of_rank.end());
  result.imbalance = static_cast<double>(largest) * partition.ranks / topology.dies();
  return result;
}

}  // namespace hecaton::partition
