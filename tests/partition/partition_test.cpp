#include "partition/partition.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <tuple>

namespace hecaton::partition::partition_test {
namespace {

constexpr const char* all_names[] = {"block", "strip", "scotch"};

net::Topology mesh(std::uint32_t rows, std::uint32_t columns, bool with_io = false) {
  return net::Topology({rows, columns, net::TopologyKind::mesh, {}, {}}, with_io);
}

// Much in the north-west, little elsewhere, and IO dies that weigh as much as two dies.
Weights uneven(const net::Topology& topology) {
  Weights weights(topology.nodes(), 2'000'000'000'000);
  for (std::uint32_t d = 0; d < topology.dies(); ++d) {
    const auto [row, column] = topology.coordinate(NodeId{d});
    weights[d] = 1'000'000'000'000 * (1 + 20U / (1U + row + column));
  }
  return weights;
}

// The least product of cut links and the square of the largest block's dies, over all ways to cut a rectangle
// from side to side into so many: tries everything.
class AllCuts {
 public:
  std::uint64_t least_cost(std::uint32_t rows, std::uint32_t columns, std::uint32_t ranks) {
    std::uint64_t best = ~0ULL;
    for (std::uint64_t size = 1; size <= std::uint64_t{rows} * columns; ++size)
      if (const std::uint64_t links = least_links(rows, columns, ranks, size); links < none)
        best = std::min(best, links * size * size);
    return best;
  }

 private:
  static constexpr std::uint64_t none = 1'000'000;

