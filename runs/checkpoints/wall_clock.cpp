#include "runs/checkpoints/wall_clock.hpp"

#include <algorithm>

#include "runs/checkpoints/signals.hpp"

namespace hecaton::runs {

WallClock::WallClock(engine::Requests& requests, std::optional<Duration> every, std::optional<Time> end)
    : requests_(requests), every_(every), end_(end) {
  if (every) next_checkpoint_ = std::chrono::steady_clock::now() + *every;
  if (every || end) thread_ = std::thread([this] { watch(); });
}

WallClock::~WallClock() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void WallClock::checkpoint_done() {
  const std::lock_guard lock(mutex_);
  if (every_) next_checkpoint_ = std::chrono::steady_clock::now() + *every_;
  changed_.notify_all();
}

std::optional<WallClock::Time> WallClock::next() const {
  if (!next_checkpoint_ || !end_) return next_checkpoint_ ? next_checkpoint_ : end_;
  return std::min(*next_checkpoint_, *end_);
}

void WallClock::watch() {
  std::unique_lock lock(mutex_);
  while (!over_) {
    const std::optional<Time> due = next();
    if (!due) {
      changed_.wait(lock);
      continue;
    }
    changed_.wait_until(lock, *due);
    const Time now = std::chrono::steady_clock::now();
    if (end_ && now >= *end_) {
      requests_.ask(ask_stop);
      end_.reset();
    }
    if (next_checkpoint_ && now >= *next_checkpoint_) {
      requests_.ask(ask_checkpoint);
      next_checkpoint_.reset();  // until this one is done
    }
  }
}

}  // namespace hecaton::runs
