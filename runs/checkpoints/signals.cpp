#include "runs/checkpoints/signals.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <stdexcept>

#include "io/files/system_call.hpp"

namespace hecaton::runs {
namespace {

// A handler has no other way to find what it is for. Null: nobody wants to hear of signals any more.
std::atomic<engine::Requests*> asked{nullptr};
std::atomic<bool> interrupted{false};
static_assert(std::atomic<engine::Requests*>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

constexpr int watched[] = {SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGHUP, SIGXCPU};

void take(int signal) {
  if (signal == SIGINT && interrupted.exchange(true)) {
    constexpr int by_interrupt = 130;
    if (std::signal(SIGINT, SIG_DFL) == SIG_ERR || std::raise(SIGINT) != 0) ::_exit(by_interrupt);
    return;
  }
  if (engine::Requests* requests = asked.load()) requests->ask(signal == SIGUSR1 ? ask_checkpoint : ask_stop);
}

sigset_t watched_set() {
  sigset_t signals;
  io::done_or_throw(::sigemptyset(&signals), "choosing signals");
  for (const int signal : watched) io::done_or_throw(::sigaddset(&signals, signal), "choosing signals");
  return signals;
}

bool is_ignored(int signal) {
  struct sigaction now {};
  return sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

}  // namespace

void hear_of_children() {
  if (std::signal(SIGCHLD, SIG_DFL) == SIG_ERR) throw std::runtime_error("SIGCHLD cannot be heard of");
}

BlockedSignals::BlockedSignals() {
  const sigset_t blocked = watched_set();
  io::done_or_throw(::sigprocmask(SIG_BLOCK, &blocked, &before_), "blocking signals");
}

void BlockedSignals::restore() {
  io::done_or_throw(::sigprocmask(SIG_SETMASK, &before_, nullptr), "unblocking signals");
}

SignalHandlers::SignalHandlers(engine::Requests& requests) {
  if (asked.exchange(&requests) != nullptr) throw std::logic_error("two runs want to hear of signals");
  struct sigaction action {};
  action.sa_handler = take;
  action.sa_flags = SA_RESTART;  // what the program was waiting for goes on
  io::done_or_throw(::sigemptyset(&action.sa_mask), "choosing signals");
  for (const int signal : watched) {
    if (signal != SIGHUP || !is_ignored(signal))
      io::done_or_throw(::sigaction(signal, &action, nullptr), "hearing of signals");
  }
  if (std::signal(SIGPIPE, SIG_IGN) == SIG_ERR) throw std::runtime_error("SIGPIPE cannot be ignored");
  const sigset_t heard = watched_set();
  io::done_or_throw(::sigprocmask(SIG_UNBLOCK, &heard, nullptr), "unblocking signals");
}

SignalHandlers::~SignalHandlers() {
  asked = nullptr;
  interrupted = false;
}

}  // namespace hecaton::runs
