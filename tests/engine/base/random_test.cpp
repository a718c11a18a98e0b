#include "core/engine/base/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>

#include "core/engine/base/splitmix64.hpp"

namespace hecaton::random_test {
namespace {

// Known answer of Philox4x32-10 for an all-zero key and counter, published with Random123 (kat_vectors).
TEST(Random, IsPhilox) {
  const r123::Philox4x32::ctr_type zero{};
  const auto bits = r123::Philox4x32{}(zero, {});
  EXPECT_EQ(bits[0], 0x6627e8d5u);
  EXPECT_EQ(bits[1], 0xe169c58du);
  EXPECT_EQ(random_u64(0, RandomStream::injection, 0, 0), 0xe169c58d6627e8d5ull);
}

// The first numbers of the generator from state 0, as its authors publish them.
TEST(SplitMix64, IsThePublishedGenerator) {
  EXPECT_EQ(splitmix64(0), 0xE220A8397B1DCDAFull);
  EXPECT_EQ(splitmix64(splitmix64_increment), 0x6E789E6AA1B965F4ull);
  EXPECT_EQ(splitmix64_finalise(0), 0u);
}

TEST(Random, StreamsKeysAndCountersAreApart) {
  std::set<std::uint64_t> seen;
  for (RandomStream stream : {RandomStream::injection, RandomStream::destination, RandomStream::permutation})
    for (std::uint32_t key = 0; key < 20; ++key)
      for (std::uint64_t counter = 0; counter < 20; ++counter)
        seen.insert(random_u64(9, stream, key, counter));
  EXPECT_EQ(seen.size(), 3u * 20 * 20);
}

TEST(Random, ScaledStaysInRangeAndIsEven) {
  std::array<int, 7> hits{};
  for (std::uint64_t i = 0; i < 70000; ++i) {
    const std::uint64_t value = scaled(random_u64(1, RandomStream::destination, 0, i), 7);
    ASSERT_LT(value, 7u);
    ++hits[value];
  }
  for (int count : hits) EXPECT_NEAR(count, 10000, 500);
}

}  // namespace
}  // namespace hecaton::random_test
