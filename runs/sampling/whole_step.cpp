#include "runs/sampling/whole_step.hpp"

#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <functional>

#include "core/chiplet/counts/counts.hpp"
#include "runs/sampling/link_counts.hpp"
#include "runs/wiring/results.hpp"

namespace hecaton::runs {

namespace {

using Values = std::vector<std::int64_t>;

using chiplet::Wide;

// A die's marks, and what it knew at its end as one more.
std::vector<chiplet::Mark> marks_of(const io::LocalRecords& local, std::size_t i) {
  std::vector<chiplet::Mark> marks = local.marks[i];
  const chiplet::DieCounters& counters = local.die_counters[i];
  marks.push_back(
      {SimTime{static_cast<std::int64_t>(counters.finished_ps)}, counters.nop_ps, counters.dram_ps, 0});
  return marks;
}

Values differences(const Values& at) {
  Values values;
  for (std::size_t i = 0; i + 1 < at.size(); ++i) values.push_back(at[i + 1] - at[i]);
  return values;
}

template <class Operation>
Values over_ranks(const Values& mine, const boost::mpi::communicator& world, Operation operation) {
  Values all(mine.size());
  boost::mpi::all_reduce(world, mine.data(), static_cast<int>(mine.size()), all.data(), operation);
  return all;
}

struct Waited {
  std::uint64_t nop_ps = 0, dram_ps = 0;
};

// In the whole step, as a die's own segments say.
Waited told_waiting(const std::vector<chiplet::Mark>& marks, const std::vector<sampling::Stratum>& strata,
                    const std::vector<std::uint32_t>& stratum_of) {
  Values nop, dram;
  for (const chiplet::Mark& mark : marks) {
    nop.push_back(static_cast<std::int64_t>(mark.nop_ps));
    dram.push_back(static_cast<std::int64_t>(mark.dram_ps));
  }
  nop = differences(nop);
  dram = differences(dram);
  return {static_cast<std::uint64_t>(sampling::total_of({strata, stratum_of, nop})),
          static_cast<std::uint64_t>(sampling::total_of({strata, stratum_of, dram}))};
}

// Divides what a die's work leaves of its time.
void divide_waiting(chiplet::DieCounters& counters, const Waited& told) {
  const std::uint64_t work = counters.matrix_ps + counters.vector_ps;
  const std::uint64_t left = counters.finished_ps > work ? counters.finished_ps - work : 0;
  const Wide all = Wide{told.nop_ps} + told.dram_ps;
  counters.nop_ps = all == 0 ? left : static_cast<std::uint64_t>(Wide{left} * told.nop_ps / all);
  counters.dram_ps = left - counters.nop_ps;
}

chiplet::DieCounters whole_counters(const Workload& whole, NodeId die) {
  const chiplet::DieSetup setup = whole.die_setup(die);
  return chiplet::count_program(*setup.program, {setup.rings, setup.lines}, setup.timings, setup.dram)
      .counters;
}

void tell_dies(io::LocalRecords& local, const Workload& whole, const sampling::ShortenedRoles& roles,
               std::int64_t simulated_ps, std::int64_t step_ps) {
  for (std::size_t i = 0; i < local.dies.size(); ++i) {
    const std::uint32_t role = whole.plan().role_of_die[local.dies[i]];
    const Waited told = told_waiting(marks_of(local, i), roles.roles[role].strata, roles.stratum_of_segment);
    const chiplet::DieCounters simulated = local.die_counters[i];
    chiplet::DieCounters& counters = local.die_counters[i];
    counters = whole_counters(whole, NodeId{local.dies[i]});
    counters.activation_peak_bytes = simulated.activation_peak_bytes;
    counters.weight_peak_bytes = simulated.weight_peak_bytes;
    counters.finished_ps = static_cast<std::uint64_t>(step_ps - simulated_ps) + simulated.finished_ps;
    divide_waiting(counters, told);
  }
}

void tell_links(io::RunResult& result, const Workload& whole) {
  const LinkCounts counts = count_links(whole);
  const auto key = [](const chiplet::LinkCounters& link) { return std::pair(link.from, link.to); };
  for (chiplet::LinkCounters& link : result.local.links) {
    link = *std::lower_bound(counts.links.begin(), counts.links.end(), link,
                             [&](const auto& a, const auto& b) { return key(a) < key(b); });
  }
  io::Totals& totals = result.totals;
  totals.packets = counts.packets;
  totals.packet_hops = totals.flit_hops = totals.link_bits = 0;
  add_links(totals, counts.links);
}

}  // namespace

PackageSegments package_segments(const io::LocalRecords& local, const boost::mpi::communicator& world) {
  const std::size_t mine = local.marks.empty() ? 0 : local.marks.front().size() + 1;
  const std::size_t count = boost::mpi::all_reduce(world, mine, boost::mpi::maximum<std::size_t>());
  Values times(count, 0), nop(count, 0), dram(count, 0), outstanding(count, 0);
  for (std::size_t i = 0; i < local.dies.size(); ++i) {
    const std::vector<chiplet::Mark> marks = marks_of(local, i);
    for (std::size_t m = 0; m < count; ++m) {
      times[m] = std::max(times[m], marks.at(m).time.ps);
      nop[m] += static_cast<std::int64_t>(marks[m].nop_ps);
      dram[m] += static_cast<std::int64_t>(marks[m].dram_ps);
      outstanding[m] += static_cast<std::int64_t>(marks[m].outstanding);
    }
  }
  PackageSegments all;
  all.starts_ps = over_ranks(times, world, boost::mpi::maximum<std::int64_t>());
  all.step_ps = differences(all.starts_ps);
  all.nop_ps = differences(over_ranks(nop, world, std::plus<std::int64_t>()));
  all.dram_ps = differences(over_ranks(dram, world, std::plus<std::int64_t>()));
  all.outstanding = differences(over_ranks(outstanding, world, std::plus<std::int64_t>()));
  return all;
}

void tell_whole_step(io::RunResult& result, const Workload& whole, const sampling::ShortenedRoles& roles,
                     const PackageSegments& segments, const boost::mpi::communicator& world) {
  const std::int64_t simulated_ps = result.totals.simulated_ps;
  const std::vector<sampling::Stratum> strata = roles.longest();
  result.totals.simulated_ps = sampling::total_of({strata, roles.stratum_of_segment, segments.step_ps});
  tell_dies(result.local, whole, roles, simulated_ps, result.totals.simulated_ps);
  tell_links(result, whole);
  result.totals.dram_bytes = dram_bytes_of(result.local.die_counters, world);
}

}  // namespace hecaton::runs
