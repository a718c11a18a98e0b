// The pending events of one rank, popped in full-key order.
//
// A calendar queue (Brown, CACM 1988) in two levels that sorts lazily: an event goes into the bucket of its
// day, or of its month if that is far off, without being compared with anything; a month is dealt out to its
// days when they come near, and a day is sorted when its first event is due. So the memory that is touched
// out of order stays small, however many events are pending. What comes in for the day under way is inserted
// (a heap takes over where there is much of it), and what lies beyond all months waits in another heap.
// The width of a day follows the rate of events, so that a day has a few. Where times are spread so unevenly
// that this does not help, the heaps do the work, in logarithmic time.
//
// Invariants:
//   - All days before `first_day_` are over. An event before it counts as one of that day.
//   - Once the first event of a day is popped, the day is *under way*: it is `first_day_`, and its events are
//     in `today_`, sorted, and in `late_`.
//   - A day that was looked at, but of which nothing was popped yet, is *open*: its events are in `today_`,
//     unsorted. An event for an earlier day closes it again.
//   - Everything in `days_` is before `days_end()`, everything in `months_` is not, and before
//     `months_end()`, and everything in `far_` is not.
// Nothing is allocated in the steady state. A day's events are fetched into the cache a day ahead.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <vector>

#include "core/engine/queue/calendar.hpp"
#include "core/engine/queue/entry.hpp"

namespace hecaton::engine {

// What a component needs to handle an event can be fetched into the cache, too.
struct FetchNothing {
  void operator()(NodeId) const {}
};

template <class Payload, class Fetch = FetchNothing>
class EventQueue {
 public:
  using EventType = Event<Payload>;

  explicit EventQueue(Fetch fetch = {}) : fetch_(fetch) {}

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  // The least time of all events; SimTime::never() if there is none.
  SimTime next_time() {
    if (state_ == Day::under_way) {
      if (at_ < today_.size())
        return late_.empty() ? today_[at_].time : std::min(today_[at_].time, late_.top().time);
      if (!late_.empty()) return late_.top().time;
    }
    return state_ == Day::open || open_next_day() ? least_today_ : least_after_days();
  }

  // The least time + lookahead(event) over all pending events, where lookahead >= `least_lookahead`. Looks only at events
  // that are early enough to matter.
  template <class Lookahead>
  SimTime earliest(SimDuration least_lookahead, Lookahead&& lookahead) const {
    SimTime best = SimTime::never();
    visit_while([&](const Entry& e) { best = std::min(best, e.time + lookahead(events_[e.slot])); },
                [&](SimTime time) { return time + least_lookahead < best; });
    return best;
  }

  // Visits every pending event, in an order of no meaning.
  template <class Visit>
  void for_each(Visit&& visit) const {
    visit_while([&](const Entry& e) { visit(events_[e.slot]); }, [](SimTime) { return true; });
  }

  void push(const EventType& event) { emplace(event); }

  // The same, of an event's parts.
  template <class... Parts>
  void emplace(const Parts&... parts) {
    ++size_;
    const Entry entry = events_.entry(events_.store(parts...));
    const std::int64_t day = std::max(day_of(entry.time), first_day_);
    if (state_ == Day::under_way && day == first_day_) return insert_late(entry);
    if (state_ == Day::open) {
      if (day == open_day_) return append(entry);
      if (day < open_day_) close_day();
    }
    put(day, entry);
  }

  // Precondition: not empty.
  EventType pop() {
    if (state_ != Day::under_way || (at_ == today_.size() && late_.empty())) start_next_day();
    const std::uint32_t slot = take_first();
    --size_;
    ++popped_;
    events_.release(slot);
    return events_[slot];
  }

