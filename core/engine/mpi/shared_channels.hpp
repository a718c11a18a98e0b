// Channels between the ranks of one host, in memory that they share (MPI-3): an event and a promise are a few
// stores, and a rank that waits reads one cache line per neighbour.
//
// A channel is a ring buffer of events with one writer and one reader. The writer stores events, then their
// number, then its promise. The reader loads in the opposite order, so it has seen every event that is
// earlier than the promise. Events that find the ring full wait at the writer, and hold back its promise.
//
// Agreement while all are blocked: a blocked rank shows how many events it has sent and received, and its
// earliest output. Its version is odd then, and changes before it takes another event. A rank that reads all
// ranks twice, and finds the same odd versions and as many events received as sent, has seen a consistent cut
// with nothing on its way: had one rank sent after the first reading, and another shown the receipt, the
// version of the first would have changed before the second reading.
//
// A rank that has waited for long sleeps (bell.hpp), and says for which promise. It is woken by events, by receipts, by
// such a promise, and by what all agree on. What else a neighbour promises it hears within a millisecond.
#pragma once

#include <algorithm>
#include <atomic>
#include <boost/mpi/communicator.hpp>
#include <boost/mpi/exception.hpp>
#include <cstring>
#include <new>
#include <optional>
#include <span>
#include <vector>

#include "core/engine/base/event.hpp"
#include "core/engine/mpi/bell.hpp"
#include "core/engine/mpi/earliest_replies.hpp"
#include "core/engine/mpi/shared_memory.hpp"
#include "core/engine/sync/halt.hpp"

namespace hecaton::engine {

template <class Payload>
class SharedChannels {
 public:
  using EventType = Event<Payload>;
  static_assert(std::is_trivially_copyable_v<EventType>);
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

  // What a rank of so many neighbours contributes.
  static constexpr std::size_t bytes(std::size_t neighbours) {
    return sizeof(Shown) + neighbours * sizeof(Ring);
  }

  // Collective. `neighbours`: whom this rank may send to; it is their neighbour, too. `memory`: bytes() of each.
  SharedChannels(const boost::mpi::communicator& communicator, std::span<const RankId> neighbours,
                 SharedMemory memory)
      : ranks_(static_cast<std::uint32_t>(communicator.size())),
        self_(static_cast<std::uint32_t>(communicator.rank())),
        communicator_(communicator),
        memory_(std::move(memory)),
        patience_(ranks_),
        seen_(ranks_),
        index_(ranks_, 0) {
    new (&shown(self_)) Shown{};
    for (std::size_t k = 0; k < neighbours.size(); ++k) ring(self_, k).clear();
    // Which of its rings each rank keeps for this one.
    std::vector<std::uint32_t> mine(ranks_, 0), theirs(ranks_, 0);
    for (std::size_t k = 0; k < neighbours.size(); ++k)
      mine[neighbours[k].value] = static_cast<std::uint32_t>(k);
    BOOST_MPI_CHECK_RESULT(MPI_Alltoall,
                           (mine.data(), 1, MPI_UINT32_T, theirs.data(), 1, MPI_UINT32_T, communicator));
    for (std::size_t k = 0; k < neighbours.size(); ++k) {
      const std::uint32_t to = neighbours[k].value;
      index_[to] = k;
      Link& link = links_.emplace_back();
      link.out = &ring(self_, k);
      link.in = &ring(to, theirs[to]);
      link.to = &shown(to);
    }
    agreement_ = &shown(0).agreed;
    halts_wanted_ = &shown(0).halts_wanted;
  }

  std::uint32_t ranks() const { return ranks_; }
  RankId rank() const { return RankId{self_}; }

  std::size_t neighbours() const { return links_.size(); }
  std::size_t neighbour(RankId rank) const { return index_[rank.value]; }

  void push(std::size_t k, const EventType& event, SimTime reply) {
    Link& link = links_[k];
    ++sent_;
    if (!link.waiting.empty() || !store(link, event)) {
      link.waiting.push_back(event);
      link.kept_back = std::min(link.kept_back, event.time);
    }
    link.replies.sent(reply);
  }

  bool publish(std::size_t k, SimTime promise) {
    Link& link = links_[k];
    const SimTime kept_back = flush(link);
    const SimTime promised = std::min(promise, kept_back);
    const bool has_news = link.published != link.written || link.confirmed != link.read;
    link.out->written.store(link.written, std::memory_order_release);
    link.out->promise.store(promised.ps, std::memory_order_release);
    link.out->confirmed.store(link.read, std::memory_order_release);
    link.published = link.written;
    link.confirmed = link.read;
    if (has_news || promised.ps > link.to->need.load(std::memory_order_relaxed)) link.to->bell.ring();
    return true;
  }
  bool unconfirmed(std::size_t k) const {
    const Link& link = links_[k];
    return link.confirmed != link.read || (!link.waiting.empty() && room(link) > link.written);
  }

