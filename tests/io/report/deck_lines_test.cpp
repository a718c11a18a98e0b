// Keys, values and tags of resolved decks, and in what two of them differ.
#include "io/report/deck_lines.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace hecaton;

TEST(DeckLines, HaveKeyValueAndTag) {
  const auto lines = io::deck_lines(
      "# a = comment\n[link]\nname = \"a  # b\"  # given\nrate = 2\n[[x]\n junk\nk = 1  # PUBLIC");
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].key, "link.name");
  EXPECT_EQ(lines[0].value, "\"a  # b\"");
  EXPECT_EQ(lines[0].tag, "given");
  EXPECT_EQ(lines[1].value, "2");
  EXPECT_EQ(lines[1].tag, "");
  EXPECT_EQ(lines[2].tag, "PUBLIC");
}

TEST(DeckDifferences, AreKeysWhoseValuesAreNotTheSame) {
  const std::string base = "[link]\nrate = 2  # given\nsame = 1  # PUBLIC\nold = 3\n";
  const std::string other = "[link]\nrate = 4  # PUBLIC\nsame = 1  # given\n[die]\nnew = 5\n";
  const auto found = io::deck_differences(base, other);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0], (io::DeckDifference{"link.rate", "2", "4"}));
  EXPECT_EQ(found[1], (io::DeckDifference{"link.old", "3", ""}));
  EXPECT_EQ(found[2], (io::DeckDifference{"die.new", "", "5"}));
  EXPECT_TRUE(io::deck_differences(base, base).empty());
  const std::string text = io::render_deck_differences(found);
  EXPECT_NE(text.find("  link.rate                      2 -> 4\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  die.new                        (none) -> 5\n"), std::string::npos) << text;
}

}  // namespace
