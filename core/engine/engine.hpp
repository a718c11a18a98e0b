// The conservative parallel engine: one rank's share of a distributed discrete-event simulation.
//
// It is a template over the model and the synchroniser, so nothing is dispatched at run time. A model
// provides
//   using Payload            trivially copyable, at most 40 bytes
//   RankId owner(NodeId)     which rank simulates a component
//   std::span<const RankId> neighbours()   the ranks that this rank may post to, and that may post to it
//   SimDuration lookahead(event)  how long after the event, at least, anything it causes arrives at another
//                            rank than the one that handles it
//   SimDuration least_lookahead()  the least value of these, > 0
//   silent_until(queue, horizon)  optional, used by promises (null_sync.hpp) only: nothing on this rank has
//                            an effect on another rank before, however soon `lookahead` would allow it;
//                            events that are not in the queue yet come from there at `horizon` or later
//   expect(event)            with silent_until: another rank's event has been received
//   levels(), level_of(NodeId)  optional, used by windows (window_sync.hpp) only: how long what arrives from
//                            other ranks takes to have an effect there (level_queue.hpp), so that what is
//                            safe already can be processed while others are waited for; a single level on
//                            one rank
//   prefetch(NodeId)         fetches into the cache what handling an event of a component of this rank needs
//   start(outlet)            posts the first events of this rank's components
//   handle(event, outlet)    one event of a component of this rank
//   settle(now, outlet)      after the last event of an instant: take the decisions of every component
//                            touched in it; must post strictly later events only
//   work()                   optional: how many events it has processed, if those that it is handed stand
//                            for several
// and posts through the outlet: post(time, phase, receiver, sender, sequence, payload[, depth]).
// A synchroniser (window_sync.hpp, null_sync.hpp) says how far this rank may go.
//
// The loop below is right because of four invariants:
//   1. `lookahead` is consistent: if an event at t causes one at t', then t' + lookahead' >= t + lookahead.
//      So of everything that is pending or on its way, the least time + lookahead bounds whatever may still
//      come from another rank. So does silent_until, until something is received.
//   2. The horizon of the synchroniser is such a bound, and everything that other ranks have posted before
//      it is in the queue by then. So all events before the horizon are known, or will be created here.
//   3. A post to another rank that comes sooner than what this rank has promised is a bug of the model and
//      ends the run with both keys.
//   4. Each component processes its events in full-key order, and no instant of one is split by a horizon.
//      Components of different levels may be at different times, by less than an effect takes from one to the
//      other.
//
// A run may halt at a time, or where all ranks agree because one of them asks for it (halt.hpp), and go on;
// what a run does is the same wherever it halts. `for_each_pending` and `restore` carry its queue over to
// another run.
#pragma once

#include <algorithm>
#include <functional>
#include <type_traits>
#include <utility>

#include "core/engine/queue/level_queue.hpp"
#include "core/engine/sync/accounting.hpp"
#include "core/engine/sync/halt.hpp"
#include "core/engine/sync/synchroniser.hpp"

namespace hecaton::engine {

template <class Model, class Synchroniser>
class Engine {
 public:
  using Payload = typename Model::Payload;
  using EventType = Event<Payload>;

  // `heartbeat(now, events)` is called now and then, to report progress.
  Engine(Model& model, Synchroniser& synchroniser, std::function<void(SimTime, std::uint64_t)> heartbeat = {})
      : model_(model),
        synchroniser_(synchroniser),
        heartbeat_(std::move(heartbeat)),
        queue_(model, Fetch{&model}) {
    if (synchroniser.ranks() > 1 && model.least_lookahead().ps <= 0)
      throw std::logic_error("a run on several ranks needs a lookahead of at least one picosecond");
  }

  // Runs from the start until no event is left anywhere.
  void run() {
    start();
    Requests none;
    run_until(SimTime::never(), none);
  }

  // A run begins with one of these two.
  void start() { model_.start(*this); }
  // The model is as it was at a halt, and these were pending at this rank's components.
  template <class Events>
  void restore(SimTime halt, const Events& events) {
    now_ = reached_ = halt;
    synchroniser_.begin(halt);
    for (const EventType& event : events) queue_.push(event);
  }

  // Processes every event before `until` on every rank, unless a rank makes a request before. Collective;
  // may be called again.
  Halt run_until(SimTime until, Requests& requests) {
    HaltControl control{requests, {until, 0}, reached_};
    const auto work_ahead = [&](auto&& note) {
      return process(queue_.level_ahead(synchroniser_.horizon(), control.halt.at), note);
    };
    Advance advance = Advance::go_on;
    for (;;) {
      clock_.lap(Stopwatch::computing);
      advance = synchroniser_.advance(queue_, model_, control, work_ahead, clock_, accounting_);
      if (advance != Advance::go_on) break;
      ++accounting_.stretches;
      process_stretch(control.halt.at);
      control.reached = std::max(control.reached, now_ + SimDuration{1});
    }
    clock_.report(accounting_);
    if (advance == Advance::finished) return {};
    reached_ = control.halt.at;
    return control.halt;
  }
  // After a halt, instead of going on. Collective.
  void stop() { synchroniser_.stop(); }

  // Every event that is pending, in no particular order.
  template <class Visit>
  void for_each_pending(Visit&& visit) const {
    queue_.for_each(visit);
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
  static constexpr bool has_levels = requires(const Model& model) {
    model.levels();
    Synchroniser::works_ahead;
  };
  using Queue = std::conditional_t<has_levels, LevelQueue<Model, Fetch>, OneLevel<Model, Fetch>>;
  static constexpr std::uint64_t heartbeat_mask = (1u << 14) - 1;
  static constexpr bool counts_itself = requires(const Model& model) { model.work(); };

  void count_work() {
    const std::uint64_t before = std::exchange(accounting_.events, model_.work());
    if ((before | heartbeat_mask) < accounting_.events && heartbeat_) heartbeat_(now_, accounting_.events);
  }

  void process_stretch(SimTime until) {
    for (std::uint32_t left = synchroniser_.stretch(); left > 0; --left)
      if (!process(queue_.next_level(std::min(synchroniser_.horizon(), until)), [](const EventType&) {}))
        return;
  }

  // The next instant of a level, telling `note` of every event; false if there is none.
  template <class Note>
  bool process(std::size_t level, Note&& note) {
    if (level == Queue::none) return false;
    now_ = queue_.next_time(level);
    do {
      const EventType event = queue_.pop(level);
      note(event);
      model_.handle(event, *this);
      if constexpr (!counts_itself)
        if ((++accounting_.events & heartbeat_mask) == 0 && heartbeat_) heartbeat_(now_, accounting_.events);
    } while (queue_.next_time(level) == now_);
    model_.settle(now_, *this);
    queue_.end_instant(level, now_);
    if constexpr (counts_itself) count_work();
    return true;
  }

  Model& model_;
  Synchroniser& synchroniser_;
  std::function<void(SimTime, std::uint64_t)> heartbeat_;
  Queue queue_;
  SimTime now_{};
  SimTime reached_{};  // by the last halt
  Stopwatch clock_;
  Accounting accounting_;
};

}  // namespace hecaton::engine
