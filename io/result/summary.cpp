#include "io/result/summary.hpp"

#include <algorithm>
#include <array>
#include <boost/mpi/collectives.hpp>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <type_traits>

#include "core/chiplet/program/energy.hpp"
#include "io/deck/workloads/kind.hpp"
#include "io/files/version.hpp"
#include "io/result/package_energy.hpp"

namespace hecaton::io {
namespace {

using chiplet::DieCounters;

constexpr std::uint64_t DieCounters::*summed[] = {&DieCounters::macs,
                                                  &DieCounters::vector_bytes,
                                                  &DieCounters::sram_read_bytes,
                                                  &DieCounters::sram_write_bytes,
                                                  &DieCounters::nop_sent_bytes,
                                                  &DieCounters::nop_received_bytes,
                                                  &DieCounters::dram_read_bytes,
                                                  &DieCounters::dram_write_bytes,
                                                  &DieCounters::matrix_ps,
                                                  &DieCounters::vector_ps,
                                                  &DieCounters::nop_ps,
                                                  &DieCounters::dram_ps};

// Each count travels as two 32-bit halves, so that the sum over up to 2^32 dies cannot overflow on the way.
std::array<Wide, std::size(summed)> sum_over_ranks(const std::vector<DieCounters>& dies,
                                                   const boost::mpi::communicator& comm) {
  std::array<std::uint64_t, 2 * std::size(summed)> halves{};
  for (const DieCounters& die : dies) {
    for (std::size_t i = 0; i < std::size(summed); ++i) {
      halves[2 * i] += die.*summed[i] & 0xffffffffU;
      halves[2 * i + 1] += die.*summed[i] >> 32U;
    }
  }
  std::array<std::uint64_t, 2 * std::size(summed)> all{};
  boost::mpi::all_reduce(comm, halves.data(), static_cast<int>(halves.size()), all.data(), std::plus<>());
  std::array<Wide, std::size(summed)> sums{};
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = Wide{all[2 * i]} + (Wide{all[2 * i + 1]} << 32U);
  return sums;
}

PackageSums sum_package(const Deck& deck, const LocalRecords& local, const boost::mpi::communicator& comm) {
  const std::array<Wide, std::size(summed)> sums = sum_over_ranks(local.die_counters, comm);
  PackageSums package;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (summed[i] == &DieCounters::matrix_ps || summed[i] == &DieCounters::vector_ps) {
      package.compute_ps += sums[i];
    } else if (summed[i] == &DieCounters::nop_ps) {
      package.nop_ps = sums[i];
    } else if (summed[i] == &DieCounters::dram_ps) {
      package.dram_ps = sums[i];
    } else {
      package.counts.*summed[i] = narrow(sums[i]);
    }
  }
  const auto largest = [&](std::uint64_t DieCounters::*what) {
    std::uint64_t most = 0;
    for (const DieCounters& die : local.die_counters) most = std::max(most, die.*what);
    return boost::mpi::all_reduce(comm, most, boost::mpi::maximum<std::uint64_t>());
  };
  package.finished_ps = largest(&DieCounters::finished_ps);
  package.activation_peak_bytes = largest(&DieCounters::activation_peak_bytes);
  package.weight_peak_bytes = largest(&DieCounters::weight_peak_bytes);
  for (const std::uint64_t bits : link_bits_per_die(local, topology_of(deck), comm))
    package.link_bits += bits;
  package.dies = std::uint64_t{deck.network.package.rows} * deck.network.package.columns;
  return package;
}

EnergySummary energy_of_package(const Deck& deck, const PackageSums& package, std::int64_t simulated_ps) {
  const chiplet::EnergyCounts counts{
      .actions = package.counts,
      .link_bits = package.link_bits,
      .dram_bytes = package.counts.dram_read_bytes + package.counts.dram_write_bytes,
      .time = {simulated_ps},
      .dies = package.dies};
  return energy_summary(chiplet::energy_of(counts, energy_table_of(deck)));
}

// Bytes of rank 0 to everyone.
template <class T>
T from_root(T value, const boost::mpi::communicator& comm) {
  static_assert(std::is_trivially_copyable_v<T>);
  boost::mpi::broadcast(comm, reinterpret_cast<char*>(&value), static_cast<int>(sizeof value), 0);
  return value;
}

// What the ranks did together; the accounting lies on rank 0.
struct RunFigures {
  std::uint64_t events = 0;
  std::uint64_t windows = 0;
  std::uint64_t peak_rss_bytes = 0;
  double wall_s = 0;
};

RunFigures figures_of(const RunResult& result) {
  RunFigures figures{.wall_s = result.wall_s};
  for (const RankAccounting& rank : result.accounting) {
    figures.events += rank.events;
    figures.windows = std::max(figures.windows, rank.windows);
    figures.peak_rss_bytes = std::max(figures.peak_rss_bytes, rank.peak_rss_bytes);
  }
  return figures;
}

void add_run(Summary& summary, const RunFigures& run) {
  summary.events = run.events;
  summary.windows = run.windows;
  summary.peak_rss_bytes = run.peak_rss_bytes;
  summary.wall_s = run.wall_s;
  summary.events_per_s = ratio(static_cast<double>(run.events), run.wall_s);
}

void add_totals(Summary& summary, const Totals& totals) {
  summary.simulated_ps = totals.simulated_ps;
  summary.packets = totals.packets;
  summary.packet_hops = totals.packet_hops;
  summary.flit_hops = totals.flit_hops;
  summary.digest = totals.digest;
}

void add_build(Summary& summary, const BuildInfo& build) {
  summary.version = build.version;
  summary.git = build.git;
  summary.build_type = build.build_type;
}

// Collective.
WorkloadSummary workload_summary(const Deck& deck, const RunResult& result, const ModelFacts& facts,
                                 const boost::mpi::communicator& comm) {
  const WorkloadKind& kind = kind_of(deck);
  Outcome outcome{facts, {}, {}, {}};
  if (kind.traits.runs_programs) {
    outcome.package = sum_package(deck, result.local, comm);
    outcome.energy_J = energy_of_package(deck, outcome.package, result.totals.simulated_ps);
  } else {
    outcome.traffic = from_root(result.traffic, comm);
  }
  return kind.summarise(deck, outcome);
}

}  // namespace

EnergySummary energy_summary(const chiplet::EnergyBreakdown& energy) {
  return {energy.compute_J, energy.sram_J, energy.nop_J, energy.dram_J, energy.static_J, energy.total_J()};
}

Summary make_summary(const Deck& deck, const RunResult& result, const ModelFacts& facts,
                     const boost::mpi::communicator& comm) {
  Summary summary;
  summary.deck = deck.name;
  summary.rows = deck.network.package.rows;
  summary.columns = deck.network.package.columns;
  summary.ranks = static_cast<std::uint32_t>(comm.size());
  summary.sync = result.sync;
  add_build(summary, build_info());
  add_totals(summary, from_root(result.totals, comm));
  add_run(summary, from_root(figures_of(result), comm));
  summary.workload = workload_summary(deck, result, facts, comm);
  return summary;
}

}  // namespace hecaton::io
