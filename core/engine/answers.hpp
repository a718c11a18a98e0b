// When a neighbour could answer, at the earliest, to what was sent to it and not yet confirmed as taken.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/engine/time.hpp"

namespace hecaton::engine {

class Answers {
 public:
  void sent(SimTime answer) {
    open_.push_back(answer);
    earliest_ = std::min(earliest_, answer);
  }
  // The neighbour has taken the first `events` of all that were ever sent.
  void confirmed(std::uint64_t events) {
    if (events == confirmed_) return;
    open_.erase(open_.begin(), open_.begin() + static_cast<std::ptrdiff_t>(events - confirmed_));
    confirmed_ = events;
    earliest_ = SimTime::never();
    for (SimTime answer : open_) earliest_ = std::min(earliest_, answer);
  }
  SimTime earliest() const { return earliest_; }

 private:
  std::vector<SimTime> open_;  // in order of sending
  std::uint64_t confirmed_ = 0;
  SimTime earliest_ = SimTime::never();
};

}  // namespace hecaton::engine
