#include "runs/wiring/undisturbed.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <optional>
#include <vector>

#include "net/package/timing.hpp"

namespace hecaton::runs {

namespace {

using chiplet::Op;
using chiplet::OpCode;
using chiplet::Ring;
using chiplet::Schedule;

struct Edge {
  std::uint64_t links = 1;
  bool passes_a_die = false;
};

// Time of a message, and what of it is its bytes'.
struct Time {
  std::uint64_t all = 0;
  std::uint64_t bytes = 0;

  Time& operator+=(const Time& b) {
    all += b.all;
    bytes += b.bytes;
    return *this;
  }
};
Time operator*(std::uint64_t n, Time t) {
  return {n * t.all, n * t.bytes};
}

class Forms {
 public:
  Forms(const Workload& workload, const io::Deck& deck)
      : workload_(workload), timing_(net::make_timing(deck.network)) {
    for (const Ring ring : {Ring::row, Ring::column, Ring::package})
      edges_[static_cast<std::size_t>(ring)] = edges_of(ring);
  }

  Time of(const Op& op, const chiplet::DieSetup& die) const {
    const auto group = static_cast<std::size_t>(op.ring);
    const chiplet::Places places{die.rings[group], die.lines[group]};
    const std::uint64_t size = chiplet::group_size(op, places);
    if (size <= 1) return {};
    if (op.schedule == Schedule::tree) return tree(op, size);
    if (op.schedule == Schedule::pipelined) return pipeline(op, size);
    if (op.code == OpCode::all_to_all) return all_to_all(op, size);
    return ring(op, edges_[group]);
  }

 private:
  // Those of the first die's ring: all rings of a group are alike.
  std::vector<Edge> edges_of(Ring ring) const {
    const auto group = static_cast<std::size_t>(ring);
    const std::uint32_t columns = workload_.topology().columns();
    std::vector<Edge> edges;
    NodeId die{0};
    do {
      const chiplet::RingPlace place = workload_.die_setup(die).rings[group];
      if (place.size <= 1) break;
      const auto apart = [](std::uint32_t a, std::uint32_t b) { return std::max(a, b) - std::min(a, b); };
      edges.push_back({std::uint64_t{apart(die.value / columns, place.next.value / columns)} +
                           apart(die.value % columns, place.next.value % columns),
                       place.route == chiplet::Route::express});
      die = place.next;
    } while (die != NodeId{0});
    return edges;
  }

  Time message(std::uint64_t bytes, Edge edge) const {
    if (bytes == 0) return {};
    const auto cycle = static_cast<std::uint64_t>(timing_.cycle.ps);
    const std::uint64_t flits = (bytes + timing_.flit_bytes - 1) / timing_.flit_bytes;
    const std::uint64_t stages = 2 + (timing_.channel_stage > SimDuration{} ? 1U : 0U) +
                                 (timing_.routing_stage > SimDuration{} ? 1U : 0U);
    const std::uint64_t routers = edge.passes_a_die ? 1 : edge.links;
    const std::uint64_t cycles = 2 + stages * (routers + 1);
    const std::uint64_t latency = static_cast<std::uint64_t>(timing_.overhead.ps) + cycles * cycle +
                                  edge.links * static_cast<std::uint64_t>(timing_.link.ps);
    return {latency + flits * cycle, flits * cycle};
  }

  Time ring(const Op& op, const std::vector<Edge>& edges) const {
    const std::uint64_t p = edges.size();
    const std::uint64_t chunk = (op.units + p - 1) / p * op.unit_bytes;
    Time sum, least{std::numeric_limits<std::uint64_t>::max(), 0}, least_two = least;
    for (std::size_t i = 0; i < p; ++i) {
      const Time time = message(chunk, edges[i]);
      Time two = time;
      two += message(chunk, edges[(i + 1) % p]);
      sum += time;
      if (time.all < least.all) least = time;
      if (two.all < least_two.all) least_two = two;
    }
    if (op.code != OpCode::all_reduce) return {sum.all - least.all, sum.bytes - least.bytes};
    return {2 * sum.all - least_two.all, 2 * sum.bytes - least_two.bytes};
  }

  Time tree(const Op& op, std::uint64_t size) const {
    Time all;
    for (std::uint64_t left = size; left > 1; left = (left + 1) / 2)
      all += message(op.units * op.unit_bytes, {(left + 1) / 2, false});
    return all;
  }

  Time pipeline(const Op& op, std::uint64_t size) const {
    const std::uint64_t chunk = (op.units + op.count - 1) / op.count * op.unit_bytes;
    const Time one = message(chunk, {1, false});
    Time all = (size - 1) * one;
    all += (op.count - 1) * Time{one.bytes, one.bytes};
    return all;
  }

  Time all_to_all(const Op& op, std::uint64_t size) const {
    const std::uint64_t part = (op.units + size - 1) / size * op.unit_bytes;
    Time steps;
    for (std::uint64_t step = 1; step < size; ++step) steps += message(part, {step, false});
    const std::uint64_t middle = (size / 2) * (size - size / 2) * message(part, {}).bytes;
    return middle > steps.all ? Time{middle, middle} : steps;
  }

  const Workload& workload_;
  net::Timing timing_;
  std::array<std::vector<Edge>, chiplet::ring_count> edges_;
};

struct OfDie {
  Undisturbed most;
  std::uint64_t dram_bytes = 0;
};

OfDie of_die(const Forms& forms, const chiplet::DieSetup& die) {
  const auto counts =
      chiplet::count_program(*die.program, {die.rings, die.lines}, die.timings, die.dram).counters;
  Time collectives;
  chiplet::for_each_operation(*die.program, [&](const Op& op, std::uint64_t times, std::uint32_t) {
    if (chiplet::is_collective(op.code)) collectives += times * forms.of(op, die);
  });
  return {{counts.matrix_ps + counts.vector_ps, collectives.all, collectives.bytes, 0},
          counts.dram_read_bytes + counts.dram_write_bytes};
}

}  // namespace

Undisturbed undisturbed(const Workload& workload, const io::Deck& deck) {
  const Forms forms(workload, deck);
  std::vector<std::optional<OfDie>> of_role(workload.plan().roles.size());
  Undisturbed most;
  std::uint64_t dram_bytes = 0;  // of all dies
  for (std::uint32_t d = 0; d < workload.topology().dies(); ++d) {
    std::optional<OfDie>& role = of_role[workload.plan().role_of_die[d]];
    if (!role) role = of_die(forms, workload.die_setup(NodeId{d}));
    dram_bytes += role->dram_bytes;
    if (role->most.compute_ps + role->most.collectives_ps > most.compute_ps + most.collectives_ps)
      most = role->most;
  }
  if (dram_bytes > 0) {
    const chiplet::Rate channel = chiplet::rate_from(deck.memory.bandwidth_GBps, 1e9);
    most.dram_ps = static_cast<std::uint64_t>(channel.time_of(dram_bytes / workload.channels()).ps);
  }
  return most;
}

}  // namespace hecaton::runs
