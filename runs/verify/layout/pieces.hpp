// Pieces of a payload whose elements are numbered: what a message holds, one after another.
#pragma once

#include <cstdint>
#include <vector>

namespace hecaton::runs {

// Elements of the payload: one per unit.
struct Interval {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
  std::uint64_t end() const { return first + length; }
};
using Pieces = std::vector<Interval>;

// Parts differ by an element at most, larger ones first.
Interval cut(const Interval& whole, std::uint64_t parts, std::uint64_t index);
// The same of pieces one after another.
Pieces cut(const Pieces& whole, std::uint64_t parts, std::uint64_t index);

std::uint64_t length_of(const Pieces& pieces);

}  // namespace hecaton::runs
