// What one rank did and how long it took. Always on: counters are plain additions, clocks are read once per
// window.
#pragma once

#include <chrono>
#include <cstdint>

namespace hecaton::engine {

struct Accounting {
  std::uint64_t events = 0;
  std::uint64_t windows = 0;       // reductions taken part in
  std::uint64_t batches_sent = 0;  // messages to other ranks
  std::uint64_t records_sent = 0;  // events in them
  std::uint64_t bytes_sent = 0;
  double computing_s = 0;   // processing events
  double waiting_s = 0;     // in the reduction: for slower ranks and for the network
  double exchanging_s = 0;  // sending and receiving batches
};

// Adds the time since its last call to whatever the caller names.
class Stopwatch {
 public:
  void lap(double& total_s) {
    const auto now = std::chrono::steady_clock::now();
    total_s += std::chrono::duration<double>(now - last_).count();
    last_ = now;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace hecaton::engine
