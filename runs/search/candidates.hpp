// The points of a search, each with the least that it can be: what is left out because no run accepts it, because it breaks a
// limit whatever its step takes, or because its package cannot be made; and what may be on the front.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "io/study/search.hpp"
#include "runs/search/front.hpp"
#include "runs/search/measures.hpp"
#include "runs/sweep/points.hpp"

namespace hecaton::runs {

struct Limit {
  Measure measure;
  double most = 0;
  io::Location where;
};

struct Candidate {
  std::size_t index = 0;  // in the study
  Measures least{};
};

struct Search {
  io::Study study;
  std::vector<Measure> goals;
  std::vector<Limit> limits;
  std::vector<Candidate> candidates;     // in the order of the study
  std::size_t infeasible = 0;            // no run accepts them
  std::string first_infeasible;          // why, of the first one
  std::vector<Candidate> beyond_limits;  // whatever their step takes, or they cannot be made
};

// Reads a search and bounds all of its points, with as many threads as are given. Throws InputError for a text that is wrong,
// and if no point is left: then it says why, and what comes nearest.
Search load_search(const std::filesystem::path& path, unsigned threads);

// Whether a point keeps to all limits.
bool keeps_limits(const Measures& measures, const std::vector<Limit>& limits);

GoalValues goal_values(const Measures& measures, const std::vector<Measure>& goals);

}  // namespace hecaton::runs
