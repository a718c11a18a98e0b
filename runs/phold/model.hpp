// PHOLD, the usual benchmark of parallel discrete-event engines (Fujimoto, 1990): components that hold a
// number of events; handling one sends it on, after a random delay, to the component itself or to any other.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

#include "core/engine/base/digest.hpp"
#include "core/engine/base/event.hpp"
#include "core/engine/base/random.hpp"
#include "runs/phold/exponential.hpp"

namespace hecaton::phold {

struct Config {
  std::uint32_t components = 1024;
  std::uint32_t events_per_component = 16;
  double remote = 0.25;    // probability that an event goes to a uniformly chosen component
  SimDuration lookahead;   // least delay
  SimDuration mean_delay;  // of the exponential delay on top of it
  SimTime until;
  std::uint64_t seed = 1;
};

class Model {
 public:
  struct Payload {
    std::uint64_t hops = 0;
  };
  using EventType = engine::Event<Payload>;

  // The components of one rank: a block of consecutive ones.
  Model(const Config& config, std::uint32_t ranks, std::uint32_t self)
      : config_(config),
        exponential_(config.mean_delay),
        remote_below_(config.remote >= 1.0 ? std::numeric_limits<std::uint32_t>::max()
                                           : static_cast<std::uint32_t>(config.remote * 4294967296.0)) {
    for (std::uint32_t id = 0; id < config.components; ++id) {
      const auto owner = static_cast<std::uint32_t>(std::uint64_t{id} * ranks / config.components);
      owner_.push_back(RankId{owner});
      if (owner != self) continue;
      if (components_.empty()) first_ = id;
      components_.emplace_back();
    }
    for (std::uint32_t rank = 0; rank < ranks; ++rank)
      if (rank != self) neighbours_.push_back(RankId{rank});
  }

  RankId owner(NodeId id) const { return owner_[id.value]; }
  std::span<const RankId> neighbours() const { return neighbours_; }
  SimDuration least_lookahead() const { return config_.lookahead; }
  SimDuration lookahead(const EventType&) const { return config_.lookahead; }

  void prefetch(NodeId id) const { __builtin_prefetch(&components_[id.value - first_]); }

  template <class Outlet>
  void start(Outlet& outlet) {
    for (std::uint32_t i = 0; i < components_.size(); ++i)
      for (std::uint32_t k = 0; k < config_.events_per_component; ++k) send(first_ + i, SimTime{}, 0, outlet);
  }

  template <class Outlet>
  void handle(const EventType& event, Outlet& outlet) {
    const std::uint32_t id = event.receiver().value;
    Component& component = components_[id - first_];
    ++component.handled;
    component.digest.add(static_cast<std::uint64_t>(event.time.ps) + event.payload.hops);
    send(id, event.time, event.payload.hops + 1, outlet);
  }

  template <class Outlet>
  void settle(SimTime, Outlet&) {}

  // Sums over this rank's components: independent of how they are divided.
  std::uint64_t events() const {
    std::uint64_t sum = 0;
    for (const Component& component : components_) sum += component.handled;
    return sum;
  }
  std::uint64_t digest() const {
    std::uint64_t sum = 0;
    for (const Component& component : components_) sum += component.digest.value();
    return sum;
  }

 private:
  struct Component {
    Digest digest;
    std::uint32_t handled = 0;
    std::uint32_t sent = 0;
  };

  template <class Outlet>
  void send(std::uint32_t from, SimTime now, std::uint64_t hops, Outlet& outlet) {
    Component& component = components_[from - first_];
    const RandomPair random = random_pair(config_.seed, RandomStream::phold, from, component.sent);
    const SimTime time = now + config_.lookahead + exponential_(random.first);
    if (time < config_.until)
      outlet.post(time, engine::Phase::arrival, NodeId{receiver(from, random.second)}, NodeId{from},
                  component.sent, {hops});
    ++component.sent;
  }

  std::uint32_t receiver(std::uint32_t from, std::uint64_t random) const {
    if (static_cast<std::uint32_t>(random) >= remote_below_) return from;
    return static_cast<std::uint32_t>(((random >> 32) * config_.components) >> 32);
  }

  Config config_;
  Exponential exponential_;
  std::uint32_t remote_below_;
  std::uint32_t first_ = 0;
  std::vector<RankId> owner_;  // by component
  std::vector<RankId> neighbours_;
  std::vector<Component> components_;
};

}  // namespace hecaton::phold
