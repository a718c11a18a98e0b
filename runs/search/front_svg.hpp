// A picture of a search: what was simulated and what was left out, by the first two goals. Shapes tell them apart, so that it
// can be read without colour: front filled and joined, other simulated points hollow or, if they break a limit, crosses; the
// least values of what was left out as dots.
#pragma once

#include <string>

#include "runs/search/search.hpp"

namespace hecaton::runs {

// Precondition: two goals at least, and something was simulated.
std::string draw_front(const Search& search, const SearchResult& result);

}  // namespace hecaton::runs
