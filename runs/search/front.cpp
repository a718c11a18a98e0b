#include "runs/search/front.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>

namespace hecaton::runs {

bool dominates(const GoalValues& a, const GoalValues& b) {
  bool is_smaller = false;
  for (std::size_t goal = 0; goal < a.size(); ++goal) {
    if (a[goal] > b[goal]) return false;
    is_smaller = is_smaller || a[goal] < b[goal];
  }
  return is_smaller;
}

void Front::add(GoalValues values, std::size_t number) {
  if (is_dominated(values)) return;
  std::erase_if(members_, [&](const Member& member) { return dominates(values, member.values); });
  members_.push_back({std::move(values), number});
}

bool Front::is_dominated(const GoalValues& values) const {
  return std::any_of(members_.begin(), members_.end(),
                     [&](const Member& member) { return dominates(member.values, values); });
}

std::vector<Front::Member> Front::members() const {
  std::vector<Member> sorted = members_;
  std::sort(sorted.begin(), sorted.end(), [](const Member& a, const Member& b) {
    return std::tie(a.values, a.number) < std::tie(b.values, b.number);
  });
  return sorted;
}

namespace {

// Of each goal the least that is above 0.
GoalValues best_of(const std::vector<GoalValues>& all) {
  GoalValues best(all.front().size(), std::numeric_limits<double>::infinity());
  for (const GoalValues& values : all)
    for (std::size_t goal = 0; goal < best.size(); ++goal)
      if (values[goal] > 0) best[goal] = std::min(best[goal], values[goal]);
  return best;
}

double score(const GoalValues& values, const GoalValues& best) {
  double sum = 0;
  for (std::size_t goal = 0; goal < best.size(); ++goal)
    if (values[goal] > 0) sum += std::log(values[goal] / best[goal]);
  return sum;
}

}  // namespace

std::vector<std::size_t> promising_first(const std::vector<GoalValues>& least) {
  std::vector<std::size_t> order(least.size());
  if (least.empty()) return order;
  std::iota(order.begin(), order.end(), std::size_t{0});
  const GoalValues best = best_of(least);
  std::vector<double> scores;
  scores.reserve(least.size());
  for (const GoalValues& values : least) scores.push_back(score(values, best));
  // What dominates another one has a lower score or comes before it here, so one pass finds the front.
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(scores[a], least[a], a) < std::tie(scores[b], least[b], b);
  });
  Front front;
  std::vector<bool> is_dominated(least.size());
  for (const std::size_t point : order) {
    is_dominated[point] = front.is_dominated(least[point]);
    if (!is_dominated[point]) front.add(least[point], point);
  }
  std::stable_partition(order.begin(), order.end(), [&](std::size_t point) { return !is_dominated[point]; });
  return order;
}

}  // namespace hecaton::runs
