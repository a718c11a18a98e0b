#include "net/package/dram_channels.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace hecaton::net {
namespace {

TEST(DramChannels, AreSharedEqually) {
  for (std::uint32_t channels : {0u, 3u, 12u, 40u}) {
    const Topology topology({4, 4, TopologyKind::mesh, {}, {}}, true);
    const auto of_io = spread_channels(topology, channels);
    const std::uint32_t total = std::accumulate(of_io.begin(), of_io.end(), 0u);
    EXPECT_EQ(total, channels == 0 ? 12u : channels);
    std::vector<std::uint64_t> load(of_io.size(), 0);
    for (const auto& shares : assign_channels(topology, of_io)) {
      std::uint32_t weight = 0;
      for (const ChannelShare& share : shares) {
        weight += share.weight;
        load[share.io.value - topology.dies()] += share.weight;
      }
      EXPECT_EQ(weight, total);
    }
    for (std::size_t io = 0; io < load.size(); ++io) EXPECT_EQ(load[io], of_io[io] * 16u);
  }
}

}  // namespace
}  // namespace hecaton::net
