// What the program says to its caller's script.
#pragma once

namespace hecaton::runs {

inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;     // the run failed
inline constexpr int exit_bad_input = 2;  // bad usage or bad input; nothing was simulated or written
inline constexpr int exit_stopped = 75;   // stopped early, with a checkpoint to go on from

}  // namespace hecaton::runs
