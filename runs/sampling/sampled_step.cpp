#include "runs/sampling/sampled_step.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "core/sampling/estimate.hpp"
#include "core/sampling/shortened.hpp"
#include "io/deck/workloads/sampling.hpp"
#include "runs/sampling/whole_step.hpp"
#include "runs/wiring/expected_load.hpp"

namespace hecaton::runs {

namespace {

using chiplet::Iterates;
using sampling::Rounds;
using sampling::ShortenedRoles;
using sampling::Stratum;

// Enough to see what a round takes.
constexpr Rounds first_rounds{.groups = {1, 1, 1, 0},
                              .layers = {1, 1, 1, 0},
                              .minibatches = {1, 1, 1, 0},
                              .tiles = {2, 1, 2, 0},
                              .chunks = {2, 1, 2, 0}};
constexpr std::uint64_t any_number = std::uint64_t{1} << 40;
constexpr sampling::LoopRounds all_of_loop{any_number, 1, 1, 0};
constexpr Rounds all_rounds{all_of_loop, all_of_loop, all_of_loop, all_of_loop, all_of_loop};
constexpr double least_of_told = 5e-3;
constexpr int most_runs = 8;

io::DieWork shortened_work(const Workload& whole, const ShortenedRoles& roles) {
  io::Programs programs = *whole.programs();
  for (std::size_t role = 0; role < roles.roles.size(); ++role)
    programs.plan.roles[role] = roles.roles[role].program;
  programs.plan.meanings.clear();
  return programs;
}

std::uint64_t events_of(const Workload& workload) {
  const Load load = expected_load(workload, workload.deck());
  return std::accumulate(load.events.begin(), load.events.end(), std::uint64_t{0});
}

// A run of shortened programs, before it is simulated.
struct Sample {
  ShortenedRoles roles;
  Workload workload;
  std::uint64_t events;

  Sample(const Workload& whole, const Rounds& rounds, const sampling::RoundTimes& pauses)
      : roles(sampling::shorten(whole.plan().roles, rounds, pauses)),
        workload(whole.deck(), shortened_work(whole, roles)),
        events(events_of(workload)) {}
  Sample(const Sample&) = delete;
  Sample& operator=(const Sample&) = delete;
};

// What has been found out by a run.
struct Finding {
  io::RunResult result;
  PackageSegments segments;
  std::vector<Stratum> strata;
  sampling::Estimate step;
  std::int64_t counted_ps = 0;  // time of the segments that stand for any
  double backlog_ps =
      0;  // what DRAM would still have to do at the end if what is outstanding grew on as it does

