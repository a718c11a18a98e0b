// What grows by chance, cycle by cycle, beside bins that are counted one by one.
#include "net/clocked/growth_bins.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <stdexcept>
#include <vector>

namespace hecaton::net::growth_bins_test {
namespace {

using clocked::Cycle;
using clocked::GrowthBins;

constexpr SimDuration cycle{250};
constexpr std::int64_t least_cycles = 4;
constexpr std::size_t cells = 3;

// Counts that grow in some cycles, others in which nothing happens; each cycle in which anything does is opened first.
class Growth {
  auto total() const {
    return [this](std::size_t cell, Cycle) { return sums_[cell]; };
  }

 public:
  Growth(std::uint32_t bins, std::uint64_t seed)
      : grid_{bins, least_cycles * cycle},
        bins_(grid_, cycle, cells),
        random_(seed),
        sums_(cells, 0),
        by_cycle_(cells) {}

  void run(int events) {
    for (int i = 0; i < events; ++i) {
      const Cycle now = next_;
      bins_.open(now, total());
      const std::size_t cell = random_() % cells;
      const std::uint64_t count = random_() % 4;
      sums_[cell] += count;
      for (std::vector<std::uint64_t>& counts : by_cycle_)
        counts.resize(static_cast<std::size_t>(now) + 1, 0);
      by_cycle_[cell].back() += count;
      next_ = now + (random_() % 16 == 0 ? static_cast<Cycle>(1 + random_() % 300) : 1);
    }
  }
  // Goes on from what was saved, with sums that begin anew.
  void restart() {
    GrowthBins<std::uint32_t> restored(grid_, cycle, cells);
    std::vector<GrowthBins<std::uint32_t>::Saved> saved;
    for (std::size_t cell = 0; cell < cells; ++cell) saved.push_back(bins_.save(cell, 1, next_, total()));
    sums_.assign(cells, 0);
    for (std::size_t cell = 0; cell < cells; ++cell) restored.restore(cell, 1, saved[cell], next_, total());
    bins_ = restored;
  }
  void expect_all_in_their_bins() const {
    for (std::size_t cell = 0; cell < cells; ++cell) {
      const TimeBins times = bins_.times(cell, cycle, total());
      const auto width = static_cast<Cycle>(times.width_ps()) / cycle.ps;
      std::vector<std::uint64_t> expected(grid_.count, 0);
      for (std::size_t at = 0; at < by_cycle_[cell].size(); ++at)
        expected[at / static_cast<std::size_t>(width)] +=
            by_cycle_[cell][at] * static_cast<std::uint64_t>(cycle.ps);
      EXPECT_EQ(times.folded(times.width_ps()), expected)
          << "cell " << cell << ", " << width << " cycles wide";
    }
  }
  Cycle width() const { return static_cast<Cycle>(bins_.times(0, cycle, total()).width_ps()) / cycle.ps; }
  Cycle latest() const { return static_cast<Cycle>(by_cycle_.front().size()) - 1; }

 private:
  BinGrid grid_;
  GrowthBins<std::uint32_t> bins_;
  std::mt19937_64 random_;
  std::vector<std::uint64_t> sums_;
  std::vector<std::vector<std::uint64_t>> by_cycle_;  // by cell
  Cycle next_ = 0;
};

TEST(GrowthBins, CountWhatCameInEach) {
  for (const std::uint32_t bins : {1U, 2U, 8U, 64U})
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      Growth growth(bins, seed);
      growth.run(static_cast<int>(seed * 37));
      growth.expect_all_in_their_bins();
      EXPECT_LT(growth.latest(), growth.width() * bins);
      EXPECT_TRUE(growth.width() == least_cycles || growth.latest() >= growth.width() / 2 * bins)
          << "wider than need be";
    }
}

TEST(GrowthBins, GoOnFromACheckpoint) {
  for (const std::uint32_t bins : {1U, 4U, 32U})
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      Growth growth(bins, seed);
      for (int part = 0; part < 4; ++part) {
        growth.run(static_cast<int>(1 + seed * 13 % 90));
        growth.restart();
      }
      growth.run(1);
      growth.expect_all_in_their_bins();
    }
}

// What is there for a while counts in each cycle, also in those in which nothing changes.
TEST(GrowthBins, SumsThatGrowByThemselvesAreAskedForAtTheEndsOfBins) {
  GrowthBins<std::uint64_t> bins({8, least_cycles * cycle}, cycle, 1);
  const auto one_since_the_beginning = [](std::size_t, Cycle at) { return static_cast<std::uint64_t>(at); };
  bins.open(100, one_since_the_beginning);
  const TimeBins times = bins.times(0, SimDuration{1}, one_since_the_beginning);
  ASSERT_EQ(times.width_ps(), 16U * 250U);
  EXPECT_EQ(times.folded(times.width_ps()), (std::vector<std::uint64_t>{16, 16, 16, 16, 16, 16, 16, 0}));
}

TEST(GrowthBins, OthersAreRefused) {
  const auto nothing = [](std::size_t, Cycle) { return std::uint64_t{0}; };
  const BinGrid grid{8, least_cycles * cycle};
  GrowthBins<std::uint32_t> bins(grid, cycle, 1);
  EXPECT_THROW(bins.restore(0, 1, {}, 0, nothing), std::runtime_error) << "kept none";
  EXPECT_THROW(bins.restore(0, 1, {3, {}}, 0, nothing), std::runtime_error) << "a width that cannot be";
  EXPECT_THROW(bins.restore(0, 1, {least_cycles, std::vector<std::uint8_t>(9, 1)}, 0, nothing),
               std::runtime_error)
      << "too many";
  GrowthBins<std::uint32_t> none({}, cycle, 1);
  EXPECT_THROW(none.restore(0, 1, {least_cycles, {}}, 0, nothing), std::runtime_error);
  EXPECT_NO_THROW(none.restore(0, 1, none.save(0, 1, 5, nothing), 5, nothing));
}

}  // namespace
}  // namespace hecaton::net::growth_bins_test