 private:
  enum class Day : std::uint8_t { none, open, under_way };
  static constexpr unsigned log2_month = 8;  // days of a month
  static constexpr std::int64_t month_days = std::int64_t{1} << log2_month;
  // More than that moved per insertion, and a heap is faster.
  static constexpr std::size_t insertion_limit = 32;
  // Events fetched ahead: far enough for the slowest memory, not so far that they are gone again.
  static constexpr std::size_t fetch_distance = 48;

  std::int64_t day_of(SimTime time) const { return time.ps >> log2_width_; }
  SimTime start_of(std::int64_t day) const { return {day << log2_width_}; }
  // Whole months, at least three of them and at most the ring of days.
  std::int64_t days_end() const { return (first_day_ + Days::count) & -month_days; }
  std::int64_t first_month() const { return days_end() >> log2_month; }
  std::int64_t months_end() const { return days_end() + Months::count * month_days; }

  void put(std::int64_t day, const Entry& entry) {
    if (day < days_end())
      days_.add(day, entry);
    else if (day < months_end())
      months_.add(day >> log2_month, entry);
    else
      far_.push(entry, events_);
  }

  void append(const Entry& entry) {
    today_.push_back(entry);
    least_today_ = std::min(least_today_, entry.time);
  }

  void insert_late(const Entry& entry) {
    if (at_ == today_.size() || at_ > 2 * insertion_limit) forget_past();
    if (today_.size() - at_ > insertion_limit) return late_.push(entry, events_);
    today_.push_back(entry);
    sift_back(today_.size() - 1);
  }

