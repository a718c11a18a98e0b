// What one rank did and how long it took. Always on: counters are plain additions, and the clock is read a
// few times per stretch of events, never per event.
#pragma once

#include <chrono>
#include <cstdint>

namespace hecaton::engine {

struct Accounting {
  std::uint64_t events = 0;
  std::uint64_t windows = 0;        // agreements of all ranks: reductions, or jumps over idle time
  std::uint64_t stretches = 0;      // how often this rank went on processing events
  std::uint64_t events_ahead = 0;   // processed while the others were waited for
  std::uint64_t null_messages = 0;  // promises sent without an event
  std::uint64_t batches_sent = 0;   // to other ranks, with events
  std::uint64_t records_sent = 0;   // events in them
  std::uint64_t bytes_sent = 0;
  double computing_s = 0;   // processing events
  double waiting_s = 0;     // for slower ranks and for the network
  double exchanging_s = 0;  // sending and receiving batches
};

// Where the time of a rank went. Reads the processor's counter where there is one, which costs a few
// nanoseconds, and turns its ticks into seconds at the end.
class Stopwatch {
 public:
  enum Activity { computing, waiting, exchanging };

  // What has passed since the last call goes to `activity`.
  void lap(Activity activity) {
    const std::uint64_t now = ticks();
    spent_[activity] += now - last_;
    last_ = now;
  }
  void report(Accounting& accounting) const {
    const double passed_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
    const std::uint64_t passed = ticks() - first_;
    const double tick_s = passed == 0 ? 0.0 : passed_s / static_cast<double>(passed);
    accounting.computing_s = static_cast<double>(spent_[computing]) * tick_s;
    accounting.waiting_s = static_cast<double>(spent_[waiting]) * tick_s;
    accounting.exchanging_s = static_cast<double>(spent_[exchanging]) * tick_s;
  }

 private:
  static std::uint64_t ticks() {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
  }

  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::uint64_t first_ = ticks();
  std::uint64_t last_ = first_;
  std::uint64_t spent_[3] = {};
};

}  // namespace hecaton::engine
