// Runs points on this machine, or in the Slurm allocation of this process.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runs/sweep/points.hpp"

namespace hecaton::runs {

struct LocalOptions {
  int at_once = 1;
  std::string launcher;  // "mpirun" or "srun"
  // Asked before a point is started: one that is not wanted any more is passed over. If not given, all are.
  std::function<bool(const SweepPoint&)> is_wanted = {};
  // Then the points that run are stopped, each with a checkpoint, and no more are started.
  std::optional<std::chrono::steady_clock::time_point> until = {};
};

struct LocalResult {
  std::size_t failed = 0;
  std::size_t stopped = 0;  // with a checkpoint, or with the sweep
  int stopped_by = 0;       // the signal, if one ended the sweep
  bool is_out_of_time = false;
  std::string no_start;  // why no point can be started, in the words of the launcher
};

// The command line of a launcher that starts one program on so many ranks. mpirun is left out for one rank.
std::vector<std::string> launcher_words(const std::string& launcher, int ranks, bool beside_others);

// Runs the points, so many at a time, with a line on stderr for each that ends, and now and then one on how far they
// are and how long it will take. One that fails stops no other; but if the first one fails because its launcher does,
// no more are started. INT, TERM, HUP, USR2 and XCPU stop the points that run, each with a checkpoint, and no more are
// started. A point that another process runs is waited for.
LocalResult run_points(const Sweep& sweep, const std::vector<std::string>& points,
                       const LocalOptions& options);

}  // namespace hecaton::runs
