#include "runs/search/front.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace hecaton::test::front_test {
namespace {

using runs::GoalValues;

TEST(Front, DominatesWhatIsWorseInOneGoalAndBetterInNone) {
  EXPECT_TRUE(runs::dominates({1, 2}, {1, 3}));
  EXPECT_TRUE(runs::dominates({0, 2}, {1, 3}));
  EXPECT_FALSE(runs::dominates({1, 2}, {1, 2}));
  EXPECT_FALSE(runs::dominates({1, 3}, {2, 2}));
}

std::vector<GoalValues> random_values(std::size_t goals, std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<GoalValues> all(count, GoalValues(goals));
  for (GoalValues& values : all)
    for (double& value : values) value = static_cast<double>(1 + random() % 20);
  return all;
}

// By looking at every pair.
std::vector<std::size_t> nothing_dominates(const std::vector<GoalValues>& all) {
  std::vector<std::size_t> front;
  for (std::size_t i = 0; i < all.size(); ++i) {
    bool is_dominated = false;
    for (const GoalValues& other : all) {
      bool no_more = true, less = false;
      for (std::size_t goal = 0; goal < other.size(); ++goal) {
        no_more = no_more && other[goal] <= all[i][goal];
        less = less || other[goal] < all[i][goal];
      }
      is_dominated = is_dominated || (no_more && less);
    }
    if (!is_dominated) front.push_back(i);
  }
  return front;
}

TEST(Front, IsWhatNothingDominates) {
  for (const std::size_t goals : {1U, 2U, 3U}) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
      const auto all = random_values(goals, 200, seed);
      runs::Front front;
      for (std::size_t i = 0; i < all.size(); ++i) front.add(all[i], i);
      std::vector<std::size_t> numbers;
      for (const runs::Front::Member& member : front.members()) numbers.push_back(member.number);
      EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end(),
                                 [&](std::size_t a, std::size_t b) { return all[a] < all[b]; }));
      std::sort(numbers.begin(), numbers.end());
      EXPECT_EQ(numbers, nothing_dominates(all)) << goals << " goals, seed " << seed;
    }
  }
}

TEST(Front, WhatNothingDominatesIsSimulatedFirst) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const auto all = random_values(2, 200, seed);
    const std::vector<std::size_t> front = nothing_dominates(all);
    std::vector<std::size_t> order = runs::promising_first(all);
    const auto end = order.begin() + static_cast<std::ptrdiff_t>(front.size());
    std::sort(order.begin(), end);
    EXPECT_TRUE(std::equal(order.begin(), end, front.begin())) << "seed " << seed;
    std::sort(order.begin(), order.end());
    for (std::size_t i = 0; i < order.size(); ++i) EXPECT_EQ(order[i], i);
  }
}

// What is never left out wrongly: bounds below values, and points left out by bounds.
TEST(Front, LeavingOutByBoundsLosesNothing) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    const auto values = random_values(2, 300, seed);
    auto bounds = values;
    std::mt19937 random(seed + 1000);
    for (GoalValues& bound : bounds) bound[0] *= 0.5 + static_cast<double>(random() % 500) / 1000;
    runs::Front front;
    std::size_t looked_at = 0;
    for (const std::size_t point : runs::promising_first(bounds)) {
      if (front.is_dominated(bounds[point])) continue;
      ++looked_at;
      front.add(values[point], point);
    }
    std::vector<std::size_t> numbers;
    for (const runs::Front::Member& member : front.members()) numbers.push_back(member.number);
    std::sort(numbers.begin(), numbers.end());
    EXPECT_EQ(numbers, nothing_dominates(values)) << "seed " << seed;
    EXPECT_LT(looked_at, values.size());
  }
}

}  // namespace
}  // namespace hecaton::test::front_test
