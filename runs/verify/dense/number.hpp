// The numbers that a verified step computes with, and lists of indices into its tensors.
//
// Numbers are longer than double: where a sum nearly cancels, doubles lose so many digits that two orders of
// addition differ by more than the tolerated error.
#pragma once

#include <cstdint>
#include <numeric>
#include <vector>

namespace hecaton::runs {

using Number = long double;
using Numbers = std::vector<Number>;

using Indices = std::vector<std::uint64_t>;  // of tokens, routes or features

// first, first + 1, ...
inline Indices count_up(std::uint64_t first, std::uint64_t count) {
  Indices indices(count);
  std::iota(indices.begin(), indices.end(), first);
  return indices;
}

}  // namespace hecaton::runs
