#include "core/sampling/estimate.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

namespace hecaton::sampling {

namespace {

__extension__ using Wide = __int128;

constexpr std::size_t fewest_batches = 4;

using Values = std::vector<double>;

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Of the mean of the values, from batches of `length`; what is left over at the end is not used.
double variance_of_mean(const Values& values, std::size_t length) {
  const std::size_t batches = values.size() / length;
  Values means;
  for (std::size_t i = 0; i < batches; ++i)
    means.push_back(mean_of(std::span(values).subspan(i * length, length)));
  const double mean = mean_of(means);
  double squares = 0;
  for (const double m : means) squares += (m - mean) * (m - mean);
  const auto n = static_cast<double>(batches);
  return squares / (n - 1) / n;
}

void add_spread(StratumFigures& figures, const Stratum& stratum, const Values& values) {
  double of_mean = 0;
  for (std::size_t length = 1; values.size() / length >= (length == 1 ? 2 : fewest_batches); length *= 2) {
    const double variance = variance_of_mean(values, length);
    if (length > 1 && variance <= of_mean) continue;
    of_mean = variance;
    figures.freedom = static_cast<double>(values.size() / length - 1);
  }
  const auto n = static_cast<double>(values.size());
  const auto all = static_cast<double>(stratum.total);
  figures.deviation = std::sqrt(variance_of_mean(values, 1) * n);
  figures.variance = all * (all - n) * of_mean;
}

// Mean of the later half of the rounds of an axis less that of the earlier half; a round in the middle is in neither.
double difference_of_halves(const Values& values, std::size_t rounds, std::size_t stride) {
  const std::size_t half = rounds / 2;
  double earlier = 0, later = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t round = i / stride % rounds;
    if (round < half) earlier += values[i];
    if (round >= rounds - half) later += values[i];
  }
  const auto of_half = static_cast<double>(values.size() / rounds * half);
  return half == 0 ? 0 : (later - earlier) / of_half;
}

void add_drift(StratumFigures& figures, const Stratum& stratum, const Values& values) {
  std::size_t stride = values.size();
  for (const Axis& axis : stratum.axes) {
    stride /= axis.simulated;
    const double left_out = 1 - static_cast<double>(axis.simulated) / static_cast<double>(axis.total);
    figures.drift[static_cast<std::size_t>(axis.iterates)] +=
        static_cast<double>(stratum.total) * left_out * difference_of_halves(values, axis.simulated, stride);
  }
}

std::vector<Values> by_stratum(const Series& series) {
  std::vector<Values> sorted(series.strata.size());
  for (std::size_t i = 0; i < series.values.size(); ++i)
    sorted[series.stratum_of[i]].push_back(static_cast<double>(series.values[i]));
  return sorted;
}

}  // namespace

std::vector<StratumFigures> figures_of(const Series& series) {
  const std::vector<Values> sorted = by_stratum(series);
  std::vector<StratumFigures> all(series.strata.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Stratum& stratum = series.strata[i];
    all[i].mean = mean_of(sorted[i]);
    if (stratum.total <= stratum.simulated) continue;
    if (stratum.simulated > 1) add_spread(all[i], stratum, sorted[i]);
    add_drift(all[i], stratum, sorted[i]);
  }
  return all;
}

RoundTimes round_times(const Series& series) {
  const std::vector<StratumFigures> figures = figures_of(series);
  std::map<std::size_t, double> times, rounds;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const Stratum& stratum = series.strata[i];
    const auto total = static_cast<double>(stratum.total);
    for (const Axis& axis : stratum.axes) times[axis.loop] += total * figures[i].mean;
    if (stratum.begins_round) rounds[stratum.axes.back().loop] += total;
  }
  RoundTimes all;
  for (const auto& [loop, time] : times) all[loop] = from_picoseconds(time / rounds.at(loop));
  return all;
}

std::int64_t total_of(const Series& series) {
  std::vector<Wide> sums(series.strata.size(), 0);
  for (std::size_t i = 0; i < series.values.size(); ++i) sums[series.stratum_of[i]] += series.values[i];
  Wide whole = 0;
  for (std::size_t i = 0; i < series.strata.size(); ++i) {
    const Wide n = series.strata[i].simulated;
    const Wide scaled = 2 * sums[i] * series.strata[i].total + n;  // rounds half up
    whole += scaled >= 0 ? scaled / (2 * n) : -((-scaled + 2 * n - 1) / (2 * n));
  }
  return static_cast<std::int64_t>(whole);
}

double Estimate::half_width() const {
  double all = chance;
  for (const double part : drift) all += std::abs(part);
  return all;
}

Estimate estimate(const Series& series, double confidence) {
  Estimate all{total_of(series), 0, {}};
  double variance = 0, squares = 0;
  for (const StratumFigures& figures : figures_of(series)) {
    variance += figures.variance;
    if (figures.freedom > 0) squares += figures.variance * figures.variance / figures.freedom;
    for (std::size_t i = 0; i < loop_kinds; ++i) all.drift[i] += figures.drift[i];
  }
  if (variance == 0) return all;
  const boost::math::students_t distribution(variance * variance / squares);
  all.chance = boost::math::quantile(distribution, (1 + confidence) / 2) * std::sqrt(variance);
  return all;
}

}  // namespace hecaton::sampling
