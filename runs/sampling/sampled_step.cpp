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
#include "runs/sampling/rounds.hpp"
#include "runs/sampling/sample.hpp"
#include "runs/sampling/steadiness.hpp"
#include "runs/sampling/whole_step.hpp"

namespace hecaton::runs {

namespace {

using sampling::Stratum;

constexpr int most_runs = 8;

io::SampledRows rows_of(const Finding& finding, const Sample& sample) {
  io::SampledRows rows;
  const std::vector<sampling::StratumFigures> figures =
      sampling::figures_of(sample.series(finding.segments.step_ps, finding.strata));
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const Stratum& stratum = finding.strata[i];
    rows.names.push_back(stratum.name);
    rows.strata.push_back(
        {stratum.section, stratum.simulated, stratum.total, figures[i].mean, figures[i].deviation});
  }
  const std::vector<std::int64_t>& starts = finding.segments.starts_ps;
  for (std::size_t i = 0; i + 1 < starts.size(); ++i)
    rows.segments.push_back({sample.roles.stratum_of_segment[i], starts[i], starts[i + 1]});
  return rows;
}

io::SampledStep sampled_step(const Workload& whole, const Finding& finding, const Sample& sample) {
  const io::SamplingConfig& wanted = whole.deck().sampling;
  io::SampledStep sampled;
  sampled.simulated_ps = finding.counted_ps;
  for (const Stratum& stratum : finding.strata) {
    sampled.segments_total += stratum.total;
    if (stratum.total > 0) sampled.segments_simulated += stratum.simulated;
  }
  const auto half_width = [&](const std::vector<std::int64_t>& values) {
    return half_width_of(sample.series(values, finding.strata), wanted.confidence);
  };
  sampled.confidence = wanted.confidence;
  sampled.step_ps = finding.half_width_ps;
  sampled.nop_ps = half_width(finding.segments.nop_ps);
  sampled.dram_ps = half_width(finding.segments.dram_ps);
  const double most = wanted.error * static_cast<double>(finding.step.total);
  sampled.unsteady = why_unsteady(finding, whole.plan().roles.front(), most);
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

std::string describe(double events) {
  return fmt::format("about {:.3g} million events", events * 1e-6);
}

// The most thorough rounds that leave something of the budget for larger samples; else the least.
SampledRounds affordable_rounds(const Workload& whole, std::uint64_t budget) {
  const std::vector<LoopForecast> loops = forecast_loops(whole);
  for (const Thoroughness thoroughness : {Thoroughness::thorough, Thoroughness::sparing}) {
    SampledRounds first = first_rounds(loops, thoroughness);
    if (Sample(whole, first.rounds, first.times).events <= budget / 8) return first;
  }
  return first_rounds(loops, Thoroughness::least);
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
        whole_events_(expected_events(whole)) {}

  std::optional<io::RunResult> run() {
    SampledRounds sampled = affordable_rounds(whole_, budget_);
    Next next = run_sample(sampled.rounds, "a sample", sampled.times);
    for (int runs = 1; next == Next::go_on && runs < most_runs && !is_enough(); ++runs)
      next = run_larger(sampled);
    if (next == Next::stopped) return std::nullopt;
    return finish();
  }

 private:
  enum class Next : std::uint8_t { go_on, enough, no_budget, stopped };

  // Chance falls with the root of the number of rounds: where it is far too large, four times as many at once cost less
  // than twice as many twice. Twice as many where the budget holds no more.
  Next run_larger(SampledRounds& sampled) {
    const double too_wide = finding_->half_width_ps / wanted_ps();
    for (const std::uint64_t times : {4U, 2U}) {
      if (times == 4 && too_wide * too_wide < 3) continue;
      SampledRounds larger = sampled;
      if (!add_rounds(larger, finding_->step, wanted_ps(), times)) return Next::enough;
      const Next next = run_sample(larger.rounds, "a larger sample", measured_rounds());
      if (next == Next::no_budget) continue;
      sampled = std::move(larger);
      return next;
    }
    return Next::no_budget;
  }

  bool is_enough() const { return sample_->roles.is_whole() || finding_->half_width_ps <= wanted_ps(); }

  // Events that will be simulated where so many are expected.
  double to_spend(std::uint64_t expected) const { return contention_ * static_cast<double>(expected); }

  double wanted_ps() const { return wanted_.error * static_cast<double>(finding_->step.total); }

  sampling::RoundTimes measured_rounds() const {
    return sampling::round_times(sample_->series(finding_->segments.step_ps, finding_->strata));
  }

  // A sample that costs as much as the whole step is replaced by that.
  std::unique_ptr<Sample> make_sample(const sampling::Rounds& rounds,
                                      const sampling::RoundTimes& pauses) const {
    auto sample = std::make_unique<Sample>(whole_, rounds, pauses);
    if (spent_ + to_spend(sample->events) < to_spend(whole_events_)) return sample;
    return std::make_unique<Sample>(whole_, sampling::Rounds{}, sampling::RoundTimes{});
  }

  Next run_sample(const sampling::Rounds& rounds, const std::string& what,
                  const sampling::RoundTimes& pauses) {
    std::unique_ptr<Sample> sample = make_sample(rounds, pauses);
    if (finding_ && spent_ + to_spend(sample->events) > static_cast<double>(budget_)) return Next::no_budget;
    tell_(fmt::format("sampling: {}, {}{}", sample->roles.is_whole() ? "the whole step" : what,
                      describe(to_spend(sample->events)), reached()));
    std::optional<Finding> found = find_out(whole_, *sample, options_, world_);
    if (!found) return Next::stopped;
    contention_ = static_cast<double>(found->events) / static_cast<double>(sample->events);
    spent_ += static_cast<double>(found->events);
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
                       100 * finding_->half_width_ps / static_cast<double>(finding_->step.total));
  }

  io::RunResult finish() {
    io::RunResult result = std::move(finding_->result);
    result.sampled = sampled_step(whole_, *finding_, *sample_);
    result.sampled_rows = rows_of(*finding_, *sample_);
    tell_whole_step(result, whole_, sample_->roles, finding_->segments, world_);
    return result;
  }

  const Workload& whole_;
  const io::SamplingConfig& wanted_;
  const RunOptions& options_;
  const std::function<void(const std::string&)>& tell_;
  const boost::mpi::communicator& world_;
  const std::uint64_t budget_;
  const std::uint64_t whole_events_;
  double spent_ = 0;       // events
  double contention_ = 1;  // events that were simulated, of each that was expected
  std::unique_ptr<Sample> sample_;
  std::optional<Finding> finding_;
};

}  // namespace

SampleForecast forecast_sample(const Workload& whole) {
  const SampledRounds first = affordable_rounds(whole, *io::budget_events(whole.deck().sampling.budget));
  const Sample sample(whole, first.rounds, first.times);
  SampleForecast forecast{sample.events, 0, 0};
  for (const Stratum& stratum : sample.roles.longest()) {
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
