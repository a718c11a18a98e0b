#include "runs/search/sensitivity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "io/deck/reader.hpp"
#include "io/deck/registry.hpp"
#include "runs/sweep/local.hpp"

namespace hecaton::runs {

namespace {

constexpr double more = 1.1;

const io::Key& key_of(std::string_view resource) {
  const auto dot = resource.find('.');
  return *io::find_key(resource.substr(0, dot), resource.substr(dot + 1));
}

// The point with a tenth more of one resource.
io::StudyPoint enlarged(const io::Study& study, std::size_t index, std::string_view resource) {
  const io::Key& key = key_of(resource);
  const io::Deck deck = io::load_deck_with(study.deck, study.points[index]).deck;
  io::StudyPoint point = study.points[index];
  std::erase_if(point,
                [&](const io::Entry& entry) { return entry.table == key.table && entry.name == key.name; });
  io::Entry entry{std::string(key.table),
                  std::string(key.name),
                  more * std::get<double>(key.get(deck, key)),
                  "a number",
                  {study.path.string()}};
  point.push_back(std::move(entry));
  return point;
}

}  // namespace

std::vector<Sensitivity> sensitivities(const Search& search, const SimulatedPoint& point,
                                       const std::filesystem::path& output, const SearchOptions& options) {
  const std::size_t index = search.candidates[point.candidate].index;
  Sweep sweep = sweep_of(search, output / "sensitivity");
  sweep.study.keys.clear();  // each point has its own
  sweep.study.points.clear();
  std::vector<std::string> names;
  for (const std::string_view resource : resources) {
    names.emplace_back();
    sweep.study.points.push_back(enlarged(search.study, index, resource));
    try {
      sweep.points.push_back(sweep_point(sweep.study, sweep.study.points.size() - 1));
      names.back() = sweep.points.back().name;
    } catch (const io::InputError&) {  // the change that is tried makes no deck
    }
  }
  run_points(sweep, unfinished_points(sweep), {options.at_once, options.launcher, {}, options.until});
  std::vector<Sensitivity> all;
  const GoalValues before = goal_values(point.measures, search.goals);
  for (std::size_t i = 0; i < names.size(); ++i) {
    Sensitivity& each = all.emplace_back(Sensitivity{resources[i], {}});
    const auto summary =
        names[i].empty() ? std::nullopt : finished_summary(sweep, find_point(sweep, names[i]));
    if (!summary) continue;
    const GoalValues after = goal_values(measures_of(*summary), search.goals);
    for (std::size_t goal = 0; goal < before.size(); ++goal)
      each.changes.push_back(after[goal] / before[goal] - 1);
  }
  return all;
}

std::string describe(const Search& search, const std::vector<Sensitivity>& all, std::size_t place) {
  std::string text =
      fmt::format("What a tenth more of each resource is worth at point {}, simulated:\n", place + 1);
  for (const Sensitivity& each : all) {
    text += fmt::format("  {:<26}", each.resource);
    if (each.changes.empty()) text += " not simulated";
    for (std::size_t goal = 0; goal < each.changes.size(); ++goal)
      text += fmt::format(" {} {:+.2f} %{}", name_of(search.goals[goal]), 100 * each.changes[goal],
                          goal + 1 < each.changes.size() ? "," : "");
    text += "\n";
  }
  return text;
}

}  // namespace hecaton::runs
