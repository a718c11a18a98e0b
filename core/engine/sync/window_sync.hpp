// The window synchroniser: all ranks agree, by one fused reduction, on a window, that is, on how far everybody
// may go. A window is bounded by what is pending, not by a clock, so a long time without traffic costs one
// reduction.
//
// Needs a transport:
//   send(rank, events)   hands over one batch; the events may be overwritten as soon as the call returns
//   offer(mine)          begins a fused reduction over all ranks: least `next`, least `earliest_input`, union
//                        of `flags`, latest `reached`; it also tells each rank how many batches are on their
//                        way to it
//   is_agreed()          goes on with it as far as it can without blocking; true if it has ended
//   agreement()          its result; blocks until it has ended
//   receive(take)        waits for every batch that was sent to this rank before the offer, and calls
//                        take(event) for each of its events
//   finish()             nothing will be sent any more
//
// While the reduction is under way a rank goes on with what is safe already (level_queue.hpp). Other ranks do
// not see whether it has: to the next reduction it offers the same as if it had not, with what it did too
// early still pending. So the windows are the same however long reductions take, and a dry run knows them.
//
// At the start of every window all that was sent is in a queue. So a request, which comes with the reduction,
// halts the run as soon as all are where one of them may be already.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "core/engine/sync/synchroniser.hpp"

namespace hecaton::engine {

struct Agreement {
  SimTime next = SimTime::never();  // the earliest event anywhere, in a queue or on its way
  // Nothing that is still to come arrives from another rank before. A rank offers its earliest output.
  SimTime earliest_input = SimTime::never();
  std::uint64_t flags = 0;
  SimTime reached{};  // nobody has processed an event at that time or later
};

template <class Transport>
class WindowSync {
 public:
  using EventType = typename Transport::EventType;
  static constexpr bool works_ahead = true;

  explicit WindowSync(Transport& transport) : transport_(transport), outboxes_(transport.ranks()) {}

  std::uint32_t ranks() const { return transport_.ranks(); }
  RankId rank() const { return transport_.rank(); }

  template <class Model>
  void send(RankId to, const EventType& event, const Model& model, SimTime now, Accounting&) {
    if (event.time < end_) throw_lookahead_violation(event, now, end_);
    outboxes_[to.value].push_back(event);
    earliest_sent_ = std::min(earliest_sent_, event.time);
    output_of_sent_ = std::min(output_of_sent_, event.time + model.lookahead(event));
  }

  template <class Queue, class Model, class WorkAhead>
  Advance advance(Queue& queue, const Model& model, HaltControl& control, const WorkAhead& work_ahead,
                  Stopwatch& clock, Accounting& accounting) {
    send_batches(accounting);
    const std::uint64_t asked = control.requests.pending();
    transport_.offer(offer(queue, model, asked));
    earliest_sent_ = output_of_sent_ = SimTime::never();
    clock.lap(Stopwatch::exchanging);
    work_meanwhile(model, work_ahead, accounting);
    clock.lap(Stopwatch::computing);
    const Agreement agreed = transport_.agreement();
    clock.lap(Stopwatch::waiting);
    transport_.receive([&](const EventType& event) {
      if (event.time < end_) throw_late_arrival(event, end_);
      queue.push(event);
    });
    clock.lap(Stopwatch::exchanging);
    ++accounting.windows;
    end_ = ranks() == 1 ? SimTime::never() : agreed.earliest_input;  // nothing comes from elsewhere
    if (agreed.next == SimTime::never()) {
      transport_.finish();
      return Advance::finished;
    }
    if (agreed.flags != 0) {
      control.requests.served(asked);
      control.halt = {std::min(control.halt.at, std::max(agreed.next, agreed.reached)), agreed.flags};
    }
    return agreed.next < control.halt.at ? Advance::go_on : Advance::halted;
  }
  void begin(SimTime) {}
  void stop() { transport_.finish(); }
  SimTime horizon() const { return end_; }
  // One rank has a single window, and looks for requests in between.
  std::uint32_t stretch() const { return ranks() == 1 ? instants_alone : unlimited_instants; }

 private:
  static constexpr std::uint32_t instants_alone = 256;
  static constexpr std::uint32_t instants_between_looks = 4;  // a look takes as long as an event or two

  // An event that was processed before its window.
  struct Early {
    SimTime time;
    SimTime output;
  };

  bool may_work_ahead() const { return ranks() > 1 && end_ != SimTime::never(); }

  template <class Queue, class Model>
  Agreement offer(Queue& queue, const Model& model, std::uint64_t asked) {
    std::erase_if(early_, [&](const Early& event) { return event.time < end_; });
    Agreement mine{std::min(queue.next_time(), earliest_sent_),
                   std::min(earliest_output(queue, model), output_of_sent_), asked, SimTime{}};
    for (const Early& event : early_) {
      mine.next = std::min(mine.next, event.time);
      mine.earliest_input = std::min(mine.earliest_input, event.output);
    }
    if (may_work_ahead()) mine.reached = end_ + queue.deepest();
    return mine;
  }

  template <class Model, class WorkAhead>
  void work_meanwhile(const Model& model, const WorkAhead& work_ahead, Accounting& accounting) {
    if (!may_work_ahead()) return;
    const auto note = [&](const EventType& event) {
      ++accounting.events_ahead;
      early_.push_back({event.time, event.time + model.lookahead(event)});
    };
    for (std::uint32_t done = 1; work_ahead(note); ++done)
      if (done % instants_between_looks == 0 && transport_.is_agreed()) return;
  }

  void send_batches(Accounting& accounting) {
    for (std::uint32_t rank = 0; rank < outboxes_.size(); ++rank) {
      std::vector<EventType>& outbox = outboxes_[rank];
      if (outbox.empty()) continue;
      transport_.send(RankId{rank}, std::span<const EventType>(outbox));
      ++accounting.batches_sent;
      accounting.records_sent += outbox.size();
      accounting.bytes_sent += outbox.size() * sizeof(EventType);
      outbox.clear();
    }
  }

  Transport& transport_;
  std::vector<std::vector<EventType>> outboxes_;  // by receiving rank
  SimTime earliest_sent_ = SimTime::never();      // of what was sent since the last reduction
  SimTime output_of_sent_ = SimTime::never();
  SimTime end_{};  // of the window
  std::vector<Early> early_;
};

}  // namespace hecaton::engine
