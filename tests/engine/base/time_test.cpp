#include "core/engine/base/time.hpp"

#include <gtest/gtest.h>

namespace hecaton {
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

}  // namespace
}  // namespace hecaton
