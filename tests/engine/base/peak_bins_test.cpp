// Maxima in bins against arithmetic of the test's own: every picosecond looked at by itself.
#include "core/engine/base/peak_bins.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace hecaton::peak_bins_test {
namespace {

struct Step {
  std::int64_t at = 0;
  std::uint64_t level = 0;
};
using Bins = std::vector<std::uint64_t>;

// What holds for no time counts where it is more than what was there before.
Bins looked_at(const std::vector<Step>& steps, std::uint32_t count, std::int64_t width, std::int64_t end) {
  Bins bins(count, 0);
  std::uint64_t level = 0;
  std::size_t next = 0;
  for (std::int64_t ps = 0; ps <= end; ++ps) {
    const auto note = [&] {
      std::uint64_t& bin = bins.at(static_cast<std::size_t>(ps / width));
      bin = std::max(bin, level);
    };
    for (; next < steps.size() && steps[next].at == ps; ++next) {
      const bool rises = steps[next].level > level;
      level = steps[next].level;
      if (rises) note();
    }
    if (ps < end) note();
  }
  return bins;
}

std::vector<Step> random_steps(std::mt19937& random) {
  std::vector<Step> steps;
  std::int64_t now = 0;
  for (std::uint64_t i = 0, all = random() % 40; i < all; ++i) {
    now += static_cast<std::int64_t>(random() % 3 == 0 ? 0 : random() % 40);
    steps.push_back({now, random() % 100});
  }
  steps.push_back({now + 1 + static_cast<std::int64_t>(random() % 40), 0});
  return steps;
}

TEST(PeakBins, HoldTheMostOfEachPicosecond) {
  std::mt19937 random(11);
  for (int round = 0; round < 500; ++round) {
    const BinGrid grid{1u << random() % 4, {static_cast<std::int64_t>(1 + random() % 20)}};
    const std::vector<Step> steps = random_steps(random);
    const std::int64_t end = steps.back().at;
    PeakBins bins(grid);
    for (const Step& step : steps) bins.set({step.at}, step.level);
    const auto width = static_cast<std::int64_t>(grid.width_up_to({end}));
    EXPECT_LE(bins.width_ps(), static_cast<std::uint64_t>(width)) << "the end of a run opens no bin";
    for (const std::int64_t wider : {width, 4 * width})
      EXPECT_EQ(bins.folded(static_cast<std::uint64_t>(wider), {end}),
                looked_at(steps, grid.count, wider, end));
  }
}

TEST(PeakBins, MayKeepNone) {
  PeakBins bins;
  bins.set({7}, 3);
  EXPECT_FALSE(bins.keeps());
}

}  // namespace
}  // namespace hecaton::peak_bins_test
