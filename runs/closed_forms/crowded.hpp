// What a collective takes if its messages share links: estimates, no bounds, unlike the forms beside it. They tell
// algorithms apart.
//
// - rounds: of halving and doubling, Swing, direct all-to-all, and trees over a package, whose messages cross others. Rounds follow one another,
//   each as long as its busiest link, its longest way and its largest addition, though dies need not wait for all others
//   between two.
// - busiest: what the link, or the interface, that carries most carries in all, at its pace.
#pragma once

#include <array>
#include <vector>

#include "core/chiplet/hardware/timings.hpp"
#include "core/chiplet/program/program.hpp"
#include "core/chiplet/schedules/exchange.hpp"
#include "core/engine/base/checked.hpp"
#include "net/package/fabric.hpp"
#include "runs/closed_forms/message_times.hpp"

namespace hecaton::runs {

// Where a die is in its groups.
struct MemberDie {
  NodeId id;
  std::array<chiplet::RingPlace, chiplet::ring_count> rings;
  std::array<chiplet::LinePlace, chiplet::ring_count> lines;
};

class Crowded {
 public:
  // Of dies that all run the same program. All outlive it.
  Crowded(const std::vector<MemberDie>& dies, const chiplet::DieTimings& timings, const net::Fabric& fabric,
          const MessageTimes& messages)
      : dies_(dies), timings_(timings), fabric_(fabric), messages_(messages) {}

  // ps, with latency and additions; 0 where messages cross no others.
  Checked rounds(const chiplet::Op& op) const;
  // ps. Of both: of a collective of very many messages nothing is estimated, 0.
  Checked busiest(const chiplet::Op& op) const;

 private:
  template <class Visit>
  void for_each_message(const chiplet::Op& op, std::uint32_t step, Visit&& visit) const;
  bool has_too_many(const chiplet::Op& op) const;
  chiplet::Places places(const MemberDie& die, const chiplet::Op& op) const;

  const std::vector<MemberDie>& dies_;
  const chiplet::DieTimings& timings_;
  const net::Fabric& fabric_;
  const MessageTimes& messages_;
};

}  // namespace hecaton::runs
