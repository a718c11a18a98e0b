// What one rank has found in the execution traces of a deck, on all ranks: looking takes as long as reading all of them.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <optional>

#include "io/deck/workloads/execution_work.hpp"

namespace hecaton::runs {

// Collective: `work` becomes that of rank 0, which may be none.
void share_execution(std::optional<io::Execution>& work, const boost::mpi::communicator& world);

}  // namespace hecaton::runs
