// Credits of one output virtual channel, without an event for each.
//
// A buffer slot comes back a fixed time after its segment left the next router. If nothing delays a segment
// there, its departure follows from when it was sent; so the sender computes it, and the receiver keeps
// silent. The first time the receiver misses that schedule it sends one `hold`, in time by construction: it
// says how many segments are credited, and from then on every credit is sent. The channel is on schedule again when
// all of them are back, which the epoch bit, carried by every run, tells the receiver; or when the receiver says that
// a credit is the last it sends: then the sender reckons anew when the segments that are still out will leave.
//
// Invariant: at any instant `available()` is exactly what a router that sends one credit per segment would
// count.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "net/package/timing.hpp"

namespace hecaton::net {

class CreditBook {
 public:
  // What is sent: consecutive segments of one worm.
  struct Segments {
    std::uint32_t count;
    std::uint32_t last_flits;  // of the last one
    bool head;                 // the first one is a worm's first
    bool tail;                 // the last one is its last
    bool at_once;              // the receiver passes them on, or consumes them, as they arrive
  };

  // Segment j leaves the next router at expected + j * segment time, and no sooner if credits are sent one by one; a
  // credit takes `delay` from its last flit's departure to its use.
  void sent(const Timing& timing, SimTime expected, const Segments& segments, SimDuration delay) {
    sent_ += segments.count;
    in_log_ += segments.count;
    if (held_) forget_credited(timing);
    const SimTime tail = expected + (segments.count - 1) * timing.segment +
                         (std::int64_t{segments.last_flits} - 1) * timing.cycle + delay;
    const bool whole = segments.last_flits == timing.segment_flits;
    if (segments.count == 1 && whole && !segments.head && begin_ < log_.size() &&
        log_.back().continues_with(tail, timing.segment)) {
      log_.back().extend(tail, segments.tail);
      return;
    }
    if (log_.size() == log_.capacity()) drop_done();
    const SimTime first =
        segments.count == 1 ? tail : expected + (timing.segment_flits - 1) * timing.cycle + delay;
    log_.push_back({first, tail, segments});
  }

  // The latest run turns out `removed` whole segments (and so its short tail, if any) shorter.
  void unsend(const Timing& timing, std::uint32_t removed) {
    sent_ -= removed;
    in_log_ -= removed;
    log_.back().shorten(timing, removed);
  }

  // Segments that may still be sent at `now`.
  std::uint32_t available(const Timing& timing, SimTime now) {
    purge(now);
    return timing.buffer_segments - outstanding(timing, now);
  }

  bool any(const Timing& timing, SimTime now) const {
    if (held_) return sent_ - credited_ < timing.buffer_segments;
    return in_log_ < timing.buffer_segments || outstanding(timing, now) < timing.buffer_segments;
  }

  // Segments of the buffer that nothing is in, or under way to, and whose credits are back.
  std::uint32_t free(const Timing& timing, SimTime now) const {
    return timing.buffer_segments - outstanding(timing, now);
  }

  // When the next credit comes back by schedule; never if only an event can bring one.
  SimTime next_return(const Timing& timing, SimTime now) const {
    SimTime next = SimTime::never();
    if (held_) return next;
    // All of them, because a worm on a bypass may be credited before those that came first.
    for (std::size_t i = begin_; i < log_.size(); ++i) {
      const Run& run = log_[i];
      if (run.last <= now) continue;
      const std::uint32_t back = returned(run, timing, now);
      next = std::min(next, back + 1 >= run.segments.count ? run.last : run.first + back * timing.segment);
    }
    return next;
  }

  // Whether a run of `segments` from `now` on would find a credit for each of its segments in time, if it
  // stays on schedule; `round_trip` is from a segment's start to the use of its credit.
  bool sustains(const Timing& timing, SimTime now, std::uint32_t segments, SimDuration round_trip) {
    if (held_) return false;
    if (segments > timing.buffer_segments && round_trip > timing.buffer_segments * timing.segment)
      return false;
    purge(now);
    if (begin_ == log_.size()) return true;
    const std::uint32_t checked = std::min(segments, timing.buffer_segments);
    for (std::uint32_t j = 0; j < checked; ++j)
      if (outstanding(timing, now + j * timing.segment) + j >= timing.buffer_segments) return false;
    return segments <= timing.buffer_segments ||
           outstanding(timing, now + timing.buffer_segments * timing.segment) == 0;
  }

  void hold(std::uint32_t credited) {
    held_ = true;
    ++holds_;
    credited_ = credited;
    try_recover();
  }
  void credit() {
    ++credited_;
    try_recover();
  }

