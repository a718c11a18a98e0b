// The lookahead of nodes and messages, against times added up by hand.
#include <gtest/gtest.h>

#include "net/lookahead/message_lookahead.hpp"

namespace hecaton::net::lookahead_test {
namespace {

constexpr std::uint32_t columns = 6;
constexpr auto from_die_2 = static_cast<std::uint8_t>(Port::west);  // at die 3

// One row of six dies; the three on the left are rank 0's.
NetworkConfig row_of_dies() {
  NetworkConfig config;
  config.package.rows = 1;
  config.package.columns = columns;
  config.package.topology = TopologyKind::mesh;
  config.router.switching = Switching::cut_through;
  config.router.buffer_flits = 128;
  config.interface.packet_bytes = 4096;
  config.link.flit_bytes = 64;
  config.link.bandwidth_GBps = 64.0;
  config.link.latency_ns = 2.0;
  return config;
}

// Only die 2 sends to the right.
class MessageLookaheadTest : public ::testing::Test {
 protected:
  MessageLookaheadTest() { set_up({}); }

  void set_up(const LookaheadSources& sources) {
    std::vector<bool> sends_out(columns);
    sends_out[2] = true;
    node_lookahead_ = NodeLookahead(fabric_, regions_, BypassLinks::none, sources);
    messages_.emplace(fabric_, node_lookahead_, regions_, RankId{0}, sends_out, sources);
  }
  std::int64_t silent_until(std::int64_t next) { return silent_until(next, next); }
  std::int64_t silent_until(std::int64_t next, std::int64_t sure) {
    return messages_->silent_until(SimTime{next}, SimTime{sure}, *this).ps;
  }
  // A message to die 3 in one run of so many flits: die 2 gets it to send, and sends it across the border.
  void hand_over(std::uint32_t flits) {
    messages_->handed_over(NodeId{2}, {NodeId{3}, 1, flits * 64, false, false}, SimTime{});
  }
  void post_head(std::uint32_t flits, std::int64_t at_ps) {
    WormHeader header;
    header.source = NodeId{2};
    header.destination = NodeId{3};
    header.tag = 1;
    header.bytes = flits * 64;
    Payload head = head_payload(header);
    head.port = from_die_2;
    head.flits = flits;
    messages_->posted(NodeId{3}, head, SimTime{at_ps});
  }

 public:  // what MessageLookahead asks of the nodes
  const Interface& interface(NodeId) const { return interface_; }
  SimTime sends_no_sooner(NodeId, SimTime now) const { return std::max(now, SimTime{program_ps_}); }

