// `hecaton run DECK`, on one rank or many.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <string>

#include "runs/command_line.hpp"

namespace hecaton::runs {

// Collective. Rank 0 reads and checks everything before anything is simulated or written, and tells the
// others; bad input is one message of rank 0 and exit_bad_input on every rank.
int run_deck(const RunArguments& arguments, const std::string& command_line,
             const boost::mpi::communicator& world);

}  // namespace hecaton::runs
