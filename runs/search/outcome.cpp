#include "runs/search/outcome.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "io/files/atomic_file.hpp"
#include "io/report/quantity.hpp"

namespace hecaton::runs {

namespace {

namespace fs = std::filesystem;

const SimulatedPoint& on_front(const SearchResult& result, std::size_t place) {
  return result.simulated[result.front[place]];
}

GoalValues values_on_front(const Search& search, const SearchResult& result, std::size_t place) {
  return goal_values(on_front(result, place).measures, search.goals);
}

// The only limit that a point breaks, if it is one.
const Limit* only_broken(const Search& search, const Measures& measures) {
  const Limit* broken = nullptr;
  for (const Limit& limit : search.limits) {
    if (of(measures, limit.measure) <= limit.most) continue;
    if (broken != nullptr) return nullptr;
    broken = &limit;
  }
  return broken;
}

std::string text_of(Measure measure, double value) {
  return fmt::format("{:.6g} {}", value, unit_of(measure));
}

std::string goals_text(const Search& search, const Measures& measures) {
  std::string text;
  for (const Measure goal : search.goals)
    text +=
        fmt::format("{}{} {}", text.empty() ? "" : ", ", name_of(goal), text_of(goal, of(measures, goal)));
  return text;
}

std::size_t index_of(const Search& search, const SimulatedPoint& point) {
  return search.candidates[point.candidate].index;
}

std::string counts_text(const Search& search, const SearchResult& result) {
  const std::size_t all = search.study.points.size(), simulated = result.simulated.size();
  const std::size_t seen = search.candidates.size() - result.open.size();
  std::string text = fmt::format(
      "{} points: {} simulated ({:.1f} %), {} left out because something simulated dominates the least "
      "that they can be",
      all, simulated, 100.0 * static_cast<double>(simulated) / static_cast<double>(all),
      seen - std::min(seen, simulated));
  if (!search.beyond_limits.empty())
    text +=
        fmt::format(", {} because they break a limit whatever their step takes", search.beyond_limits.size());
  if (search.infeasible > 0)
    text +=
        fmt::format(", {} that no run accepts (the first: {})", search.infeasible, search.first_infeasible);
  return text + ".\n";
}

std::string open_text(const Search& search, const SearchResult& result) {
  if (result.open.empty()) return "The front is that of the whole space.\n";
  std::string text =
      fmt::format("NOT COMPLETE: {} points may still be on the front, with at least", result.open.size());
  for (const Measure goal : search.goals) {
    double least = std::numeric_limits<double>::infinity();
    for (const std::size_t candidate : result.open)
      least = std::min(least, of(search.candidates[candidate].least, goal));
    text +=
        fmt::format("{} {} {}", goal == search.goals.front() ? "" : ",", name_of(goal), text_of(goal, least));
  }
  return text + ".\n";
}

std::string front_text(const Search& search, const SearchResult& result) {
  if (result.front.empty())
    return result.simulated.empty() ? "" : "No point that was simulated keeps the limits.\n";
  const std::size_t middle = middle_of(search, result);
  std::string text = fmt::format("On the front ({}; in the middle: {}):\n", result.front.size(), middle + 1);
  for (std::size_t place = 0; place < result.front.size(); ++place) {
    const SimulatedPoint& point = on_front(result, place);
    text += fmt::format("  {:>3}  {}  ({})\n", place + 1, goals_text(search, point.measures),
                        io::values_text(search.study, index_of(search, point), io::Keys::varying));
  }
  return text;
}

std::string limits_text(const Search& search, const SearchResult& result) {
  std::string text;
  for (const BindingLimit& limit : binding_limits(search, result))
    text += fmt::format("The limit of {} binds: without it {} more points could be on the front.\n",
                        fmt::format("{} {}", name_of(limit.measure), text_of(limit.measure, limit.most)),
                        limit.points);
  if (text.empty() && !search.limits.empty()) text = "No limit keeps a point from the front.\n";
  return text;
}

std::string deck_name(std::size_t place) {
  return fmt::format("{}.toml", place + 1);
}

void write_decks(const Sweep& sweep, const SearchResult& result) {
  const fs::path folder = sweep.output / "front";
  fs::create_directories(folder);
  for (std::size_t place = 0; place < result.front.size(); ++place)
    io::write_atomically(folder / deck_name(place),
                         find_point(sweep, on_front(result, place).name).deck_text);
  for (std::size_t place = result.front.size(); fs::remove(folder / deck_name(place)); ++place) {
  }
}

}  // namespace

std::vector<BindingLimit> binding_limits(const Search& search, const SearchResult& result) {
  Front front;
  for (std::size_t place = 0; place < result.front.size(); ++place)
    front.add(values_on_front(search, result, place), place);
  std::vector<BindingLimit> binding;
  for (const Limit& limit : search.limits) {
    BindingLimit counted{limit.measure, limit.most, 0};
    const auto count = [&](const Measures& measures) {
      const bool is_kept_out =
          only_broken(search, measures) == &limit && std::isfinite(of(measures, Measure::package_usd));
      if (is_kept_out && !front.is_dominated(goal_values(measures, search.goals))) ++counted.points;
    };
    for (const Candidate& beyond : search.beyond_limits) count(beyond.least);
    for (const SimulatedPoint& point : result.simulated) count(point.measures);
    if (counted.points > 0) binding.push_back(counted);
  }
  return binding;
}

std::size_t middle_of(const Search& search, const SearchResult& result) {
  std::vector<GoalValues> values;
  for (std::size_t place = 0; place < result.front.size(); ++place)
    values.push_back(values_on_front(search, result, place));
  return promising_first(values).front();
}

std::vector<io::TableColumn> front_table(const Search& search, const Sweep& sweep,
                                         const SearchResult& result) {
  std::vector<io::TableColumn> columns{{"place", "", "on the front, by the first goal", {}},
                                       {"point", "", "folder of the point", {}}};
  for (const std::string& key : search.study.keys) columns.push_back({key, "", key + " of the deck", {}});
  for (const Measure measure : values_of<Measure>())
    columns.push_back(
        {std::string(name_of(measure)), std::string(unit_of(measure)), "of the simulated step", {}});
  for (std::size_t place = 0; place < result.front.size(); ++place) {
    const SimulatedPoint& point = on_front(result, place);
    auto column = columns.begin();
    (column++)->cells.emplace_back(std::uint64_t{place + 1});
    (column++)->cells.emplace_back(point.name);
    for (const io::Value& value : find_point(sweep, point.name).values)
      (column++)->cells.emplace_back(std::visit([](const auto& v) -> io::Figure { return v; }, value));
    for (const double value : point.measures) (column++)->cells.emplace_back(value);
  }
  return columns;
}

std::string describe(const Search& search, const SearchResult& result) {
  return counts_text(search, result) + open_text(search, result) + front_text(search, result) +
         limits_text(search, result);
}

void write_outcome(const Search& search, const Sweep& sweep, const SearchResult& result,
                   const std::string& words) {
  io::write_atomically(sweep.output / "front.csv", io::to_csv(front_table(search, sweep, result)));
  io::write_atomically(sweep.output / "front.txt", words);
  write_decks(sweep, result);
}

}  // namespace hecaton::runs
