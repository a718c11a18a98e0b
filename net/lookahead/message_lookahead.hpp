// The lookahead of a whole rank from its messages: until when nothing on it can have an effect on another rank.
//
// While no message is on this rank that goes to another one or comes from there, routers post nothing over
// the border, whatever they do: heads, cuts and credits there belong to such messages. Only a die (or IO die)
// can change that, by sending one; and it acts only when it is woken, or when a message reaches it whole. So
// nothing crosses the border before the least of
//   - wake-up + what a message from there takes to the border, over all wake-ups that are pending, and
//   - the same for all messages under way between nodes of this rank: their arrival is no sooner than their
//     flits, one per cycle, and their way allow;
//   - the events that other ranks have sent here and that are not handled yet, + the least time of a reply.
// A node that sends to nobody beyond the border has to send to one that does first. And nothing crosses it
// before one of those that do has come to the place in its program where it sends.
//
// An event of another rank may still come before the next one that is known here, and delay what seemed sure:
// a hold takes back what a run has not sent. So what follows from the time alone (that a worm has gone, that a
// message is late) is computed with the earliest input time of the rank, not with the time of its next event.
//
// What is kept here, once per message and wake-up, costs little beside the message itself.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "net/events/interface.hpp"
#include "net/lookahead/node_lookahead.hpp"

namespace hecaton::net {

class MessageLookahead {
 public:
  // `sends_out`: by node, whether it may send messages whose way leaves its region. Precondition: the way of
  // a worm follows from its header (no adaptive routing).
  MessageLookahead(const Fabric& fabric, const NodeLookahead& node_lookahead,
                   std::span<const RankId> region_of, RankId self, const std::vector<bool>& sends_out,
                   const LookaheadSources& sources);

  // What happens, as it happens.
  void woken_at(NodeId node, SimTime time) {
    if (after_[node.value] != SimDuration::forever())
      woken_.push_back({time + after_[node.value], time, wake_up});
  }
  void handed_over(NodeId source, const OutgoingMessage& message, SimTime now);
  void delivered(const WormHeader& header, bool complete);
  // Between ranks: an event for another one, and one from there, when it is received and when it is handled.
  void posted(NodeId to, const Payload& payload, SimTime arrival);
  void expect(NodeId at, SimTime time);
  void came_in(const Payload& head);

  // What is under way is not known: nothing can be said until the network of this rank was empty. Then
  // woken_at() is to tell of all wake-ups that are pending.
  void lose_track() { lost_ = true; }
  bool lost() const { return lost_; }
  void find_again();

  // Nothing has an effect on another rank before, until another event is expected; 0: unknown. `next`: the time
  // of the next event that is pending here. `sure`: the lesser of that and the earliest input time. `nodes`
  // has interface(node) and sends_no_sooner(node, now), a bound for messages to other ranks, of this rank.
  template <class Nodes>
  SimTime silent_until(SimTime next, SimTime sure, const Nodes& nodes) {
    if (next == SimTime::never()) return SimTime::never();
    if (sure >= first_gone_) forget_gone(sure);
    if (woken_.size() + expected_.size() >= most_entries) {
      heap_woken(next);
      forget_handled(next);
    }
    if (lost_ || !crossing_.empty()) return silent_until_;
    forget_handled(next);
    SimTime bound = least_of_programs(next, nodes);
    if (bound - next < far_ || heap_.size() > most_entries) {
      heap_woken(next);
      bound = std::max(bound, least(next, sure, nodes));
    }
    for (const Expected& event : expected_) bound = std::min(bound, event.reply);
    silent_until_ = std::max(silent_until_, bound);
    return silent_until_;
  }

 private:
  static constexpr std::uint32_t wake_up = 0xFFFFFFFFu;
  static constexpr std::size_t most_entries = 1u << 12;

