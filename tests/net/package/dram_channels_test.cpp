#include "net/package/dram_channels.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace hecaton::net::dram_channels_test {
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

// The angle of a die's offset from the centre, from the left round; the centre in the middle of the turn. Offsets are
// cut by their common factor, so that dies on one ray have one angle.
double turn_of(std::int64_t x, std::int64_t y) {
  if (x == 0 && y == 0) return 0;
  const std::int64_t factor = std::gcd(x, y);
  if (y == 0)
    return x < 0 ? -4 : 1e-6;  // the ray to the left is the first of all, to the right after the centre
  return std::atan2(static_cast<double>(y / factor), static_cast<double>(x / factor));
}

TEST(DramChannels, GoRoundThePackageWithTheDies) {
  for (const std::uint32_t rows : {1U, 2U, 3U, 4U, 5U, 7U})
    for (const std::uint32_t columns : {1U, 3U, 4U, 5U}) {
      const Topology topology({rows, columns, TopologyKind::mesh, {}, {}}, true);
      const std::uint32_t dies = topology.dies();
      std::vector<std::pair<double, std::uint32_t>> around;
      for (std::uint32_t d = 0; d < dies; ++d)
        around.emplace_back(
            turn_of(2 * std::int64_t{d % columns} - columns + 1, 2 * std::int64_t{d / columns} - rows + 1),
            d);
      std::sort(around.begin(), around.end());
      // Each die in turn takes as much as all IO dies give to one, from the IO die where the one before it stopped.
      const auto shares = assign_channels(topology, spread_channels(topology, 0));
      std::vector<std::uint32_t> ios;
      std::vector<std::uint64_t> given(topology.nodes() - dies, 0);
      for (const auto& [turn, die] : around)
        for (const ChannelShare& share : shares[die]) {
          if (ios.empty() || ios.back() != share.io.value) ios.push_back(share.io.value);
          given[share.io.value - dies] += share.weight;
        }
      EXPECT_EQ(ios.size(), given.size()) << rows << " x " << columns;  // none is come back to
      for (const std::uint64_t each : given) EXPECT_EQ(each, dies);
    }
}

}  // namespace
}  // namespace hecaton::net::dram_channels_test