  sampling::Series series(const ShortenedRoles& roles) const {
    return {strata, roles.stratum_of_segment, segments.step_ps};
  }
  // A round after a pause is not quite one of the whole step, and what happens in one round of hundreds may be in none
  // that was simulated: no interval is narrower than half a percent of what is told.
  double half_width() const {
    const auto told = static_cast<double>(step.total - counted_ps);
    return std::max(step.half_width() + backlog_ps, least_of_told * told);
  }
};

// Time that all channels together need for what is outstanding more after the whole step than before.
double backlog_of(const Workload& whole, const ShortenedRoles& roles, const Finding& finding) {
  const std::int64_t bursts =
      sampling::total_of({finding.strata, roles.stratum_of_segment, finding.segments.outstanding});
  const chiplet::MemoryConfig& memory = whole.deck().memory;
  const double bytes = static_cast<double>(std::max<std::int64_t>(bursts, 0)) * memory.burst_bytes;
  return bytes / (memory.bandwidth_GBps * static_cast<double>(whole.channels())) * 1e3;
}

// Nothing if it was ended at a halt.
std::optional<Finding> find_out(const Workload& whole, const Sample& sample, const RunOptions& options,
                                const boost::mpi::communicator& world) {
  std::optional<io::RunResult> result = simulate(sample.workload, options, world);
  if (!result) return std::nullopt;
  Finding finding;
  finding.result = *std::move(result);
  finding.segments = package_segments(finding.result.local, world);
  finding.strata = sample.roles.longest();
  finding.step = sampling::estimate(finding.series(sample.roles), whole.deck().sampling.confidence);
  for (std::size_t i = 0; i < finding.segments.step_ps.size(); ++i)
    if (finding.strata[sample.roles.stratum_of_segment[i]].total > 0)
      finding.counted_ps += finding.segments.step_ps[i];
  finding.backlog_ps = backlog_of(whole, sample.roles, finding);
  return finding;
}

// The kind of loop of which more rounds are worth most; nothing of it is left out of the others.
Iterates widest(const sampling::Estimate& step, const std::vector<Stratum>& strata) {
  Iterates found = Iterates::other;
  double most = -1;
  for (const Iterates kind : values_of<Iterates>()) {
    const bool is_shortened = std::any_of(strata.begin(), strata.end(), [&](const Stratum& stratum) {
      return std::any_of(stratum.axes.begin(), stratum.axes.end(),
                         [&](const sampling::Axis& axis) { return axis.iterates == kind; });
    });
    // Chance is met by more mini-batches, or by more tiles where all mini-batches are there.
    const double chance = kind == Iterates::minibatches ? step.chance
                          : kind == Iterates::tiles     ? step.chance / 2
                                                        : 0;
    const double weight = std::abs(step.drift[static_cast<std::size_t>(kind)]) + chance;
    if (!is_shortened || weight <= most) continue;
    most = weight;
    found = kind;
  }
  return found;
}

// False: there are no more.
bool add_rounds(Rounds& rounds, const Finding& finding) {
  const Iterates kind = widest(finding.step, finding.strata);
  if (kind == Iterates::other) return false;
  sampling::LoopRounds& loop = rounds.of(kind);
  (loop.bursts == 1 ? loop.length : loop.bursts) *= 2;
  return true;
}

io::SampledRows rows_of(const Finding& finding, const ShortenedRoles& roles) {
  io::SampledRows rows;
  const std::vector<sampling::StratumFigures> figures = sampling::figures_of(finding.series(roles));
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const Stratum& stratum = finding.strata[i];
    rows.names.push_back(stratum.name);
    rows.strata.push_back(
        {stratum.section, stratum.simulated, stratum.total, figures[i].mean, figures[i].deviation});
  }
  const std::vector<std::int64_t>& starts = finding.segments.starts_ps;
  for (std::size_t i = 0; i + 1 < starts.size(); ++i)
    rows.segments.push_back({roles.stratum_of_segment[i], starts[i], starts[i + 1]});
  return rows;
}

io::SampledStep sampled_step(const Finding& finding, const ShortenedRoles& roles,
                             const io::SamplingConfig& wanted) {
  io::SampledStep sampled;
  sampled.simulated_ps = finding.counted_ps;
  for (const Stratum& stratum : finding.strata) {
    sampled.segments_total += stratum.total;
    if (stratum.total > 0) sampled.segments_simulated += stratum.simulated;
  }
  const auto half_width = [&](const std::vector<std::int64_t>& values) {
    return sampling::estimate({finding.strata, roles.stratum_of_segment, values}, wanted.confidence)
        .half_width();
  };
  sampled.confidence = wanted.confidence;
  sampled.step_ps = finding.half_width();
  sampled.nop_ps = half_width(finding.segments.nop_ps);
  sampled.dram_ps = half_width(finding.segments.dram_ps);
  const double most = wanted.error * static_cast<double>(finding.step.total);
  const auto grows = [&](double drift) { return std::abs(drift) > most; };
  sampled.is_steady =
      !grows(finding.backlog_ps) && std::none_of(finding.step.drift.begin(), finding.step.drift.end(), grows);
  return sampled;
}

void add_accounting(std::vector<io::RankAccounting>& all, const std::vector<io::RankAccounting>& earlier) {
  for (std::size_t rank = 0; rank < earlier.size(); ++rank) {
    io::RankAccounting& mine = all.at(rank);
    const io::RankAccounting& before = earlier[rank];
    const std::uint64_t peak = std::max(mine.peak_rss_bytes, before.peak_rss_bytes);
    for_each_field<io::RankAccounting>(
        [&](const auto& field) { mine.*field.member += before.*field.member; });
    mine.peak_rss_bytes = peak;
  }
}

std::string describe(const Sample& sample) {
  return fmt::format("{:.3g} million events", static_cast<double>(sample.events) * 1e-6);
}

// Runs until the interval is narrow enough.
class Sampler {
 public:
  Sampler(const Workload& whole, const RunOptions& options,
          const std::function<void(const std::string&)>& tell, const boost::mpi::communicator& world)
      : whole_(whole),
        wanted_(whole.deck().sampling),
        options_(options),
        tell_(tell),
        world_(world),
        budget_(*io::budget_events(wanted_.budget)),
        whole_events_(events_of(whole)) {}

