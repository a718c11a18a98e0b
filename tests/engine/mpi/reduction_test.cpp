// Reductions without blocking: what comes of them on any number of ranks, however late ranks begin and look.
#include "core/engine/mpi/reduction.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/mpi/communicator.hpp>
#include <chrono>
#include <random>
#include <thread>

namespace hecaton::engine::reduction_test {
namespace {

void combine(std::span<std::uint64_t> into, std::span<std::uint64_t> from) {
  into[0] = std::min(into[0], from[0]);
  into[1] |= from[1];
  for (std::size_t i = 2; i < into.size(); ++i) into[i] += from[i];
}

// What a rank says in a round of the test.
std::uint64_t word_of(std::uint64_t rank, std::uint64_t round, std::uint64_t i) {
  return (rank + 3) * (round + 5) * (i + 7) % 1009;
}

class Reductions : public ::testing::Test {
 protected:
  static constexpr std::size_t words = 40;

  void begin(std::uint64_t round) {
    const auto self = static_cast<std::uint64_t>(world.rank());
    for (std::size_t i = 0; i < words; ++i) reduction.words()[i] = word_of(self, round, i);
    reduction.begin();
  }
  void expect_all(std::uint64_t round) {
    std::uint64_t least = ~std::uint64_t{0}, flags = 0;
    std::vector<std::uint64_t> sums(words, 0);
    for (std::uint64_t rank = 0; rank < static_cast<std::uint64_t>(world.size()); ++rank) {
      least = std::min(least, word_of(rank, round, 0));
      flags |= word_of(rank, round, 1);
      for (std::size_t i = 2; i < words; ++i) sums[i] += word_of(rank, round, i);
    }
    EXPECT_EQ(reduction.words()[0], least);
    EXPECT_EQ(reduction.words()[1], flags);
    for (std::size_t i = 2; i < words; ++i) EXPECT_EQ(reduction.words()[i], sums[i]);
  }

  boost::mpi::communicator world;
  MpiReduction reduction{world, words, &combine};
};

TEST_F(Reductions, EndInWhatAllRanksHaveSaid) {
  for (std::uint64_t round = 0; round < 200; ++round) {
    begin(round);
    if (round % 2 == 0) reduction.wait();
    while (!reduction.has_ended()) std::this_thread::yield();
    expect_all(round);
  }
  reduction.finish();
}

TEST_F(Reductions, WaitForRanksThatAreLate) {
  std::mt19937_64 random(static_cast<std::uint64_t>(world.rank()));
  for (std::uint64_t round = 0; round < 20; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 4));
    begin(round);
    for (int looks = static_cast<int>(random() % 3); looks > 0; --looks) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      reduction.has_ended();
    }
    reduction.wait();
    expect_all(round);
  }
  reduction.finish();
}

// Rank 0 begins when all others have looked in vain.
TEST_F(Reductions, DoNotEndBeforeAllHaveBegun) {
  constexpr int tag = 1;
  if (world.rank() == 0) {
    for (int others = world.size() - 1; others > 0; --others) world.recv(boost::mpi::any_source, tag);
    begin(0);
  } else {
    begin(0);
    for (int looks = 0; looks < 100; ++looks) EXPECT_FALSE(reduction.has_ended());
    world.send(0, tag);
  }
  reduction.wait();
  expect_all(0);
  reduction.finish();
}

}  // namespace
}  // namespace hecaton::engine::reduction_test
