// `hecaton run DECK`, on one rank or many.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <string>

#include "core/engine/sync/halt.hpp"
#include "runs/cli/command_line.hpp"

namespace hecaton::runs {

// `run --check`: what rank 0 would check, without MPI. The exit code; writes nothing.
int check_run(const RunArguments& arguments);

// Collective. Rank 0 reads and checks everything before anything is simulated or written, and tells the
// others; bad input is one message of rank 0 and exit_bad_input on every rank.
// `requests` may be made at any time, also before.
int run_deck(const RunArguments& arguments, const std::string& command_line, engine::Requests& requests,
             const boost::mpi::communicator& world);

}  // namespace hecaton::runs
