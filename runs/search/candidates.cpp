#include "runs/search/candidates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <future>
#include <utility>

#include "io/deck/workloads/kind.hpp"
#include "io/files/input_error.hpp"
#include "runs/cli/deck_input.hpp"

namespace hecaton::runs {

namespace {

Measure measure_named(const std::string& name, std::string_view key, const io::Location& where) {
  if (const auto measure = value_named<Measure>(name)) return *measure;
  const auto names = names_of<Measure>();
  const std::string_view near = io::nearest(name, names);
  throw io::InputError(where, key, fmt::format("cannot be {}", io::in_quotes(name)),
                       "what is to be small is one of " + io::joined(names),
                       near.empty() ? "choose one of these" : fmt::format("did you mean \"{}\"?", near));
}

std::vector<Measure> goals_of(const std::vector<io::NamedGoal>& named) {
  if (named.empty()) return {Measure::step_s, Measure::package_usd};
  std::vector<Measure> goals;
  for (const io::NamedGoal& goal : named) {
    const Measure measure = measure_named(goal.name, "search.goals", goal.where);
    if (std::find(goals.begin(), goals.end(), measure) != goals.end())
      throw io::InputError(goal.where, "search.goals", fmt::format("names \"{}\" twice", goal.name), "",
                           "name each goal once");
    goals.push_back(measure);
  }
  return goals;
}

std::vector<Limit> limits_of(const std::vector<io::NamedLimit>& named) {
  std::vector<Limit> limits;
  limits.reserve(named.size());
  for (const io::NamedLimit& limit : named)
    limits.push_back({measure_named(limit.name, "limits", limit.where), limit.most, limit.where});
  return limits;
}

// What is known of a point before it is simulated.
struct Bounded {
  std::optional<Measures> least;
  std::string refusal;  // else
};

Bounded bounded(const io::Study& study, std::size_t index) {
  try {
    const CheckedDeck checked = check_point(study.deck, study.points[index], study.ranks, study.partition);
    if (!io::kind_of(checked.loaded.deck).traits.can_be_sampled)
      throw io::InputError(checked.loaded.locations.find("workload.kind"), "workload.kind",
                           "has no training step", "a search compares steps and packages that compute",
                           "give a deck of a training step");
    return {least_measures(checked.planned->workload, *checked.preview.undisturbed), {}};
  } catch (const io::InputError& error) {
    return {std::nullopt, fmt::format("{} [{}]", error.what(), io::values_text(study, index))};
  }
}

std::vector<Bounded> bound_all(const io::Study& study, unsigned threads) {
  std::vector<Bounded> all(study.points.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t index = next++; index < all.size(); index = next++) all[index] = bounded(study, index);
  };
  std::vector<std::future<void>> others;
  for (unsigned i = 1; i < threads; ++i) others.push_back(std::async(std::launch::async, work));
  work();
  for (std::future<void>& other : others) other.get();
  return all;
}

void add(Search& search, std::size_t index, Bounded point) {
  if (!point.least) {
    if (search.infeasible++ == 0) search.first_infeasible = std::move(point.refusal);
  } else if (!std::isfinite(of(*point.least, Measure::package_usd)) ||
             !keeps_limits(*point.least, search.limits)) {
    search.beyond_limits.push_back({index, *point.least});
  } else {
    search.candidates.push_back({index, *point.least});
  }
}

// Names a limit that nothing keeps, and what comes nearest to it.
[[noreturn]] void refuse_limits(const Search& search) {
  for (const Limit& limit : search.limits) {
    const auto less = [&](const Candidate& a, const Candidate& b) {
      return of(a.least, limit.measure) < of(b.least, limit.measure);
    };
    const auto nearest = std::min_element(search.beyond_limits.begin(), search.beyond_limits.end(), less);
    const double value = of(nearest->least, limit.measure);
    if (value <= limit.most) continue;
    const std::string name = fmt::format("limits.{}", name_of(limit.measure));
    throw io::InputError(limit.where, name, "is met by no point",
                         fmt::format("the nearest one has at least {:.6g} {}: {}", value,
                                     unit_of(limit.measure), io::values_text(search.study, nearest->index)),
                         fmt::format("allow {:.6g}, or widen [space]", value));
  }
  if (!search.limits.empty())
    throw io::InputError(search.limits.front().where, "limits", "are met by no point together",
                         "each is met by some points alone", "allow more of one of them, or widen [space]");
  throw io::InputError({search.study.path.string()}, "space", "has no package that can be made",
                       "no die fits a wafer, or next to no package is good", "make smaller dies, or fewer");
}

}  // namespace

bool keeps_limits(const Measures& measures, const std::vector<Limit>& limits) {
  return std::all_of(limits.begin(), limits.end(),
                     [&](const Limit& limit) { return of(measures, limit.measure) <= limit.most; });
}

GoalValues goal_values(const Measures& measures, const std::vector<Measure>& goals) {
  GoalValues values;
  for (const Measure goal : goals) values.push_back(of(measures, goal));
  return values;
}

Search load_search(const std::filesystem::path& path, unsigned threads) {
  io::SearchText text = io::read_search(path);
  Search search;
  search.goals = goals_of(text.goals);
  search.limits = limits_of(text.limits);
  search.study = std::move(text.study);
  std::vector<Bounded> all = bound_all(search.study, threads);
  for (std::size_t index = 0; index < all.size(); ++index) add(search, index, std::move(all[index]));
  if (!search.candidates.empty()) return search;
  if (!search.beyond_limits.empty()) refuse_limits(search);
  throw io::InputError(search.first_infeasible);
}

}  // namespace hecaton::runs
