// The critical path of a few dies by hand: from the end back, over waits and messages; what it adds up to; how a long
// one is told in few segments.
#include <gtest/gtest.h>

#include <numeric>
#include <set>
#include <stdexcept>
#include <vector>

#include "core/critical_path/merge.hpp"
#include "core/critical_path/sums.hpp"
#include "core/critical_path/walk.hpp"

namespace hecaton::critical::critical_path_test {
namespace {

using chiplet::OperationKind;
using chiplet::OperationRow;
using chiplet::Pass;
using chiplet::Stage;
using chiplet::WaitCause;
using chiplet::WaitRow;

// Two dies. Die 0 multiplies until 100, and sends at once. Die 1 waits for DRAM from 0 to 30, which it had asked at 0, is
// in its collective from 30, waits there from 30 to 170 for the message of die 0, adds until 190, and passes a vector
// until 200.
struct TwoDies {
  std::vector<std::uint32_t> dies{0, 1};
  std::vector<std::uint64_t> operations_per_die{2, 4}, waits_per_die{0, 2};
  std::vector<OperationRow> operations{
      {.die = 0, .kind = OperationKind::matmul, .layer = 2, .start_ps = 0, .end_ps = 100},
      {.die = 0, .kind = OperationKind::all_gather, .layer = 2, .start_ps = 100, .end_ps = 100},
      {.die = 1, .kind = OperationKind::dram_read, .start_ps = 0, .end_ps = 30},
      {.die = 1, .kind = OperationKind::dram_wait, .start_ps = 0, .end_ps = 30},
      {.die = 1, .kind = OperationKind::all_gather, .layer = 3, .start_ps = 30, .end_ps = 190},
      {.die = 1, .kind = OperationKind::vector, .layer = 3, .start_ps = 190, .end_ps = 200}};
  std::vector<WaitRow> waits{
      {.die = 1, .cause = WaitCause::dram_read, .from = 5, .start_ps = 0, .end_ps = 30, .caused_ps = 0},
      {.die = 1, .cause = WaitCause::message, .from = 0, .start_ps = 30, .end_ps = 170, .caused_ps = 100}};

