// Lanes of overlapping operations, filters, and the wire format.
#include "io/export/lanes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "io/export/filter.hpp"
#include "io/export/wire.hpp"

namespace {

using namespace hecaton::io;
using hecaton::chiplet::OperationKind;
using hecaton::chiplet::OperationRow;
using hecaton::chiplet::Stage;

OperationRow row(OperationKind kind, std::int64_t start, std::int64_t end) {
  OperationRow made;
  made.kind = kind;
  made.start_ps = start;
  made.end_ps = end;
  return made;
}

// The most operations of an engine at any moment, those that take no time apart: so many lanes are needed.
std::size_t most_at_once(const std::vector<OperationRow>& rows, Engine engine) {
  std::map<std::int64_t, int> change;
  for (const OperationRow& each : rows) {
    if (engine_of(each.kind) != engine) continue;
    ++change[each.start_ps];
    --change[each.end_ps];
  }
  int now = 0, most = 0;
  for (const auto& [time, by] : change) most = std::max(most, now += by);
  return static_cast<std::size_t>(most);
}

std::vector<OperationRow> random_rows(std::mt19937& random, bool with_empty) {
  std::vector<OperationRow> rows;
  for (int i = 0; i < 200; ++i) {
    const auto kind = static_cast<OperationKind>(random() % 12);
    const auto start = static_cast<std::int64_t>(random() % 300);
    rows.push_back(row(kind, start, start + (with_empty ? 0 : 1) + static_cast<std::int64_t>(random() % 40)));
    rows.back().bytes = static_cast<std::uint64_t>(i);
  }
  return rows;
}

TEST(Lanes, NothingOverlapsAndNothingIsLost) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    const std::vector<OperationRow> rows = random_rows(random, round % 2 == 0);
    std::vector<bool> seen(rows.size());
    for (const Lane& lane : lanes_of(rows)) {
      std::int64_t free = 0;
      ASSERT_FALSE(lane.slices.empty());
      for (const OperationRow& slice : lane.slices) {
        EXPECT_EQ(engine_of(slice.kind), lane.engine);
        EXPECT_GE(slice.start_ps, free);
        free = slice.end_ps;
        EXPECT_EQ(slice, rows[slice.bytes]);
        EXPECT_FALSE(seen[slice.bytes]);
        seen[slice.bytes] = true;
      }
    }
    EXPECT_EQ(std::count(seen.begin(), seen.end(), false), 0);
  }
}

TEST(Lanes, AreAsFewAsPossible) {
  std::mt19937 random(11);
  for (int round = 0; round < 50; ++round) {
    const std::vector<OperationRow> rows = random_rows(random, false);
    const std::vector<Lane> lanes = lanes_of(rows);
    for (const Engine engine : hecaton::values_of<Engine>()) {
      const auto of =
          std::count_if(lanes.begin(), lanes.end(), [&](const Lane& lane) { return lane.engine == engine; });
      EXPECT_EQ(static_cast<std::size_t>(of), most_at_once(rows, engine));
    }
  }
}

TEST(Lanes, AreNamedByDieEngineAndNumber) {
  const std::vector<Lane> lanes =
      lanes_of({row(OperationKind::dram_read, 0, 10), row(OperationKind::dram_write, 5, 15),
                row(OperationKind::matmul, 3, 4), row(OperationKind::dram_read, 10, 12)});
  ASSERT_EQ(lanes.size(), 3U);
  EXPECT_EQ(lane_name(12, lanes[0]), "die 12 compute");
  EXPECT_EQ(lane_name(12, lanes[1]), "die 12 DRAM");
  EXPECT_EQ(lane_name(12, lanes[2]), "die 12 DRAM 2");
  EXPECT_EQ(lanes[1].slices.size(), 2U);
  EXPECT_EQ(slice_name(OperationKind::matmul, Stage::ffn_up), "matmul ffn-up");
  EXPECT_EQ(slice_name(OperationKind::dram_wait, Stage::none), "dram-wait");
}

TEST(Numbers, AreListsOfRanges) {
  const auto set = NumberSet::parse("0-3,8");
  ASSERT_TRUE(set);
  for (const int in : {0, 1, 3, 8}) EXPECT_TRUE(set->contains(in));
  for (const int out : {-1, 4, 7, 9}) EXPECT_FALSE(set->contains(out));
  EXPECT_EQ(set->largest(), 8);
  EXPECT_TRUE(NumberSet().contains(-1));
  for (const char* wrong :
       {"", ",", "1,", ",1", "1,,2", "3-1", "-1", "1-", "a", "1 ", "0x1", "1-2-3", "4294967296"})
    EXPECT_FALSE(NumberSet::parse(wrong)) << wrong;
}

TEST(Filter, KeepsWhatReachesIntoTheTime) {
  ExportFilter filter;
  filter.from_ps = 10;
  filter.to_ps = 20;
  EXPECT_TRUE(filter.overlaps(0, 11));
  EXPECT_TRUE(filter.overlaps(19, 100));
  EXPECT_TRUE(filter.overlaps(0, 100));
  EXPECT_TRUE(filter.overlaps(10, 10));
  EXPECT_FALSE(filter.overlaps(0, 10));
  EXPECT_FALSE(filter.overlaps(20, 30));
  EXPECT_FALSE(filter.overlaps(20, 20));
}

TEST(Wire, NumbersTakeSevenBitsAByte) {
  EXPECT_EQ(WireMessage().number(1, 0).bytes(), std::string("\x08\x00", 2));
  EXPECT_EQ(WireMessage().number(1, 127).bytes(), "\x08\x7f");
  EXPECT_EQ(WireMessage().number(1, 150).bytes(), "\x08\x96\x01");
  EXPECT_EQ(WireMessage().number(16, 1).bytes(), "\x80\x01\x01");
  EXPECT_EQ(WireMessage().integer(1, -1).bytes(), "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  EXPECT_EQ(WireMessage().text(2, "testing").bytes(), "\x12\x07testing");
  EXPECT_EQ(WireMessage().message(3, WireMessage().number(1, 150)).bytes(), "\x1a\x03\x08\x96\x01");
}

}  // namespace
