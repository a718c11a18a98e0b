// The critical path of a step in a few lines, and why one step is longer than another.
#pragma once

#include <cstdint>
#include <string>

#include "core/critical_path/segments.hpp"
#include "io/report/facts.hpp"

namespace hecaton::io {

struct DieGrid {
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;
};

// "critical path: compute 61.2 %, serialisation 22.0 %, ...", and the die whose messages it waited longest for.
// Where the path ends before `step_ps` the step was sampled: then it is told that this is of what was simulated. Empty for
// no path.
std::string describe_path(const critical::Path& path, std::int64_t step_ps, const DieGrid& grid);

// A path with what it is called, and the package that it is of.
struct NamedPath {
  std::string name;
  const critical::Path& path;
  DieGrid grid;
};

// Differences of `other` from `base`, by part, by pass and layer, and by whose messages or DRAM were waited for, each largest
// first; all add up to the difference of the two paths in picoseconds. Both paths have segments.
std::string render_difference(const NamedPath& base, const NamedPath& other);

// The same as JSON: picoseconds by part; and of differences by part, by pass and layer, and by connection, as numbers of
// nodes. All paths have segments.
Facts path_facts(const critical::Path& path);
Facts difference_facts(const critical::Path& base, const critical::Path& other);

}  // namespace hecaton::io
