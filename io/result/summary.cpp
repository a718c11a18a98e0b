#include "io/result/summary.hpp"

#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <stdexcept>
#include <string_view>
#include <type_traits>

#include "core/chiplet/program/energy.hpp"
#include "io/files/version.hpp"
#include "io/result/combined_rows.hpp"
#include "io/result/package_energy.hpp"

namespace hecaton::io {
namespace {

using chiplet::DieCounters;

// Exact sums over the package: counts that fit 64 bits (else std::overflow_error), times that may not.
struct PackageSums {
  DieCounters counts;  // without the times
  Wide compute_ps = 0;
  Wide nop_ps = 0;
  Wide dram_ps = 0;
  std::uint64_t finished_ps = 0;  // of the last die
  std::uint64_t activation_peak_bytes = 0;
  std::uint64_t weight_peak_bytes = 0;
  std::uint64_t link_bits = 0;
  std::uint64_t dies = 0;
};

std::uint64_t narrow(Wide sum) {
  const auto value = static_cast<std::uint64_t>(sum);
  if (value != sum) throw std::overflow_error("a count over the whole package exceeds 64 bits");
  return value;
}

PackageSums sum_package(const Deck& deck, const LocalRecords& local, const boost::mpi::communicator& comm) {
  const CombinedRows<DieCounters> sums(local.die_counters, comm);
  PackageSums package;
  for_each_field<DieCounters>([&](const auto& field) {
    constexpr auto member = std::decay_t<decltype(field)>::member;
    const bool is_time = std::string_view(field.units) == "ps";
    if (field.combine == Combine::sum && !is_time) package.counts.*member = narrow(sums.of<member>());
  });
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

double mean_seconds(Wide sum_ps, std::uint64_t dies) {
  return static_cast<double>(sum_ps) / static_cast<double>(dies) * 1e-12;
}

// 0 where there is nothing to divide by: a summary holds no infinities.
double ratio(double numerator, double denominator) {
  return denominator > 0 ? numerator / denominator : 0;
}
double ratio(std::uint64_t numerator, std::uint64_t denominator) {
  return ratio(static_cast<double>(numerator), static_cast<double>(denominator));
}

EnergySummary energy_of_package(const Deck& deck, const PackageSums& package, std::int64_t simulated_ps) {
  const chiplet::EnergyCounts counts{.actions = package.counts,
                                     .link_bits = package.link_bits,
                                     .time = {simulated_ps},
                                     .dies = package.dies};
  return energy_summary(chiplet::energy_of(counts, energy_table_of(deck)));
}

TrainingSummary training_summary(const Deck& deck, const RunResult& result, const ModelFacts& facts,
                                 const boost::mpi::communicator& comm) {
  const PackageSums package = sum_package(deck, result.local, comm);
  TrainingSummary training;
  training.model = deck.training.model.name;
  training.method = deck.training.method;
  training.step_s = static_cast<double>(package.finished_ps) * 1e-12;
  training.tokens_per_s = ratio(static_cast<double>(facts.tokens), training.step_s);
  training.compute_s = mean_seconds(package.compute_ps, package.dies);
  training.nop_s = mean_seconds(package.nop_ps, package.dies);
  training.dram_s = mean_seconds(package.dram_ps, package.dies);
  training.mfu = ratio(static_cast<double>(facts.model_flops),
                       training.step_s * static_cast<double>(package.dies) * deck.die.peak_TFLOPS * 1e12);
  training.nop_bytes_per_die = ratio(package.counts.nop_sent_bytes, package.dies);
  training.dram_bytes = package.counts.dram_read_bytes + package.counts.dram_write_bytes;
  training.flops = narrow(Wide{package.counts.macs} * 2);
  training.activation_peak_bytes = package.activation_peak_bytes;
  training.weight_peak_bytes = package.weight_peak_bytes;
  training.energy_J = energy_of_package(deck, package, result.totals.simulated_ps);
  training.energy_per_token_J = ratio(training.energy_J.total, static_cast<double>(facts.tokens));
  return training;
}

CollectiveSummary collective_summary(const Deck& deck, const RunResult& result, const ModelFacts& facts,
                                     const boost::mpi::communicator& comm) {
  const PackageSums package = sum_package(deck, result.local, comm);
  return {.operation = std::string(name_of(deck.collective.operation)),
          .group = std::string(name_of(deck.collective.group)),
          .time_ps = package.finished_ps,
          .algorithm = facts.algorithm,
          .bytes = deck.collective.bytes};
}

TrafficSummary traffic_summary(const Deck& deck, const TrafficResult& result) {
  const net::PackageConfig& package = deck.network.package;
  const std::uint64_t die_cycles =
      std::uint64_t{package.rows} * package.columns * deck.traffic.measure_cycles;
  TrafficSummary traffic;
  traffic.latency_mean_cycles = ratio(result.latency_sum_cycles, result.packets_measured);
  traffic.latency_min_cycles = static_cast<double>(result.latency_min_cycles);
  traffic.latency_max_cycles = static_cast<double>(result.latency_max_cycles);
  traffic.accepted_flits_per_die_cycle = ratio(result.accepted_flits, die_cycles);
  traffic.offered_flits_per_die_cycle = ratio(result.offered_flits, die_cycles);
  traffic.hops_mean = ratio(result.hops_sum, result.packets_measured);
  traffic.packets_measured = result.packets_measured;
  // In integers: accepted < 0.95 offered, or a mean latency above 500 cycles.
  traffic.saturated = Wide{result.accepted_flits} * 100 < Wide{result.offered_flits} * 95 ||
                      Wide{result.latency_sum_cycles} > Wide{result.packets_measured} * 500;
  return traffic;
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

WorkloadSummary workload_summary(const Deck& deck, const RunResult& result, const ModelFacts& facts,
                                 const boost::mpi::communicator& comm) {
  switch (deck.kind) {
    case WorkloadKind::training:
      return training_summary(deck, result, facts, comm);
    case WorkloadKind::collective:
      return collective_summary(deck, result, facts, comm);
    case WorkloadKind::traffic:
      return traffic_summary(deck, from_root(result.traffic, comm));
  }
  throw std::logic_error("a workload kind without a summary");
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
