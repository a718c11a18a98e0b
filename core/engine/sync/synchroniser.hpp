// How far a rank may go: what all synchronisers share, and the one of a run alone.
//
// A synchroniser provides
//   ranks(), rank()
//   advance(queue, model, control, work_ahead, clock, accounting)
//                                              blocks until this rank may go on, and puts what has arrived
//                                              into the queue; or says that the run halts here, or that no
//                                              event is left anywhere
//   works_ahead                                if it exists: while it blocks it calls work_ahead(note), which
//                                              processes an instant that is safe already, telling
//                                              note(event), or returns false if there is none
//   horizon()                                  nothing from another rank arrives before
//   stretch()                                  how many instants to process before the next advance()
//   send(to, event, model, now, accounting)    an event for another rank, posted at `now`; the horizon
//                                              may come nearer then, but not to `now`
//   begin(halt)                                the run goes on from there: nothing is earlier anywhere
//   stop()                                     the run ends at the halt
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

#include "core/engine/base/event.hpp"
#include "core/engine/sync/accounting.hpp"
#include "core/engine/sync/halt.hpp"

namespace hecaton::engine {

inline constexpr std::uint32_t unlimited_instants = std::numeric_limits<std::uint32_t>::max();

// A model that posted an event for another rank earlier than its lookahead allowed.
struct LookaheadViolation : std::logic_error {
  using std::logic_error::logic_error;
};

template <class Payload>
[[noreturn]] void throw_lookahead_violation(const Event<Payload>& event, SimTime posted, SimTime promised) {
  throw LookaheadViolation("an event from component " + std::to_string(event.sender_id) + " to component " +
                           std::to_string(event.receiver().value) + " at " + std::to_string(event.time.ps) +
                           " ps was posted at " + std::to_string(posted.ps) +
                           " ps, although nothing was promised to arrive before " +
                           std::to_string(promised.ps) + " ps");
}

// The same mistake, or one of the engine's own, seen where the event arrives: this rank may have gone on
// already.
template <class Payload>
[[noreturn]] void throw_late_arrival(const Event<Payload>& event, SimTime horizon) {
  throw LookaheadViolation(
      "an event from component " + std::to_string(event.sender_id) + " to component " +
      std::to_string(event.receiver().value) + " arrived for " + std::to_string(event.time.ps) +
      " ps, although nothing was promised to arrive before " + std::to_string(horizon.ps) + " ps");
}

// The least time + lookahead of everything pending: before it, nothing that this rank knows of has an effect
// on another one.
template <class Queue, class Model>
SimTime earliest_output(const Queue& queue, const Model& model) {
  return queue.earliest(model.least_lookahead(), [&](const auto& event) { return model.lookahead(event); });
}

// The latest promise that a rank can make: its earliest output, or later if the model knows more of what is
// under way (silent_until); then not every event has to be looked at. Nothing that is not in the queue yet
// comes from another rank before `horizon`. It is `never` only if nothing is pending: the run ends when all
// ranks say never, and a rank whose events have no effect on others has to process them first, if need be
// beyond a halt.
template <class Queue, class Model>
SimTime largest_promise(Queue& queue, Model& model, SimTime horizon) {
  if constexpr (requires { model.silent_until(queue, horizon); }) {
    const SimTime silent = model.silent_until(queue, horizon), next = queue.next_time();
    const SimTime latest{next == SimTime::never() ? next.ps : SimTime::never().ps / 2};
    if (next != SimTime::never() && silent - next > model.least_lookahead()) return std::min(silent, latest);
    return std::min(std::max(silent, earliest_output(queue, model)), latest);
  } else {
    return earliest_output(queue, model);
  }
}

// One rank, nobody to wait for.
class Alone {
 public:
  std::uint32_t ranks() const { return 1; }
  RankId rank() const { return RankId{0}; }

  template <class EventType, class Model>
  void send(RankId, const EventType&, const Model&, SimTime, Accounting&) {
    throw std::logic_error("an event for another rank in a run on one");
  }
  template <class Queue, class Model, class WorkAhead>
  Advance advance(Queue& queue, const Model&, HaltControl& control, const WorkAhead&, Stopwatch&,
                  Accounting&) {
    if (queue.empty()) return Advance::finished;
    set_stretch();
    if (const std::uint64_t asked = control.requests.pending()) {
      control.requests.served(asked);
      control.halt = {std::min(control.halt.at, queue.next_time()), asked};
    }
    return queue.next_time() < control.halt.at ? Advance::go_on : Advance::halted;
  }
  static constexpr SimTime horizon() { return SimTime::never(); }
  // Requests are looked at in between, every few milliseconds, however much work an instant is.
  std::uint32_t stretch() const { return stretch_; }
  void begin(SimTime) {}
  void stop() {}

 private:
  using Wall = std::chrono::steady_clock;
  static constexpr Wall::duration wanted = std::chrono::milliseconds(2);
  static constexpr std::uint32_t most_instants = 256;  // where the work grows suddenly

  void set_stretch() {
    const Wall::time_point now = Wall::now();
    const auto last = std::max(now - looked_, Wall::duration{1});
    looked_ = now;
    if (last > wanted)
      stretch_ =
          static_cast<std::uint32_t>(std::max(stretch_ * (wanted / Wall::duration{1}) / last.count(), 1L));
    else if (last < wanted / 2)
      stretch_ = std::min(2 * stretch_, most_instants);
  }

  std::uint32_t stretch_ = 1;
  Wall::time_point looked_ = Wall::now();
};

}  // namespace hecaton::engine
