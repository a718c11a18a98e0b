// The asynchronous synchroniser, after Chandy, Misra and Bryant: a rank waits for its neighbours only. Each
// promises each other a time before which nothing from it will arrive; promises travel with the events, and
// alone when there is none to carry them ("null messages").
//
// What a rank promises a neighbour is the lesser of
//   - its earliest output: the least time + lookahead of everything pending here, and
//   - for what may still come from its other neighbours and be passed on, their bounds + the least lookahead.
// It leaves out what the neighbour itself will send; the neighbour knows that better: until the receipt of an
// event is confirmed, it reckons with the earliest reply to it. So two ranks do not hold each other back
// with promises about promises: while nothing crosses the border, each goes as far as the other's own events
// allow.
//
// With more ranks, promises can still creep up around a circle of neighbours, by one lookahead each, where
// nothing happens for long. Then all ranks are blocked, and the least earliest output of all of them, in a
// consistent view, is a bound for everybody (Channels::show_blocked). So idle time costs one
// agreement, as with windows.
//
// Halting. Where a rank asks for a halt, every rank freezes where it is as soon as it hears of it, and shows
// up to where it has processed its events. The latest of these times is the halt, and all run up to it; so no
// rank is ever asked to stop where it is already past. The halt is reached when a consistent view of all
// ranks, blocked and with nothing on its way, has no event before it.
//
// Needs channels to the neighbours 0, 1, ..., each first in, first out:
//   ranks(), rank(), neighbours(), neighbour(rank)
//   push(k, event, reply)        an event for neighbour k, to which it can reply at `reply` at the earliest
//   publish(k, promise)          what was pushed, the promise, and the receipt of everything taken so far;
//                                false if nothing of it is worth a message now
//   poll(take)                   takes what has arrived
//   bound(k)                     nothing from k arrives before, replies to what was pushed included
//   unconfirmed(k)               something was taken from k since the last publish, or asked by k, and is
//                                worth one; or there is room for what could not be published then
//   agreed()                     nothing from anywhere arrives before
//   ask(need, least_lookahead)       this rank waits for promises later than `need`
//   show_blocked(earliest_output, next)
//                                this rank is blocked; nothing pending here has an effect on another rank
//                                before `earliest_output`, or is earlier than `next`; true if there is a new
//                                agreement
//   no_event_before()            no event anywhere is earlier; only seen while all are blocked
//   halt_wanted(here)            a rank (this one, if `here`) wants the run to halt
//   freeze(reached, requests)    this rank waits, all its events before `reached` being processed
//   halt()                       once all are frozen, where to halt and what for; then nothing till the next
//   begin(time)                  nothing from anywhere arrives before, to begin with
//   meet()                       returns when all ranks have called it
//   wake()                       it is not blocked any more
//   relax(round)                 called while waiting, `round` times so far
//   finish()                     there will be no more events
#pragma once

#include <algorithm>
#include <vector>

#include "core/engine/sync/synchroniser.hpp"

namespace hecaton::engine {

template <class Channels>
class NullSync {
 public:
  using EventType = typename Channels::EventType;

  explicit NullSync(Channels& channels)
      : channels_(channels), promised_(channels.neighbours()), unpublished_(channels.neighbours(), 0) {}

  std::uint32_t ranks() const { return channels_.ranks(); }
  RankId rank() const { return channels_.rank(); }
  SimTime horizon() const { return horizon_; }
  // Neighbours wait for promises, so they are renewed before much of the least lookahead has passed: after every
  // instant where instants are few, after some where they are many.
  std::uint32_t stretch() const { return stretch_; }

  template <class Model>
  void send(RankId to, const EventType& event, const Model& model, SimTime now, Accounting& accounting) {
    const std::size_t k = channels_.neighbour(to);
    const SimTime promised = std::min(promised_[k], output_of_taken_);
    if (event.time < promised) throw_lookahead_violation(event, now, promised);
    const SimTime reply = event.time + model.lookahead(event);
    channels_.push(k, event, reply);
    horizon_ = std::min(horizon_, reply);
    ++unpublished_[k];
    ++accounting.records_sent;
    accounting.bytes_sent += sizeof(EventType);
  }

  template <class Queue, class Model, class WorkAhead>
  Advance advance(Queue& queue, Model& model, HaltControl& control, const WorkAhead&, Stopwatch& clock,
                  Accounting& accounting) {
    adapt_stretch(queue.next_time(), std::max(model.least_lookahead(), slack_));
    promise(queue, model, accounting);
    clock.lap(Stopwatch::exchanging);
    for (std::uint32_t round = 0;; ++round) {
      const bool news = receive(queue, model);
      agree_on_halt(control);
      if (!frozen_ && queue.next_time() < std::min(horizon_, control.halt.at)) break;
      if (news) promise(queue, model, accounting);
      if (channels_.agreed() == SimTime::never()) {
        channels_.finish();
        return Advance::finished;
      }
      if (channels_.no_event_before() >= control.halt.at) {
        channels_.meet();
        halting_ = false;
        return Advance::halted;
      }
      channels_.ask(queue.next_time(), model.least_lookahead());
      if (round >= rounds_before_blocked &&
          channels_.show_blocked(largest_promise(queue, model, horizon_), queue.next_time()))
        ++accounting.windows;
      channels_.relax(round);
    }
    channels_.wake();
    clock.lap(Stopwatch::waiting);
    return Advance::go_on;
  }
  void begin(SimTime halt) { channels_.begin(halt); }
  void stop() { channels_.finish(); }

