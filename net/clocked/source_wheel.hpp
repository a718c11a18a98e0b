// When dies make their next packets: a timing wheel, because most of them wait longer than anything in the
// network takes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "net/clocked/state.hpp"

namespace hecaton::net::clocked {

class SourceWheel {
 public:
  explicit SourceWheel(std::size_t sources) : due_(sources, -1), next_(sources, none) { first_.fill(none); }

  // A source is on the wheel once at most.
  void add(std::uint32_t source, Cycle due) {
    due_[source] = due;
    std::uint32_t& slot = first_[slot_of(due)];
    next_[source] = slot;
    slot = source;
    ++count_;
  }
  // Takes off those that are due.
  template <class Visit>
  void take(Cycle now, Visit&& visit) {
    std::uint32_t* link = &first_[slot_of(now)];
    while (*link != none) {
      const std::uint32_t source = *link;
      if (due_[source] != now) {
        link = &next_[source];
        continue;
      }
      *link = next_[source];
      --count_;
      visit(source);
    }
  }
  // A cycle after `now`, before which none is due; negative: the wheel is empty.
  Cycle next_after(Cycle now) const {
    if (count_ == 0) return -1;
    Cycle cycle = now + 1;
    while (first_[slot_of(cycle)] == none) ++cycle;
    return cycle;
  }

 private:
  static constexpr std::uint32_t none = 0xFFFFFFFFu;
  static constexpr std::size_t slots = 1024;
  static std::size_t slot_of(Cycle cycle) { return static_cast<std::size_t>(cycle) % slots; }

  std::vector<Cycle> due_;
  std::vector<std::uint32_t> next_;
  std::array<std::uint32_t, slots> first_;
  std::size_t count_ = 0;
};

}  // namespace hecaton::net::clocked
