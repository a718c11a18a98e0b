// Signals that ask a run for something. Any rank may get one; the ranks agree on where to halt.
//
// The handlers only set flags, and stay to the end of the program: launchers send TERM to all ranks when the
// first of them ends with 75, and the others are to end with 75 as well. A second SIGINT ends the program at once.
#pragma once

#include <csignal>
#include <cstdint>

#include "core/engine/sync/halt.hpp"

namespace hecaton::runs {

// Flags of engine::Requests.
inline constexpr std::uint64_t ask_checkpoint = 1;
inline constexpr std::uint64_t ask_stop = 2;  // with a checkpoint

// Keeps those signals waiting that SignalHandlers handle, from now until there are handlers or until restore():
// without handlers they would end the program.
class BlockedSignals {
 public:
  BlockedSignals();
  // What the caller of the program has blocked is blocked again, and nothing else.
  void restore();

 private:
  sigset_t before_{};
};

// USR1 asks for a checkpoint; USR2, TERM, INT, HUP and XCPU to stop. They are unblocked, and those that have waited are
// heard at once. HUP stays ignored where it was (nohup). PIPE is ignored: a reader of the output that goes away is an
// error of printing and no end of a run. One object at a time.
class SignalHandlers {
 public:
  explicit SignalHandlers(engine::Requests& requests);
  ~SignalHandlers();
  SignalHandlers(const SignalHandlers&) = delete;
  SignalHandlers& operator=(const SignalHandlers&) = delete;
};

// Whoever has started this program may ignore the ends of children, and what it starts does so too: then nobody could say how
// one has ended.
void hear_of_children();

}  // namespace hecaton::runs