 protected:
  Fabric fabric_{row_of_dies(), false};
  std::vector<RankId> regions_{RankId{0}, RankId{0}, RankId{0}, RankId{1}, RankId{1}, RankId{1}};
  const std::int64_t cycle_ = fabric_.timing.cycle.ps;
  const std::int64_t hop_ = 2000 + 2 * cycle_;  // the link, and two cycles of a router
  const std::int64_t injection_ = 2 * cycle_;
  const std::int64_t ejection_ = 3 * cycle_;
  const std::int64_t telling_ = injection_ + ejection_;  // a message to die 2, links apart
  NodeLookahead node_lookahead_{fabric_, regions_, BypassLinks::none, {}};
  std::optional<MessageLookahead> messages_;
  Interface interface_{fabric_, NodeId{2}};
  std::int64_t program_ps_ = 0;
};

TEST_F(MessageLookaheadTest, NodesAreHopsFromTheBorder) {
  for (std::uint32_t n = 0; n < 3; ++n) {
    EXPECT_EQ(node_lookahead_.of(NodeId{n}).ps, (3 - n) * hop_);
    EXPECT_EQ(node_lookahead_.of(NodeId{5 - n}).ps, (3 - n) * hop_);
  }
  EXPECT_EQ(node_lookahead_.least().ps, hop_);
  EXPECT_EQ(NodeLookahead(fabric_, regions_, BypassLinks::all, {}).of(NodeId{0}).ps, 3 * 2000);
  EXPECT_EQ(NodeLookahead(fabric_, regions_, BypassLinks::none, {.router = false}).least().ps, 2000);
  EXPECT_EQ(NodeLookahead(fabric_, regions_, BypassLinks::none, {.distance = false}).of(NodeId{0}).ps, hop_);
}

// A square of four by four dies, of which rank 1 has the die in a corner.
TEST(Levels, AreLinksAwayFromWhereOthersCanReach) {
  NetworkConfig config = row_of_dies();
  config.package.rows = config.package.columns = 4;
  const Fabric fabric(config, false);
  std::vector<RankId> regions(16, RankId{0});
  regions[0] = RankId{1};
  const std::int64_t hop = 2000 + 2 * fabric.timing.cycle.ps;
  const auto levels = [&](RankId self, BypassLinks announcements, const LookaheadSources& sources) {
    return levels_of(NodeLookahead(fabric, regions, announcements, sources), fabric, regions, self,
                     announcements, sources);
  };
  const Levels inside = levels(RankId{0}, BypassLinks::none, {});
  ASSERT_EQ(inside.levels.size(), 6U);
  for (std::int64_t k = 0; k < 6; ++k) {
    const engine::Level& level = inside.levels[static_cast<std::size_t>(k)];
    EXPECT_EQ(level.depth.ps, k * hop);
    EXPECT_EQ(level.lookahead.ps, (k + 1) * hop);
  }
  for (std::uint32_t n = 1; n < 16; ++n) EXPECT_EQ(inside.of[n], n / 4 + n % 4 - 1);
  EXPECT_EQ(levels(RankId{0}, BypassLinks::all, {}).levels[3].depth.ps, 3 * 2000);
  EXPECT_EQ(levels(RankId{0}, BypassLinks::none, {.distance = false}).levels.size(), 1U);
  EXPECT_EQ(levels(RankId{1}, BypassLinks::none, {}).levels.size(), 1U);
}

// Beyond the last level all nodes count as no deeper; without a border there is a single level.
TEST(Levels, AreNoMoreThanTheEngineTakes) {
  NetworkConfig config = row_of_dies();
  config.package.columns = 12;
  const Fabric fabric(config, false);
  std::vector<RankId> regions(12, RankId{0});
  EXPECT_EQ(levels_of(NodeLookahead(fabric, regions, BypassLinks::none, {}), fabric, regions, RankId{0},
                      BypassLinks::none, {})
                .levels.size(),
            1U);
  regions[0] = RankId{1};
  const Levels levels = levels_of(NodeLookahead(fabric, regions, BypassLinks::none, {}), fabric, regions,
                                  RankId{0}, BypassLinks::none, {});
  EXPECT_EQ(levels.levels.size(), engine::most_levels);
  for (std::uint32_t n = 1; n < 12; ++n) EXPECT_EQ(levels.of[n], std::min(n - 1, 7U));
}

TEST_F(MessageLookaheadTest, WakeUpsBoundWhatLeaves) {
  EXPECT_EQ(silent_until(0), SimTime::never().ps);
  set_up({});
  messages_->woken_at(NodeId{2}, SimTime{50'000});
  messages_->woken_at(NodeId{0}, SimTime{20'000});
  const std::int64_t by_die_0 = 20'000 + telling_ + 2 * 2000 + injection_ + hop_;
  ASSERT_LT(by_die_0, 50'000);
  EXPECT_EQ(silent_until(0), by_die_0);
  EXPECT_EQ(silent_until(20'001), 50'000 + injection_ + hop_);
}

TEST_F(MessageLookaheadTest, AMessageHasComeWithItsLastFlit) {
  constexpr std::uint32_t flits = 1000;
  messages_->handed_over(NodeId{0}, {NodeId{2}, 7, flits * 64, false, false}, SimTime{});
  const std::int64_t delivery = injection_ + 2 * 2000 + ejection_ + (flits - 1) * cycle_;
  EXPECT_EQ(silent_until(1), delivery + injection_ + hop_);
  // It is late, and of its head nothing is seen yet.
  EXPECT_EQ(silent_until(delivery + 1), delivery + 1 + (flits - 1) * cycle_ + injection_ + hop_);
  WormHeader header;
  header.source = NodeId{0};
  header.destination = NodeId{2};
  header.tag = 7;
  messages_->delivered(header, true);
  EXPECT_EQ(silent_until(delivery + 2), SimTime::never().ps);
  set_up({.serialisation = false});
  messages_->handed_over(NodeId{0}, {NodeId{2}, 7, flits * 64, false, false}, SimTime{});
  EXPECT_EQ(silent_until(1), telling_ + 2 * 2000 + injection_ + hop_);
}

TEST_F(MessageLookaheadTest, ProgramsBoundWhatDiesMaySend) {
  messages_->woken_at(NodeId{2}, SimTime{1000});
  program_ps_ = 70'000;
  EXPECT_EQ(silent_until(500), 70'000 + injection_ + hop_);
}

// From when it is handed over to when its last flit is across, and nothing can be cut from it.
TEST_F(MessageLookaheadTest, NothingIsForeseenWhileAMessageLeaves) {
  constexpr std::uint32_t flits = 100;
  hand_over(flits);
  EXPECT_EQ(silent_until(1), 0);
  post_head(flits, 10'000);
  Payload cut;
  cut.kind = EventKind::cut;
  cut.port = from_die_2;
  cut.flits = 64;
  cut.created = SimTime{10'000};
  messages_->posted(NodeId{3}, cut, SimTime{70'000});
  EXPECT_EQ(silent_until(10'000 + flits * cycle_), 0) << "36 flits are still to come";
  Payload body;
  body.kind = EventKind::body;
  body.port = from_die_2;
  body.flits = flits - 64;
  messages_->posted(NodeId{3}, body, SimTime{200'000});
  const std::int64_t gone = 200'000 + (flits - 64) * cycle_;
  EXPECT_EQ(silent_until(gone - 1), 0);
  EXPECT_EQ(silent_until(gone), SimTime::never().ps);
}

// The next event that is known here may be far off, but a hold from beyond the border can come before it and
// take back what the last run has not sent: only what nothing can come in before counts.
TEST_F(MessageLookaheadTest, AMessageHasNotLeftWhileAHoldMayComeIn) {
  constexpr std::uint32_t flits = 100;
  hand_over(flits);
  post_head(flits, 10'000);
  const std::int64_t gone = 10'000 + flits * cycle_;
  EXPECT_EQ(silent_until(gone + 500'000, gone - 1), 0);
  EXPECT_EQ(silent_until(gone + 500'000, gone), SimTime::never().ps);
}

// Nor is a message as late as the next event that is known here: a credit may come in and send it on before.
TEST_F(MessageLookaheadTest, AMessageMayComeBeforeTheNextEvent) {
  constexpr std::uint32_t flits = 1000;
  messages_->handed_over(NodeId{0}, {NodeId{2}, 7, flits * 64, false, false}, SimTime{});
  const std::int64_t delivery = injection_ + 2 * 2000 + ejection_ + (flits - 1) * cycle_;
  const std::int64_t sure = delivery + 1;
  EXPECT_EQ(silent_until(delivery + 500'000, sure), sure + (flits - 1) * cycle_ + injection_ + hop_);
}

TEST_F(MessageLookaheadTest, WakeUpsBeforeARestartCount) {
  messages_->lose_track();
  EXPECT_EQ(silent_until(10'000), 0);
  messages_->find_again();
  messages_->woken_at(NodeId{2}, SimTime{50'000});
  EXPECT_EQ(silent_until(20'000), 50'000 + injection_ + hop_);
}

TEST_F(MessageLookaheadTest, NothingIsForeseenWhileAMessageComesIn) {
  messages_->expect(NodeId{2}, SimTime{30'000});
  EXPECT_EQ(silent_until(20'000), 30'000 + hop_);
  WormHeader header;
  header.source = NodeId{4};
  header.destination = NodeId{1};
  messages_->came_in(head_payload(header));
  EXPECT_EQ(silent_until(30'001), 30'000 + hop_) << "what was promised before";
  messages_->delivered(header, true);
  EXPECT_EQ(silent_until(90'000), SimTime::never().ps);
}

TEST_F(MessageLookaheadTest, AMessageThatNobodyAnnouncedIsAMistake) {
  EXPECT_THROW(messages_->handed_over(NodeId{0}, {NodeId{5}, 1, 64, false, false}, SimTime{}),
               std::logic_error);
}

}  // namespace
}  // namespace hecaton::net::lookahead_test
