// The conservative parallel engine: one rank's share of a distributed discrete-event simulation.
//
// It is a template over the model and the synchroniser, so nothing is dispatched at run time. A model
// provides
//   using Payload            trivially copyable, at most 40 bytes
//   RankId owner(NodeId)     which rank simulates a component
//   std::span<const RankId> neighbours()   the ranks that this rank may post to, and that may post to it
//   SimDuration reach(event) how long after the event, at least, anything it causes arrives at another rank
//                            than the one that handles it; SimDuration least_reach(): the least value, > 0
//   prefetch(NodeId)         fetches into the cache what handling an event of a component of this rank needs
//   start(outlet)            posts the first events of this rank's components
//   handle(event, outlet)    one event of a component of this rank
//   settle(now, outlet)      after the last event of an instant: take the decisions of every component
//                            touched in it; must post strictly later events only
// and posts through the outlet: post(time, phase, receiver, sender, sequence, payload[, depth]).
// A synchroniser (window_sync.hpp, null_sync.hpp) says how far this rank may go.
//
// The loop below is right because of four invariants:
//   1. `reach` is consistent: if an event at t causes one at t', then t' + reach' >= t + reach. So of
//      everything that is pending or on its way, the least time + reach bounds whatever may still come from
//      another rank.
//   2. The horizon of the synchroniser is such a bound, and everything that other ranks have posted before
//      it is in the queue by then. So all events before the horizon are known, or will be created here.
//   3. A post to another rank that comes sooner than what this rank has promised is a bug of the model and
//      ends the run with both keys.
//   4. Events are processed in full-key order, and an instant is never split by a horizon.
#pragma once

#include <functional>
#include <utility>

#include "core/engine/accounting.hpp"
#include "core/engine/event_queue.hpp"
#include "core/engine/synchroniser.hpp"

namespace hecaton::engine {

template <class Model, class Synchroniser>
class Engine {
 public:
  using Payload = typename Model::Payload;
  using EventType = Event<Payload>;

  // `heartbeat(now, events)` is called now and then, to report progress.
  Engine(Model& model, Synchroniser& synchroniser, std::function<void(SimTime, std::uint64_t)> heartbeat = {})
      : model_(model), synchroniser_(synchroniser), heartbeat_(std::move(heartbeat)), queue_(Fetch{&model}) {
    if (synchroniser.ranks() > 1 && model.least_reach().ps <= 0)
      throw std::logic_error("a run on several ranks needs a lookahead of at least one picosecond");
  }

  // Runs until no event is left anywhere.
  void run() {
    model_.start(*this);
    for (;;) {
      clock_.lap(Stopwatch::computing);
      if (!synchroniser_.advance(queue_, model_, clock_, accounting_)) break;
      ++accounting_.stretches;
      process_stretch();
    }
    clock_.report(accounting_);
  }

  void post(SimTime time, Phase phase, NodeId receiver, NodeId sender, std::uint32_t sequence,
            const Payload& payload, std::uint32_t depth = 0) {
    const RankId owner = model_.owner(receiver);
    if (owner == synchroniser_.rank())
      queue_.emplace(time, phase, receiver, sender, sequence, payload, depth);
    else
      synchroniser_.send(owner, EventType{time, phase, receiver, sender, sequence, payload, depth}, model_,
                         now_, accounting_);
  }

  SimTime now() const { return now_; }
  const Accounting& accounting() const { return accounting_; }

 private:
  struct Fetch {
    const Model* model;
    void operator()(NodeId component) const { model->prefetch(component); }
  };
  static constexpr std::uint64_t heartbeat_mask = (1u << 14) - 1;

  void process_stretch() {
    for (std::uint32_t left = synchroniser_.stretch(); left > 0; --left) {
      if (queue_.next_time() >= synchroniser_.horizon()) return;
      now_ = queue_.next_time();
      do {
        model_.handle(queue_.pop(), *this);
        if ((++accounting_.events & heartbeat_mask) == 0 && heartbeat_) heartbeat_(now_, accounting_.events);
      } while (queue_.next_time() == now_);
      model_.settle(now_, *this);
    }
  }

  Model& model_;
  Synchroniser& synchroniser_;
  std::function<void(SimTime, std::uint64_t)> heartbeat_;
  EventQueue<Payload, Fetch> queue_;
  SimTime now_{};
  Stopwatch clock_;
  Accounting accounting_;
};

}  // namespace hecaton::engine
