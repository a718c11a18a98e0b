#include "core/engine/base/time.hpp"

#include <gtest/gtest.h>

namespace hecaton::time_test {
namespace {

TEST(SimTime, OverflowIsAnError) {
  const SimTime late{std::numeric_limits<std::int64_t>::max() - 5};
  EXPECT_EQ((late + SimDuration{5}).ps, std::numeric_limits<std::int64_t>::max());
  EXPECT_THROW(late + SimDuration{6}, std::overflow_error);
  EXPECT_THROW(SimDuration{std::int64_t{1} << 40} * (std::int64_t{1} << 40), std::overflow_error);
}

TEST(SimTime, NanosecondsRoundToTheNearestPicosecond) {
  EXPECT_EQ(from_nanoseconds(1.3374).ps, 1337);
  EXPECT_EQ(from_nanoseconds(1.3376).ps, 1338);
}

// Where a picosecond is the last bit of a double, and just below a half.
TEST(SimTime, PicosecondsAreRoundedOnce) {
  EXPECT_EQ(from_picoseconds(5000000000000001.0).ps, 5000000000000001);
  EXPECT_EQ(from_picoseconds(0.49999999999999994).ps, 0);
  EXPECT_EQ(from_picoseconds(0.5).ps, 1);
}

}  // namespace
}  // namespace hecaton::time_test
