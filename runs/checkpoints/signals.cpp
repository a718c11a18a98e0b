#include "runs/checkpoints/signals.hpp"

#include <atomic>
#include <csignal>
#include <stdexcept>

namespace hecaton::runs {
namespace {

// A handler has no other way to find what it is for. Null: nobody wants to hear of signals any more.
std::atomic<engine::Requests*> asked{nullptr};
std::atomic<bool> interrupted{false};
static_assert(std::atomic<engine::Requests*>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

constexpr int watched[] = {SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGHUP, SIGXCPU};

void take(int signal) {
  if (signal == SIGINT && interrupted.exchange(true)) {
    std::signal(SIGINT, SIG_DFL);
    std::raise(SIGINT);
    return;
  }
  if (engine::Requests* requests = asked.load()) requests->ask(signal == SIGUSR1 ? ask_checkpoint : ask_stop);
}

sigset_t watched_set() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : watched) sigaddset(&signals, signal);
  return signals;
}

bool is_ignored(int signal) {
  struct sigaction now {};
  return sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

}  // namespace

BlockedSignals::BlockedSignals() {
  const sigset_t blocked = watched_set();
  sigprocmask(SIG_BLOCK, &blocked, &before_);
}

void BlockedSignals::restore() {
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

SignalHandlers::SignalHandlers(engine::Requests& requests) {
  if (asked.exchange(&requests) != nullptr) throw std::logic_error("two runs want to hear of signals");
  struct sigaction action {};
  action.sa_handler = take;
  action.sa_flags = SA_RESTART;  // what the program was waiting for goes on
  sigemptyset(&action.sa_mask);
  for (const int signal : watched) {
    if (signal != SIGHUP || !is_ignored(signal)) sigaction(signal, &action, nullptr);
  }
  std::signal(SIGPIPE, SIG_IGN);
  const sigset_t heard = watched_set();
  sigprocmask(SIG_UNBLOCK, &heard, nullptr);
}

SignalHandlers::~SignalHandlers() {
  asked = nullptr;
  interrupted = false;
}

}  // namespace hecaton::runs