  std::optional<io::RunResult> run() {
    Rounds rounds;
    Next next = run_sample(first_rounds, "what rounds take", {});
    for (int runs = 1; next == Next::go_on && runs < most_runs && !is_enough(runs); ++runs) {
      if (runs > 1 && !add_rounds(rounds, *finding_)) break;
      next = run_sample(rounds, runs == 1 ? "a sample" : "a larger sample", pauses_after(runs));
    }
    if (next == Next::stopped) return std::nullopt;
    return finish();
  }

 private:
  enum class Next : std::uint8_t { go_on, no_budget, stopped };

  // The first run does not count, unless it was of all there is.
  bool is_enough(int runs) const {
    if (sample_->roles.is_whole()) return true;
    return runs > 1 && finding_->half_width() <= wanted_.error * static_cast<double>(finding_->step.total);
  }

  // Without pauses dies of the first run wait too long for DRAM, so only their other time counts.
  sampling::RoundTimes pauses_after(int runs) const {
    const PackageSegments& segments = finding_->segments;
    std::vector<std::int64_t> times = segments.step_ps;
    const auto dies = static_cast<std::int64_t>(whole_.topology().dies());
    for (std::size_t i = 0; runs == 1 && i < times.size(); ++i)
      times[i] = std::max<std::int64_t>(0, times[i] - segments.dram_ps[i] / dies);
    return sampling::round_times({finding_->strata, sample_->roles.stratum_of_segment, times});
  }

  // A sample that costs as much as the whole step is replaced by that.
  std::unique_ptr<Sample> make_sample(const Rounds& rounds, const sampling::RoundTimes& pauses) const {
    auto sample = std::make_unique<Sample>(whole_, rounds, pauses);
    if (sample->events < whole_events_) return sample;
    return std::make_unique<Sample>(whole_, all_rounds, sampling::RoundTimes{});
  }

  Next run_sample(const Rounds& rounds, const std::string& what, const sampling::RoundTimes& pauses) {
    std::unique_ptr<Sample> sample = make_sample(rounds, pauses);
    if (finding_ && spent_ + sample->events > budget_) return Next::no_budget;
    spent_ += sample->events;
    tell_(fmt::format("sampling: {}, {}{}", sample->roles.is_whole() ? "the whole step" : what,
                      describe(*sample), reached()));
    std::optional<Finding> found = find_out(whole_, *sample, options_, world_);
    if (!found) return Next::stopped;
    if (finding_) {
      add_accounting(found->result.accounting, finding_->result.accounting);
      found->result.wall_s += finding_->result.wall_s;
    }
    finding_ = std::move(found);
    sample_ = std::move(sample);
    return Next::go_on;
  }

  std::string reached() const {
    if (!finding_) return {};
    return fmt::format(" (so far {:.4g} s within {:.2g} %)",
                       static_cast<double>(finding_->step.total) * 1e-12,
                       100 * finding_->half_width() / static_cast<double>(finding_->step.total));
  }

  io::RunResult finish() {
    io::RunResult result = std::move(finding_->result);
    const sampling::ShortenedRoles& roles = sample_->roles;
    result.sampled = sampled_step(*finding_, roles, wanted_);
    result.sampled_rows = rows_of(*finding_, roles);
    tell_whole_step(result, whole_, roles, finding_->segments, world_);
    return result;
  }

  const Workload& whole_;
  const io::SamplingConfig& wanted_;
  const RunOptions& options_;
  const std::function<void(const std::string&)>& tell_;
  const boost::mpi::communicator& world_;
  const std::uint64_t budget_;
  const std::uint64_t whole_events_;
  std::uint64_t spent_ = 0;
  std::unique_ptr<Sample> sample_;
  std::optional<Finding> finding_;
};

}  // namespace

SampleForecast forecast_sample(const Workload& whole) {
  const Sample first(whole, first_rounds, {}), next(whole, Rounds{}, {});
  SampleForecast forecast{first.events + next.events, 0, 0};
  for (const Stratum& stratum : next.roles.longest()) {
    forecast.segments_total += stratum.total;
    if (stratum.total > 0) forecast.segments_simulated += stratum.simulated;
  }
  return forecast;
}

std::optional<io::RunResult> simulate_sampled(const Workload& whole, const RunOptions& options,
                                              const std::function<void(const std::string&)>& tell,
                                              const boost::mpi::communicator& world) {
  return Sampler(whole, options, tell, world).run();
}

}  // namespace hecaton::runs
