// What a command of the program is: a row that its file in runs/commands defines and that main.cpp lists.
//
// Invariant: a row is a constant. What the options of a command write to lives in the action that `add_options`
// returns, so nothing is shared between commands.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "core/engine/sync/halt.hpp"

namespace CLI {
class App;
}

namespace hecaton::runs {

// What the program hands to the command that it runs.
struct Session {
  std::string command_line;               // as it was typed
  engine::Requests& requests;             // set by signals; may be set before the command begins
  const boost::mpi::communicator* world;  // null: MPI was not started
};

// Does what the command is for, after the command line was parsed. Returns the exit code.
using Action = std::function<int(const Session&)>;

struct Command {
  std::string_view name;
  std::string_view summary;  // a line of --help
  // Adds options and arguments. The action reads what parsing has written to them.
  Action (*add_options)(CLI::App& command);
  bool on_ranks = false;  // needs MPI
  bool hears_signals =
      false;  // signals ask the run for a checkpoint or a stop; otherwise they end the program
  // An option with which the command only checks its input, on one rank, without MPI and signals. Empty: none.
  std::string_view check_option = {};
};

}  // namespace hecaton::runs
