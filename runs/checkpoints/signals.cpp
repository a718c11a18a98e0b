#include "runs/checkpoints/signals.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <stdexcept>

namespace hecaton::runs {
namespace {

// A handler has no other way to find what it is for. Null: nobody wants to hear of signals any more.
std::atomic<engine::Requests*> asked{nullptr};
std::atomic<bool> interrupted{false};
static_assert(std::atomic<engine::Requests*>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

constexpr int watched[] = {SIGUSR1, SIGUSR2, SIGTERM, SIGINT};

void take(int signal) {
  if (signal == SIGINT && interrupted.exchange(true)) {
    std::signal(SIGINT, SIG_DFL);
    std::raise(SIGINT);
    return;
  }
  if (engine::Requests* requests = asked.load()) requests->ask(signal == SIGUSR1 ? ask_checkpoint : ask_stop);
}

}  // namespace

Signals::Signals(engine::Requests& requests) {
  if (asked.exchange(&requests) != nullptr) throw std::logic_error("two runs want to hear of signals");
  struct sigaction action {};
  action.sa_handler = take;
  action.sa_flags = SA_RESTART;  // what the program was waiting for goes on
  sigemptyset(&action.sa_mask);
  for (const int signal : watched) sigaction(signal, &action, nullptr);
}

Signals::~Signals() {
  asked = nullptr;
  interrupted = false;
}

Clock::Clock(engine::Requests& requests, std::optional<Duration> every, std::optional<Time> end)
    : requests_(requests), every_(every), end_(end) {
  if (every) next_checkpoint_ = std::chrono::steady_clock::now() + *every;
  if (every || end) thread_ = std::thread([this] { watch(); });
}

Clock::~Clock() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Clock::checkpoint_done() {
  const std::lock_guard lock(mutex_);
  if (every_) next_checkpoint_ = std::chrono::steady_clock::now() + *every_;
  changed_.notify_all();
}

std::optional<Clock::Time> Clock::next() const {
  if (!next_checkpoint_ || !end_) return next_checkpoint_ ? next_checkpoint_ : end_;
  return std::min(*next_checkpoint_, *end_);
}

void Clock::watch() {
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
