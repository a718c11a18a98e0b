// Bins against arithmetic of the test's own: every picosecond counted by itself.
#include "core/engine/base/time_bins.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>

namespace hecaton::time_bins_test {
namespace {

struct Interval {
  std::int64_t start = 0, end = 0;
};

using Bins = std::vector<std::uint64_t>;

Bins counted(const std::vector<Interval>& intervals, std::uint32_t count, std::int64_t width) {
  Bins bins(count, 0);
  for (const Interval& interval : intervals)
    for (std::int64_t ps = interval.start; ps < interval.end; ++ps)
      ++bins.at(static_cast<std::size_t>(ps / width));
  return bins;
}

TimeBins binned(const std::vector<Interval>& intervals, BinGrid grid) {
  TimeBins bins(grid);
  for (const Interval& interval : intervals) bins.add({interval.start}, {interval.end});
  return bins;
}

TEST(TimeBins, CountEveryPicosecondInItsBin) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    const BinGrid grid{1u + static_cast<std::uint32_t>(random() % 9),
                       {static_cast<std::int64_t>(1 + random() % 20)}};
    std::vector<Interval> intervals;
    std::int64_t now = 0;
    for (std::uint64_t i = 0, all = random() % 40; i < all; ++i) {
      now += static_cast<std::int64_t>(random() % 30);
      const std::int64_t start = now;
      now += static_cast<std::int64_t>(random() % 50);
      intervals.push_back({start, now});
    }
    const std::int64_t end = intervals.empty() ? 0 : now;
    std::int64_t width = grid.least.ps;
    while (width * grid.count < end) width *= 2;
    const TimeBins bins = binned(intervals, grid);
    if (!intervals.empty() && intervals.back().start < intervals.back().end) {
      EXPECT_EQ(bins.width_ps(), static_cast<std::uint64_t>(width));
    }
    EXPECT_EQ(grid.width_up_to({end}), static_cast<std::uint64_t>(width));
    for (const std::int64_t wider : {width, 2 * width, 8 * width})
      EXPECT_EQ(bins.folded(static_cast<std::uint64_t>(wider)), counted(intervals, grid.count, wider));
    std::shuffle(intervals.begin(), intervals.end(), random);
    EXPECT_EQ(binned(intervals, grid).folded(static_cast<std::uint64_t>(width)),
              counted(intervals, grid.count, width));
  }
}

TEST(TimeBins, AnIntervalCountsTheSameInParts) {
  const BinGrid grid{4, {10}};
  TimeBins whole(grid), parts(grid);
  whole.add({7}, {1203});
  for (std::int64_t ps = 7; ps < 1203; ++ps) parts.add({ps}, {ps + 1});
  EXPECT_EQ(whole.width_ps(), 320U);
  EXPECT_EQ(parts.width_ps(), 320U);
  EXPECT_EQ(whole.folded(320), (Bins{313, 320, 320, 243}));
  EXPECT_EQ(parts.folded(320), whole.folded(320));
}

TEST(TimeBins, TheLastPicosecondOfAllHasABin) {
  const BinGrid grid{256, {16000}};
  TimeBins bins(grid);
  const std::int64_t last = SimTime::never().ps;
  bins.add({last - 5}, {last - 2});
  bins.add({last - 2}, {last});
  const Bins all = bins.folded(bins.width_ps());
  EXPECT_EQ(std::accumulate(all.begin(), all.end(), std::uint64_t{0}), 5U);
  EXPECT_EQ(all[static_cast<std::uint64_t>(last - 1) / bins.width_ps()], 5U);
}

TEST(PackedCounts, ComeBackAndNothingElseDoes) {
  const Bins counts{0, 1, 127, 128, 16383, 16384, std::numeric_limits<std::uint64_t>::max(), 0};
  std::vector<std::uint8_t> bytes = packed_counts(counts);
  EXPECT_EQ(bytes.size(), 1U + 1 + 1 + 2 + 2 + 3 + 10 + 1);
  EXPECT_EQ(unpacked_counts(bytes, counts.size()), counts);
  EXPECT_THROW(unpacked_counts(bytes, counts.size() - 1), std::runtime_error);
  bytes.back() = 0x80;
  EXPECT_THROW(unpacked_counts(bytes, counts.size()), std::runtime_error);
  EXPECT_THROW(unpacked_counts(std::vector<std::uint8_t>(11, 0xFF), 1), std::runtime_error);
}

TEST(TimeBins, WithoutAnyNothingIsKept) {
  TimeBins none;
  none.add({5}, {500'000'000'000});
  EXPECT_FALSE(none.keeps());
  EXPECT_TRUE(none.folded(0).empty());
}

}  // namespace
}  // namespace hecaton::time_bins_test
