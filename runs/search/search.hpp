// Finds the Pareto front of a search by branch and bound: a point is simulated unless one that was simulated, and keeps all
// limits, dominates the least that it can be. So what is left out is dominated, provably, and the front is that of the whole
// space, whatever the number of workers and the order in which points end.
//
// Points are those of a sweep (runs/sweep/points.hpp), in the folder OUTPUT/points: a search goes on where an earlier call was
// stopped or killed, and shares what is finished with sweeps of the same folder.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runs/search/candidates.hpp"
#include "runs/sweep/points.hpp"

namespace hecaton::runs {

struct SearchOptions {
  int at_once = 1;
  std::string launcher = "mpirun";
  std::optional<std::chrono::steady_clock::time_point> until = {};
};

// A point that was simulated.
struct SimulatedPoint {
  std::size_t candidate = 0;  // its place among the candidates
  std::string name;           // of its folder
  Measures measures{};
  bool keeps_limits = false;
};

enum class SearchEnd : std::uint8_t { complete, out_of_time, stopped, failed };

struct SearchResult {
  SearchEnd end = SearchEnd::complete;
  std::vector<SimulatedPoint> simulated;  // in the order in which they were looked at
  std::vector<std::size_t> front;         // places in `simulated`, by the first goal
  std::vector<std::size_t> open;          // candidates that may still be on the front; none if complete
  int stopped_by = 0;                     // the signal, if one ended it
  std::size_t failed = 0;                 // points whose run failed
  std::string no_start;                   // why no point can be started
};

// A sweep of no points yet, in the folder of the search.
Sweep sweep_of(const Search& search, const std::filesystem::path& output);

// Runs what has to be run, as run_points does. `sweep` gets the points that were looked at.
SearchResult run_search(const Search& search, Sweep& sweep, const SearchOptions& options);

// What is known from points that are finished, whoever ran them; nothing is run.
SearchResult known_result(const Search& search, Sweep& sweep);

// Of what is open the candidates whose least values nothing else open dominates: they have to be simulated whatever the others
// come to.
std::vector<std::size_t> next_points(const Search& search, const SearchResult& known);

}  // namespace hecaton::runs
