// From what segments took to what the whole takes, with an interval of confidence.
//
// Stratified sampling (Cochran, Sampling Techniques, 3rd ed., ch. 5): the whole is the sum over strata of total x mean.
//
// Chance: strata that the same rounds of groups, layers and mini-batches hold are no independent samples (what one tile
// waits the next one need not). So a round with all that is told of it is one unit, and what varies from unit to unit
// counts (two-stage sampling, ch. 10 there): N^2 (1 - n/N) s^2 / n. Units that follow each other are not independent
// either, so s^2 is also taken from means of batches of 2, 4, ... of them (batch means), and the largest counts. Where
// only tiles or chunks are left out, each segment is a unit. Degrees of freedom are put together by Welch and
// Satterthwaite, and the interval is that of Student's t.
//
// What is left of a warm-up, or a trend, is no chance, so more segments would not average it away. Along each loop the
// middle rounds are cut into an earlier and a later half; by how much the means of these differ, that much the rounds
// that were left out are taken to differ from those that were simulated. Summed over strata for each loop, this is its
// drift. Chance alone makes such differences too, and counts already: of the square of a drift what it is expected to
// make is taken off. Chance and what is left of drifts have causes of their own, so they add up as squares (JCGM
// 100:2008, 5.1.2).
//
// A stratum of which nothing was left out adds nothing to the interval. The whole is computed in integers, and exact
// if nothing was left out at all.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "core/sampling/shortened.hpp"

namespace hecaton::sampling {

template <class Value>
using ByLoop = std::map<std::size_t, Value>;  // by the loop's place in the text

// What the segments of a stratum say; in the unit of the segments.
struct StratumFigures {
  double mean = 0;
  double deviation = 0;  // standard deviation
};

// A value per segment, in the order of execution.
struct Series {
  std::span<const Stratum> strata;
  std::span<const std::uint32_t> stratum_of;
  std::span<const std::int64_t> values;
};

std::vector<StratumFigures> figures_of(const Series& series);

// What the middle rounds of each shortened loop take, all that is inside them told.
RoundTimes round_times(const Series& series);

// Sum over strata of total x mean, each rounded to the nearest.
std::int64_t total_of(const Series& series);

struct Drift {
  double difference = 0;  // of the whole; later half less earlier
  double variance = 0;    // of the difference, by chance
  double beyond_chance() const;
};

struct Estimate {
  std::int64_t total = 0;
  double chance = 0;  // half the width of the interval of Student's t
  ByLoop<Drift> drift;
  ByLoop<double> variance;  // of what chance is made of, by the innermost loop of the units
  double half_width() const;
};
Estimate estimate(const Series& series, double confidence);

}  // namespace hecaton::sampling
