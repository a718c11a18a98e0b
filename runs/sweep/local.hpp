// Runs points on this machine, or in the Slurm allocation of this process.
#pragma once

#include <string>
#include <vector>

#include "runs/sweep/points.hpp"

namespace hecaton::runs {

struct LocalOptions {
  int at_once = 1;
  std::string launcher;  // "mpirun" or "srun"
};

struct LocalResult {
  std::size_t failed = 0;
  int stopped_by = 0;  // the signal, if one ended the sweep
};

// The command line of a launcher that starts one program on so many ranks. mpirun is left out for one rank.
std::vector<std::string> launcher_words(const std::string& launcher, int ranks, bool beside_others);

// Runs the points, so many at a time, with a line on stderr for each that ends. One that fails stops no
// other. INT, TERM and HUP are passed on to the points that run, and no more are started.
LocalResult run_points(const Sweep& sweep, const std::vector<std::string>& points,
                       const LocalOptions& options);

}  // namespace hecaton::runs
