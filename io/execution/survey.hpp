// One pass over the traces of all ranks, before anything is simulated: whether each is a graph that can be run to its end
// through a window, whether the traces fit together, and what there is to do.
//
// Invariants: a survey exists only of traces that a run with that window or a larger one can finish, as far as files can
// tell: nodes wait for nodes that are there and not for each other in a circle; sends and receives, and the collectives
// of each group, match in the order of the files. Memory follows the window and what is open between ranks.
#pragma once

#include <cstdint>
#include <vector>

#include "io/execution/trace_files.hpp"

namespace hecaton::io::execution {

struct Survey {
  std::uint64_t nodes = 0, sends = 0, collectives = 0, computations = 0, transfers = 0, unknown_fields = 0;
  std::uint64_t operations = 0;         // of computations
  std::uint64_t sent_bytes = 0;         // by sends
  std::uint64_t moved_bytes = 0;        // by loads and stores
  std::vector<std::uint64_t> nodes_of;  // by rank
};

// Throws InputError.
Survey survey(const TraceFiles& files, std::uint32_t window);

}  // namespace hecaton::io::execution
