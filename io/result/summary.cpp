#include "io/result/summary.hpp"

#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <stdexcept>
#include <string_view>
#include <type_traits>

#include "core/chiplet/program/energy.hpp"
#include "core/engine/base/bytes_digest.hpp"
#include "io/deck/workloads/kind.hpp"
#include "io/files/version.hpp"
#include "io/result/combined_rows.hpp"
#include "io/result/package_energy.hpp"

namespace hecaton::io {
namespace {

using chiplet::DieCounters;

PackageSums sum_package(const Deck& deck, const LocalRecords& local, const boost::mpi::communicator& comm) {
  const CombinedRows<DieCounters> sums(local.die_counters, comm);
  PackageSums package;
  chiplet::for_each_costed_counter([&](const auto& each) {
    using Counter = std::decay_t<decltype(each)>;
    package.actions.*Counter::sum = sums.of<Counter::counter.member>();
  });
  package.nop_sent_bytes = sums.of<&DieCounters::nop_sent_bytes>();
  package.compute_ps = sums.of<&DieCounters::matrix_ps>() + sums.of<&DieCounters::vector_ps>();
  package.nop_ps = sums.of<&DieCounters::nop_ps>();
  package.dram_ps = sums.of<&DieCounters::dram_ps>();
  package.finished_ps = narrow(sums.of<&DieCounters::finished_ps>());
  package.activation_peak_bytes = narrow(sums.of<&DieCounters::activation_peak_bytes>());
  package.weight_peak_bytes = narrow(sums.of<&DieCounters::weight_peak_bytes>());
  for (const std::uint64_t bits : link_bits_per_die(local, topology_of(deck), comm))
    package.link_bits += bits;
  package.dies = std::uint64_t{deck.network.package.rows} * deck.network.package.columns;
  return package;
}

EnergySummary energy_of_package(const Deck& deck, const PackageSums& package, std::int64_t simulated_ps) {
  const chiplet::EnergyCounts counts{.actions = package.actions,
                                     .link_bits = package.link_bits,
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
  std::uint64_t events_before = 0;
  std::uint64_t windows = 0;
  std::uint64_t peak_rss_bytes = 0;
  double wall_s = 0;
};

RunFigures figures_of(const RunResult& result) {
  RunFigures figures{.events_before = result.events_before, .wall_s = result.wall_s};
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
  summary.events_per_s = ratio(static_cast<double>(run.events - run.events_before), run.wall_s);
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
  Outcome outcome{facts, {}, {}, {}, result.sampled};
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
  summary.deck_digest = digest_of_text(deck.resolved_toml);
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
