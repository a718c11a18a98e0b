#include "runs/closed_forms/groups.hpp"

#include <algorithm>

#include "core/chiplet/schedules/exchange_totals.hpp"

namespace hecaton::runs {

using chiplet::Op;

namespace {

Form later(const Form& a, const Form& b) {
  return {later(a.end, b.end), std::max(a.additions, b.additions)};
}

}  // namespace

Groups::Groups(const MessageTimes& messages, const chiplet::DieTimings& timings, net::RingOrder order,
               GroupsWanted wanted)
    : messages_(messages), timings_(timings), order_(order), all_(wanted.all) {
  for (std::size_t ring = 0; ring < chiplet::ring_count; ++ring) {
    groups_[0][ring] = find(static_cast<net::DieGroup>(ring));
    if (!wanted.backward) continue;
    for (const Group& group : groups_[0][ring]) groups_[1][ring].push_back(turned(group));
  }
}

std::vector<Group> Groups::find(net::DieGroup group) const {
  const net::Topology& topology = messages_.topology();
  const bool has_ring =
      group != net::DieGroup::package || net::has_hamiltonian_ring(topology.rows(), topology.columns());
  std::vector<Group> groups;
  for (std::uint32_t d = 0; d < topology.dies() && (all_ || d == 0); ++d) {
    const net::LineMember line = topology.line_place(group, NodeId{d});
    if (line.place != 0) continue;
    groups.push_back({{line.size, 0, line.first, line.stride}, {}, {}});
    if (has_ring) follow_ring(groups.back(), group, NodeId{d});
  }
  return groups;
}

void Groups::follow_ring(Group& found, net::DieGroup group, NodeId first) const {
  NodeId die = first;
  do {
    const net::RingMember member = messages_.topology().ring(group, die, order_);
    found.by_ring.push_back(die.value);
    found.edges.push_back(member.size > 1 ? messages_.way(die, member.next, member.express) : Way{});
    die = member.next;
  } while (die != first);
}

// Places as those count who go the other way.
Group Groups::turned(const Group& group) const {
  Group other{group.line, {}, {}};
  const auto size = static_cast<std::uint32_t>(group.by_ring.size());
  for (std::uint32_t i = 0; i < size; ++i) other.by_ring.push_back(group.by_ring[chiplet::turned(i, size)]);
  for (std::uint32_t i = 0; i < size; ++i)
    other.edges.push_back(
        size > 1 ? messages_.way(NodeId{other.by_ring[i]}, NodeId{other.by_ring[(i + 1) % size]}, false)
                 : Way{});
  return other;
}

std::array<chiplet::RingPlace, chiplet::ring_count> Groups::places_of(NodeId die) const {
  std::array<chiplet::RingPlace, chiplet::ring_count> places;
  for (const auto group : {net::DieGroup::row, net::DieGroup::column}) {
    const net::RingMember member = messages_.topology().ring(group, die, order_);
    chiplet::RingPlace& place = places[static_cast<std::size_t>(group)];
    place.size = member.size;
    place.position = member.position;
  }
  return places;
}

// Of all dies of the group: those of a ring have the same place along the other axis.
chiplet::Leg Groups::leg(const Op& op, const Group& group, std::uint32_t root, std::uint32_t lane,
                         std::uint32_t number) const {
  const auto rings = places_of(group.line.first);
  chiplet::RingPlace ring = rings[static_cast<std::size_t>(op.ring)];
  if (op.axes == chiplet::Axes::one) ring.size = static_cast<std::uint32_t>(group.edges.size());
  return chiplet::leg_of(op, {ring, group.line, &rings}, root, lane, number);
}

Collective Groups::collective(const Op& op, const Group& group, std::uint32_t root, bool backward) const {
  const auto size = static_cast<std::uint32_t>(group.edges.size());
  const std::uint32_t from = backward ? chiplet::turned(root % size, size) : root;
  return {op, from, group.line, group.edges, messages_, timings_, backward};
}

// What all lanes together ask of one die: its interface passes no more than a flit per cycle and port, and its vector
// unit adds one chunk after another.
Form Groups::alone(const Op& op, const chiplet::Places& places, std::uint32_t root) const {
  const chiplet::ExchangeTotals all = chiplet::exchange_totals(op, places, root, timings_.vector);
  Form form;
  form.additions = all.added_ps;
  form.end.all = all.added_ps;
  if (all.sent_bytes == 0) return form;
  const Checked sent = messages_.sending(all.sent_bytes.value()) / messages_.interface_ports();
  form.end = later(form.end, {messages_.shortest().head + sent, sent});
  return form;
}

// A lane's only leg is around the ring of the group itself.
Form Groups::form_of_lanes(const Op& op, std::size_t group, std::uint32_t root) const {
  Form form;
  for (std::uint32_t lane = 0; lane < chiplet::lane_count(op); ++lane) {
    const Group& forward = of(op.ring, false)[group];
    const chiplet::Leg leg = this->leg(op, forward, root, lane, 0);
    const Group& taken = of(op.ring, leg.backward)[group];
    const Form of_lane = undisturbed(collective(leg.op, taken, leg.root, leg.backward));
    form.end = later(form.end, of_lane.end);
  }
  const auto size = static_cast<std::uint32_t>(of(op.ring, false)[group].by_ring.size());
  for (std::uint32_t i = 0; i < size; ++i) {
    chiplet::RingPlace place;
    place.size = size;
    place.position = i;
    form = later(form, alone(op, {place, chiplet::LinePlace{}}, root));
  }
  return form;
}

// Of the ring that ends it first; a ring in which nothing moves ends nothing.
Time Groups::least_end_of_leg(const Op& op, std::uint32_t root, std::uint32_t lane,
                              std::uint32_t number) const {
  Time least;
  bool any = false;
  const chiplet::Leg sample = leg(op, of(chiplet::Ring::row, false)[0], root, lane, number);
  for (const Group& group : of(sample.op.ring, sample.backward)) {
    const chiplet::Leg leg = this->leg(op, group, root, lane, number);
    if (leg.op.units == 0) continue;
    const Time end = undisturbed(collective(leg.op, group, leg.root, leg.backward)).end;
    if (!any || end.all < least.all) least = end;
    any = true;
  }
  return least;
}

Form Groups::form_over_both_axes(const Op& op, std::uint32_t root) const {
  Form form;
  const std::uint32_t dies = messages_.topology().dies();
  if (chiplet::has_root(op.code)) {
    for (std::uint32_t lane = 0; lane < chiplet::lane_count(op); ++lane) {
      Time end;
      for (std::uint32_t number = 0; number < chiplet::legs_of_a_lane(op); ++number)
        end += least_end_of_leg(op, root, lane, number);
      form.end = later(form.end, end);
    }
  } else {
    for (const Time& die : ends(op, std::vector<Time>(dies))) form.end = later(form.end, die);
  }
  for (std::uint32_t d = 0; d < dies; ++d) {
    const auto rings = places_of(NodeId{d});
    form = later(form,
                 alone(op, {rings[static_cast<std::size_t>(op.ring)], chiplet::LinePlace{}, &rings}, root));
  }
  return form;
}

std::vector<Form> Groups::forms(const Op& op, std::uint32_t root) const {
  const bool has_legs = chiplet::has_lanes(op) && op.code != chiplet::OpCode::all_to_all;
  if (has_legs && op.axes == chiplet::Axes::all) return {form_over_both_axes(op, root)};
  std::vector<Form> forms;
  const std::vector<Group>& groups = of(op.ring, false);
  for (std::size_t group = 0; group < groups.size(); ++group)
    forms.push_back(has_legs ? form_of_lanes(op, group, root)
                             : undisturbed(collective(op, groups[group], root, false)));
  return forms;
}

Time Groups::end(const Op& op, std::uint32_t root) const {
  Time longest;
  for (const Form& form : forms(op, root)) longest = later(longest, form.end);
  return longest;
}

Time Groups::without_additions(const Op& op, std::uint32_t root) const {
  Time longest;
  for (const Form& form : forms(op, root)) longest = later(longest, without(form.end, form.additions));
  return longest;
}

std::vector<Time> Groups::ends(const Op& op, const std::vector<Time>& starts) const {
  std::vector<Time> last = starts;
  for (std::uint32_t lane = 0; lane < chiplet::lane_count(op); ++lane) {
    std::vector<Time> now = starts;
    for (std::uint32_t number = 0; number < chiplet::legs_of_a_lane(op); ++number) {
      const chiplet::Leg sample = leg(
          op, of(op.axes == chiplet::Axes::all ? chiplet::Ring::row : op.ring, false)[0], 0, lane, number);
      for (const Group& group : of(sample.op.ring, sample.backward)) {
        const chiplet::Leg leg = this->leg(op, group, 0, lane, number);
        std::vector<Time> of_group;
        for (const std::uint32_t die : group.by_ring) of_group.push_back(now[die]);
        const std::vector<Time> ended = ring_ends(collective(leg.op, group, 0, leg.backward), of_group);
        for (std::size_t i = 0; i < ended.size(); ++i) now[group.by_ring[i]] = ended[i];
      }
    }
    for (std::size_t die = 0; die < now.size(); ++die) last[die] = later(last[die], now[die]);
  }
  return last;
}

}  // namespace hecaton::runs