 private:
  static constexpr std::uint32_t rounds_before_blocked = 64;
  static constexpr std::uint32_t longest_stretch = 1024;

  // Between a 16th and an 8th of what was promised beyond the next event.
  void adapt_stretch(SimTime next, SimDuration promised) {
    const SimDuration passed = next - last_next_;
    last_next_ = next;
    if (passed.ps > promised.ps / 8)
      stretch_ = std::max(1u, stretch_ / 2);
    else if (passed.ps < promised.ps / 16)
      stretch_ = std::min(longest_stretch, stretch_ * 2);
  }

  // Once a halt is agreed on, the next one waits until it is reached.
  void agree_on_halt(HaltControl& control) {
    if (halting_) return;
    const std::uint64_t asked = control.requests.pending();
    if (!frozen_) {
      if (!channels_.halt_wanted(asked != 0)) return;
      channels_.freeze(control.reached, asked);
      control.requests.served(asked);
      frozen_ = true;
    }
    const auto halt = channels_.halt();
    if (!halt) return;
    control.halt = {std::min(control.halt.at, halt->at), halt->requests};
    frozen_ = false;
    halting_ = true;
  }

  // True if the neighbours need to hear from this rank in case it waits: the horizon has changed, or what they
  // sent has arrived, or there is room for what was kept back.
  template <class Queue, class Model>
  bool receive(Queue& queue, Model& model) {
    channels_.poll([&](const EventType& event) {
      if (event.time < horizon_) throw_late_arrival(event, horizon_);
      queue.push(event);
      if constexpr (requires { model.expect(event); }) model.expect(event);
      output_of_taken_ = std::min(output_of_taken_, event.time + model.lookahead(event));
    });
    compare_bounds();
    const SimTime horizon = std::max(nearest_, channels_.agreed());
    bool news = horizon != horizon_;
    horizon_ = horizon;
    for (std::size_t k = 0; k < promised_.size(); ++k) news = news || channels_.unconfirmed(k);
    return news;
  }

  void compare_bounds() {
    nearest_ = next_nearest_ = SimTime::never();
    for (std::size_t k = 0; k < channels_.neighbours(); ++k) {
      const SimTime bound = channels_.bound(k);
      if (bound < nearest_) {
        next_nearest_ = nearest_;
        nearest_ = bound;
        nearest_from_ = k;
      } else {
        next_nearest_ = std::min(next_nearest_, bound);
      }
    }
  }

  template <class Queue, class Model>
  void promise(Queue& queue, Model& model, Accounting& accounting) {
    const SimTime pending = largest_promise(queue, model, horizon_);
    slack_ = pending == SimTime::never() ? SimDuration{} : pending - queue.next_time();
    output_of_taken_ = SimTime::never();
    compare_bounds();  // there may be replies to what was sent since
    for (std::size_t k = 0; k < promised_.size(); ++k) {
      SimTime others = std::max(k == nearest_from_ ? next_nearest_ : nearest_, channels_.agreed());
      if (others != SimTime::never()) others = others + model.least_lookahead();
      const SimTime promise = std::min(pending, others);
      if (promise == promised_[k] && unpublished_[k] == 0 && !channels_.unconfirmed(k)) continue;
      promised_[k] = promise;
      if (!channels_.publish(k, promise)) continue;
      ++(unpublished_[k] > 0 ? accounting.batches_sent : accounting.null_messages);
      unpublished_[k] = 0;
    }
  }

  Channels& channels_;
  SimTime horizon_{};
  SimTime nearest_{};  // least bound of the neighbours, the next one, and whose the least is
  SimTime next_nearest_{};
  std::size_t nearest_from_ = 0;
  std::vector<SimTime> promised_;               // by neighbour
  SimTime output_of_taken_ = SimTime::never();  // of what was taken since the last promise
  std::vector<std::uint64_t> unpublished_;      // events, by neighbour
  SimTime last_next_{};                         // event, when this rank went on before
  SimDuration slack_{};                         // from there to what could be promised then
  std::uint32_t stretch_ = 1;                   // instants
  bool frozen_ = false;                         // until all ranks are
  bool halting_ = false;                        // a halt is agreed on, and not reached
};

}  // namespace hecaton::engine
