// How deep the tables and lists of a TOML text nest, found without recursion. Whatever parses, walks or destroys nested
// tables does so recursively: a text of some kilobytes, "a.a.a.a...", could otherwise overflow the stack.
//
// Invariants: valid TOML is never deeper than it is found to be. Each part of a key and each bracket is a level, and each
// part of the head of a table is two, because it may name a list of tables; dots and brackets in texts and comments do not
// count. A parser stops at the first mistake, and up to there the same holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace hecaton::io {

// Far more than any key of a deck or study needs.
inline constexpr std::size_t most_levels = 64;

// Where a text first nests deeper than `most` levels: line and column, counted from 1.
struct TooDeep {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};
std::optional<TooDeep> nests_deeper(std::string_view text, std::size_t most);

}  // namespace hecaton::io
