#include "runs/wiring/undisturbed.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "core/chiplet/counts/counts.hpp"
#include "core/chiplet/program/counters.hpp"
#include "core/engine/base/checked.hpp"
#include "runs/closed_forms/groups.hpp"
#include "runs/wiring/limits.hpp"

namespace hecaton::runs {

namespace {

using chiplet::Op;
using chiplet::OpCode;
using chiplet::Wide;

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
        groups_(messages_, workload.die_setup(NodeId{0}).timings, workload.programs()->line_order,
                {.all = !messages_.uniform() || is_sequence() ||
                        any([](const Op& op) { return op.axes == chiplet::Axes::all; }),
                 .backward = any([](const Op& op) { return op.directions > 1; })}) {}

  // Of the group that takes longest, beside its additions.
  Time of(const Op& op) const { return groups_.without_additions(op, root_of(op)); }

  // The end of the last die, additions included, if collectives are all that dies do: one of any schedule, or
  // several around rings, which each die begins when it ends the one before. In other programs all dies are
  // taken to begin a collective together.
  std::optional<Time> end_of_all() const {
    if (is_sequence()) return end_of_sequence();
    const auto& roles = workload_.plan().roles;
    if (roles.size() != 1 || roles[0].size() != 1 || !chiplet::is_collective(roles[0][0].code))
      return std::nullopt;
    return groups_.end(roles[0][0], root_of(roles[0][0]));
  }

 private:
  bool is_sequence() const {
    const auto& roles = workload_.plan().roles;
    return roles.size() == 1 && roles[0].size() > 1 &&
           std::all_of(roles[0].begin(), roles[0].end(), goes_around_a_ring);
  }
  template <class Is>
  bool any(Is&& is) const {
    const auto& roles = workload_.plan().roles;
    return std::any_of(roles.begin(), roles.end(), [&](const chiplet::Program& program) {
      return std::any_of(program.begin(), program.end(), is);
    });
  }

  Time end_of_sequence() const {
    std::vector<Time> now(workload_.topology().dies());
    for (const Op& op : workload_.plan().roles[0]) now = groups_.ends(op, now);
    Time end;
    for (const Time& die : now) end = later(end, die);
    return end;
  }

  static std::uint32_t root_of(const Op& op) {
    return static_cast<std::uint32_t>(op.root_loop > 0 || !chiplet::has_root(op.code) ? 0 : op.value);
  }

  const Workload& workload_;
  MessageTimes messages_;
  Groups groups_;
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
  chiplet::Wide dram_bytes = 0;  // of all dies
  for (std::uint32_t d = 0; d < workload.topology().dies(); ++d) {
    std::optional<OfDie>& role = of_role[workload.plan().role_of_die[d]];
    if (!role) role = of_die(forms, workload.die_setup(NodeId{d}));
    dram_bytes += role->dram_bytes;  // 128 bits hold the sum of any number of dies
    const auto total = [](const Undisturbed& u) { return Wide{u.compute_ps} + u.collectives_ps; };
    if (total(role->most) > total(most)) {
      most = role->most;
      slowest = slow_unit(workload.die_setup(NodeId{d}));
    }
  }
  if (dram_bytes > 0) {
    const chiplet::Rate channel = chiplet::rate_from(deck.memory.bandwidth_GBps, 1e9);
    most.dram_ps = within_limits("memory.bandwidth_GBps", too_long, [&] {
      const SimDuration time =
          chiplet::ceil_ps(dram_bytes / workload.channels(), chiplet::ps_per_second, channel.per_second);
      return static_cast<std::uint64_t>(time.ps);
    });
  }
  check_time(most, slowest);
  return most;
}

}  // namespace hecaton::runs
