// For how long the outputs of a router were idle though something was to be sent, and why.
//
// At any instant an output that transmits nothing
//   lacks a credit   if the next segment of a worm that has a virtual channel of it is here and has no credit,
//   has a rival      else, if a worm that wants it is held up by another one: because others have all virtual channels
//                    that it may take (adaptive: or fill them), or because another one has its input's way through the switch,
//   has nothing to send, else: the pipeline's own cycles are of that kind.
//
// Invariants: which of these holds follows from where worms and credits are, so sums are the same with runs of segments
// or without. It changes only at decisions of the router, or where a run that was promised ends; so it is noted after
// each decision, and counted at the next one, when it is known for how long the output was idle in between.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

#include "net/events/router_state.hpp"
#include "net/package/bits.hpp"

namespace hecaton::net {

struct StallTimes {
  std::uint64_t credit_ps = 0;
  std::uint64_t rival_ps = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(credit_ps, rival_ps);
  }
};

class OutputStalls {
 public:
  OutputStalls() = default;  // keeps none
  explicit OutputStalls(std::size_t ports) : outputs_(ports) {}

  bool keeps() const { return !outputs_.empty(); }

  // Before the decisions of an instant: what was noted held until now.
  void count(std::span<const PortState> ports, SimTime now) {
    detail::for_each_bit(credit_ | rival_, [&](std::uint32_t p) {
      Output& output = outputs_[p];
      const auto idle_ps = static_cast<std::uint64_t>(output.idle(since_, now, ports[p].out_busy).ps);
      ((credit_ >> p & 1u) != 0 ? output.times.credit_ps : output.times.rival_ps) += idle_ps;
    });
    credit_ = rival_ = 0;
  }
  // A segment wins the output at `start`, now or a cycle ahead; those before it kept the output busy until `before`.
  void sends(std::uint32_t port, SimTime start, SimTime before) {
    outputs_[port].start = start;
    outputs_[port].before = before;
  }
  // After the decisions: outputs that lack a credit, and that have a rival, one bit each.
  void note(std::uint32_t credit, std::uint32_t rival, SimTime now) {
    credit_ = static_cast<std::uint16_t>(credit);
    rival_ = static_cast<std::uint16_t>(rival & ~credit);
    since_ = now;
  }
  StallTimes of(std::uint32_t port) const { return keeps() ? outputs_[port].times : StallTimes{}; }

  template <class Archive>
  void save(Archive& archive) const {
    archive(outputs_, credit_, rival_, since_);
  }
  // Of a run that keeps them, or of one that does not, as this one.
  template <class Archive>
  void load(Archive& archive) {
    const std::size_t ports = outputs_.size();
    archive(outputs_, credit_, rival_, since_);
    const bool fits = outputs_.size() == ports && static_cast<std::uint32_t>(credit_ | rival_) >> ports == 0;
    if (!fits) throw std::runtime_error("it has other stalls of links");
  }

 private:
  struct Output {
    StallTimes times;
    SimTime start;   // of the latest run or segment
    SimTime before;  // when the one before it was over

    // How much of the time between two instants, in which no other run or segment began, was idle.
    SimDuration idle(SimTime from, SimTime to, SimTime busy_until) const {
      return span(std::max(from, before), std::min(to, start)) + span(std::max(from, busy_until), to);
    }
    static SimDuration span(SimTime from, SimTime to) { return std::max(SimDuration{}, to - from); }

    template <class Archive>
    void serialize(Archive& archive) {
      archive(times, start, before);
    }
  };

  std::vector<Output> outputs_;  // by port; none where stalls are not kept
  std::uint16_t credit_ = 0, rival_ = 0;
  SimTime since_;
};

}  // namespace hecaton::net
