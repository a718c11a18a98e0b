#include "runs/wiring/undisturbed.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "core/chiplet/program/counters.hpp"
#include "core/chiplet/program/counts.hpp"
#include "core/engine/base/checked.hpp"
#include "runs/closed_forms/forms.hpp"
#include "runs/wiring/limits.hpp"

namespace hecaton::runs {

namespace {

using chiplet::Op;
using chiplet::OpCode;
using chiplet::Wide;

// The dies that a collective runs over.
struct Group {
  chiplet::LinePlace line;             // its first die's
  std::vector<std::uint32_t> by_ring;  // its dies in the order of its ring
  std::vector<Way> edges;              // from each of them to the next
};

// A single all-gather, reduce-scatter or all-reduce around a ring.
bool goes_around_a_ring(const Op& op) {
  return op.schedule == chiplet::Schedule::ring && chiplet::is_collective(op.code) &&
         op.code != OpCode::all_to_all;
}

class Collectives {
 public:
  Collectives(const Workload& workload, const io::Deck& deck)
      : workload_(workload),
        messages_(deck.network),
        timings_(workload.die_setup(NodeId{0}).timings),
        many_(!messages_.uniform() || is_sequence()) {
    for (std::size_t ring = 0; ring < chiplet::ring_count; ++ring)
      groups_[ring] = groups_of(static_cast<net::DieGroup>(ring));
  }

  // Of the group that takes longest, beside its additions.
  Time of(const Op& op) const {
    Time longest;
    for (const Group& group : groups_[static_cast<std::size_t>(op.ring)]) {
      const Form form = runs::undisturbed(collective(op, group));
      longest = later(longest, without(form.end, form.additions));
    }
    return longest;
  }

  // The end of the last die, additions included, if collectives are all that dies do: one of any schedule, or
  // several around rings, which each die begins when it ends the one before. In other programs all dies are
  // taken to begin a collective together.
  std::optional<Time> end_of_all() const {
    if (is_sequence()) return end_of_sequence();
    const auto& roles = workload_.plan().roles;
    if (roles.size() != 1 || roles[0].size() != 1 || !chiplet::is_collective(roles[0][0].code))
      return std::nullopt;
    Time end;
    for (const Group& group : groups_[static_cast<std::size_t>(roles[0][0].ring)])
      end = later(end, runs::undisturbed(collective(roles[0][0], group)).end);
    return end;
  }

 private:
  bool is_sequence() const {
    const auto& roles = workload_.plan().roles;
    return roles.size() == 1 && roles[0].size() > 1 &&
           std::all_of(roles[0].begin(), roles[0].end(), goes_around_a_ring);
  }

  Time end_of_sequence() const {
    std::vector<Time> now(workload_.topology().dies());
    for (const Op& op : workload_.plan().roles[0])
      for (const Group& group : groups_[static_cast<std::size_t>(op.ring)]) {
        std::vector<Time> starts;
        for (const std::uint32_t die : group.by_ring) starts.push_back(now[die]);
        const std::vector<Time> ends = ring_ends(collective(op, group), starts);
        for (std::size_t i = 0; i < ends.size(); ++i) now[group.by_ring[i]] = ends[i];
      }
    Time end;
    for (const Time& die : now) end = later(end, die);
    return end;
  }

  // One group stands for all where they are alike.
  std::vector<Group> groups_of(net::DieGroup group) const {
    const net::Topology& topology = workload_.topology();
    const bool has_ring =
        group != net::DieGroup::package || net::has_hamiltonian_ring(topology.rows(), topology.columns());
    std::vector<Group> groups;
    for (std::uint32_t d = 0; d < topology.dies() && (many_ || d == 0); ++d) {
      const net::LineMember line = topology.line_place(group, NodeId{d});
      if (line.place != 0) continue;
      groups.push_back({{line.size, 0, line.first, line.stride}, {}, {}});
      if (has_ring) follow_ring(groups.back(), group, NodeId{d});
    }
    return groups;
  }

  void follow_ring(Group& found, net::DieGroup group, NodeId first) const {
    NodeId die = first;
    do {
      const net::RingMember member = workload_.topology().ring(group, die, workload_.programs()->line_order);
      found.by_ring.push_back(die.value);
      found.edges.push_back(member.size > 1 ? messages_.way(die, member.next, member.express) : Way{});
      die = member.next;
    } while (die != first);
  }

