// What may be asked of a run while it runs: by a signal, or by the clock. Any rank may be asked; the ranks
// agree on where to halt.
//
// The handlers only set flags, and stay to the end of the program: launchers send TERM to all ranks when the
// first of them ends with 75, and the others are to end with 75 as well. A second SIGINT ends the program at
// once.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>

#include "core/engine/sync/halt.hpp"

namespace hecaton::runs {

inline constexpr std::uint64_t ask_checkpoint = 1;
inline constexpr std::uint64_t ask_stop = 2;  // with a checkpoint

// USR1 asks for a checkpoint; USR2, TERM and INT to stop. One at a time.
class Signals {
 public:
  explicit Signals(engine::Requests& requests);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
};

// Asks at given wall times, from a thread of its own, so that the simulation need not look at the clock.
class Clock {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  // A checkpoint every so often, not counting from the start but from the last one, and a stop at `end`.
  Clock(engine::Requests& requests, std::optional<Duration> every, std::optional<Time> end);
  ~Clock();
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;

  void checkpoint_done();

 private:
  void watch();
  std::optional<Time> next() const;

  engine::Requests& requests_;
  std::optional<Duration> every_;
  std::optional<Time> end_;
  std::optional<Time> next_checkpoint_;
  bool over_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace hecaton::runs
