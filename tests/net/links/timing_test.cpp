// Spans of links against arithmetic by hand, and how far borders are.
#include "net/links/timing.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

#include "net/links/border_lookahead.hpp"
#include "net/package/topology.hpp"

namespace hecaton::test::timing_test {
namespace {

using net::links::LinkSpeed;
using net::links::whole_nanoseconds;
using net::links::whole_picoseconds;

constexpr std::uint64_t GiB = 1'073'741'824;

TEST(LinkSpeed, AnEighthOfAMebibyteOverFiftyGibibytesPerSecond) {
  // 131,072 / 53.6870912 = 2441.40625
  const LinkSpeed in_ns{50 * GiB, SimDuration{500'000}, whole_nanoseconds};
  EXPECT_EQ(in_ns.busy(131'072).ps, 2'441'000);
  EXPECT_EQ(in_ns.way(131'072).ps, 2'941'000);
  const LinkSpeed in_ps{50 * GiB, SimDuration{500'000}, whole_picoseconds};
  EXPECT_EQ(in_ps.busy(131'072).ps, 2'441'406);
  EXPECT_EQ(in_ps.way(131'072).ps, 2'941'406);
}

TEST(LinkSpeed, CutsOffTheSumAndNotItsParts) {
  // Half a nanosecond of latency and half a nanosecond of bytes.
  const LinkSpeed speed{1'000'000'000, SimDuration{500}, whole_nanoseconds};
  EXPECT_EQ(speed.way(0).ps, 0);
  EXPECT_EQ(LinkSpeed({2'000'000'000, SimDuration{500}, whole_nanoseconds}).busy(1).ps, 0);
  EXPECT_EQ(LinkSpeed({2'000'000'000, SimDuration{500}, whole_nanoseconds}).way(1).ps, 1000);
}

TEST(LinkSpeed, IsExactWhereDoublesAreNot) {
  // A third of a picosecond per byte: 2^62 bytes, and one more, and two.
  const LinkSpeed thirds{3'000'000'000'000, {}, whole_picoseconds};
  const std::uint64_t many = std::uint64_t{1} << 62U;  // 3 * 1,537,228,672,809,129,301 + 1
  EXPECT_EQ(thirds.busy(many).ps, 1'537'228'672'809'129'301);
  EXPECT_EQ(thirds.busy(many + 1).ps, 1'537'228'672'809'129'301);
  EXPECT_EQ(thirds.busy(many + 2).ps, 1'537'228'672'809'129'302);
}

TEST(LinkSpeed, RefusesWhatIsImpossibleOrTooLong) {
  EXPECT_THROW(LinkSpeed({0, {}, whole_picoseconds}).require_possible(), std::invalid_argument);
  EXPECT_THROW(LinkSpeed({1, SimDuration{-1}, whole_picoseconds}).require_possible(), std::invalid_argument);
  EXPECT_THROW(LinkSpeed({1, {}, {}}).require_possible(), std::invalid_argument);
  const LinkSpeed slow{1, SimDuration::forever(), whole_picoseconds};
  EXPECT_NO_THROW(slow.require_possible());
  EXPECT_EQ(slow.way(0), SimDuration::forever());
  EXPECT_THROW(static_cast<void>(slow.way(1)), std::overflow_error);
  EXPECT_THROW(static_cast<void>(slow.busy(std::numeric_limits<std::uint64_t>::max())), std::overflow_error);
}

TEST(LinkSpeed, FollowsFromADeckWithEitherGigabyte) {
  net::LinkConfig link;
  link.bandwidth_GBps = 50.0;
  link.latency_ns = 2.5;
  EXPECT_EQ(net::links::speed_of(link, GiB, whole_nanoseconds),
            (LinkSpeed{53'687'091'200, SimDuration{2500}, whole_nanoseconds}));
  EXPECT_EQ(net::links::speed_of(link, 1'000'000'000, whole_picoseconds),
            (LinkSpeed{50'000'000'000, SimDuration{2500}, whole_picoseconds}));
}

net::Topology row_of_dies(std::uint32_t dies) {
  net::PackageConfig package;
  package.topology = net::TopologyKind::mesh;
  package.rows = 1;
  package.columns = dies;
  return {package, false};
}

TEST(BorderLookahead, IsTheLeastSumOfLatencies) {
  // Five dies in a row, two of rank 0 and three of rank 1; the link that leaves die n to the east takes n + 1 ns, that
  // to the west ten times as long.
  const net::Topology topology = row_of_dies(5);
  const std::vector<RankId> owner{RankId{0}, RankId{0}, RankId{1}, RankId{1}, RankId{1}};
  const net::links::SpeedOf speed_of = [](NodeId from, net::Port out) {
    const std::int64_t ps = (from.value + 1) * (out == net::Port::east ? 1000 : 10'000);
    return LinkSpeed{1'000'000'000, SimDuration{ps}, whole_nanoseconds};
  };
  const net::links::BorderLookahead lookahead(topology, owner, speed_of);
  EXPECT_EQ(lookahead.of(NodeId{0}).ps, 1000 + 2000);
  EXPECT_EQ(lookahead.of(NodeId{1}).ps, 2000);
  EXPECT_EQ(lookahead.of(NodeId{2}).ps, 30'000);
  EXPECT_EQ(lookahead.of(NodeId{3}).ps, 40'000 + 30'000);
  EXPECT_EQ(lookahead.of(NodeId{4}).ps, 50'000 + 40'000 + 30'000);
  EXPECT_EQ(lookahead.least().ps, 2000);
}

TEST(BorderLookahead, NeedsLatencyAtBordersOnly) {
  const net::Topology topology = row_of_dies(3);
  const auto below_a_unit = net::links::all_alike({1'000'000'000, SimDuration{999}, whole_nanoseconds});
  const std::vector<RankId> one(3), two{RankId{0}, RankId{0}, RankId{1}};
  EXPECT_EQ(net::links::BorderLookahead(topology, one, below_a_unit).least().ps, 0);
  EXPECT_THROW(net::links::BorderLookahead(topology, two, below_a_unit), std::invalid_argument);
  const auto a_picosecond = net::links::all_alike({1'000'000'000, SimDuration{1}, whole_picoseconds});
  EXPECT_EQ(net::links::BorderLookahead(topology, two, a_picosecond).least().ps, 1);
  EXPECT_THROW(net::links::BorderLookahead(topology, one, net::links::all_alike({0, {}, {}})),
               std::invalid_argument);
}

}  // namespace
}  // namespace hecaton::test::timing_test
