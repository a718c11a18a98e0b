// What a collective takes if nothing is in its way, from the instant at which all its dies start it to the
// end of the last: a closed form for every schedule, without a simulation.
//
// Invariant (tested): nothing ends sooner. The forms are exact where messages do not contend for links; where
// they do, they are lower bounds, to which the links that have to carry most may add (direct all-to-all).
//
// A form is the end of the last die, additions included. Dies count additions as computation, so the form
// also says what the die adds that adds most: what is left of the end is a lower bound of what a collective
// takes beside them.
#pragma once

#include <vector>

#include "core/chiplet/hardware/timings.hpp"
#include "core/chiplet/program/program.hpp"
#include "core/chiplet/schedules/exchange.hpp"
#include "runs/closed_forms/message_times.hpp"

namespace hecaton::runs {

// One operation of one group of dies.
struct Collective {
  const chiplet::Op& op;
  std::uint32_t root;            // of a broadcast or reduction: a place in the order of its schedule
  chiplet::LinePlace line;       // the group's first die's
  const std::vector<Way>& ring;  // of the edges of the group's ring: from position i to i + 1
  const MessageTimes& messages;
  const chiplet::DieTimings& timings;
  bool backward = false;  // round the ring the other way: positions, edges and root are counted that way too

  std::uint32_t size() const {
    return chiplet::uses_ring(op) ? static_cast<std::uint32_t>(ring.size()) : line.size;
  }
  Checked addition(std::uint64_t bytes) const {
    return static_cast<std::uint64_t>(timings.vector.time_of(bytes).ps);
  }
};

struct Form {
  Time end;
  Checked additions;  // ps, of the die that adds most
};

// Nothing of a group of one die, and of no payload.
Form undisturbed(const Collective& collective);

// The time less that of additions; not below 0.
Time without(const Time& time, Checked additions);

// The forms, by family of schedules. Precondition of each: at least two dies, a payload, an operation of the
// family.
Form ring_form(
    const Collective& collective);  // ring.cpp: all-gather, reduce-scatter, all-reduce along a ring
Form parts_form(const Collective& collective);  // parts.cpp: the same, chunks in parts that follow each other
Form rotation_form(const Collective& collective);  // rotation.cpp: all-to-all along a ring
Form pipeline_form(const Collective& collective);  // pipeline.cpp: broadcast and reduce along a ring
Form exchanges_form(
    const Collective& collective);  // exchanges.cpp: trees, halving and doubling, Swing, stars, two phases
Form direct_form(const Collective& collective);  // exchanges.cpp: all-to-all, each to each

// The dies of a ring of all-gathers, reduce-scatters and all-reduces, by position, that start the operation
// at different times: when each of them ends it, additions included, if nothing is in its way.
std::vector<Time> ring_ends(const Collective& collective, const std::vector<Time>& starts);

}  // namespace hecaton::runs
