#include "runs/sampling/sample.hpp"

#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <cstdlib>
#include <numeric>
#include <utility>

#include "runs/wiring/expected_load.hpp"

namespace hecaton::runs {

namespace {

// A round after a pause is not quite one of the whole step, and what happens in one round of hundreds may be in none
// that was simulated: no interval is narrower than half a percent of what is told.
constexpr double least_of_told = 5e-3;

// Of the segments that stand for any.
std::int64_t counted(const sampling::Series& series) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < series.values.size(); ++i)
    if (series.strata[series.stratum_of[i]].total > 0) sum += series.values[i];
  return sum;
}

double half_width_with(const sampling::Series& series, const sampling::Estimate& estimate) {
  return std::max(estimate.half_width(),
                  least_of_told * static_cast<double>(std::abs(estimate.total - counted(series))));
}

// Of all ranks; the accounting is on rank 0.
std::uint64_t events_of(const std::vector<io::RankAccounting>& accounting,
                        const boost::mpi::communicator& world) {
  std::uint64_t events = 0;
  for (const io::RankAccounting& rank : accounting) events += rank.events;
  boost::mpi::broadcast(world, events, 0);
  return events;
}

// Time that all channels together need for what is outstanding more after the whole step than before.
double backlog_of(const Workload& whole, const sampling::Series& outstanding) {
  const std::int64_t bursts = sampling::total_of(outstanding);
  const chiplet::MemoryConfig& memory = whole.deck().memory;
  const double bytes = static_cast<double>(std::max<std::int64_t>(bursts, 0)) * memory.burst_bytes;
  return bytes / (memory.bandwidth_GBps * static_cast<double>(whole.channels())) * 1e3;
}

}  // namespace

io::DieWork with_programs(const Workload& whole, std::vector<chiplet::Program> roles) {
  io::Programs programs = *whole.programs();
  programs.plan.roles = std::move(roles);
  programs.plan.meanings.clear();
  return programs;
}

std::uint64_t expected_events(const Workload& workload) {
  const Load load = expected_load(workload, workload.deck());
  return std::accumulate(load.events.begin(), load.events.end(), std::uint64_t{0});
}

Sample::Sample(const Workload& whole, const sampling::Rounds& rounds, const sampling::RoundTimes& pauses)
    : roles(sampling::shorten(whole.plan().roles, rounds, pauses)),
      workload(whole, with_programs(whole, roles.programs())),
      events(expected_events(workload)) {}

double half_width_of(const sampling::Series& series, double confidence) {
  return half_width_with(series, sampling::estimate(series, confidence));
}

std::optional<Finding> find_out(const Workload& whole, const Sample& sample, const RunOptions& options,
                                const boost::mpi::communicator& world) {
  std::optional<io::RunResult> result = simulate(sample.workload, options, world);
  if (!result) return std::nullopt;
  Finding finding;
  finding.result = *std::move(result);
  finding.events = events_of(finding.result.accounting, world);
  finding.segments = package_segments(finding.result.local, world);
  finding.strata = sample.roles.longest();
  const sampling::Series times = sample.series(finding.segments.step_ps, finding.strata);
  finding.step = sampling::estimate(times, whole.deck().sampling.confidence);
  finding.counted_ps = counted(times);
  finding.backlog_ps = backlog_of(whole, sample.series(finding.segments.outstanding, finding.strata));
  finding.half_width_ps = half_width_with(times, finding.step) + finding.backlog_ps;
  return finding;
}

}  // namespace hecaton::runs
