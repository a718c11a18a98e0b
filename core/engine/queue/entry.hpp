// What the queue sorts instead of events: the first part of an event's key, and where the event lies. Sixteen
// bytes, so that most comparisons never touch the events themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/engine/base/event.hpp"

namespace hecaton::engine {

struct Entry {
  SimTime time;
  std::uint32_t phase_and_receiver;
  std::uint32_t slot;
};

// (time, phase, receiver) as one number: compared without a branch.
__extension__ using WideKey = unsigned __int128;
inline WideKey rank_of(const Entry& e) {
  return (WideKey{static_cast<std::uint64_t>(e.time.ps)} << 32) | e.phase_and_receiver;
}

// Events where they lie. A freed slot is the next to be taken, because it is still in the cache.
template <class Payload>
class EventSlab {
 public:
  using EventType = Event<Payload>;

  // Makes an event where it will lie.
  template <class... Parts>
  std::uint32_t store(const Parts&... parts) {
    if (free_.empty()) {
      events_.emplace_back(parts...);
      return static_cast<std::uint32_t>(events_.size() - 1);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    std::construct_at(&events_[slot], parts...);
    return slot;
  }
  void release(std::uint32_t slot) { free_.push_back(slot); }

  const EventType& operator[](std::uint32_t slot) const { return events_[slot]; }
  std::size_t capacity() const { return events_.size(); }
  Entry entry(std::uint32_t slot) const {
    const EventType& event = events_[slot];
    return {event.time, event.phase_and_receiver, slot};
  }
  void prefetch(std::uint32_t slot) const { __builtin_prefetch(&events_[slot]); }

  // The full-key order.
  bool before(const Entry& a, const Entry& b) const {
    if (rank_of(a) != rank_of(b)) return rank_of(a) < rank_of(b);
    return precedes_within_instant(events_[a.slot], events_[b.slot]);
  }

 private:
  std::vector<EventType> events_;
  std::vector<std::uint32_t> free_;
};

// A 4-ary heap of entries.
template <class Payload>
class EntryHeap {
 public:
  bool empty() const { return heap_.empty(); }
  const Entry& top() const { return heap_.front(); }
  const std::vector<Entry>& entries() const { return heap_; }
  void clear() { heap_.clear(); }

  // Visits the entries that `matters(time)`, which holds for no later time if not for an earlier
  // one.
  template <class Visit, class Matters>
  void visit_while(Visit&& visit, Matters&& matters, std::size_t at = 0) const {
    if (at >= heap_.size() || !matters(heap_[at].time)) return;
    visit(heap_[at]);
    for (std::size_t child = at * arity + 1; child <= at * arity + arity; ++child)
      visit_while(visit, matters, child);
  }

  void push(const Entry& entry, const EventSlab<Payload>& events) {
    std::size_t hole = heap_.size();
    heap_.push_back(entry);
    while (hole > 0) {
      const std::size_t parent = (hole - 1) / arity;
      if (!events.before(entry, heap_[parent])) break;
      heap_[hole] = heap_[parent];
      hole = parent;
    }
    heap_[hole] = entry;
  }

  Entry pop(const EventSlab<Payload>& events) {
    const Entry top = heap_.front();
    const Entry last = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) sift_down(last, events);
    return top;
  }

 private:
  static constexpr std::size_t arity = 4;

  void sift_down(const Entry& entry, const EventSlab<Payload>& events) {
    const std::size_t count = heap_.size();
    std::size_t hole = 0;
    for (;;) {
      const std::size_t first = hole * arity + 1;
      if (first >= count) break;
      std::size_t best = first;
      const std::size_t end = first + arity < count ? first + arity : count;
      for (std::size_t child = first + 1; child < end; ++child)
        if (events.before(heap_[child], heap_[best])) best = child;
      if (!events.before(heap_[best], entry)) break;
      heap_[hole] = heap_[best];
      hole = best;
    }
    heap_[hole] = entry;
  }

  std::vector<Entry> heap_;
};

}  // namespace hecaton::engine
