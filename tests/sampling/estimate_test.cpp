// Estimates of sums that are known, from a part of their terms.
#include "core/sampling/estimate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

namespace hecaton::sampling::estimate_test {
namespace {

using chiplet::Iterates;

// A loop of `total` rounds, of which the first `simulated` are seen; values(round) of each.
struct Loop {
  std::vector<Stratum> strata;
  std::vector<std::uint32_t> stratum_of;
  std::vector<std::int64_t> seen;
  std::int64_t sum = 0;  // of all rounds

  Loop(std::uint64_t simulated, std::uint64_t total, const std::function<double(std::uint64_t)>& value) {
    strata.push_back({"rounds", {}, total, simulated, {{7, Iterates::minibatches, simulated, total}}, true});
    stratum_of.assign(simulated, 0);
    for (std::uint64_t round = 0; round < total; ++round) {
      const auto now = std::llround(value(round));
      if (round < simulated) seen.push_back(now);
      sum += now;
    }
  }
  Series series() const { return {strata, stratum_of, seen}; }
};

TEST(Estimate, IsExactWhereNothingWasLeftOut) {
  std::mt19937_64 random(3);
  const Loop loop(50, 50, [&](std::uint64_t) { return static_cast<double>(random() % 1'000'000); });
  const Estimate all = estimate(loop.series(), 0.95);
  EXPECT_EQ(all.total, loop.sum);
  EXPECT_EQ(all.half_width(), 0);
}

TEST(Estimate, EqualRoundsAreToldExactly) {
  const Loop loop(4, 1'000'000, [](std::uint64_t) { return 123'456'789; });
  const Estimate all = estimate(loop.series(), 0.95);
  EXPECT_EQ(all.total, 123'456'789'000'000);
  EXPECT_EQ(all.half_width(), 0);
}

TEST(Estimate, TotalsAreRoundedToTheNearest) {
  for (const std::int64_t sign : {1, -1}) {
    const std::vector<Stratum> strata{{"thirds", {}, 4, 3, {}, false}};
    const std::vector<std::uint32_t> of{0, 0, 0};
    const std::vector<std::int64_t> values{sign, sign, 0};  // 4 x 2/3 = 2.67
    EXPECT_EQ(total_of({strata, of, values}), sign * 3);
  }
}

// By the normal approximation, 1,000 intervals of 95 % hold between 936 and 964 times; the drift makes them wider.
TEST(Estimate, IntervalsHoldAsOftenAsTheySay) {
  std::mt19937_64 random(11);
  std::normal_distribution<double> noise(1e6, 2e4);
  int held = 0;
  for (int i = 0; i < 1000; ++i) {
    const Loop loop(12, 300, [&](std::uint64_t) { return noise(random); });
    const Estimate all = estimate(loop.series(), 0.95);
    held += std::abs(static_cast<double>(all.total - loop.sum)) <= all.half_width() ? 1 : 0;
  }
  EXPECT_GE(held, 936);
}

// Rounds that hang together: each is half the one before and half new. Their mean varies by sqrt(3) more.
TEST(Estimate, RoundsThatHangTogetherWidenTheInterval) {
  std::mt19937_64 random(12);
  std::normal_distribution<double> noise(0, 2e4);
  int held = 0;
  for (int i = 0; i < 1000; ++i) {
    double now = 0;
    const Loop loop(32, 2000, [&](std::uint64_t) { return 1e6 + (now = now / 2 + noise(random)); });
    const Estimate all = estimate(loop.series(), 0.95);
    held += std::abs(static_cast<double>(all.total - loop.sum)) <= all.half_width() ? 1 : 0;
  }
  EXPECT_GE(held, 936);
}

TEST(Estimate, WhatIsLeftOfAWarmUpIsInTheInterval) {
  for (const double decay : {0.2, 0.4, 0.6}) {
    const Loop loop(6, 500, [&](std::uint64_t round) {
      return 1e6 * (1 + 0.05 * std::pow(decay, static_cast<double>(round)));
    });
    const Estimate all = estimate(loop.series(), 0.95);
    EXPECT_LE(std::abs(static_cast<double>(all.total - loop.sum)), all.half_width()) << decay;
  }
}

TEST(Estimate, ATrendIsNoticed) {
  const Loop loop(8, 500, [](std::uint64_t round) { return 1e6 * (1 + 0.01 * static_cast<double>(round)); });
  const Estimate all = estimate(loop.series(), 0.95);
  EXPECT_GT(all.drift.at(7).difference, 0.03 * static_cast<double>(all.total));
  EXPECT_GT(all.drift.at(7).beyond_chance(), 0.02 * static_cast<double>(all.total));
}

TEST(Estimate, TwoRegimesAreNoticed) {
  const Loop loop(8, 500, [](std::uint64_t round) { return round % 8 < 4 ? 1e6 : 1.2e6; });
  const Estimate all = estimate(loop.series(), 0.95);
  EXPECT_GT(all.drift.at(7).beyond_chance(), 0.1 * static_cast<double>(all.total));
}

// 2 x 3 rounds, of which the outer ones differ.
TEST(Estimate, DriftIsToldForEachLoop) {
  const std::vector<Stratum> strata{
      {"nest", {}, 20 * 30, 2 * 3, {{1, Iterates::groups, 2, 20}, {2, Iterates::minibatches, 3, 30}}, true}};
  const std::vector<std::uint32_t> of(6, 0);
  const std::vector<std::int64_t> values{100, 100, 100, 110, 110, 110};
  const Estimate all = estimate({strata, of, values}, 0.95);
  EXPECT_DOUBLE_EQ(all.drift.at(1).difference, 600 * 0.9 * 10);
  EXPECT_DOUBLE_EQ(all.drift.at(2).difference, 0);
  EXPECT_EQ(all.total, 600 * 105);
}

// What one tile of a mini-batch waits longer the next one waits shorter: mini-batches are alike, tiles are not.
TEST(Estimate, AMiniBatchIsOneUnit) {
  const Axis minibatches{1, Iterates::minibatches, 4, 100};
  const std::vector<Stratum> strata{{"tile 0", {}, 100, 4, {minibatches}, false},
                                    {"tile 1", {}, 100, 4, {minibatches}, false}};
  const std::vector<std::uint32_t> of{0, 1, 0, 1, 0, 1, 0, 1};
  const std::vector<std::int64_t> values{70, 30, 30, 70, 55, 45, 45, 55};
  const Estimate all = estimate({strata, of, values}, 0.95);
  EXPECT_EQ(all.total, 100 * 100);
  EXPECT_EQ(all.half_width(), 0);
}

// The variance of 4 mini-batches of 100, each told from 2 tiles of 10: 100^2 (1 - 4/100) s^2 / 4, Student's t of 3.
TEST(Estimate, ChanceIsThatFromMiniBatchToMiniBatch) {
  const Axis minibatches{1, Iterates::minibatches, 4, 100}, tiles{2, Iterates::tiles, 2, 10};
  const std::vector<Stratum> strata{{"tiles", {}, 1000, 8, {minibatches, tiles}, true}};
  const std::vector<std::uint32_t> of(8, 0);
  const std::vector<std::int64_t> values{10, 10, 12, 12,
                                         12, 12, 10, 10};  // mini-batches of 100, 120, 120, 100
  const Estimate all = estimate({strata, of, values}, 0.95);
  EXPECT_EQ(all.total, 11'000);
  EXPECT_NEAR(all.chance, 3.18245 * std::sqrt(1e4 * 0.96 * (400.0 / 3) / 4), 1e-2);
  EXPECT_DOUBLE_EQ(all.drift.at(2).difference, 0);
  EXPECT_EQ(all.variance.size(), 1U);
  EXPECT_TRUE(all.variance.contains(1));
}

// What differs between halves by chance is no drift: the half width is, in the mean, that of chance.
TEST(Estimate, ChanceIsNotTakenForDrift) {
  std::mt19937_64 random(21);
  std::normal_distribution<double> noise(1e6, 2e4);
  double drifts = 0, chances = 0;
  for (int i = 0; i < 300; ++i) {
    const Loop loop(16, 3000, [&](std::uint64_t) { return noise(random); });
    const Estimate all = estimate(loop.series(), 0.95);
    drifts += all.drift.at(7).beyond_chance();
    chances += all.chance;
  }
  EXPECT_LT(drifts, 0.5 * chances);
}

TEST(Estimate, ChanceAndDriftsAddUpAsSquares) {
  const Estimate all{1000, 3, {{1, {-5, 9}}, {2, {12, 0}}, {3, {7, 50}}}, {}};
  EXPECT_DOUBLE_EQ(all.half_width(), 13);
}

TEST(Estimate, RoundTimesHoldAllThatIsInside) {
  // A round of the outer loop is a segment of 50 and 30 inner rounds of 2; the inner loop is seen 3 times of 30.
  const Axis outer{1, Iterates::groups, 2, 20}, inner{2, Iterates::minibatches, 3, 30};
  const std::vector<Stratum> strata{{"outer", {}, 20, 2, {outer}, true},
                                    {"inner", {}, 600, 6, {outer, inner}, true}};
  const std::vector<std::uint32_t> of{0, 1, 1, 1, 0, 1, 1, 1};
  const std::vector<std::int64_t> values{50, 2, 2, 2, 50, 2, 2, 2};
  const RoundTimes times = round_times({strata, of, values});
  EXPECT_EQ(times.at(1).ps, 50 + 30 * 2);
  EXPECT_EQ(times.at(2).ps, 2);
}

}  // namespace
}  // namespace hecaton::sampling::estimate_test
