// What a search has found, for people and for scripts: words, the table of the front, its decks.
//
//   OUTPUT/front.csv        a row per point of the front, by the first goal
//          front/1.toml     its deck, ready to run; and so on
//          front.svg        the first two goals
//          front.txt        words
#pragma once

#include <string>
#include <vector>

#include "io/study/table.hpp"
#include "runs/search/search.hpp"

namespace hecaton::runs {

// A limit that keeps points from the front: so many that nothing on it dominates break this limit alone.
struct BindingLimit {
  Measure measure;
  double most = 0;
  std::size_t points = 0;
};
std::vector<BindingLimit> binding_limits(const Search& search, const SearchResult& result);

// The point of the front that is least of all of it: the least sum of logarithms of goals over the best of each. A place in
// `front`. Precondition: there is a front.
std::size_t middle_of(const Search& search, const SearchResult& result);

std::vector<io::TableColumn> front_table(const Search& search, const Sweep& sweep,
                                         const SearchResult& result);
// Some lines.
std::string describe(const Search& search, const SearchResult& result);

// Writes all of the above but front.svg. Decks of an earlier front are removed.
void write_outcome(const Search& search, const Sweep& sweep, const SearchResult& result,
                   const std::string& words);

}  // namespace hecaton::runs