  // A credit that is the last to be sent, unless a hold has overtaken it (`holds`: how many the receiver had
  // sent). Returns whether the channel is on schedule again; then the caller reckons what is still out.
  bool last_credit(std::uint32_t holds) {
    if (holds != holds_) {
      credit();
      return false;
    }
    ++credited_;
    held_ = false;
    return true;
  }
  // When what is still out leaves the next router: `leaves(segments, no_sooner)` is asked, oldest first, when
  // their first one does, which may not be before a time. They leave back to back.
  template <class Leaves>
  void reckon(const Timing& timing, SimDuration delay, Leaves&& leaves) {
    forget(timing, in_log_ - (sent_ - credited_));
    for (std::size_t i = begin_; i < log_.size(); ++i) {
      Run& run = log_[i];
      const std::int64_t first_flits =
          run.segments.count == 1 ? std::int64_t{run.segments.last_flits} : timing.segment_flits;
      const SimTime before = run.first - delay - (first_flits - 1) * timing.cycle;
      const SimDuration later = leaves(run.segments, before) - before;
      run.first = run.first + later;
      run.last = run.last + later;
    }
  }

  bool held() const { return held_; }
  bool epoch() const { return epoch_; }
  // Nothing is known to be in flight or in the next buffer (for tests of credit conservation).
  bool all_home(const Timing& timing, SimTime now) {
    return available(timing, now) == timing.buffer_segments;
  }

  // What has come back by `now` needs no memory any more.
  void purge(SimTime now) {
    if (held_) return;
    for (; begin_ < log_.size() && log_[begin_].last <= now; ++begin_) in_log_ -= log_[begin_].segments.count;
    if (begin_ == log_.size()) drop_done();
  }

  // What is done is left out: how long it is remembered depends on memory, and changes nothing.
  template <class Archive>
  void save(Archive& archive) const {
    archive(std::vector<Run>(log_.begin() + static_cast<std::ptrdiff_t>(begin_), log_.end()), in_log_);
    archive(sent_, credited_, holds_, held_, epoch_);
  }
  template <class Archive>
  void load(Archive& archive) {
    begin_ = 0;
    archive(log_, in_log_, sent_, credited_, holds_, held_, epoch_);
  }

 private:
  struct Run {
    SimTime first;  // when its first credit is back; while credits are sent one by one: no sooner than that
    SimTime last;
    Segments segments;

    // A credit at `time` is the next of an even series.
    bool continues_with(SimTime time, SimDuration segment) const {
      return last == first + (segments.count - 1) * segment && time == last + segment;
    }
    void extend(SimTime time, bool tail) {
      ++segments.count;
      last = time;
      segments.tail = tail;
    }
    void shorten(const Timing& timing, std::uint32_t removed) {
      segments.count -= removed;
      segments.last_flits = static_cast<std::uint32_t>(timing.segment_flits);
      segments.tail = false;
      last = first + (segments.count - 1) * timing.segment;
    }
    void forget_first(const Timing& timing, std::uint32_t gone) {
      segments.count -= gone;
      segments.head = false;
      first = segments.count == 1 ? last : first + gone * timing.segment;
    }

    template <class Archive>
    void serialize(Archive& archive) {
      archive(first, last, segments.count, segments.last_flits, segments.head, segments.tail,
              segments.at_once);
    }
  };

  static std::uint32_t returned(const Run& run, const Timing& timing, SimTime now) {
    if (now >= run.last) return run.segments.count;
    if (now < run.first) return 0;
    return static_cast<std::uint32_t>(
        std::min<std::int64_t>(run.segments.count - 1, (now - run.first) / timing.segment + 1));
  }

  std::uint32_t outstanding(const Timing& timing, SimTime now) const {
    if (held_) return sent_ - credited_;
    std::uint32_t count = 0;
    for (std::size_t i = begin_; i < log_.size(); ++i)
      count += log_[i].segments.count - returned(log_[i], timing, now);
    return count;
  }

  // Of what is in the log, the oldest `segments`.
  void forget(const Timing& timing, std::uint32_t segments) {
    in_log_ -= segments;
    for (; segments > 0 && segments >= log_[begin_].segments.count; ++begin_)
      segments -= log_[begin_].segments.count;
    if (segments > 0) log_[begin_].forget_first(timing, segments);
  }
  // While credits are sent one by one, at most a whole buffer can be out.
  void forget_credited(const Timing& timing) {
    if (in_log_ > timing.buffer_segments) forget(timing, in_log_ - timing.buffer_segments);
  }

  void drop_done() {
    log_.erase(log_.begin(), log_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }

  void try_recover() {
    if (credited_ != sent_) return;
    held_ = false;
    epoch_ = !epoch_;
    begin_ = static_cast<std::uint32_t>(log_.size());
    in_log_ = 0;
    drop_done();
  }

  std::vector<Run> log_;  // in the order of sending; entries before begin_ are done
  std::uint32_t begin_ = 0;
  std::uint32_t in_log_ = 0;    // segments of the others: no more than that are out
  std::uint32_t sent_ = 0;      // segments ever sent
  std::uint32_t credited_ = 0;  // while held: how many of them are credited
  std::uint32_t holds_ = 0;     // received
  bool held_ = false;
  bool epoch_ = false;
};

}  // namespace hecaton::net
