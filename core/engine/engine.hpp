// The conservative parallel engine: one rank's share of a distributed discrete-event simulation.
//
// It is a template over the model and the transport, so nothing is dispatched at run time. A model provides
//   using Payload            trivially copyable, at most 40 bytes
//   RankId owner(NodeId)     which rank simulates a component
//   SimDuration reach(event) how long after the event, at least, anything it causes arrives at another rank
//   than the
//                            one that handles it; SimDuration least_reach(): the least value of that, > 0
//   start(outlet)            posts the first events of this rank's components
//   handle(event, outlet)    one event of a component of this rank
//   settle(now, outlet)      after the last event of an instant: take the decisions of every component
//   touched in it;
//                            must post strictly later events only
// and posts through the outlet: post(time, phase, receiver, sender, sequence, payload).
//
// The loop below is right because of four invariants:
//   1. `reach` is consistent: if an event at t causes one at t', then t' + reach' >= t + reach. So of
//   everything that
//      is pending or on its way the least time + reach bounds whatever may still come from another rank.
//   2. `agree` yields that bound over all ranks: the end of the window. (A post to another rank that arrives
//   before
//      the end of the window is a bug of the model and ends the run with both keys.)
//   3. Before a window is processed, everything sent in earlier windows has been received; so all events of
//   the
//      window are in the queue, or will be created by this rank itself.
//   4. Events are processed in full-key order, and an instant is never split between windows.
// A stretch without traffic costs one reduction, because windows are bounded by what is pending, not by a
// clock.
#pragma once

#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/engine/accounting.hpp"
#include "core/engine/event_queue.hpp"
#include "core/engine/transport.hpp"

namespace hecaton::engine {

// A model that promised a reach and posted earlier than that.
struct LookaheadViolation : std::logic_error {
  using std::logic_error::logic_error;
};

template <class Model, class Transport>
class Engine {
 public:
  using Payload = typename Model::Payload;
  using EventType = Event<Payload>;

  // `heartbeat(now, events)` is called now and then, to report progress.
  Engine(Model& model, Transport& transport, std::function<void(SimTime, std::uint64_t)> heartbeat = {})
      : model_(model), transport_(transport), heartbeat_(std::move(heartbeat)), outboxes_(transport.ranks()) {
    if (transport.ranks() > 1 && model.least_reach().ps <= 0)
      throw std::logic_error("a run on several ranks needs a lookahead of at least one picosecond");
  }

  // Runs until no event is left anywhere.
  void run() {
    Stopwatch clock;
    model_.start(*this);
    for (;;) {
      send_batches();
      clock.lap(accounting_.exchanging_s);
      const Agreement agreed = transport_.agree({earliest_known(), earliest_reach(), 0});
      earliest_sent_ = reach_of_sent_ = SimTime::never();
      clock.lap(accounting_.waiting_s);
      transport_.receive([this](const EventType& event) { queue_.push(event); });
      clock.lap(accounting_.exchanging_s);
      ++accounting_.windows;
      if (agreed.next == SimTime::never()) break;
      end_of_window_ = transport_.ranks() == 1 ? SimTime::never() : agreed.reach;
      process_until(end_of_window_);
      clock.lap(accounting_.computing_s);
    }
  }

  void post(SimTime time, Phase phase, NodeId receiver, NodeId sender, std::uint32_t sequence,
            const Payload& payload) {
    const EventType event{time, phase, receiver, sender, sequence, payload};
    const RankId owner = model_.owner(receiver);
    if (owner == transport_.rank()) {
      queue_.push(event);
      return;
    }
    if (time < end_of_window_) throw_lookahead_violation(event);
    outboxes_[owner.value].push_back(event);
    earliest_sent_ = std::min(earliest_sent_, time);
    reach_of_sent_ = std::min(reach_of_sent_, time + model_.reach(event));
  }

  SimTime now() const { return now_; }
  const Accounting& accounting() const { return accounting_; }

 private:
  static constexpr std::uint64_t heartbeat_mask = (1u << 14) - 1;

  SimTime earliest_known() const { return std::min(queue_.next_time(), earliest_sent_); }

  SimTime earliest_reach() const {
    if (transport_.ranks() == 1) return SimTime::never();
    const SimTime pending =
        queue_.earliest(model_.least_reach(), [this](const EventType& event) { return model_.reach(event); });
    return std::min(pending, reach_of_sent_);
  }

  void process_until(SimTime end) {
    while (queue_.next_time() < end) {
      now_ = queue_.next_time();
      do {
        model_.handle(queue_.pop(), *this);
        if ((++accounting_.events & heartbeat_mask) == 0 && heartbeat_) heartbeat_(now_, accounting_.events);
      } while (queue_.next_time() == now_);
      model_.settle(now_, *this);
    }
  }

  void send_batches() {
    for (std::uint32_t rank = 0; rank < outboxes_.size(); ++rank) {
      std::vector<EventType>& outbox = outboxes_[rank];
      if (outbox.empty()) continue;
      transport_.send(RankId{rank}, std::span<const EventType>(outbox));
      ++accounting_.batches_sent;
      accounting_.records_sent += outbox.size();
      accounting_.bytes_sent += outbox.size() * sizeof(EventType);
      outbox.clear();
    }
  }

  [[noreturn]] void throw_lookahead_violation(const EventType& event) const {
    throw LookaheadViolation("an event from component " + std::to_string(event.sender_id) + " to component " +
                             std::to_string(event.receiver().value) + " at " + std::to_string(event.time.ps) +
                             " ps was posted at " + std::to_string(now_.ps) +
                             " ps, within the window that ends at " + std::to_string(end_of_window_.ps) +
                             " ps");
  }

  Model& model_;
  Transport& transport_;
  std::function<void(SimTime, std::uint64_t)> heartbeat_;
  EventQueue<Payload> queue_;
  std::vector<std::vector<EventType>> outboxes_;  // by receiving rank
  SimTime now_{};
  SimTime earliest_sent_ = SimTime::never();  // of what was sent since the last reduction
  SimTime reach_of_sent_ = SimTime::never();
  SimTime end_of_window_{};  // nothing from another rank arrives before
  Accounting accounting_;
};

}  // namespace hecaton::engine
