// How a rank sleeps until another rank of its host has news for it.
//
// A bell lies in memory that the ranks share; each rank has one. Its owner falls asleep in three steps:
//   1. prepare(): says that it is about to sleep, and notes how often the bell has rung;
//   2. looks once more for news;
//   3. sleep(): unless the bell has rung since step 1.
// Whoever has news publishes them first and then calls ring(), which wakes an owner that has come to step 1. Both sides
// pass a full fence between their two steps, so of an owner that looks and another that publishes at the same time one
// sees the other, and no news are slept through (checked over all interleavings in tests/engine/mpi/bell_test.cpp).
//
// An owner that is not about to sleep costs a ring one load. A sleeper that is woken by a futex gets a core at once, also
// where other processes are busy; one that only yields waits there for the end of their time slice.
#pragma once

#include <atomic>
#include <cstdint>

namespace hecaton::engine {

class Bell {
 public:
  // By anyone, after publishing.
  void ring() {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (is_wanted_.load(std::memory_order_relaxed) != 0) wake();
  }

  // By the owner. How often the bell has rung: what sleep() takes.
  std::uint32_t prepare() {
    const std::uint32_t rung = rung_.load(std::memory_order_acquire);
    is_wanted_.store(1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    return rung;
  }
  // Until it rings, a signal arrives, or a millisecond is over: some news are worth no ring.
  void sleep(std::uint32_t rung);
  void stay_awake() { is_wanted_.store(0, std::memory_order_relaxed); }

 private:
  void wake();

  static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
  alignas(64) std::atomic<std::uint32_t> is_wanted_{0};
  std::atomic<std::uint32_t> rung_{0};
};

}  // namespace hecaton::engine
