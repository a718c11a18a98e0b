// The pending events of a rank, by how far their components are from the border of its region, so that some
// of them can be processed while the rank waits for others.
//
// What may still come from other ranks arrives at the border, and takes its time to get further in. A level
// is a set of components, its depth the least time from such an arrival to any effect on one of them. So with
// `horizon` the time before which nothing else arrives, an event at t is safe already if t < horizon + depth.
// No event of this rank that is not safe disturbs it: that one, at t' and depth', has t' >= horizon + depth',
// and what it causes here comes at horizon + depth or later. So components of different levels may be at
// different times.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>

#include "core/engine/queue/event_queue.hpp"

namespace hecaton::engine {

struct Level {
  SimDuration depth;  // from an arrival from another rank to an effect here, at least; 0 at the first level
  SimDuration lookahead;  // from an event here to an effect on another rank, at least
};
inline constexpr std::size_t most_levels = 8;

// Each level is processed in full-key order. `Model`: levels(), at least one, their depths ascending from 0;
// level_of(NodeId), of this rank.
template <class Model, class Fetch>
class LevelQueue {
 public:
  using Payload = typename Model::Payload;
  using EventType = Event<Payload>;
  static constexpr std::size_t none = most_levels;

  LevelQueue(const Model& model, const Fetch& fetch)
      : fetch_(fetch), model_(model), count_(model.levels().size()) {
    const std::span<const Level> levels = model.levels();
    if (levels.empty() || levels.size() > most_levels || levels.front().depth != SimDuration{})
      throw std::logic_error("a model has one to eight levels, the first of them at its border");
    std::copy(levels.begin(), levels.end(), levels_.begin());
    heads_.fill(SimTime::never());
  }

  bool empty() const { return next_time() == SimTime::never(); }
  // The least time of all events; SimTime::never() if there is none.
  SimTime next_time() const { return heads_[first()]; }
  SimTime next_time(std::size_t level) const { return heads_[level]; }
  // The level with the first event before `limit`, or none.
  std::size_t next_level(SimTime limit) const {
    const std::size_t k = first();
    return heads_[k] < limit ? k : none;
  }
  // The level with the first event before `until` that is safe already, or none. Only once all before the
  // horizon are processed, which they are not where a halt came first.
  std::size_t level_ahead(SimTime horizon, SimTime until) const {
    std::size_t best = none;
    if (next_time() < horizon) return best;
    for (std::size_t k = 1; k < count_; ++k)
      if (heads_[k] < std::min(horizon + levels_[k].depth, until) &&
          (best == none || heads_[k] < heads_[best]))
        best = k;
    return best;
  }
  // No event that is safe already is later than the horizon by that much.
  SimDuration deepest() const { return levels_[count_ - 1].depth; }

  // As in EventQueue.
  template <class Lookahead>
  SimTime earliest(SimDuration, Lookahead&& lookahead) const {
    SimTime best = SimTime::never();
    for (std::size_t k = 0; k < count_; ++k)
      heaps_[k].visit_while(
          [&](const Entry& e) { best = std::min(best, e.time + lookahead(events_[e.slot])); },
          [&](SimTime time) { return time < best - levels_[k].lookahead; });
    return best;
  }
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& heap : heaps_)
      for (const Entry& entry : heap.entries()) visit(events_[entry.slot]);
  }

  void push(const EventType& event) { insert(events_.store(event)); }
  template <class... Parts>
  void emplace(const Parts&... parts) {
    insert(events_.store(parts...));
  }

  // Precondition: the level has an event.
  EventType pop(std::size_t level) {
    EntryHeap<Payload>& heap = heaps_[level];
    const std::uint32_t slot = heap.pop(events_).slot;
    if (heap.empty()) {
      heads_[level] = SimTime::never();
    } else {
      heads_[level] = heap.top().time;
      events_.prefetch(heap.top().slot);
      fetch_(receiver_of(heap.top().phase_and_receiver));
    }
    events_.release(slot);
    return events_[slot];
  }
  // The level is done with everything up to `now`.
  void end_instant(std::size_t level, SimTime now) { passed_[level] = now + SimDuration{1}; }

 private:
  std::size_t first() const {
    std::size_t best = 0;
    for (std::size_t k = 1; k < count_; ++k) best = heads_[k] < heads_[best] ? k : best;
    return best;
  }

  void insert(std::uint32_t slot) {
    const Entry entry = events_.entry(slot);
    const std::size_t level = model_.level_of(receiver_of(entry.phase_and_receiver));
    if (entry.time < passed_[level]) throw_too_late(events_[slot], passed_[level]);
    heads_[level] = std::min(heads_[level], entry.time);
    heaps_[level].push(entry, events_);
  }
  // A model whose effects are faster than its levels are deep.
  [[noreturn]] static void throw_too_late(const EventType& event, SimTime passed) {
    throw std::logic_error("an event from component " + std::to_string(event.sender_id) + " to component " +
                           std::to_string(event.receiver().value) + " for " + std::to_string(event.time.ps) +
                           " ps was posted when all components at that distance from the border were past " +
                           std::to_string(passed.ps - 1) + " ps");
  }

  Fetch fetch_;
  const Model& model_;
  std::size_t count_;
  std::array<SimTime, most_levels> heads_;     // by level, the time of its first event
  std::array<SimTime, most_levels> passed_{};  // by level: everything before is processed
  std::array<Level, most_levels> levels_{};
  std::array<EntryHeap<Payload>, most_levels> heaps_;
  EventSlab<Payload> events_;
};

// The same with a single level: nothing is safe before all that comes before it.
template <class Model, class Fetch>
class OneLevel : public EventQueue<typename Model::Payload, Fetch> {
  using Base = EventQueue<typename Model::Payload, Fetch>;

 public:
  static constexpr std::size_t none = 1;

  OneLevel(const Model&, const Fetch& fetch) : Base(fetch) {}

  using Base::next_time;
  SimTime next_time(std::size_t) { return Base::next_time(); }
  std::size_t next_level(SimTime limit) { return Base::next_time() < limit ? 0 : none; }
  static std::size_t level_ahead(SimTime, SimTime) { return none; }
  static SimDuration deepest() { return {}; }
  typename Base::EventType pop(std::size_t) { return Base::pop(); }
  static void end_instant(std::size_t, SimTime) {}
};

}  // namespace hecaton::engine
