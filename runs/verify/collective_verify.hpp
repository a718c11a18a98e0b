// A collective alone followed with real numbers: the same programs, places and packets as a run's, and in every message
// what it would hold. What each die ends with is compared with what the operation promises.
#pragma once

#include <boost/mpi/communicator.hpp>

#include "runs/verify/die/findings.hpp"
#include "runs/verify/verify.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {

// Throws training::PlanError if the collective is too large, or none that is followed.
void check_collective_verifiable(const Workload& workload);

// Collective; the same on every rank. `workload` has passed the check. Findings count elements as outputs. Throws
// std::runtime_error if programs can not go on.
Findings verify_collective(const Workload& workload, const VerifyOptions& options,
                           const boost::mpi::communicator& world);

}  // namespace hecaton::runs
