// How far a run has come, as a command shows it while it waits. What measures it is the heartbeat's.
#pragma once

#include <cstdint>

namespace hecaton::runs {

struct Progress {
  double simulated_s = 0;
  std::uint64_t events = 0;  // of this rank
  double fraction = -1;      // of this rank's work, 0 .. 1; negative: unknown
};

}  // namespace hecaton::runs
