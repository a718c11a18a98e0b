#include "partition/partition.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace hecaton::partition {
namespace {

net::Topology mesh(std::uint32_t rows, std::uint32_t columns, bool with_io = false) {
  return net::Topology({rows, columns, net::TopologyKind::mesh}, net::Routing::xy, with_io);
}

TEST(Partition, EveryRankCountGivesEveryRankDies) {
  for (auto [rows, columns] :
       {std::pair{1u, 1u}, {1u, 7u}, {2u, 2u}, {3u, 5u}, {4u, 4u}, {8u, 8u}, {16u, 3u}}) {
    const net::Topology topology = mesh(rows, columns, true);
    for (std::uint32_t ranks = 1; ranks <= rows * columns; ++ranks)
      for (const char* name : {"block", "strip"}) {
        const Partition partition = make_partition(name, topology, ranks);
        const Figures seen = figures(partition, topology);
        EXPECT_GE(*std::min_element(seen.dies_of_rank.begin(), seen.dies_of_rank.end()), 1u)
            << name << " " << rows << "x" << columns << " on " << ranks;
        for (std::uint32_t n = topology.dies(); n < topology.nodes(); ++n)
          EXPECT_EQ(partition.owner[n], partition.owner[topology.die_of_io(NodeId{n}).value]);
      }
  }
}

TEST(Partition, BlocksOfASquareAreSquares) {
  const net::Topology topology = mesh(8, 8);
  const Figures four = figures(make_blocks(topology, 4), topology);
  EXPECT_EQ(four.dies_of_rank, std::vector<std::uint32_t>(4, 16));
  EXPECT_EQ(four.cut_links, 16u);  // two cuts of eight links
  const Figures strips = figures(make_strips(topology, 4), topology);
  EXPECT_EQ(strips.cut_links, 24u);  // three cuts
  EXPECT_DOUBLE_EQ(strips.imbalance, 1.0);
}

TEST(Partition, StripsDifferByOneDieAtMost) {
  const net::Topology topology = mesh(5, 7);
  for (std::uint32_t ranks = 1; ranks <= 35; ++ranks) {
    const Figures seen = figures(make_strips(topology, ranks), topology);
    const auto [least, most] = std::minmax_element(seen.dies_of_rank.begin(), seen.dies_of_rank.end());
    EXPECT_LE(*most - *least, 1u);
  }
}

TEST(Partition, BadOnesAreRefused) {
  const net::Topology topology = mesh(2, 2);
  EXPECT_THROW(make_partition("metis", topology, 2), std::invalid_argument);
  EXPECT_THROW(validate({2, {RankId{0}, RankId{0}, RankId{0}, RankId{0}}}, topology), std::invalid_argument);
  EXPECT_THROW(validate({2, {RankId{0}, RankId{1}, RankId{2}, RankId{0}}}, topology), std::invalid_argument);
  EXPECT_THROW(validate({1, {RankId{0}}}, topology), std::invalid_argument);
}

}  // namespace
}  // namespace hecaton::partition