  struct Key {
    NodeId source, destination;
    std::uint64_t tag = 0;
    friend bool operator==(const Key&, const Key&) = default;
  };
  // A message that this rank shares with others. A worm of it is here from when it is handed over or comes in
  // to when it is delivered or has gone; more than once, perhaps.
  struct Crossing {
    Key key;
    std::uint32_t worms = 0;
  };
  // A worm on its way over the border, on one channel.
  struct Leaving {
    Key key;
    NodeId to;
    std::uint8_t port = 0, channel = 0;
    std::uint32_t flits = 0;
    std::uint32_t announced = 0;
    std::uint32_t run_flits = 0;  // of the latest run
    SimTime run_arrival{};
  };
  struct UnderWay {  // between nodes of this rank
    NodeId source;
    std::uint64_t tag = 0;
    std::uint32_t flits = 0;
    SimTime earliest{};  // arrival
  };
  // In the heap: something that happens no sooner than its `bound` allows. A wake-up is over when its `time`
  // is; of messages to a node the entry is valid whose bound is in bound_.
  struct Entry {
    SimTime bound{};
    SimTime time{};
    std::uint32_t to = wake_up;
    bool operator<(const Entry& other) const { return bound > other.bound; }
  };

  // An event of another rank, not handled yet.
  struct Expected {
    SimTime time{};
    SimTime reply{};
  };

  void add(const Entry& entry) {
    heap_.push_back(entry);
    std::push_heap(heap_.begin(), heap_.end());
  }
  void drop() {
    std::pop_heap(heap_.begin(), heap_.end());
    heap_.pop_back();
  }
  void open(const Key& key, std::uint32_t worms);
  void close(const Key& key);  // one worm
  // SimTime::never() if not all of it is announced.
  SimTime gone_at(const Leaving& worm) const;
  void may_be_gone(const Leaving& worm);
  void forget_gone(SimTime sure);
  void heap_woken(SimTime next);  // those that are not over
  void forget_handled(SimTime next) {
    std::erase_if(expected_, [&](const Expected& event) { return event.time < next; });
  }
  bool leaves(const WormHeader& header, std::uint32_t& hops) const;
  SimTime bound_of(SimTime delivery, NodeId node) const {
    return delivery == SimTime::never() || after_[node.value] == SimDuration::forever()
               ? SimTime::never()
               : delivery + after_[node.value];
  }

  // Of all that programs say the least bound.
  template <class Nodes>
  SimTime least_of_programs(SimTime next, const Nodes& nodes) const {
    SimTime bound = SimTime::never();
    for (const NodeId sender : senders_) {
      const SimTime sends = nodes.sends_no_sooner(sender, next);
      if (sends == next) return next;
      if (sends != SimTime::never()) bound = std::min(bound, sends + after_[sender.value]);
    }
    return bound;
  }

  // Of everything that is pending the least bound.
  template <class Nodes>
  SimTime least(SimTime next, SimTime sure, const Nodes& nodes) {
    while (!heap_.empty()) {
      const Entry first = heap_.front();
      if (first.to == wake_up) {
        if (first.time >= next) return first.bound;
        drop();
        continue;
      }
      const NodeId node{first.to};
      if (first.bound != bound_[first.to]) {
        drop();
        continue;
      }
      const SimTime bound = renewed(node, sure, nodes.interface(node));
      if (bound == first.bound) return bound;
      drop();
      bound_[first.to] = bound;
      if (bound != SimTime::never()) add({bound, SimTime{}, first.to});
    }
    return SimTime::never();
  }
  SimTime renewed(NodeId node, SimTime sure, const Interface& interface);

  const Fabric& fabric_;
  std::vector<RankId> region_of_;
  RankId self_;
  const NodeLookahead& node_lookahead_;
  bool serialisation_;
  std::vector<SimDuration> after_;  // by node: from a wake-up or delivery to an effect beyond the border
  SimDuration far_;                 // a bound so far off needs no better one
  std::vector<NodeId> senders_;     // of this rank to others
  std::vector<Entry> heap_;
  std::vector<Entry> woken_;    // of the latest wake-ups; most are over before anybody asks for the heap
  std::vector<SimTime> bound_;  // by destination; SimTime::never(): nothing is under way to it
  std::vector<std::vector<UnderWay>> under_way_;  // by destination
  std::vector<Crossing> crossing_;
  std::vector<Leaving> leaving_;
  SimTime first_gone_ = SimTime::never();  // none of them has gone before
  std::vector<Expected> expected_;
  SimTime silent_until_{};
  bool lost_ = false;
};

}  // namespace hecaton::net
