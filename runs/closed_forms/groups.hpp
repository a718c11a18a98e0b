// The groups of dies of a package, with the edges of their rings both ways, and what an operation takes over all of
// them: the forms of forms.hpp, put together where a collective runs in lanes (core/chiplet/schedules/lanes.hpp).
//
// Invariant (tested): nothing ends sooner. A lane is taken to be alone on its links; legs of lanes that share links
// only take longer. Where lanes contend neither for links nor for the vector unit, and chunks are alike, the end is exact.
#pragma once

#include <array>
#include <vector>

#include "core/chiplet/hardware/timings.hpp"
#include "core/chiplet/schedules/lanes.hpp"
#include "net/package/topology.hpp"
#include "runs/closed_forms/forms.hpp"

namespace hecaton::runs {

// The dies that a collective runs over.
struct Group {
  chiplet::LinePlace line;             // its first die's
  std::vector<std::uint32_t> by_ring;  // its dies in the order of its ring
  std::vector<Way> edges;              // from each of them to the next
};

// What of the package is looked at.
struct GroupsWanted {
  bool all =
      false;  // every row and column; otherwise the first stands for all. Both axes, and `ends`, need all.
  bool backward = false;  // the other way round rings too
};

class Groups {
 public:
  // `messages` outlives the groups.
  Groups(const MessageTimes& messages, const chiplet::DieTimings& timings, net::RingOrder order,
         GroupsWanted wanted);

  // Of the group that takes longest: its end, and its end but for its additions.
  Time end(const chiplet::Op& op, std::uint32_t root) const;
  Time without_additions(const chiplet::Op& op, std::uint32_t root) const;
  // When each die ends an all-gather, reduce-scatter or all-reduce around rings, which it starts at `starts`.
  std::vector<Time> ends(const chiplet::Op& op, const std::vector<Time>& starts) const;

 private:
  using OfRings = std::array<std::vector<Group>, chiplet::ring_count>;

  std::vector<Group> find(net::DieGroup group) const;
  void follow_ring(Group& found, net::DieGroup group, NodeId first) const;
  Group turned(const Group& group) const;
  const std::vector<Group>& of(chiplet::Ring ring, bool backward) const {
    return groups_[backward ? 1 : 0][static_cast<std::size_t>(ring)];
  }
  std::array<chiplet::RingPlace, chiplet::ring_count> places_of(NodeId die) const;
  chiplet::Leg leg(const chiplet::Op& op, const Group& group, std::uint32_t root, std::uint32_t lane,
                   std::uint32_t number) const;
  Collective collective(const chiplet::Op& op, const Group& group, std::uint32_t root, bool backward) const;
  Form alone(const chiplet::Op& op, const chiplet::Places& places, std::uint32_t root) const;
  std::vector<Form> forms(const chiplet::Op& op, std::uint32_t root) const;
  Form form_of_lanes(const chiplet::Op& op, std::size_t group, std::uint32_t root) const;
  Form form_over_both_axes(const chiplet::Op& op, std::uint32_t root) const;
  Time least_end_of_leg(const chiplet::Op& op, std::uint32_t root, std::uint32_t lane,
                        std::uint32_t number) const;

  const MessageTimes& messages_;
  chiplet::DieTimings timings_;
  net::RingOrder order_;
  bool all_;
  std::array<OfRings, chiplet::most_directions> groups_;  // forward and backward
};

}  // namespace hecaton::runs
