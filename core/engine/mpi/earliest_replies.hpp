// When a neighbour could reply, at the earliest, to what was sent to it and not yet confirmed as taken.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/engine/base/time.hpp"

namespace hecaton::engine {

class EarliestReplies {
 public:
  void sent(SimTime reply) {
    // A reply that is later than a reply to something sent later never matters.
    while (open_.size() > first_ && open_.back().reply >= reply) open_.pop_back();
    open_.push_back({sent_++, reply});
  }
  // The neighbour has taken the first `events` of all that were ever sent.
  void confirmed(std::uint64_t events) {
    while (first_ < open_.size() && open_[first_].number < events) ++first_;
    if (2 * first_ < open_.size()) return;
    open_.erase(open_.begin(), open_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
  SimTime earliest() const { return first_ < open_.size() ? open_[first_].reply : SimTime::never(); }

 private:
  struct Open {
    std::uint64_t number;
    SimTime reply;
  };
  std::vector<Open> open_;  // from first_ on: numbers and replies ascend
  std::size_t first_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace hecaton::engine
