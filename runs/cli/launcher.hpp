// What launchers say of a process in its environment, beside what MPI says.
#pragma once

namespace hecaton::runs {

// Whether a process whose MPI world is itself alone was started as one of several tasks. That happens where the
// launcher and MPI do not speak the same protocol (srun without --mpi=pmix): each task would then be a run of its
// own. Says on stderr what to do.
bool is_lost_task(int world_size);

// Open MPI looks for settings at home, and crashes where there is none: no HOME, and a user that the host does not know,
// as in some containers. Such a process gets a home that does not exist. To be called before MPI starts.
void provide_home();

}  // namespace hecaton::runs
