// `hecaton verify DECK`
#pragma once

#include <boost/mpi/communicator.hpp>

#include "runs/cli/command_line.hpp"

namespace hecaton::runs {

// Follows a small training step with real numbers and compares with a dense reference. Fails if anything
// differs.
int verify_deck(const VerifyArguments& arguments, const boost::mpi::communicator& world);

}  // namespace hecaton::runs
