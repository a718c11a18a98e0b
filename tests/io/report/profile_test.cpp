#include "io/report/profile.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace {

using namespace hecaton::io;

RankAccounting rank(std::uint64_t events, double computing_s, double waiting_s, double exchanging_s) {
  RankAccounting accounting;
  accounting.events = events;
  accounting.windows = 7;
  accounting.bytes_sent = 640;
  accounting.computing_s = computing_s;
  accounting.waiting_s = waiting_s;
  accounting.exchanging_s = exchanging_s;
  accounting.peak_rss_bytes = 1'000'000;
  return accounting;
}

Profile two_ranks() {
  Summary summary;
  summary.deck = "two.toml";
  summary.sync = "null";
  RunResult result;
  result.wall_s = 10.5;
  result.critical_path_events = 100;
  result.accounting = {rank(300, 6.0, 3.0, 1.0), rank(100, 2.0, 7.5, 0.5)};
  return make_profile(summary, result, {0.25, 0.5});
}

TEST(Profile, FiguresFollowFromTheRanks) {
  const Profile profile = two_ranks();
  EXPECT_EQ(profile.events(), 400U);
  EXPECT_DOUBLE_EQ(profile.imbalance_events(), 300.0 / 200.0);
  EXPECT_DOUBLE_EQ(profile.imbalance_computing(), 6.0 / 4.0);
  EXPECT_DOUBLE_EQ(profile.efficiency(), 8.0 / 20.0);
  EXPECT_DOUBLE_EQ(profile.waiting(), 10.5 / 20.0);
  EXPECT_DOUBLE_EQ(profile.exchanging(), 1.5 / 20.0);
  EXPECT_DOUBLE_EQ(profile.parallelism(), 4.0);
  EXPECT_DOUBLE_EQ(profile.least_s(), 8.0 / 400.0 * 100.0);
}

TEST(Profile, SaysItInALineOrTwo) {
  EXPECT_EQ(describe(two_ranks()),
            "parallelism 4: of the 400 events, 100 had to wait for each other\n"
            "efficiency 40.0 % of 2 ranks: 52.5 % waiting, 7.5 % exchanging; imbalance 1.5 in events, 1.5 in "
            "time\n");
  Profile alone = two_ranks();
  alone.ranks.pop_back();
  EXPECT_EQ(describe(alone), "parallelism 3: of the 300 events, 100 had to wait for each other\n");
  alone.critical_path_events = 0;
  EXPECT_EQ(describe(alone), "") << "a chain that was too long to count";
}

TEST(Profile, ARunWithoutEventsHasFiniteFigures) {
  RunResult result;
  result.accounting = {rank(0, 0, 0, 0)};
  const Profile nothing = make_profile(Summary{}, result, {0.0});
  EXPECT_EQ(nothing.imbalance_events(), 1.0);
  EXPECT_EQ(nothing.efficiency(), 0.0);
  EXPECT_EQ(nothing.parallelism(), 0.0);
  EXPECT_EQ(nothing.least_s(), 0.0);
}

TEST(Profile, JsonHasARowPerRank) {
  const auto json = nlohmann::json::parse(to_json(two_ranks()));
  EXPECT_EQ(json.at("schema"), 1);
  EXPECT_EQ(json.at("deck"), "two.toml");
  EXPECT_EQ(json.at("events"), 400);
  EXPECT_EQ(json.at("critical_path_events"), 100);
  ASSERT_EQ(json.at("ranks").size(), 2U);
  EXPECT_EQ(json.at("ranks")[1].at("rank"), 1);
  EXPECT_EQ(json.at("ranks")[1].at("events"), 100);
  EXPECT_EQ(json.at("ranks")[0].at("bytes_sent"), 640);
  EXPECT_EQ(json.at("ranks")[1].at("writing_s"), 0.5);
}

}  // namespace