  template <class Take>
  void poll(Take&& take) {
    for (Link& link : links_) {
      link.replies.confirmed(link.in->confirmed.load(std::memory_order_acquire));
      link.promise = SimTime{link.in->promise.load(std::memory_order_acquire)};
      const std::uint64_t written = link.in->written.load(std::memory_order_acquire);
      if (written == link.read) continue;
      wake();
      received_ += written - link.read;
      const bool was_full = written - link.read == ring_events;
      for (; link.read != written; ++link.read) {
        EventType event;
        std::memcpy(&event, link.in->events[link.read % ring_events], sizeof event);
        take(event);
      }
      link.in->read.store(written, std::memory_order_release);
      if (was_full) link.to->bell.ring();
    }
    agreed_ = std::max(agreed_, SimTime{agreement_->load(std::memory_order_acquire)});
  }

  SimTime bound(std::size_t k) const { return std::min(links_[k].promise, links_[k].replies.earliest()); }
  SimTime agreed() const { return agreed_; }

  // Promises can be read at any time; whoever makes this one wakes a sleeper.
  void ask(SimTime need, SimDuration) {
    if (need == need_) return;
    need_ = need;
    shown(self_).need.store(need.ps, std::memory_order_relaxed);
  }
  bool show_blocked(SimTime earliest_output, SimTime next) {
    if (!blocked_) show(earliest_output, next);
    return agree();
  }
  SimTime no_event_before() const { return no_event_before_; }
  void begin(SimTime time) { agreed_ = time; }

  bool halt_wanted(bool here) {
    if (halts_wanted_->load(std::memory_order_acquire) > halts_) return true;
    if (!here) return false;
    halts_wanted_->store(halts_ + 1, std::memory_order_release);
    ring_all();
    return true;
  }
  void freeze(SimTime reached, std::uint64_t requests) {
    Shown& mine = shown(self_);
    mine.reached.store(reached.ps, std::memory_order_relaxed);
    mine.requests.store(requests, std::memory_order_relaxed);
    mine.frozen.store(halts_ + 1, std::memory_order_release);
    ring_all();
  }
  std::optional<Halt> halt() {
    Halt all{SimTime{}, 0};
    for (std::uint32_t r = 0; r < ranks_; ++r) {
      const Shown& of = shown(r);
      if (of.frozen.load(std::memory_order_acquire) <= halts_) return std::nullopt;
      all.at = std::max(all.at, SimTime{of.reached.load(std::memory_order_relaxed)});
      all.requests |= of.requests.load(std::memory_order_relaxed);
    }
    ++halts_;
    return all;
  }
  void meet() { communicator_.barrier(); }
  void wake() {
    if (is_falling_asleep_) shown(self_).bell.stay_awake();
    is_falling_asleep_ = false;
    if (!blocked_) return;
    blocked_ = false;
    shown(self_).version.store(++version_, std::memory_order_release);
  }
  // Between the two turns of falling asleep the caller looks for news once more.
  void relax(std::uint32_t round) {
    if (patience_.spin(round)) return;
    Bell& bell = shown(self_).bell;
    if (is_falling_asleep_)
      bell.sleep(rung_);
    else
      rung_ = bell.prepare();
    is_falling_asleep_ = !is_falling_asleep_;
  }
  void finish() {}

 private:
  static constexpr std::uint64_t ring_events = 1024;

  struct Ring {
    // By the writer, stored in this order and loaded in the opposite one.
    alignas(64) std::atomic<std::uint64_t> written;
    std::atomic<std::int64_t> promise;
    std::atomic<std::uint64_t> confirmed;         // of the other direction, how many were taken
    alignas(64) std::atomic<std::uint64_t> read;  // by the reader: room for more
    alignas(64) char events[ring_events][sizeof(EventType)];

