#include "runs/cli/launcher.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "io/report/message.hpp"

namespace hecaton::runs {
namespace {

// 0: not set.
long number_in(const char* variable) {
  const char* text = std::getenv(variable);
  return text == nullptr ? 0 : std::strtol(text, nullptr, 10);
}

// A batch script and what it starts directly have the job's SLURM_NTASKS, but are no tasks of a step.
bool is_in_slurm_step() {
  return std::getenv("SLURM_PROCID") != nullptr && std::getenv("SLURM_STEP_ID") != nullptr;
}

}  // namespace

bool is_lost_task(int world_size) {
  if (world_size > 1) return false;
  const char* variables[] = {is_in_slurm_step() ? "SLURM_NTASKS" : "", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE"};
  for (const char* variable : variables) {
    const long tasks = number_in(variable);
    if (tasks <= 1) continue;
    io::print_error(fmt::format(
        "this is one of {} tasks ({}) that MPI does not connect, so each would be a run of its own; start them "
        "with srun --mpi=pmix or with mpirun (one task that is meant to run alone: {}=1)",
        tasks, variable, variable));
    return true;
  }
  return false;
}

void provide_home() {
  const char* home = std::getenv("HOME");
  if ((home == nullptr || *home == '\0') && ::getpwuid(::geteuid()) == nullptr)
    static_cast<void>(::setenv("HOME", "/nonexistent", /*overwrite=*/1));  // else MPI says that it misses one
}

}  // namespace hecaton::runs
