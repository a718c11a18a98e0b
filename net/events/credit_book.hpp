// Credits of one output virtual channel, without an event for each.
//
// A buffer slot comes back a fixed time after its segment left the next router. If nothing delays a segment
// there, its departure follows from when it was sent; so the sender computes it, and the receiver keeps
// silent. The first time the receiver misses that schedule it sends one `hold`, in time by construction: it
// says how many segments are credited, and from then on every credit is sent. When all of them are back the
// channel is on schedule again; the epoch bit, carried by every run, tells the receiver so.
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
  // A run of `segments` was sent; segment j leaves the next router at expected + j * segment time, its last
  // flit `last_flits` - 1 cycles after the first of the last one; a credit takes `delay` from there to its
  // use.
  void sent(const Timing& timing, SimTime expected, std::uint32_t segments, std::int64_t last_flits,
            SimDuration delay) {
    sent_ += segments;
    if (held_) return;
    const SimTime tail = expected + (segments - 1) * timing.segment + (last_flits - 1) * timing.cycle + delay;
    const SimTime first = segments == 1 ? tail : expected + (timing.segment_flits - 1) * timing.cycle + delay;
    in_log_ += segments;
    if (!log_.empty() && segments == 1 && log_.back().continues_with(tail, timing.segment)) {
      ++log_.back().segments;
      log_.back().last = tail;
      return;
    }
    if (log_.size() == log_.capacity()) drop_done();
    log_.push_back({first, tail, segments});
  }

  // The latest run turns out `removed` whole segments (and so its short tail, if any) shorter.
  void unsend(const Timing& timing, std::uint32_t removed) {
    sent_ -= removed;
    if (held_) return;
    Run& run = log_.back();
    in_log_ -= removed;
    run.segments -= removed;
    run.last = run.first + (run.segments - 1) * timing.segment;
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

  // The buffer that they count is empty, and no credit under way.
  bool full(const Timing& timing, SimTime now) const { return outstanding(timing, now) == 0; }

  // When the next credit comes back by schedule; never if only an event can bring one.
  SimTime next_return(const Timing& timing, SimTime now) const {
    SimTime next = SimTime::never();
    // All of them, because a worm on a bypass may be credited before those that came first.
    for (std::size_t i = begin_; i < log_.size(); ++i) {
      const Run& run = log_[i];
      if (run.last <= now) continue;
      const std::uint32_t back = returned(run, timing, now);
      next = std::min(next, back + 1 >= run.segments ? run.last : run.first + back * timing.segment);
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
    log_.clear();
    begin_ = in_log_ = 0;
    try_recover();
  }
  void credit() {
    ++credited_;
    try_recover();
  }

  // A credit that is the last to be sent, unless a hold has overtaken it (`holds`: how many the receiver had
  // sent). Returns whether the channel is on schedule again; then the caller says, by reckon(), how the
  // segments sent since will leave, oldest first; there are still_out() of them.
  bool last_credit(std::uint32_t holds) {
    if (holds != holds_) {
      credit();
      return false;
    }
    ++credited_;
    held_ = false;
    return true;
  }
  std::uint32_t still_out() const { return sent_ - credited_; }
  void reckon(SimTime credit_back) {
    log_.push_back({credit_back, credit_back, 1});
    ++in_log_;
  }

  bool held() const { return held_; }
  bool epoch() const { return epoch_; }
  // Nothing is known to be in flight or in the next buffer (for tests of credit conservation).
  bool all_home(const Timing& timing, SimTime now) {
    return available(timing, now) == timing.buffer_segments;
  }

  // What has come back by `now` needs no memory any more.
  void purge(SimTime now) {
    for (; begin_ < log_.size() && log_[begin_].last <= now; ++begin_) in_log_ -= log_[begin_].segments;
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
    SimTime first;  // when its first credit is back
    SimTime last;
    std::uint32_t segments;
    // A credit at `time` is the next of an even series.
    bool continues_with(SimTime time, SimDuration segment) const {
      return last == first + (segments - 1) * segment && time == last + segment;
    }

    template <class Archive>
    void serialize(Archive& archive) {
      archive(first, last, segments);
    }
  };

  static std::uint32_t returned(const Run& run, const Timing& timing, SimTime now) {
    if (now >= run.last) return run.segments;
    if (now < run.first) return 0;
    return static_cast<std::uint32_t>(
        std::min<std::int64_t>(run.segments - 1, (now - run.first) / timing.segment + 1));
  }

  std::uint32_t outstanding(const Timing& timing, SimTime now) const {
    if (held_) return sent_ - credited_;
    std::uint32_t count = 0;
    for (std::size_t i = begin_; i < log_.size(); ++i)
      count += log_[i].segments - returned(log_[i], timing, now);
    return count;
  }

  void drop_done() {
    log_.erase(log_.begin(), log_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }

  void try_recover() {
    if (credited_ != sent_) return;
    held_ = false;
    epoch_ = !epoch_;
  }

  std::vector<Run> log_;  // by time; entries before begin_ are done
  std::uint32_t begin_ = 0;
  std::uint32_t in_log_ = 0;    // segments of these: no more than that are out
  std::uint32_t sent_ = 0;      // segments ever sent
  std::uint32_t credited_ = 0;  // while held: how many of them are credited
  std::uint32_t holds_ = 0;     // received
  bool held_ = false;
  bool epoch_ = false;
};

}  // namespace hecaton::net
