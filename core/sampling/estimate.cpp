#include "core/sampling/estimate.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

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

// Of the sum of all units of a kind, of which some were simulated: their values, in the order of a tensor of the axes.
struct Units {
  std::vector<Axis> axes;
  Values values;
  double total = 1;
};

struct Spread {
  double of_mean = 0;  // variance of the mean
  double freedom = 0;
};

Spread spread_of(const Values& values) {
  Spread spread;
  for (std::size_t length = 1; values.size() / length >= (length == 1 ? 2 : fewest_batches); length *= 2) {
    const double variance = variance_of_mean(values, length);
    if (length > 1 && variance <= spread.of_mean) continue;
    spread.of_mean = variance;
    const std::size_t batches = values.size() / length;
    spread.freedom = static_cast<double>(batches - 1);
  }
  return spread;
}

// Mean of the later half of the rounds of an axis less that of the earlier half; a round in the middle is in neither.
double difference_of_halves(std::span<const double> values, std::size_t rounds, std::size_t stride) {
  const std::size_t half = rounds / 2;
  double earlier = 0, later = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t round = i / stride % rounds;
    if (round < half) earlier += values[i];
    if (round >= rounds - half) later += values[i];
  }
  const std::size_t of_half = values.size() / rounds * half;
  return half == 0 ? 0 : (later - earlier) / static_cast<double>(of_half);
}

double left_out(const Axis& axis) {
  return 1 - static_cast<double>(axis.simulated) / static_cast<double>(axis.total);
}

// Of whole units. The variance of the difference of two halves is four times that of the mean.
void add_drift_of_units(ByLoop<Drift>& drift, const Units& units) {
  const double of_mean = spread_of(units.values).of_mean;
  std::size_t stride = units.values.size();
  for (const Axis& axis : units.axes) {
    stride /= axis.simulated;
    const double scale = units.total * left_out(axis);
    Drift& along = drift[axis.loop];
    along.difference += scale * difference_of_halves(units.values, axis.simulated, stride);
    along.variance += scale * scale * 4 * of_mean;
  }
}

// Of what lies inside units, along the axes from `outer` on: each unit has a difference of its own.
void add_drift_inside(ByLoop<Drift>& drift, const Units& inner, std::size_t outer) {
  std::size_t of_unit = inner.values.size();
  for (std::size_t i = 0; i < outer; ++i) of_unit /= inner.axes[i].simulated;
  std::size_t stride = of_unit;
  for (std::size_t i = outer; i < inner.axes.size(); ++i) {
    const Axis& axis = inner.axes[i];
    stride /= axis.simulated;
    Values differences;
    for (std::size_t at = 0; at < inner.values.size(); at += of_unit)
      differences.push_back(
          difference_of_halves(std::span(inner.values).subspan(at, of_unit), axis.simulated, stride));
    const double scale = inner.total * left_out(axis);
    Drift& along = drift[axis.loop];
    along.difference += scale * mean_of(differences);
    along.variance += scale * scale * spread_of(differences).of_mean;
  }
}

// How many of the axes, outermost first, are not of tiles or chunks.
std::size_t outer_axes(const Stratum& stratum) {
  const auto inner = std::find_if(stratum.axes.begin(), stratum.axes.end(), [](const Axis& axis) {
    return axis.iterates == chiplet::Iterates::tiles || axis.iterates == chiplet::Iterates::chunks;
  });
  return static_cast<std::size_t>(inner - stratum.axes.begin());
}

// Adds what a stratum holds to the units of its outer axes.
void add_to(Units& units, const Stratum& stratum, const Values& values) {
  if (units.axes.empty()) {
    units.axes.assign(stratum.axes.begin(),
                      stratum.axes.begin() + static_cast<std::ptrdiff_t>(outer_axes(stratum)));
    std::size_t simulated = 1;
    for (const Axis& axis : units.axes) {
      simulated *= axis.simulated;
      units.total *= static_cast<double>(axis.total);
    }
    units.values.assign(simulated, 0);
  }
  const std::size_t inner = values.size() / units.values.size();
  const double weight = static_cast<double>(stratum.total) / units.total / static_cast<double>(inner);
  for (std::size_t i = 0; i < values.size(); ++i) units.values[i / inner] += weight * values[i];
}

std::vector<Values> by_stratum(const Series& series) {
  std::vector<Values> sorted(series.strata.size());
  for (std::size_t i = 0; i < series.values.size(); ++i)
    sorted[series.stratum_of[i]].push_back(static_cast<double>(series.values[i]));
  return sorted;
}

}  // namespace

std::vector<StratumFigures> figures_of(const Series& series) {
  std::vector<StratumFigures> all;
  for (const Values& values : by_stratum(series)) {
    StratumFigures& figures = all.emplace_back();
    figures.mean = mean_of(values);
    if (values.size() > 1)
      figures.deviation = std::sqrt(variance_of_mean(values, 1) * static_cast<double>(values.size()));
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

double Drift::beyond_chance() const {
  return std::sqrt(std::max(0.0, difference * difference - variance));
}

double Estimate::half_width() const {
  double squares = chance * chance;
  for (const auto& [loop, along] : drift) squares += along.beyond_chance() * along.beyond_chance();
  return std::sqrt(squares);
}

namespace {

// Of all strata of which something was left out; what is inside their outer axes only drifts.
std::vector<Units> units_of(const Series& series, ByLoop<Drift>& drift) {
  const std::vector<Values> sorted = by_stratum(series);
  std::map<std::vector<std::size_t>, Units> of_loops;
  std::vector<Units> all;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const Stratum& stratum = series.strata[i];
    if (stratum.total <= stratum.simulated) continue;
    const std::size_t outer = outer_axes(stratum);
    Units alone{stratum.axes, sorted[i], static_cast<double>(stratum.total)};
    if (outer == 0) {
      all.push_back(std::move(alone));
      continue;
    }
    add_drift_inside(drift, alone, outer);
    std::vector<std::size_t> loops;
    for (std::size_t axis = 0; axis < outer; ++axis) loops.push_back(stratum.axes[axis].loop);
    add_to(of_loops[loops], stratum, sorted[i]);
  }
  for (auto& [loops, units] : of_loops) all.push_back(std::move(units));
  for (const Units& units : all) add_drift_of_units(drift, units);
  return all;
}

}  // namespace

Estimate estimate(const Series& series, double confidence) {
  Estimate all;
  all.total = total_of(series);
  double variance = 0, squares = 0;
  for (const Units& units : units_of(series, all.drift)) {
    const Spread spread = spread_of(units.values);
    const double of_sum =
        units.total * (units.total - static_cast<double>(units.values.size())) * spread.of_mean;
    if (of_sum == 0) continue;
    all.variance[units.axes.back().loop] += of_sum;
    variance += of_sum;
    squares += of_sum * of_sum / spread.freedom;
  }
  if (variance == 0) return all;
  const boost::math::students_t distribution(variance * variance / squares);
  all.chance = boost::math::quantile(distribution, (1 + confidence) / 2) * std::sqrt(variance);
  return all;
}

}  // namespace hecaton::sampling
