#include "runs/verify/layout/pieces.hpp"

#include <algorithm>

namespace hecaton::runs {

Interval cut(const Interval& whole, std::uint64_t parts, std::uint64_t index) {
  const std::uint64_t smaller = whole.length / parts, larger = whole.length % parts;
  return {whole.first + index * smaller + std::min(index, larger), smaller + (index < larger ? 1 : 0)};
}

Pieces cut(const Pieces& whole, std::uint64_t parts, std::uint64_t index) {
  const Interval wanted = cut(Interval{0, length_of(whole)}, parts, index);
  Pieces found;
  std::uint64_t before = 0;
  for (const Interval& piece : whole) {
    const std::uint64_t begin = std::max(wanted.first, before);
    const std::uint64_t end = std::min(wanted.end(), before + piece.length);
    if (begin < end) found.push_back({piece.first + begin - before, end - begin});
    before += piece.length;
  }
  return found;
}

std::uint64_t length_of(const Pieces& pieces) {
  std::uint64_t length = 0;
  for (const Interval& piece : pieces) length += piece.length;
  return length;
}

}  // namespace hecaton::runs