  std::uint64_t least_links(std::uint32_t rows, std::uint32_t columns, std::uint32_t ranks,
                            std::uint64_t largest) {
    if (ranks > rows * columns || rows * columns > ranks * largest) return none;
    if (ranks == 1) return 0;
    const auto key = std::tuple(rows, columns, ranks, largest);
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
    std::uint64_t best = none;
    for (std::uint32_t first = 1; first < ranks; ++first) {
      for (std::uint32_t at = 1; at < rows; ++at)
        best = std::min(best, columns + least_links(at, columns, first, largest) +
                                  least_links(rows - at, columns, ranks - first, largest));
      for (std::uint32_t at = 1; at < columns; ++at)
        best = std::min(best, rows + least_links(rows, at, first, largest) +
                                  least_links(rows, columns - at, ranks - first, largest));
    }
    return known_[key] = best;
  }

  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint64_t>, std::uint64_t> known_;
};

TEST(Partition, EveryRankCountGivesEveryRankDies) {
  for (auto [rows, columns] :
       {std::pair{1u, 1u}, {1u, 7u}, {2u, 2u}, {3u, 5u}, {4u, 4u}, {8u, 8u}, {16u, 3u}}) {
    const net::Topology topology = mesh(rows, columns, true);
    const Weights weights = uneven(topology);
    for (std::uint32_t ranks = 1; ranks <= rows * columns; ++ranks)
      for (const char* name : all_names) {
        const Partition partition = make_partition(name, topology, ranks, weights);
        const Figures seen = figures(partition, topology);
        EXPECT_GE(*std::min_element(seen.dies_of_rank.begin(), seen.dies_of_rank.end()), 1u)
            << name << " " << rows << "x" << columns << " on " << ranks;
        for (std::uint32_t n = topology.dies(); n < topology.nodes(); ++n)
          EXPECT_EQ(partition.owner[n], partition.owner[topology.die_of(NodeId{n}).value]);
      }
  }
}

TEST(Partition, BlocksOfASquareAreSquares) {
  const net::Topology topology = mesh(8, 8);
  const Figures four = figures(make_blocks(topology, 4), topology);
  EXPECT_EQ(four.dies_of_rank, std::vector<std::uint32_t>(4, 16));
  EXPECT_EQ(four.cut_links, 16u);  // two cuts of eight links
  EXPECT_EQ(four.links, 112u);     // 8 x 7 along rows, as many along columns
  const Figures strips = figures(make_strips(topology, 4), topology);
  EXPECT_EQ(strips.cut_links, 24u);  // three cuts
  EXPECT_DOUBLE_EQ(strips.imbalance, 1.0);
}

TEST(Partition, BlocksAreRectangles) {
  const net::Topology topology = mesh(13, 9);
  for (std::uint32_t ranks = 1; ranks <= 117; ++ranks) {
    const Partition partition = make_blocks(topology, ranks);
    struct Bounds {
      std::uint32_t top = ~0U, left = ~0U, bottom = 0, right = 0;
    };
    std::vector<Bounds> bounds(ranks);
    for (std::uint32_t d = 0; d < topology.dies(); ++d) {
      const auto [row, column] = topology.coordinate(NodeId{d});
      Bounds& b = bounds[partition.owner[d].value];
      b = {std::min<std::uint32_t>(b.top, row), std::min<std::uint32_t>(b.left, column),
           std::max<std::uint32_t>(b.bottom, row), std::max<std::uint32_t>(b.right, column)};
    }
    const Figures seen = figures(partition, topology);
    for (std::uint32_t rank = 0; rank < ranks; ++rank) {
      const Bounds& b = bounds[rank];
      EXPECT_EQ(seen.dies_of_rank[rank], (b.bottom - b.top + 1) * (b.right - b.left + 1))
          << ranks << " ranks";
    }
  }
}

TEST(Partition, BlocksOfSmallMeshesAreAsGoodAsAnyCuts) {
  AllCuts cuts;
  for (std::uint32_t rows = 1; rows <= 5; ++rows)
    for (std::uint32_t columns = rows; columns <= 5; ++columns)
      for (std::uint32_t ranks = 2; ranks <= rows * columns; ++ranks) {
        const net::Topology topology = mesh(rows, columns);
        const Figures seen = figures(make_blocks(topology, ranks), topology);
        const std::uint64_t largest = *std::max_element(seen.dies_of_rank.begin(), seen.dies_of_rank.end());
        EXPECT_EQ(seen.cut_links * largest * largest, cuts.least_cost(rows, columns, ranks))
            << rows << " x " << columns << " on " << ranks;
      }
}

TEST(Partition, LargeMeshesAreCutInGrids) {
  const net::Topology topology = mesh(256, 256);
  for (const std::uint32_t side : {2u, 8u, 32u, 256u}) {
    const Figures seen = figures(make_blocks(topology, side * side), topology);
    EXPECT_DOUBLE_EQ(seen.imbalance, 1.0) << side;
    EXPECT_EQ(seen.cut_links, 2 * (side - 1) * 256u) << side;
  }
}

TEST(Partition, StripsDifferByOneDieAtMost) {
  const net::Topology topology = mesh(5, 7);
  for (std::uint32_t ranks = 1; ranks <= 35; ++ranks) {
    const Figures seen = figures(make_strips(topology, ranks), topology);
    const auto [least, most] = std::minmax_element(seen.dies_of_rank.begin(), seen.dies_of_rank.end());
    EXPECT_LE(*most - *least, 1u);
  }
}

TEST(Partition, ImbalanceIsOfWeights) {
  const net::Topology topology = mesh(1, 4, true);
  // Dies 1, 2, 3, 4; IO dies, one each: 0, 0, 0, 10. Halves: 3 and 17, mean 10.
  const Figures seen = figures(make_blocks(topology, 2), topology, {1, 2, 3, 4, 0, 0, 0, 10});
  EXPECT_EQ(seen.weight_of_rank, (std::vector<std::uint64_t>{3, 17}));
  EXPECT_DOUBLE_EQ(seen.imbalance, 1.7);
  EXPECT_DOUBLE_EQ(seen.imbalance_of_dies, 1.0);
}

TEST(Partition, ScotchEvensOutWeights) {
  const net::Topology topology = mesh(16, 16, true);
  const Weights weights = uneven(topology);
  for (const std::uint32_t ranks : {2u, 3u, 4u, 7u, 8u}) {
    const Figures even = figures(make_weighted(topology, ranks, weights), topology, weights);
    const Figures blocks = figures(make_blocks(topology, ranks), topology, weights);
    EXPECT_LT(even.imbalance, 1.1) << ranks;
    EXPECT_GT(blocks.imbalance, 1.2) << ranks;  // there was something to even out
    EXPECT_LT(even.cut_links, figures(make_strips(topology, ranks), topology).cut_links + 16) << ranks;
  }
  const Figures same = figures(make_weighted(topology, 7, {}), topology);
  EXPECT_LT(same.imbalance_of_dies, 1.05);
}

TEST(Partition, ScotchDependsOnItsArgumentsOnly) {
  const net::Topology topology = mesh(24, 20, true);
  const Weights weights = uneven(topology);
  const auto first = make_weighted(topology, 11, weights).owner;
  make_weighted(topology, 5, {});  // draws random numbers, too
  EXPECT_EQ(make_weighted(topology, 11, weights).owner, first);
  for (const char* threads : {"1", "2", "7", "-1"}) {
    setenv("SCOTCH_PTHREAD_NUMBER", threads, 1);
    setenv("SCOTCH_RANDOM_FIXED_SEED", "0", 1);
    setenv("SCOTCH_DETERMINISTIC", "0", 1);
    EXPECT_EQ(make_weighted(topology, 11, weights).owner, first) << threads << " threads";
  }
}

TEST(Partition, BadOnesAreRefused) {
  const net::Topology topology = mesh(2, 2);
  EXPECT_THROW(make_partition("metis", topology, 2), std::invalid_argument);
  EXPECT_THROW(make_partition("scotch", topology, 2, {1, 2, 3}), std::invalid_argument);
  EXPECT_THROW(validate({2, {RankId{0}, RankId{0}, RankId{0}, RankId{0}}}, topology), std::invalid_argument);
  EXPECT_THROW(validate({2, {RankId{0}, RankId{1}, RankId{2}, RankId{0}}}, topology), std::invalid_argument);
  EXPECT_THROW(validate({1, {RankId{0}}}, topology), std::invalid_argument);
}

}  // namespace
}  // namespace hecaton::partition::partition_test