  void forget_past() {
    if (today_.size() - at_ > insertion_limit) return;
    today_.erase(today_.begin(), today_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
  }

  void sift_back(std::size_t hole) {
    const Entry entry = today_[hole];
    for (; hole > at_ && events_.before(entry, today_[hole - 1]); --hole) today_[hole] = today_[hole - 1];
    today_[hole] = entry;
  }

  // Opens the first day that has events; false if there is none among the days. Precondition: no day is open,
  // and nothing is left of the one under way.
  bool open_next_day() {
    if (popped_ >= std::max<std::uint64_t>(1024, size_)) adapt_width();
    const std::int64_t day = days_.next_filled(first_day_);
    if (day == Days::none) return false;
    state_ = Day::open;
    open_day_ = day;
    today_.clear();
    at_ = 0;
    least_today_ = SimTime::never();
    days_.take(day, [&](const Entry& entry) { append(entry); });
    fetch_next_days();
    return true;
  }

  void fetch_next_days() {
    fetched_ -= std::min(fetched_, today_.size());
    fetched_until_ = std::max(fetched_until_, open_day_);
    while (fetched_ < fetch_distance) {
      const std::int64_t day = days_.next_filled(fetched_until_ + 1);
      if (day == Days::none || day >= days_end()) break;
      days_.visit(day, [&](const Entry& entry) {
        fetch(entry);
        ++fetched_;
      });
      fetched_until_ = day;
    }
  }

  void fetch(const Entry& entry) {
    events_.prefetch(entry.slot);
    fetch_(receiver_of(entry.phase_and_receiver));
  }

  // Something has come that is earlier than the open day.
  void close_day() {
    state_ = Day::none;
    for (const Entry& entry : today_) days_.add(open_day_, entry);
    today_.clear();
  }

  void start_next_day() {
    if (state_ != Day::open && !open_next_day()) {
      move_on_to(day_of(least_after_days()));
      open_next_day();
    }
    if (today_.size() <= insertion_limit)
      for (std::size_t i = 1; i < today_.size(); ++i) sift_back(i);
    else
      std::sort(today_.begin(), today_.end(),
                [&](const Entry& a, const Entry& b) { return events_.before(a, b); });
    move_on_to(open_day_);
    state_ = Day::under_way;
  }

  SimTime least_after_days() const {
    const std::int64_t month = months_.next_filled(first_month());
    if (month != Months::none) return months_.least(month);
    return far_.empty() ? SimTime::never() : far_.top().time;
  }

  // Precondition: nothing is pending before `day`.
  void move_on_to(std::int64_t day) {
    constexpr std::int64_t longest_gap = 256;  // idle time says nothing of the rate of events
    spanned_days_ += std::min(day - first_day_, longest_gap);
    std::int64_t month = first_month();
    first_day_ = day;
    for (month = months_.next_filled(month); month != Months::none && month < first_month();
         month = months_.next_filled(month))
      months_.take(month, [&](const Entry& entry) {
        events_.prefetch(entry.slot);
        days_.add(day_of(entry.time), entry);
      });
    while (!far_.empty() && day_of(far_.top().time) < months_end()) {
      const Entry entry = far_.pop(events_);
      put(day_of(entry.time), entry);
    }
  }

  std::uint32_t take_first() {
    if (late_.empty() || (at_ < today_.size() && events_.before(today_[at_], late_.top())))
      return today_[at_++].slot;
    return late_.pop(events_).slot;
  }

  // A day of about `events_per_day` events at the present rate. Precondition: as of open_next_day().
  void adapt_width() {
    constexpr std::uint64_t events_per_day = 4;
    const std::uint64_t width =
        ((static_cast<std::uint64_t>(spanned_days_) << log2_width_) * events_per_day) / popped_;
    const auto log2_width = static_cast<unsigned>(std::bit_width(width | 1)) - 1;
    popped_ = 0;
    spanned_days_ = 0;
    if (log2_width > log2_width_ + 1 || log2_width + 1 < log2_width_) rebuild(log2_width);
  }

  void rebuild(unsigned log2_width) {
    std::vector<Entry> all;
    all.reserve(size_);
    visit_while([&](const Entry& entry) { all.push_back(entry); }, [](SimTime) { return true; });
    first_day_ = (first_day_ << log2_width_) >> log2_width;
    log2_width_ = log2_width;
    fetched_until_ = first_day_;
    fetched_ = 0;
    days_ = Days();
    months_ = Months();
    far_.clear();
    state_ = Day::none;
    today_.clear();
    at_ = 0;
    for (const Entry& entry : all) put(std::max(day_of(entry.time), first_day_), entry);
  }

  // Visits entries whose time `matters`, which must hold for no later time if not for an earlier one; the
  // early ones first, by and large, and others perhaps too.
  template <class Visit, class Matters>
  void visit_while(Visit&& visit, Matters&& matters) const {
    for (std::size_t i = at_; i < today_.size(); ++i)
      if (matters(today_[i].time)) visit(today_[i]);
    late_.visit_while(visit, matters);
    for (std::int64_t day = days_.next_filled(first_day_); day != Days::none && day < days_end();
         day = days_.next_filled(day + 1)) {
      if (!matters(start_of(day))) break;
      days_.visit(day, visit);
    }
    for (std::int64_t month = months_.next_filled(first_month());
         month != Months::none && month < first_month() + Months::count;
         month = months_.next_filled(month + 1)) {
      if (!matters(months_.least(month))) break;
      months_.visit(month, visit);
    }
    far_.visit_while([&](const Entry& entry) { visit(entry); }, matters);
  }

  Fetch fetch_;
  EventSlab<Payload> events_;
  std::size_t size_ = 0;

  Day state_ = Day::none;
  std::vector<Entry> today_;
  std::size_t at_ = 0;  // those before are over
  EntryHeap<Payload> late_;
  std::int64_t open_day_ = 0;  // while open
  SimTime least_today_{};
  // Days up to this one were fetched; about `fetched_` events of them are left.
  std::int64_t fetched_until_ = 0;
  std::size_t fetched_ = 0;

  unsigned log2_width_ = 8;  // of a day, in picoseconds
  std::int64_t first_day_ = 0;
  Days days_;
  Months months_;
  EntryHeap<Payload> far_;

  std::uint64_t popped_ = 0;  // since the last look at the width
  std::int64_t spanned_days_ = 0;
};

}  // namespace hecaton::engine
