// The pending events of one rank, popped in full-key order.
//
// A 4-ary heap of (time, slot) pairs over a slab of events: a comparison touches 16 bytes unless two times
// tie, an event is written once and read once, and freed slots are used again, so the steady state allocates
// nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/engine/event.hpp"

namespace hecaton::engine {

template <class Payload>
class EventQueue {
 public:
  using EventType = Event<Payload>;

  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  SimTime next_time() const { return heap_.empty() ? SimTime::never() : heap_.front().time; }

  // The least time + reach(event) over all pending events, where reach >= `least_reach`. Looks only at events
  // that are early enough to matter.
  template <class Reach>
  SimTime earliest(SimDuration least_reach, Reach&& reach) const {
    SimTime best = SimTime::never();
    search(0, least_reach, reach, best);
    return best;
  }

  void push(const EventType& event) {
    const std::uint32_t slot = store(event);
    heap_.push_back({event.time, slot});
    sift_up(heap_.size() - 1);
  }

  // Precondition: not empty.
  EventType pop() {
    const Entry top = heap_.front();
    const Entry last = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) sift_down(last);
    free_.push_back(top.slot);
    return slab_[top.slot];
  }

 private:
  struct Entry {
    SimTime time;
    std::uint32_t slot;
  };
  static constexpr std::size_t arity = 4;

  std::uint32_t store(const EventType& event) {
    if (free_.empty()) {
      slab_.push_back(event);
      return static_cast<std::uint32_t>(slab_.size() - 1);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    slab_[slot] = event;
    return slot;
  }

  template <class Reach>
  void search(std::size_t at, SimDuration least_reach, Reach&& reach, SimTime& best) const {
    if (at >= heap_.size() || heap_[at].time + least_reach >= best) return;
    best = std::min(best, heap_[at].time + reach(slab_[heap_[at].slot]));
    for (std::size_t child = at * arity + 1; child <= at * arity + arity; ++child)
      search(child, least_reach, reach, best);
  }

  bool before(const Entry& a, const Entry& b) const {
    if (a.time != b.time) return a.time < b.time;
    return precedes_within_instant(slab_[a.slot], slab_[b.slot]);
  }

  void sift_up(std::size_t hole) {
    const Entry entry = heap_[hole];
    while (hole > 0) {
      const std::size_t parent = (hole - 1) / arity;
      if (!before(entry, heap_[parent])) break;
      heap_[hole] = heap_[parent];
      hole = parent;
    }
    heap_[hole] = entry;
  }

  void sift_down(const Entry& entry) {
    const std::size_t count = heap_.size();
    std::size_t hole = 0;
    for (;;) {
      const std::size_t first = hole * arity + 1;
      if (first >= count) break;
      std::size_t best = first;
      const std::size_t end = first + arity < count ? first + arity : count;
      for (std::size_t child = first + 1; child < end; ++child)
        if (before(heap_[child], heap_[best])) best = child;
      if (!before(heap_[best], entry)) break;
      heap_[hole] = heap_[best];
      hole = best;
    }
    heap_[hole] = entry;
  }

  std::vector<Entry> heap_;
  std::vector<EventType> slab_;
  std::vector<std::uint32_t> free_;
};

}  // namespace hecaton::engine
