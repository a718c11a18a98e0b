// Submits points to Slurm as one job array, several points to a task, and finds which of them are queued or running.
//
//   OUTPUT/submissions/<n>/tasks       line i + 1: the points of array task i
//                          job.sbatch  the script that was submitted
//                          job         its job id, or "ID;CLUSTER"
//                          answer      what sbatch said, if there was no job id in it
//                          <study>-<task>.log  what the tasks printed
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runs/sweep/points.hpp"

namespace hecaton::runs {

struct SlurmOptions {
  int points_per_task = 0;           // 0: chosen by the number of points
  int at_once = 0;                   // array tasks at a time; 0: as many as Slurm starts
  std::string launcher = "mpirun";   // or "srun"
  std::string script;                // a batch script; empty: the one built in
  std::vector<std::string> options;  // of sbatch
};

struct SlurmJob {
  std::string id;
  std::string cluster;  // empty: the one that Slurm's commands ask by themselves
};

// What `sbatch --parsable` answers: the last line that is NUMBER or NUMBER;CLUSTER. A site's own lines may stand
// before and after it.
std::optional<SlurmJob> job_in(std::string_view answer);

struct Submission {
  SlurmJob job;
  std::size_t tasks = 0;
  std::filesystem::path folder;
};

// The points of array tasks that are queued or running. Throws std::runtime_error if there are submissions
// and Slurm does not answer, or if it is not known which job one of them became.
std::set<std::string> queued_points(const Sweep& sweep);

// The points are prepared. Throws std::runtime_error if Slurm refuses; nothing is queued then. Also if sbatch names no job: then the folder
// stays, with what it said, since the points may be queued.
Submission submit_points(const Sweep& sweep, const std::vector<std::string>& points,
                         const SlurmOptions& options);

}  // namespace hecaton::runs
