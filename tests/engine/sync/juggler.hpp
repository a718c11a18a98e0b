// A small model for tests of the engine: balls thrown around a ring of components.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/engine/base/digest.hpp"
#include "core/engine/engine.hpp"

namespace hecaton::engine {

struct Ball {
  std::uint64_t number = 0;
};

// Component k hands each ball to component (k + 1 + number % 3) after 100 to 140 ps. The ranks' components
// are neighbours on the ring, so a rank has one or two neighbours. What arrives from the one before comes to
// one of a rank's first three components, and needs a throw for each three that it gets further.
class Juggler {
 public:
  static constexpr std::uint32_t components = 24;
  static constexpr std::int64_t step_ps = 100;
  static constexpr std::int64_t end_ps = 40'000;

  using Payload = Ball;
  Juggler(std::uint32_t ranks, std::uint32_t self, std::int64_t promised_ps = step_ps)
      : ranks_(ranks), self_(self), promised_(promised_ps), digests_(components), sequence_(components, 0) {
    for (std::uint32_t other = 0; other < ranks; ++other)
      if (other != self && ((other + 1) % ranks == self || (self + 1) % ranks == other))
        neighbours_.push_back(RankId{other});
    for (std::uint32_t k = components; k-- > 0;)
      if (owner(NodeId{k}).value == self) first_ = k;
    const std::uint32_t deepest = ranks == 1 ? first_ : components - 1;
    for (std::uint32_t k = first_; k <= deepest && owner(NodeId{k}).value == self; k += 3)
      levels_.push_back({SimDuration{step_ps * (k - first_) / 3}, SimDuration{promised_ps}});
  }

  RankId owner(NodeId node) const { return RankId{node.value * ranks_ / components}; }
  std::span<const RankId> neighbours() const { return neighbours_; }
  SimDuration lookahead(const Event<Ball>&) const { return {promised_}; }
  SimDuration least_lookahead() const { return {promised_}; }

  std::span<const Level> levels() const { return levels_; }
  std::size_t level_of(NodeId node) const { return ranks_ == 1 ? 0 : (node.value - first_) / 3; }

  void prefetch(NodeId) const {}

  template <class Engine>
  void start(Engine& engine) {
    for (std::uint32_t k = 0; k < components; ++k)
      if (owner(NodeId{k}).value == self_)
        engine.post(SimTime{k % 5}, Phase::arrival, NodeId{k}, NodeId{k}, sequence_[k]++, {k});
  }
  template <class Engine>
  void handle(const Event<Ball>& event, Engine& engine) {
    const std::uint32_t here = event.receiver().value;
    digests_[here].add(static_cast<std::uint64_t>(event.time.ps));
    digests_[here].add(event.payload.number);
    if (event.time.ps >= end_ps) return;
    const std::uint64_t number = event.payload.number;
    const NodeId next{static_cast<std::uint32_t>((here + 1 + number % 3) % components)};
    engine.post(event.time + SimDuration{step_ps + static_cast<std::int64_t>(number % 5) * 10},
                Phase::arrival, next, NodeId{here}, sequence_[here]++, {number + 1});
  }
  template <class Engine>
  void settle(SimTime, Engine&) {}

  std::vector<std::uint64_t> digests() const {
    std::vector<std::uint64_t> values;
    for (const Digest& d : digests_) values.push_back(d.value());
    return values;
  }

 private:
  std::uint32_t ranks_;
  std::uint32_t self_;
  std::int64_t promised_;
  std::vector<RankId> neighbours_;
  std::uint32_t first_ = 0;  // component of this rank
  std::vector<Level> levels_;
  std::vector<Digest> digests_;
  std::vector<std::uint32_t> sequence_;
};

}  // namespace hecaton::engine
