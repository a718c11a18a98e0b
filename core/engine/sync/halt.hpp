// What ends a stretch of simulation before its events do: a time that was given, or a request of any rank.
//
// A halt is a cut: every event before it is processed on every rank, none at or after it, and nothing is on
// its way between ranks. So all there is, is in the queues and in the model.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "core/engine/base/time.hpp"

namespace hecaton::engine {

struct Halt {
  SimTime at = SimTime::never();  // never: no event is left anywhere
  std::uint64_t requests = 0;     // what ranks asked for, put together; the same on all of them
};

// What this rank asks of all. The flags mean something to the caller only; a signal handler or another thread
// may set them.
class Requests {
 public:
  void ask(std::uint64_t flags) { flags_.fetch_or(flags, std::memory_order_relaxed); }
  std::uint64_t pending() const { return flags_.load(std::memory_order_relaxed); }
  void served(std::uint64_t flags) { flags_.fetch_and(~flags, std::memory_order_relaxed); }

 private:
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
  std::atomic<std::uint64_t> flags_{0};
};

// A stretch of simulation as a synchroniser sees it.
struct HaltControl {
  Requests& requests;
  Halt halt;          // as far as is known; `at` may come nearer
  SimTime reached{};  // every event of this rank before it is processed
};

enum class Advance { go_on, halted, finished };

}  // namespace hecaton::engine
