#include "runs/search/search.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "runs/sweep/local.hpp"

namespace hecaton::runs {

namespace {

// How many points are prepared at a time: enough for all workers, few enough to choose the next ones by what these show.
std::size_t wave_of(int at_once) {
  return 8 * static_cast<std::size_t>(at_once);
}

class Searcher {
 public:
  Searcher(const Search& search, Sweep& sweep) : search_(search), sweep_(sweep) {
    std::vector<GoalValues> least;
    for (const Candidate& candidate : search.candidates)
      least.push_back(goal_values(candidate.least, search.goals));
    order_ = promising_first(least);
    least_ = std::move(least);
  }

  SearchResult run(const SearchOptions& options) {
    while (result_.end == SearchEnd::complete) {
      const std::vector<std::string> names = next_wave(wave_of(options.at_once));
      if (names.empty()) break;
      LocalOptions local{options.at_once, options.launcher, {}, options.until};
      local.is_wanted = [&](const SweepPoint& point) { return is_wanted(point.name); };
      take(run_points(sweep_, names, local));
    }
    return finish();
  }

  SearchResult known() {
    while (!next_wave(order_.size()).empty()) {
    }
    return finish();
  }

 private:
  // The next points that are wanted and not finished; those that are finished are taken as they are.
  std::vector<std::string> next_wave(std::size_t most) {
    std::vector<std::string> names;
    while (names.size() < most && next_ < order_.size()) {
      const std::size_t candidate = order_[next_++];
      if (front_.is_dominated(least_[candidate])) continue;
      SweepPoint point = sweep_point(search_.study, search_.candidates[candidate].index);
      if (!candidate_of_.try_emplace(point.name, candidate).second) continue;  // an equal deck
      const std::string name = point.name;
      sweep_.points.push_back(std::move(point));
      pending_.insert(name);
      if (!gather(name)) names.push_back(name);
    }
    return names;
  }

  bool is_wanted(const std::string& name) {
    for (const std::string& other : std::set<std::string>(pending_)) gather(other);
    return !front_.is_dominated(least_[candidate_of_.at(name)]);
  }

  // Takes what a point has come to, if it is finished.
  bool gather(const std::string& name) {
    const auto summary = finished_summary(sweep_, find_point(sweep_, name));
    if (!summary) return false;
    pending_.erase(name);
    const Measures measures = measures_of(*summary);
    const bool is_allowed = keeps_limits(measures, search_.limits);
    if (is_allowed) front_.add(goal_values(measures, search_.goals), result_.simulated.size());
    result_.simulated.push_back({candidate_of_.at(name), name, measures, is_allowed});
    return true;
  }

  void take(const LocalResult& local) {
    for (const std::string& name : std::set<std::string>(pending_)) gather(name);
    result_.failed += local.failed;
    result_.no_start = local.no_start;
    result_.stopped_by = local.stopped_by;
    if (local.is_out_of_time) result_.end = SearchEnd::out_of_time;
    if (local.stopped_by != 0) result_.end = SearchEnd::stopped;
    if (!local.no_start.empty()) result_.end = SearchEnd::failed;
  }

  SearchResult finish() {
    for (const Front::Member& member : front_.members()) result_.front.push_back(member.number);
    const auto add_open = [&](std::size_t candidate) {
      if (!front_.is_dominated(least_[candidate])) result_.open.push_back(candidate);
    };
    for (const std::string& name : pending_) add_open(candidate_of_.at(name));
    for (std::size_t i = next_; i < order_.size(); ++i) add_open(order_[i]);
    std::sort(result_.open.begin(), result_.open.end());
    if (result_.failed > 0 && result_.end == SearchEnd::complete) result_.end = SearchEnd::failed;
    if (result_.end == SearchEnd::out_of_time && result_.open.empty()) result_.end = SearchEnd::complete;
    std::erase_if(sweep_.points, [&](const SweepPoint& point) { return pending_.contains(point.name); });
    return std::move(result_);
  }

  const Search& search_;
  Sweep& sweep_;
  std::vector<GoalValues> least_;                    // by candidate
  std::vector<std::size_t> order_;                   // candidates, the most promising first
  std::size_t next_ = 0;                             // in that order
  std::map<std::string, std::size_t> candidate_of_;  // of the points that were looked at
  std::set<std::string> pending_;                    // of these, what is not finished
  Front front_;  // of what was simulated; numbers are places in the result
  SearchResult result_;
};

}  // namespace

Sweep sweep_of(const Search& search, const std::filesystem::path& output) {
  Sweep sweep;
  sweep.study = search.study;
  const std::filesystem::path folder =
      output.empty() ? std::filesystem::path("out") / search.study.path.stem() : output;
  sweep.output = std::filesystem::absolute(folder).lexically_normal();
  return sweep;
}

SearchResult run_search(const Search& search, Sweep& sweep, const SearchOptions& options) {
  return Searcher(search, sweep).run(options);
}

SearchResult known_result(const Search& search, Sweep& sweep) {
  return Searcher(search, sweep).known();
}

std::vector<std::size_t> next_points(const Search& search, const SearchResult& known) {
  Front front;
  for (const std::size_t candidate : known.open)
    front.add(goal_values(search.candidates[candidate].least, search.goals), candidate);
  std::vector<std::size_t> next;
  for (const Front::Member& member : front.members()) next.push_back(member.number);
  return next;
}

}  // namespace hecaton::runs
