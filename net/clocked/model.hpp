// The clocked network as a model of the engine: one event per cycle in which this rank has something to do,
// and one per flit and credit that crosses the border of a region. See core/engine/engine.hpp for what a
// model provides.
#pragma once

#include <span>
#include <vector>

#include "core/engine/base/event.hpp"
#include "net/clocked/network.hpp"
#include "net/package/links.hpp"

namespace hecaton::net::clocked {

class Model {
 public:
  using Payload = net::Payload;

  // `owner_of`: by node, the rank that simulates it; `lookahead`: from an event to its effect on another rank,
  // at least. For the rest see Network.
  Model(const Fabric& fabric, const Traffic& traffic, std::uint32_t packet_flits,
        std::vector<RankId> owner_of, RankId self, SimDuration lookahead)
      : fabric_(fabric),
        lookahead_(lookahead),
        owner_of_(std::move(owner_of)),
        neighbours_(neighbours_of(fabric.topology, owner_of_, self)),
        network_(fabric, traffic, packet_flits, owner_of_, self) {}

  RankId owner(NodeId node) const { return owner_of_[node.value]; }
  std::span<const RankId> neighbours() const { return neighbours_; }
  SimDuration lookahead(const engine::Event<Payload>&) const { return lookahead_; }
  SimDuration least_lookahead() const { return lookahead_; }
  void prefetch(NodeId) const {}

  Network& network() { return network_; }
  const Network& network() const { return network_; }
  const Fabric& fabric() const { return fabric_; }

  template <class Engine>
  void start(Engine& engine) {
    network_.start();
    tick_after(-1, engine);
  }

  template <class Engine>
  void handle(const engine::Event<Payload>& event, Engine&) {
    if (event.payload.kind == EventKind::settle) return;
    network_.receive(event.receiver(), event.payload, event.depth, cycle_of(event.time));
  }

  template <class Engine>
  void settle(SimTime now, Engine& engine) {
    const Cycle cycle = cycle_of(now);
    network_.step(cycle, leaving_);
    for (const Crossing& crossing : leaving_)
      engine.post(time_of(crossing.at), engine::Phase::arrival, crossing.to, crossing.from, sequence_++,
                  crossing.payload, crossing.depth);
    leaving_.clear();
    tick_after(cycle, engine);
  }

  // What an event of the engine stands for, so that counts are the same at any number of ranks.
  std::uint64_t work() const { return network_.decisions(); }

  // Goes on from a halt: `from` is the first cycle that is not done.
  template <class Engine>
  void resume(Cycle from, Engine& engine) {
    tick_after(from - 1, engine);
  }
  Cycle cycle_of(SimTime time) const { return time / fabric_.timing.cycle; }
  Cycle first_cycle_from(SimTime time) const { return ceil_div(time - SimTime{}, fabric_.timing.cycle); }

 private:
  SimTime time_of(Cycle cycle) const { return SimTime{} + cycle * fabric_.timing.cycle; }

  template <class Engine>
  void tick_after(Cycle now, Engine& engine) {
    if (network_.nodes().empty()) return;
    const Cycle next = network_.next_after(now);
    if (next < 0 || (tick_ > now && tick_ <= next)) return;
    tick_ = next;
    const NodeId self = network_.nodes().front();
    engine.post(time_of(next), engine::Phase::arrival, self, self, sequence_++, Payload{});
  }

  const Fabric& fabric_;
  SimDuration lookahead_;
  std::vector<RankId> owner_of_;
  std::vector<RankId> neighbours_;
  Network network_;
  std::vector<Crossing> leaving_;
  Cycle tick_ = -1;  // the latest cycle for which an event was posted
  std::uint32_t sequence_ = 0;
};

}  // namespace hecaton::net::clocked