    void clear() {
      new (&written) std::atomic<std::uint64_t>(0);
      new (&promise) std::atomic<std::int64_t>(0);
      new (&confirmed) std::atomic<std::uint64_t>(0);
      new (&read) std::atomic<std::uint64_t>(0);
    }
  };
  struct Shown {
    alignas(64) std::atomic<std::uint64_t> version;  // odd: blocked
    std::atomic<std::int64_t> earliest_output;
    std::atomic<std::uint64_t> sent;
    std::atomic<std::uint64_t> received;
    std::atomic<std::int64_t> next;
    alignas(64) std::atomic<std::int64_t> agreed;   // rank 0's is everybody's, and so is halts_wanted
    std::atomic<std::uint64_t> halts_wanted;        // of all halts that were asked for, how many
    alignas(64) std::atomic<std::uint64_t> frozen;  // the halt for which this rank waits, or waited last
    std::atomic<std::int64_t> reached;
    std::atomic<std::uint64_t> requests;
    Bell bell;
    std::atomic<std::int64_t> need;  // what this rank waits for: a promise that is later
  };
  struct Link {
    Ring* out;
    Ring* in;
    Shown* to;
    std::uint64_t written = 0;
    std::uint64_t published = 0;  // of what was written
    std::uint64_t room = 0;       // `written` may grow up to here, as far as is known
    std::uint64_t read = 0;
    std::uint64_t confirmed = 0;  // of what was read
    SimTime promise{};
    EarliestReplies replies;               // by the neighbour
    std::vector<EventType> waiting;        // for room in the ring
    SimTime kept_back = SimTime::never();  // the earliest of them
  };

  Shown& shown(std::uint32_t rank) {
    return *reinterpret_cast<Shown*>(memory_.part_of(static_cast<int>(rank)));
  }
  Ring& ring(std::uint32_t from, std::size_t which) {
    char* rings = memory_.part_of(static_cast<int>(from)) + sizeof(Shown);
    return reinterpret_cast<Ring*>(rings)[which];
  }

  static std::uint64_t room(const Link& link) {
    return link.out->read.load(std::memory_order_acquire) + ring_events;
  }
  static bool store(Link& link, const EventType& event) {
    if (link.written == link.room) {
      link.room = room(link);
      if (link.written == link.room) return false;
    }
    std::memcpy(link.out->events[link.written++ % ring_events], &event, sizeof event);
    return true;
  }

  void ring_all() {
    for (std::uint32_t r = 0; r < ranks_; ++r)
      if (r != self_) shown(r).bell.ring();
  }

  // Returns the time of the earliest event that still waits for room.
  static SimTime flush(Link& link) {
    std::size_t done = 0;
    while (done < link.waiting.size() && store(link, link.waiting[done])) ++done;
    if (done > 0) {
      link.waiting.erase(link.waiting.begin(), link.waiting.begin() + static_cast<std::ptrdiff_t>(done));
      link.kept_back = SimTime::never();
      for (const EventType& event : link.waiting) link.kept_back = std::min(link.kept_back, event.time);
    }
    return link.kept_back;
  }

  void show(SimTime earliest_output, SimTime next) {
    Shown& mine = shown(self_);
    mine.next.store(next.ps, std::memory_order_relaxed);
    mine.earliest_output.store(earliest_output.ps, std::memory_order_relaxed);
    mine.sent.store(sent_, std::memory_order_relaxed);
    mine.received.store(received_, std::memory_order_relaxed);
    mine.version.store(++version_, std::memory_order_release);
    blocked_ = true;
  }

  bool agree() {
    std::int64_t input = SimTime::never().ps, next = input;
    std::uint64_t on_their_way = 0;
    for (std::uint32_t r = 0; r < ranks_; ++r) {
      Shown& of = shown(r);
      seen_[r] = of.version.load(std::memory_order_acquire);
      if (seen_[r] % 2 == 0) return false;
      input = std::min(input, of.earliest_output.load(std::memory_order_relaxed));
      next = std::min(next, of.next.load(std::memory_order_relaxed));
      on_their_way += of.sent.load(std::memory_order_relaxed) - of.received.load(std::memory_order_relaxed);
    }
    std::atomic_thread_fence(std::memory_order_acquire);
    for (std::uint32_t r = 0; r < ranks_; ++r)
      if (shown(r).version.load(std::memory_order_acquire) != seen_[r]) return false;
    if (on_their_way != 0) return false;
    no_event_before_ = std::max(no_event_before_, SimTime{next});
    if (SimTime{input} <= agreed_) return false;
    agreed_ = SimTime{input};
    std::int64_t known = agreement_->load(std::memory_order_relaxed);
    while (known < input && !agreement_->compare_exchange_weak(known, input, std::memory_order_acq_rel)) {
    }
    ring_all();
    return true;
  }

  std::uint32_t ranks_;
  std::uint32_t self_;
  boost::mpi::communicator communicator_;
  SharedMemory memory_;
  Patience patience_;
  std::atomic<std::int64_t>* agreement_;
  std::atomic<std::uint64_t>* halts_wanted_;
  std::vector<std::uint64_t> seen_;
  std::vector<std::size_t> index_;  // rank -> link
  std::vector<Link> links_;
  SimTime agreed_{};
  SimTime no_event_before_{};
  std::uint64_t halts_ = 0;  // agreed on so far
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t version_ = 0;
  bool blocked_ = false;
  SimTime need_{};
  std::uint32_t rung_ = 0;
  bool is_falling_asleep_ = false;
};

}  // namespace hecaton::engine
