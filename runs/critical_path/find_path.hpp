// The critical path of a run that has ended, from what all ranks have recorded.
#pragma once

#include <boost/mpi/communicator.hpp>

#include "io/result/run_result.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {

// Collective: walks back from the end of the step, each rank over its own dies; the rank that has the die at which the
// path goes on takes over. The result's path is filled on rank 0, merged if it is long; it is the same at any rank
// count. The waits have done their service and go. Precondition: operations and waits were recorded from the start.
void add_critical_path(io::RunResult& result, const Workload& workload,
                       const boost::mpi::communicator& world);

}  // namespace hecaton::runs
