#include "io/page/compressed_text.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "tests/io/page/uncompressed.hpp"

namespace hecaton::test::compressed_text_test {
namespace {

using io::compressed_text;

// Texts that nothing can shorten, so that every rest of three comes up.
TEST(CompressedText, IsTheTextAgain) {
  std::string text;
  std::uint64_t state = 1;
  for (int length = 0; length < 200; ++length) {
    EXPECT_EQ(uncompressed(compressed_text(text)), text);
    state = state * 6364136223846793005U + 1442695040888963407U;
    text += static_cast<char>(state >> 56U);
  }
}

TEST(CompressedText, IsShortWhereTheTextRepeatsItself) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "0,1,2,3,4;";
  const std::string letters = compressed_text(text);
  EXPECT_LT(letters.size(), text.size() / 50);
  EXPECT_EQ(uncompressed(letters), text);
}

}  // namespace
}  // namespace hecaton::test::compressed_text_test
