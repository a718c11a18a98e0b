// From what segments took to what the whole takes, with an interval of confidence.
//
// Stratified sampling (Cochran, Sampling Techniques, 3rd ed., ch. 5): the whole is the sum over strata of
// total x mean, its variance the sum of total^2 (1 - simulated/total) s^2 / simulated. Segments that follow each other
// are not independent, so s^2 is also taken from means of batches of 2, 4, ... of them (batch means), and the largest
// counts. Degrees of freedom are put together by Welch and Satterthwaite, and the interval is that of Student's t.
//
// What is left of a warm-up, or a trend, is no chance, so more segments would not average it away. Along each loop the
// middle rounds are cut into an earlier and a later half; by how much the means of these differ, that much the rounds
// that were left out are taken to differ from those that were simulated. Summed over strata for each kind of loop, this
// drift is added to the interval.
//
// A stratum of which nothing was left out adds nothing to the interval. The whole is computed in integers, and exact
// if nothing was left out at all.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/engine/base/enum_names.hpp"
#include "core/sampling/shortened.hpp"

namespace hecaton::sampling {

inline constexpr std::size_t loop_kinds = names_of<chiplet::Iterates>().size();
using ByLoop = std::array<double, loop_kinds>;  // by chiplet::Iterates

// What the segments of a stratum say; values in the unit of the segments.
struct StratumFigures {
  double mean = 0;
  double deviation = 0;  // standard deviation
  double variance = 0;   // of its part of the whole
  double freedom = 0;    // degrees of freedom
  ByLoop drift{};        // of its part of the whole
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

struct Estimate {
  std::int64_t total = 0;
  double chance = 0;  // half the width of the interval of Student's t
  ByLoop drift{};
  double half_width() const;
};
Estimate estimate(const Series& series, double confidence);

}  // namespace hecaton::sampling
