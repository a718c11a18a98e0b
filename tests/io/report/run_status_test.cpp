#include "io/report/run_status.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace {

using namespace hecaton::io;
using nlohmann::json;

RunStatus some_status() {
  RunStatus status;
  status.state = RunState::stopped;
  status.version = "0.1.0";
  status.deck = "a \"deck\" \xff.toml";
  status.ranks = 64;
  status.started_unix_s = 1'700'000'000.25;
  status.told_unix_s = 1'700'000'100.5;
  status.wall_s = 100.25;
  status.progress = {0.0125, 12'345'678'901'234'567'890U, 0.5, 0.25, false, true};
  return status;
}

TEST(RunStatus, IsReadAsItWasWritten) {
  const auto read = status_from_json(to_json(some_status()));
  ASSERT_TRUE(read.has_value());
  const RunStatus status = some_status();
  EXPECT_EQ(read->state, RunState::stopped);
  EXPECT_EQ(read->deck, "a \"deck\" \uFFFD.toml") << "bytes that are no UTF-8 are replaced";
  EXPECT_EQ(read->ranks, 64);
  EXPECT_EQ(read->started_unix_s, status.started_unix_s);
  EXPECT_EQ(read->told_unix_s, status.told_unix_s);
  EXPECT_EQ(read->wall_s, status.wall_s);
  EXPECT_EQ(read->progress.simulated_s, status.progress.simulated_s);
  EXPECT_EQ(read->progress.events, status.progress.events);
  EXPECT_EQ(read->progress.fraction, 0.5);
  EXPECT_EQ(read->progress.fraction_before, 0.25);
  EXPECT_FALSE(read->progress.of_all_ranks);
  EXPECT_TRUE(read->progress.restarted);
}

TEST(RunStatus, IsNotReadIfAnyValueIsMissingOrOfAnotherType) {
  const json whole = json::parse(to_json(some_status()));
  ASSERT_GT(whole.size(), 10U);
  for (const auto& [key, value] : whole.items()) {
    json without = whole, other = whole;
    without.erase(key);
    other[key] = json::array();
    EXPECT_FALSE(status_from_json(without.dump()).has_value()) << key;
    EXPECT_FALSE(status_from_json(other.dump()).has_value()) << key;
  }
  json later = whole;
  later["schema"] = 2;
  EXPECT_FALSE(status_from_json(later.dump()).has_value());
  for (const char* text : {"", "{", "[]", "null", "\xff"}) EXPECT_FALSE(status_from_json(text).has_value());
}

}  // namespace
