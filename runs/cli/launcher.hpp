// What launchers say of a process in its environment, beside what MPI says.
#pragma once

namespace hecaton::runs {

// Whether a process whose MPI world is itself alone was started as one of several tasks. That happens where the
// launcher and MPI do not speak the same protocol (srun without --mpi=pmix): each task would then be a run of its
// own. Says on stderr what to do.
bool is_lost_task(int world_size);

}  // namespace hecaton::runs
