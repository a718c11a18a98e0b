// A run on many ranks, played by one process: the model is simulated once and whole, and a book says what
// each rank of the run that is meant would do: which events it would process, what it would send to whom, in
// which window.
//
// `Watched` is the model with a look at everything that is processed and posted; `DryRun` is the synchroniser
// beside `Alone`, WindowSync and NullSync that ends windows where WindowSync would. Both tell a book:
//   handled(rank, at, output)  an event of the rank was processed; its effect on another is at `output` or later
//   posted(from, to, arrival)  an event of one rank for another
//   busy(rank, until)          a model with underway_until(arrival, payload) of what it posts: something
//                              is on its way between this rank and others until then
//   close_window()             all ranks agree now
// What is counted is exact, because WindowSync's bound, the least time + lookahead of everything pending
// anywhere, needs nothing but the events, and these are the same on any number of ranks.
#pragma once

#include <span>
#include <utility>

#include "core/engine/sync/synchroniser.hpp"

namespace hecaton::engine {

// The `model` simulates all components; the ranks of the run that is meant are in `region_of`, by component.
template <class Model, class Book>
class Watched {
 public:
  using Payload = typename Model::Payload;

  Watched(Model& model, Book& book, std::span<const RankId> region_of)
      : model_(model), book_(book), region_of_(region_of) {}

  RankId owner(NodeId) const { return RankId{0}; }
  void prefetch(NodeId component) const { model_.prefetch(component); }
  SimDuration lookahead(const Event<Payload>& event) const { return model_.lookahead(event); }
  SimDuration least_lookahead() const { return model_.least_lookahead(); }

  template <class Outlet>
  void start(Outlet& outlet) {
    Tap<Outlet> tap{*this, outlet};
    model_.start(tap);
  }
  template <class Outlet>
  void handle(const Event<Payload>& event, Outlet& outlet) {
    book_.handled(region_of_[event.receiver().value], event.time, event.time + model_.lookahead(event));
    Tap<Outlet> tap{*this, outlet};
    model_.handle(event, tap);
  }
  template <class Outlet>
  void settle(SimTime now, Outlet& outlet) {
    Tap<Outlet> tap{*this, outlet};
    model_.settle(now, tap);
  }

 private:
  template <class Outlet>
  struct Tap {
    Watched& watched;
    Outlet& outlet;

    template <class... More>
    void post(SimTime time, Phase phase, NodeId receiver, NodeId sender, std::uint32_t sequence,
              const Payload& payload, More... more) {
      const RankId from = watched.region_of_[sender.value], to = watched.region_of_[receiver.value];
      if (from != to) watched.cross(from, to, time, payload);
      outlet.post(time, phase, receiver, sender, sequence, payload, more...);
    }
  };

  void cross(RankId from, RankId to, SimTime arrival, const Payload& payload) {
    book_.posted(from, to, arrival);
    if constexpr (requires { model_.underway_until(arrival, payload); }) {
      const SimTime until = model_.underway_until(arrival, payload);
      for (const RankId rank : {from, to}) book_.busy(rank, until);
    }
  }

  Model& model_;
  Book& book_;
  std::span<const RankId> region_of_;
};

template <class Book>
class DryRun {
 public:
  explicit DryRun(Book& book) : book_(book) {}

  std::uint32_t ranks() const { return 1; }
  RankId rank() const { return RankId{0}; }

  template <class EventType, class Model>
  void send(RankId, const EventType&, const Model&, SimTime, Accounting&) {
    throw std::logic_error("an event for another process in a dry run");
  }
  template <class Queue, class Model, class WorkAhead>
  Advance advance(Queue& queue, const Model& model, HaltControl&, const WorkAhead&, Stopwatch&,
                  Accounting& accounting) {
    book_.close_window();
    ++accounting.windows;
    end_ = earliest_output(queue, model);
    return queue.empty() ? Advance::finished : Advance::go_on;
  }
  SimTime horizon() const { return end_; }
  static constexpr std::uint32_t stretch() { return unlimited_instants; }
  // Nobody stops one.
  void begin(SimTime) {}
  void stop() {}

 private:
  Book& book_;
  SimTime end_{};  // of the window
};

}  // namespace hecaton::engine
