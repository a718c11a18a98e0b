// Rows of messages, from what their two ends remember: the source knows when the head left, the destination when all of
// it was there. A row is made on the rank of the source; heads of messages that are still under way stay in the model.
#pragma once

#include <boost/mpi/communicator.hpp>

#include "io/result/run_result.hpp"
#include "runs/wiring/package.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {

// Collective: rows of what this rank's nodes have sent, that has arrived, and that has no row yet.
io::LocalMessages take_messages(Model& model, const Workload& workload,
                                const boost::mpi::communicator& world);
io::LocalMessages take_messages(ClockedModel& model, const Workload& workload,
                                const boost::mpi::communicator& world);

}  // namespace hecaton::runs
