// The real numbers that a verified run computes with. Longer than double: where a sum nearly cancels, doubles
// lose so many digits that two orders of addition differ by more than an element may.
#pragma once

#include <vector>

namespace hecaton::runs {

using Number = long double;
using Numbers = std::vector<Number>;

}  // namespace hecaton::runs
