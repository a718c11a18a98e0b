// Asks a run for checkpoints and for its end at given wall times, from a thread of its own, so that the simulation
// need not look at the clock.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "core/engine/sync/halt.hpp"

namespace hecaton::runs {

class WallClock {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  // A checkpoint every so often, not counting from the start but from the last one, and a stop at `end`.
  WallClock(engine::Requests& requests, std::optional<Duration> every, std::optional<Time> end);
  ~WallClock();
  WallClock(const WallClock&) = delete;
  WallClock& operator=(const WallClock&) = delete;

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
