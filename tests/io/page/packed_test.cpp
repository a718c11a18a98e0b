#include "io/page/packed.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace {

using hecaton::io::Packed;
using hecaton::io::PackedSteps;

std::string text_of(std::int64_t number) {
  Packed packed;
  packed.add(number);
  return packed.text();
}

// As in source maps, whose texts these are.
TEST(Packed, NumbersAreThoseOfSourceMaps) {
  EXPECT_EQ(text_of(0), "A");
  EXPECT_EQ(text_of(1), "C");
  EXPECT_EQ(text_of(-1), "D");
  EXPECT_EQ(text_of(15), "e");
  EXPECT_EQ(text_of(16), "gB");
  EXPECT_EQ(text_of(-16), "hB");
  EXPECT_EQ(text_of(1000), "w+B");
  EXPECT_EQ(text_of(123456789), "qxmvrH");
}

TEST(Packed, LargeNumbersTakeAsManyCharactersAsTheyNeed) {
  EXPECT_EQ(text_of(std::int64_t{1} << 40U).size(), 9U) << "41 bits and the sign";
  EXPECT_EQ(text_of(std::numeric_limits<std::int64_t>::max()).size(), 13U) << "63 bits and the sign";
}

TEST(Packed, StepsAreDifferences) {
  PackedSteps steps;
  for (const std::int64_t number : {7, 7, 9, 1}) steps.add(number);
  EXPECT_EQ(steps.text(), text_of(7) + text_of(0) + text_of(2) + text_of(-8));
}

}  // namespace
