// How deep texts nest, beside texts that are built to a known depth, and beside the tree that the parser makes of them.
#include "io/deck/nesting.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <toml++/toml.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace hecaton::io::nesting_test {
namespace {

std::size_t depth_of(std::string_view text) {
  std::size_t depth = 0;
  while (nests_deeper(text, depth)) ++depth;
  return depth;
}

// Levels of the tree below a node: keys of a table and elements of a list are one deeper than it.
std::size_t levels_below(const toml::node& node) {
  std::size_t most = 0;
  if (const toml::table* table = node.as_table())
    for (const auto& [key, inner] : *table) most = std::max(most, 1 + levels_below(inner));
  if (const toml::array* array = node.as_array()) {
    most = 1;
    for (const toml::node& inner : *array) most = std::max(most, 1 + levels_below(inner));
  }
  return most;
}

TEST(Nesting, IsCountedByHand) {
  EXPECT_EQ(depth_of(""), 0U);
  EXPECT_EQ(depth_of("# a.b.c [[{\n"), 0U);
  EXPECT_EQ(depth_of("a = 1\n"), 1U);
  EXPECT_EQ(depth_of("a = 1.5 # x.y\n"), 1U);
  EXPECT_EQ(depth_of("a.b = 1\n"), 2U);
  EXPECT_EQ(depth_of("[a.b]\nc.d = 1\n"), 6U);
  EXPECT_EQ(depth_of("[a.b.c]\n[d]\ne = 1\n"), 6U);
  EXPECT_EQ(depth_of("[[a]]\nb = [1.0, 2.0]\n"), 4U);
  EXPECT_EQ(depth_of("a = {b.c = 1, d = [[1], 2]}\n"), 4U);
  EXPECT_EQ(depth_of("a = [{b.c = 1}, 2, {d = 3}]\nb = 1\n"), 4U);
  EXPECT_EQ(depth_of("a = \"x.y.z [[[\"\n'b.c'.d = 'x.y.z'\n"), 2U);
  EXPECT_EQ(depth_of("a = \"\\\" [[[\"\n"), 1U);
  EXPECT_EQ(depth_of("a = '\\'\nb.c = ''\n"), 2U);
  EXPECT_EQ(depth_of("a = \"\"\"[[[\n\\\"\"\"[[[\"\"\"\"\"\nb.c = 1\n"), 2U);
  EXPECT_EQ(depth_of("a = '''[[[\n''[[['''''\nb.c = 1\n"), 2U);
}

TEST(Nesting, HasAPlace) {
  const auto deep = nests_deeper("a = 1\n  b.c = 1\n", 1);
  ASSERT_TRUE(deep.has_value());
  EXPECT_EQ(deep->line, 2U);
  EXPECT_EQ(deep->column, 4U);
}

// Valid TOML of any depth up to `room`, with texts and comments that look like more.
std::string drawn_key(std::mt19937& random) {
  const std::vector<std::string> keys = {"a", "b", "'a.['", "\"b.[\"", "c.d", "e . f.'g.'.h"};
  return keys[random() % keys.size()];
}
std::string drawn_value(std::mt19937& random, int room) {
  switch (random() % (room > 0 ? 7 : 4)) {
    case 0:
      return "1.5";
    case 1:
      return "\"a.[{\\\"[\\\\\"";
    case 2:
      return "'x.[{\\'";
    case 3:
      return "\"\"\"\n[[.\"\"[\\\"\"\"\"\"";
    case 4:
      return fmt::format("{{{} = {}, z.z = 0.5}}", drawn_key(random), drawn_value(random, room - 1));
    default:
      return fmt::format("[{}, # [[.\n{}]", drawn_value(random, room - 1), drawn_value(random, room - 1));
  }
}
std::string drawn_text(std::mt19937& random) {
  std::string text;
  for (auto lines = 1 + random() % 4; lines > 0; --lines) {
    const auto kind = random() % 6;
    if (kind == 0) text += fmt::format("[{}] # [.\n", drawn_key(random));
    if (kind == 1) text += fmt::format("[[{}]]\n", drawn_key(random));
    if (kind > 1) text += fmt::format("{} = {} # ].[\n", drawn_key(random), drawn_value(random, 4));
  }
  return text;
}

// What the parser makes of a text is never deeper than was said of it, damaged texts included.
TEST(Nesting, IsAtLeastWhatTheParserMakes) {
  const std::string_view alphabet = "[]{}=.,\"'#\n\\ 1";
  std::mt19937 random(7);
  int read = 0, nested = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = drawn_text(random);
    for (int hits = round % 3; hits > 0; --hits)
      text[random() % text.size()] = alphabet[random() % alphabet.size()];
    toml::table table;
    try {
      table = toml::parse(text);
    } catch (const toml::parse_error&) {
      continue;
    }
    ++read;
    const std::size_t levels = levels_below(table);
    nested += levels > 4 ? 1 : 0;
    ASSERT_GE(depth_of(text), levels) << text;
    ASSERT_LE(depth_of(text), 2 * levels) << text;
  }
  EXPECT_GT(read, 4000);
  EXPECT_GT(nested, 1000);
}

}  // namespace
}  // namespace hecaton::io::nesting_test