  Collective collective(const Op& op, const Group& group) const {
    const auto root =
        static_cast<std::uint32_t>(op.root_loop > 0 || !chiplet::has_root(op.code) ? 0 : op.value);
    return {op, root, group.line, group.edges, messages_, timings_};
  }

  const Workload& workload_;
  MessageTimes messages_;
  chiplet::DieTimings timings_;
  bool many_;
  std::array<std::vector<Group>, chiplet::ring_count> groups_;
};

struct OfDie {
  Undisturbed most;
  std::uint64_t dram_bytes = 0;
};

// The key of the unit that makes a die's computation longest.
std::string_view slow_unit(const chiplet::DieSetup& die) {
  constexpr std::string_view matrix = "die.peak_TFLOPS", vector = "die.vector_GBps";
  Checked matrix_ps;
  try {
    chiplet::for_each_operation(*die.program, [&](const Op& op, std::uint64_t times, std::uint32_t) {
      if (op.code != OpCode::matmul) return;
      const SimDuration once = chiplet::matmul_time(die.timings.matrix, chiplet::shape_of(op));
      matrix_ps += Checked{times} * static_cast<std::uint64_t>(once.ps);
    });
  } catch (const std::overflow_error&) {
    return matrix;
  }
  return matrix_ps > static_cast<std::uint64_t>(SimTime::never().ps / 2) ? matrix : vector;
}

Time collectives_of(const Collectives& forms, const chiplet::DieSetup& die,
                    const chiplet::DieCounters& counts) {
  if (const auto end = forms.end_of_all()) return without(*end, counts.vector_ps);
  Time sum;
  chiplet::for_each_operation(*die.program, [&](const Op& op, std::uint64_t times, std::uint32_t) {
    if (chiplet::is_collective(op.code)) sum += times * forms.of(op);
  });
  return sum;
}

OfDie of_die(const Collectives& forms, const chiplet::DieSetup& die) {
  const auto counts = within_limits(slow_unit(die), too_long, [&] {
    return chiplet::count_program(*die.program, {die.rings, die.lines}, die.timings, die.dram).counters;
  });
  const Time collectives =
      within_limits("link.bandwidth_GBps", too_long, [&] { return collectives_of(forms, die, counts); });
  return {{(Checked{counts.matrix_ps} + counts.vector_ps).value(), collectives.all.value(),
           collectives.bytes.value(), 0},
          (Checked{counts.dram_read_bytes} + counts.dram_write_bytes).value()};
}

// A step takes the longer of what dies do and what DRAM does, and has to fit into simulated time.
void check_time(const Undisturbed& most, std::string_view slow_unit) {
  const Wide package = Wide{most.compute_ps} + most.collectives_ps;
  if (std::max(package, Wide{most.dram_ps}) <= static_cast<Wide>(SimTime::never().ps)) return;
  const bool dies_wait = most.collectives_ps > most.compute_ps;
  within_limits(most.dram_ps > package ? "memory.bandwidth_GBps"
                : dies_wait            ? "link.bandwidth_GBps"
                                       : slow_unit,
                too_long, throw_time_overflow);
}

}  // namespace

Undisturbed undisturbed(const Workload& workload, const io::Deck& deck) {
  const Collectives forms(workload, deck);
  std::vector<std::optional<OfDie>> of_role(workload.plan().roles.size());
  Undisturbed most;
  std::string_view slowest = "die.peak_TFLOPS";
  std::uint64_t dram_bytes = 0;  // of all dies
  for (std::uint32_t d = 0; d < workload.topology().dies(); ++d) {
    std::optional<OfDie>& role = of_role[workload.plan().role_of_die[d]];
    if (!role) role = of_die(forms, workload.die_setup(NodeId{d}));
    add_checked(dram_bytes, role->dram_bytes);
    const auto total = [](const Undisturbed& u) { return Wide{u.compute_ps} + u.collectives_ps; };
    if (total(role->most) > total(most)) {
      most = role->most;
      slowest = slow_unit(workload.die_setup(NodeId{d}));
    }
  }
  if (dram_bytes > 0) {
    const chiplet::Rate channel = chiplet::rate_from(deck.memory.bandwidth_GBps, 1e9);
    most.dram_ps = within_limits("memory.bandwidth_GBps", too_long, [&] {
      return static_cast<std::uint64_t>(channel.time_of(dram_bytes / workload.channels()).ps);
    });
  }
  check_time(most, slowest);
  return most;
}

}  // namespace hecaton::runs
