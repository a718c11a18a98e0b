#include "core/engine/mpi/bell.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>

namespace hecaton::engine {

namespace {

constexpr timespec longest_sleep{0, 1'000'000};

// Between processes, so not one of FUTEX_PRIVATE_FLAG.
void futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value, const timespec* timeout) {
  static_assert(sizeof word == sizeof(std::uint32_t));
  static_cast<void>(
      ::syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), operation, value, timeout, nullptr, 0));
}

}  // namespace

// The result does not matter: whoever waits looks for news again in any case.
void Bell::sleep(std::uint32_t rung) {
  futex(rung_, FUTEX_WAIT, rung, &longest_sleep);
  stay_awake();
}

// Only the first of several who ring goes on to the system call.
void Bell::wake() {
  if (is_wanted_.exchange(0, std::memory_order_relaxed) == 0) return;
  rung_.fetch_add(1, std::memory_order_release);
  futex(rung_, FUTEX_WAKE, INT_MAX, nullptr);
}

}  // namespace hecaton::engine
