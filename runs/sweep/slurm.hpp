// Submits points to Slurm as one job array, several points to a task, and finds which of them are queued or running.
//
//   OUTPUT/submissions/<n>/tasks       line i + 1: the points of array task i
//                          job.sbatch  the script that was submitted
//                          job         its job id
//                          <task>.log  what the tasks printed
#pragma once

#include <set>
#include <string>
#include <vector>

#include "runs/sweep/points.hpp"

namespace hecaton::runs {

struct SlurmOptions {
  int points_per_task = 0;           // 0: chosen by the number of points
  std::string launcher = "mpirun";   // or "srun"
  std::string script;                // a batch script; empty: the one built in
  std::vector<std::string> options;  // of sbatch
};

struct Submission {
  std::string job;
  std::size_t tasks = 0;
  std::filesystem::path folder;
};

// The points of array tasks that are queued or running. Throws std::runtime_error if there are submissions
// and Slurm does not answer.
std::set<std::string> queued_points(const Sweep& sweep);

// Throws std::runtime_error if Slurm refuses; nothing is queued then.
Submission submit_points(const Sweep& sweep, const std::vector<std::string>& points,
                         const SlurmOptions& options);

}  // namespace hecaton::runs