  Walk walk(Undisturbed alone) const {
    return Walk({dies, operations_per_die, operations, waits_per_die, waits},
                [alone](const WaitRow&) { return alone; });
  }
};

Path in_order(std::vector<Segment> latest_first) {
  return {latest_first.rbegin(), latest_first.rend()};
}

std::int64_t sum_of(const PartSums& sums) {
  return std::accumulate(sums.begin(), sums.end(), std::int64_t{0});
}

TEST(Walk, FollowsAMessageToWhoSentIt) {
  const TwoDies rows;
  Walk walk = rows.walk({.latency_ps = 20, .transfer_ps = 40});
  ASSERT_EQ(walk.end(), (Place{1, 200}));
  std::vector<Segment> segments;
  EXPECT_EQ(walk.follow({1, 200}, segments), (Place{0, 0}));
  const auto of = [](std::uint32_t die, std::uint32_t from, Part part, OperationKind kind, std::int16_t layer,
                     std::int64_t start, std::int64_t end) {
    return Segment{.die = die,
                   .from = from,
                   .part = part,
                   .kind = kind,
                   .layer = layer,
                   .start_ps = start,
                   .end_ps = end};
  };
  EXPECT_EQ(in_order(segments), (Path{of(0, 0, Part::compute, OperationKind::matmul, 2, 0, 100),
                                      of(1, 0, Part::contention, OperationKind::all_gather, 3, 100, 110),
                                      of(1, 0, Part::latency, OperationKind::all_gather, 3, 110, 130),
                                      of(1, 0, Part::serialisation, OperationKind::all_gather, 3, 130, 170),
                                      of(1, 1, Part::vector, OperationKind::all_gather, 3, 170, 190),
                                      of(1, 1, Part::vector, OperationKind::vector, 3, 190, 200)}));
}

TEST(Walk, GoesFromDramToWhenItWasAsked) {
  const TwoDies rows;
  Walk walk = rows.walk({.latency_ps = 7, .transfer_ps = 100});
  std::vector<Segment> segments;
  EXPECT_EQ(walk.follow({1, 30}, segments), (Place{1, 0}));
  ASSERT_EQ(segments.size(), 1U) << "no part is longer than the wait";
  EXPECT_EQ(segments[0].part, Part::dram_transfer);
  EXPECT_EQ(segments[0].from, 5U);
  EXPECT_EQ(segments[0].end_ps, 30);
}

TEST(Walk, StopsAtADieOfAnotherRank) {
  TwoDies rows;
  rows.dies = {1};
  rows.operations_per_die = {4};
  rows.waits_per_die = {2};
  rows.operations.erase(rows.operations.begin(), rows.operations.begin() + 2);
  Walk walk = rows.walk({});
  std::vector<Segment> segments;
  EXPECT_EQ(walk.follow({1, 200}, segments), (Place{0, 100}));
  EXPECT_FALSE(walk.holds(0));
}

TEST(Walk, TellsOfTimeThatNoRowAccountsFor) {
  TwoDies rows;
  rows.operations.front().start_ps = 10;
  Walk walk = rows.walk({});
  std::vector<Segment> segments;
  EXPECT_THROW(walk.follow({1, 200}, segments), std::logic_error);
  TwoDies lost;
  lost.waits.pop_back();
  lost.waits_per_die = {0, 1};
  Walk other = lost.walk({});
  EXPECT_EQ(other.follow({1, 200}, segments), (Place{1, 0})) << "all of the collective is additions then";
  lost.waits_per_die = {0, 2};
  EXPECT_THROW(lost.walk({}), std::logic_error);
}

TEST(Walk, PrefersTheLowerDieAtItsEnd) {
  EXPECT_EQ(later({3, 10}, {2, 10}), (Place{2, 10}));
  EXPECT_EQ(later({3, 11}, {2, 10}), (Place{3, 11}));
}

// A path of `count` segments of all parts, in layers of 5 and operations of 10 segments.
Path long_path(std::size_t count) {
  Path path;
  std::int64_t at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto length = static_cast<std::int64_t>(1 + i * i % 97);
    path.push_back({.die = static_cast<std::uint32_t>(i % 6),
                    .from = static_cast<std::uint32_t>(i % 7),
                    .part = static_cast<Part>(i % part_count),
                    .kind = i / 5 % 2 == 0 ? OperationKind::matmul : OperationKind::all_gather,
                    .stage = Stage::qkv,
                    .pass = Pass::forward,
                    .layer = static_cast<std::int16_t>(i / 50 % 20),
                    .start_ps = at,
                    .end_ps = at + length});
    at += length;
  }
  return path;
}

TEST(Merging, KeepsSumsAndOrderWhateverFits) {
  const Path path = long_path(5000);
  EXPECT_EQ(merged(path, 5000), path);
  std::set<std::size_t> sizes;
  for (const std::size_t most : {std::size_t{4999}, std::size_t{900}, std::size_t{300}, part_count}) {
    const Path shorter = merged(path, most);
    ASSERT_LE(shorter.size(), most);
    sizes.insert(shorter.size());
    EXPECT_EQ(sums_by_part(shorter), sums_by_part(path));
    std::int64_t at = 0;
    std::uint64_t segments = 0;
    for (const Segment& segment : shorter) {
      ASSERT_EQ(segment.start_ps, at);
      at = segment.end_ps;
      segments += segment.merged;
    }
    EXPECT_EQ(at, path.back().end_ps);
    EXPECT_EQ(segments, path.size());
    if (most > 900) {
      EXPECT_EQ(sums_by_section(shorter), sums_by_section(path));
    }
  }
  EXPECT_GT(sizes.size(), 2U);
}

TEST(Sums, AreOfWholePaths) {
  const Path path = long_path(3000);
  EXPECT_EQ(sum_of(sums_by_part(path)), path.back().end_ps);
  std::int64_t of_sections = 0;
  for (const auto& [section, ps] : sums_by_section(path)) of_sections += ps;
  EXPECT_EQ(of_sections, path.back().end_ps);
  const Path waits{{.die = 1, .from = 0, .start_ps = 0, .end_ps = 5},
                   {.die = 0, .from = 2, .start_ps = 5, .end_ps = 12},
                   {.die = 2, .from = 2, .start_ps = 12, .end_ps = 100},
                   {.die = 3, .from = 0, .start_ps = 100, .end_ps = 102}};
  const ConnectionSums expected{{{0, 1}, 5}, {{2, 0}, 7}, {{2, 2}, 88}, {{0, 3}, 2}};
  EXPECT_EQ(sums_by_connection(waits), expected) << "own work is from a die to itself";
  ASSERT_TRUE(longest_wait(waits).has_value());
  EXPECT_EQ(longest_wait(waits)->from, 0U) << "of two that took as long the lower one";
  EXPECT_EQ(longest_wait(waits)->ps, 7);
  EXPECT_FALSE(longest_wait({}).has_value());
}

}  // namespace
}  // namespace hecaton::critical::critical_path_test
