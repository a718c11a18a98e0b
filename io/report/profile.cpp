#include "io/report/profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "io/report/quantity.hpp"

namespace hecaton::io {
namespace {

constexpr std::int64_t profile_schema = 1;

template <class Value>
double sum(const std::vector<RankAccounting>& ranks, Value RankAccounting::*member) {
  double all = 0;
  for (const RankAccounting& rank : ranks) all += static_cast<double>(rank.*member);
  return all;
}

// A single rank, and a run that did nothing, are in balance.
template <class Value>
double largest_over_mean(const std::vector<RankAccounting>& ranks, Value RankAccounting::*member) {
  double most = 0;
  for (const RankAccounting& rank : ranks) most = std::max(most, static_cast<double>(rank.*member));
  const double all = sum(ranks, member);
  return all > 0 ? most * static_cast<double>(ranks.size()) / all : 1.0;
}

double share(const std::vector<RankAccounting>& ranks, double RankAccounting::*member) {
  double longest = 0;
  for (const RankAccounting& rank : ranks)
    longest = std::max(longest, rank.computing_s + rank.waiting_s + rank.exchanging_s);
  return longest > 0 ? sum(ranks, member) / (longest * static_cast<double>(ranks.size())) : 0.0;
}

nlohmann::ordered_json rank_json(std::size_t number, const RankAccounting& rank, double writing_s) {
  nlohmann::ordered_json json{{"rank", number}};
  visit_fields(rank, [&](const std::string& name, const auto& value) {
    if (name == "peak_rss_bytes") json["writing_s"] = writing_s;  // the times stand together
    json[name] = value;
  });
  return json;
}

}  // namespace

std::uint64_t Profile::events() const {
  std::uint64_t all = 0;
  for (const RankAccounting& rank : ranks) all += rank.events;
  return all;
}
double Profile::computing_s() const {
  return sum(ranks, &RankAccounting::computing_s);
}
double Profile::imbalance_events() const {
  return largest_over_mean(ranks, &RankAccounting::events);
}
double Profile::imbalance_computing() const {
  return largest_over_mean(ranks, &RankAccounting::computing_s);
}
double Profile::efficiency() const {
  return share(ranks, &RankAccounting::computing_s);
}
double Profile::waiting() const {
  return share(ranks, &RankAccounting::waiting_s);
}
double Profile::exchanging() const {
  return share(ranks, &RankAccounting::exchanging_s);
}
double Profile::parallelism() const {
  if (critical_path_events == 0) return 0.0;
  return static_cast<double>(events()) / static_cast<double>(critical_path_events);
}
double Profile::least_s() const {
  const double all = static_cast<double>(events());
  return all > 0 ? computing_s() / all * static_cast<double>(critical_path_events) : 0.0;
}

Profile make_profile(const Summary& summary, const RunResult& result, std::vector<double> writing_s) {
  Profile profile;
  profile.deck = summary.deck;
  profile.deck_digest = summary.deck_digest;
  profile.version = summary.version;
  profile.git = summary.git;
  profile.sync = summary.sync;
  profile.wall_s = result.wall_s;
  profile.critical_path_events = result.critical_path_events;
  profile.ranks = result.accounting;
  profile.writing_s = std::move(writing_s);
  return profile;
}

std::string describe(const Profile& profile) {
  std::string text;
  if (profile.critical_path_events > 0)
    text = fmt::format("parallelism {:.3g}: of the {} events, {} had to wait for each other\n",
                       profile.parallelism(), format_count(static_cast<double>(profile.events())),
                       format_count(static_cast<double>(profile.critical_path_events)));
  if (profile.ranks.size() > 1)
    text += fmt::format(
        "efficiency {} of {} ranks: {} waiting, {} exchanging; imbalance {:.3g} in events, {:.3g} in time\n",
        format_percent(profile.efficiency()), profile.ranks.size(), format_percent(profile.waiting()),
        format_percent(profile.exchanging()), profile.imbalance_events(), profile.imbalance_computing());
  return text;
}

std::string to_json(const Profile& profile) {
  nlohmann::ordered_json ranks = nlohmann::ordered_json::array();
  for (std::size_t rank = 0; rank < profile.ranks.size(); ++rank)
    ranks.push_back(rank_json(rank, profile.ranks[rank], profile.writing_s.at(rank)));
  nlohmann::ordered_json json = {{"schema", profile_schema},
                                 {"version", profile.version},
                                 {"git", profile.git},
                                 {"deck", profile.deck},
                                 {"deck_digest", fmt::format("{:016x}", profile.deck_digest)},
                                 {"sync", profile.sync},
                                 {"wall_s", profile.wall_s},
                                 {"events", profile.events()},
                                 {"critical_path_events", profile.critical_path_events},
                                 {"parallelism", profile.parallelism()},
                                 {"least_s", profile.least_s()},
                                 {"efficiency", profile.efficiency()},
                                 {"waiting", profile.waiting()},
                                 {"exchanging", profile.exchanging()},
                                 {"imbalance_events", profile.imbalance_events()},
                                 {"imbalance_computing", profile.imbalance_computing()},
                                 {"ranks", std::move(ranks)}};
  return json.dump(2) + "\n";
}

}  // namespace hecaton::io
