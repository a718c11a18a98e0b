// What can be said of messages over links without simulating them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "net/package/hops.hpp"
#include "tests/net/links/links_bench.hpp"

namespace hecaton::test::closed_form_test {
namespace {

using net::TopologyKind;

// 50 GiB/s and 500 ns, in whole nanoseconds: spans by arithmetic of another kind, with what the nanoseconds per byte,
// 10^9 / (50 * 2^30), cancel down to: 5^7 / 2^22.
constexpr std::uint64_t bytes_per_second = 50ULL * 1'073'741'824;
constexpr std::int64_t latency_ns = 500;
const net::links::SpeedOf speed_of =
    net::links::all_alike({bytes_per_second, SimDuration{latency_ns * 1000}, net::links::whole_nanoseconds});
std::int64_t busy_ps(std::int64_t bytes) {
  return (bytes * 78'125 >> 22) * 1000;
}
std::int64_t way_ps(std::int64_t bytes) {
  return busy_ps(bytes) + latency_ns * 1000;
}

Talk talk_on(TopologyKind topology, std::uint32_t rows, std::uint32_t columns) {
  return {package_of(topology, rows, columns), speed_of, {}, {}, false};
}
net::OutgoingMessage message_to(std::uint32_t destination, std::uint64_t tag, std::uint32_t bytes) {
  return {NodeId{destination}, tag, bytes};
}
std::map<std::uint64_t, std::int64_t> times_by_tag(const TalkResult& result) {
  std::map<std::uint64_t, std::int64_t> times;
  for (const Heard& heard : result.heard) EXPECT_TRUE(times.emplace(heard.tag, heard.at_ps).second);
  return times;
}

TEST(LinksClosedForm, AMessageAloneTakesItsWayOncePerHop) {
  for (const TopologyKind topology : {TopologyKind::mesh, TopologyKind::torus})
    for (const std::uint32_t bytes : {1U, 107U, 131'072U, 123'456'789U}) {
      Talk talk = talk_on(topology, 3, 5);
      const net::Fabric fabric(talk.config, false);
      constexpr std::int64_t apart_ps = 10'000'000'000'000;
      std::uint64_t tag = 0;
      for (std::uint32_t from = 0; from < 15; ++from)
        for (std::uint32_t to = 0; to < 15; ++to, ++tag)
          talk.script.push_back(
              {SimTime{static_cast<std::int64_t>(tag) * apart_ps}, NodeId{from}, message_to(to, tag, bytes)});
      const TalkResult result = run_talk_alone(talk);
      ASSERT_EQ(result.heard.size(), 225U);
      for (const Heard& heard : result.heard) {
        const std::int64_t sent = static_cast<std::int64_t>(heard.tag) * apart_ps;
        const std::int64_t hops = fabric.topology.hops(NodeId{heard.from}, NodeId{heard.to});
        EXPECT_EQ(heard.at_ps, sent + hops * way_ps(bytes)) << heard.from << " to " << heard.to;
        EXPECT_EQ(heard.created_ps, sent);
        EXPECT_EQ(heard.bytes, bytes);
        EXPECT_EQ(heard.from * 15 + heard.to, heard.tag);
      }
    }
}

TEST(LinksClosedForm, MessagesOnOneLinkWaitForEachOther) {
  Talk talk = talk_on(TopologyKind::mesh, 1, 2);
  talk.script = {{SimTime{}, NodeId{0}, message_to(1, 0, 131'072)},
                 {SimTime{}, NodeId{0}, message_to(1, 1, 1000)},
                 {SimTime{1000}, NodeId{0}, message_to(1, 2, 131'072)}};
  const TalkResult result = run_talk_alone(talk);
  auto at = times_by_tag(result);
  EXPECT_EQ(at[0], way_ps(131'072));
  EXPECT_EQ(at[1], busy_ps(131'072) + way_ps(1000));
  EXPECT_EQ(at[2], busy_ps(131'072) + busy_ps(1000) + way_ps(131'072));
  const std::int64_t busy = 2 * busy_ps(131'072) + busy_ps(1000);
  ASSERT_EQ(result.links.size(), 1U);
  EXPECT_EQ(result.links[0], LinkRow(0, busy, 3, 2 * 131'072 + 1000, busy));
}

TEST(LinksClosedForm, DirectionsDoNotDisturbEachOther) {
  Talk talk = talk_on(TopologyKind::mesh, 1, 3);
  talk.script = {{SimTime{}, NodeId{0}, message_to(2, 0, 131'072)},
                 {SimTime{}, NodeId{2}, message_to(0, 1, 131'072)},
                 {SimTime{}, NodeId{1}, message_to(0, 2, 99)}};
  auto at = times_by_tag(run_talk_alone(talk));
  EXPECT_EQ(at[0], 2 * way_ps(131'072));
  EXPECT_EQ(at[1], 2 * way_ps(131'072));
  EXPECT_EQ(at[2], way_ps(99));
}

TEST(LinksClosedForm, ATrainOfEqualMessagesIsAPipeline) {
  constexpr std::uint32_t messages = 9, hops = 4, bytes = 70'000;
  Talk talk = talk_on(TopologyKind::mesh, 1, hops + 1);
  for (std::uint32_t k = 0; k < messages; ++k)
    talk.script.push_back({SimTime{}, NodeId{0}, message_to(hops, k, bytes)});
  auto at = times_by_tag(run_talk_alone(talk));
  for (std::uint32_t k = 0; k < messages; ++k)
    EXPECT_EQ(at[k], k * busy_ps(bytes) + hops * way_ps(bytes)) << k;
}

TEST(LinksClosedForm, AnAllGatherByNeighboursTakesOneWayPerStep) {
  constexpr std::uint32_t dies = 8, bytes = 131'072;
  Talk talk = talk_on(TopologyKind::torus, 1, dies);
  // The tag says how many steps there have been.
  for (std::uint32_t d = 0; d < dies; ++d)
    talk.script.push_back({SimTime{}, NodeId{d}, message_to((d + 1) % dies, 1, bytes)});
  talk.answer = [](const net::WormHeader& header) -> std::optional<net::OutgoingMessage> {
    if (header.tag == dies - 1) return std::nullopt;
    return message_to((header.destination.value + 1) % dies, header.tag + 1, bytes);
  };
  const TalkResult result = run_talk_alone(talk);
  ASSERT_EQ(result.heard.size(), dies * (dies - 1));
  for (const Heard& heard : result.heard)
    EXPECT_EQ(heard.at_ps, static_cast<std::int64_t>(heard.tag) * way_ps(bytes));
  EXPECT_EQ(result.heard.back().at_ps, 7 * 2'941'000);
}

TEST(LinksClosedForm, AMessageToItsSenderTakesNoTime) {
  Talk talk = talk_on(TopologyKind::mesh, 2, 2);
  talk.script = {{SimTime{777}, NodeId{3}, message_to(3, 0, 5000)}};
  // Three more from one answer to the next, then away.
  talk.answer = [](const net::WormHeader& header) -> std::optional<net::OutgoingMessage> {
    if (header.tag == 4) return std::nullopt;
    return message_to(header.tag == 3 ? 2 : 3, header.tag + 1, 5000);
  };
  auto at = times_by_tag(run_talk_alone(talk));
  for (std::uint64_t tag = 0; tag < 4; ++tag) EXPECT_EQ(at[tag], 777);
  EXPECT_EQ(at[4], 777 + way_ps(5000));
}

TEST(LinksClosedForm, WhatPassesThroughGoesBeforeWhatIsHandedOver) {
  // All at die 1 in the instant way(1000): what passes through, what a message makes it send, what a timer does.
  Talk talk = talk_on(TopologyKind::mesh, 2, 3);
  talk.script = {{SimTime{way_ps(1000)}, NodeId{1}, message_to(2, 1, 1000)},
                 {SimTime{}, NodeId{4}, message_to(1, 2, 1000)},
                 {SimTime{}, NodeId{0}, message_to(2, 3, 1000)}};
  talk.answer = [](const net::WormHeader& header) -> std::optional<net::OutgoingMessage> {
    if (header.tag != 2) return std::nullopt;
    return message_to(2, 4, 1000);
  };
  auto at = times_by_tag(run_talk_alone(talk));
  EXPECT_EQ(at[3], 2 * way_ps(1000));
  EXPECT_EQ(at[4], 2 * way_ps(1000) + busy_ps(1000));
  EXPECT_EQ(at[1], 2 * way_ps(1000) + 2 * busy_ps(1000));
}

TEST(LinksClosedForm, IoDiesAreReachedByLinksOfTheirOwn) {
  Talk talk = talk_on(TopologyKind::mesh, 2, 2);
  talk.with_io = true;
  const auto io_bytes_per_second = bytes_per_second / 2;
  talk.speed_of = [&](NodeId, net::Port out) {
    return net::links::LinkSpeed{out == net::Port::io ? io_bytes_per_second : bytes_per_second,
                                 SimDuration{latency_ns * 1000}, net::links::whole_nanoseconds};
  };
  const net::Fabric fabric(talk.config, true);
  const NodeId io = *fabric.topology.io_of_die(NodeId{3});
  talk.script = {{SimTime{}, NodeId{0}, message_to(io.value, 0, 1'048'576)},
                 {SimTime{}, io, message_to(0, 1, 1'048'576)}};
  auto at = times_by_tag(run_talk_alone(talk));
  EXPECT_EQ(at[0], 2 * way_ps(1'048'576) + way_ps(2 * 1'048'576));
  EXPECT_EQ(at[1], at[0]);
}

TEST(LinksClosedForm, BinsOfTimeAddUpToBusyTimes) {
  Talk talk = talk_on(TopologyKind::torus, 1, 4);
  talk.config.bins = 16;
  for (std::uint32_t k = 0; k < 40; ++k)
    talk.script.push_back({SimTime{k * 700'000}, NodeId{k % 4}, message_to((k + 2) % 4, k, 1000 * (k + 1))});
  const net::Fabric fabric(talk.config, false);
  TalkModel model = talk.model(fabric, std::vector<RankId>(4), RankId{0});
  engine::Alone alone;
  engine::Engine<TalkModel, engine::Alone> engine(model, alone);
  engine.run();
  for (const auto& node : model.nodes()) {
    EXPECT_TRUE(model.idle(node, engine.now()));
    EXPECT_EQ(node.counters.packets, 10U);
    for (const auto& link : node.links) {
      EXPECT_LE(link.free_at, engine.now());
      const std::vector<std::uint64_t> bins = link.counters.busy.folded(link.counters.busy.width_ps());
      EXPECT_EQ(std::accumulate(bins.begin(), bins.end(), std::uint64_t{0}), link.counters.busy_ps);
    }
  }
}

// The same with queues that are kept: a link takes the first of its queue when it becomes free. What comes to it in one
// instant is in no order here, so it must not happen.
class QueuedLinks {
 public:
  explicit QueuedLinks(const net::Fabric& fabric) : fabric_(fabric) {}

  void send(const Spoken& spoken) {
    Flight flight{spoken, {}, 0};
    net::for_each_hop(
        fabric_.routes, fabric_.topology, spoken.from, spoken.message.destination, [&](const net::Hop& hop) {
          flight.way.push_back(hop.from.value * net::port_count + static_cast<std::uint32_t>(hop.out));
          return true;
        });
    flights_.push_back(std::move(flight));
    due_.emplace(spoken.at.ps, flights_.size() - 1);
  }
  std::vector<Heard> run() {
    while (!due_.empty() || !free_.empty()) {
      if (due_.empty() || (!free_.empty() && free_.begin()->first <= due_.begin()->first)) {
        const auto [now, link] = *free_.begin();
        free_.erase(free_.begin());
        queues_[link].pop_front();
        if (!queues_[link].empty()) begin(link, now);
      } else {
        const auto [now, number] = *due_.begin();
        due_.erase(due_.begin());
        come(number, now);
      }
    }
    std::sort(heard_.begin(), heard_.end());
    return heard_;
  }

 private:
  struct Flight {
    Spoken spoken;
    std::vector<std::uint32_t> way;  // links
    std::size_t passed;
  };

  void come(std::size_t number, std::int64_t now) {
    const Flight& flight = flights_[number];
    const net::OutgoingMessage& message = flight.spoken.message;
    if (flight.passed == flight.way.size()) {
      heard_.push_back({now, message.destination.value, flight.spoken.from.value, message.tag, message.bytes,
                        flight.spoken.at.ps});
      return;
    }
    const std::uint32_t link = flight.way[flight.passed];
    EXPECT_TRUE(came_.emplace(link, now).second);
    queues_[link].push_back(number);
    if (queues_[link].size() == 1) begin(link, now);
  }
  void begin(std::uint32_t link, std::int64_t now) {
    Flight& flight = flights_[queues_[link].front()];
    ++flight.passed;
    free_.emplace(now + busy_ps(flight.spoken.message.bytes), link);
    due_.emplace(now + way_ps(flight.spoken.message.bytes), queues_[link].front());
  }

  const net::Fabric& fabric_;
  std::vector<Flight> flights_;
  std::multimap<std::int64_t, std::size_t> due_;     // flight, at its next node
  std::multimap<std::int64_t, std::uint32_t> free_;  // link, done with the first of its queue
  std::map<std::uint32_t, std::deque<std::size_t>> queues_;
  std::set<std::pair<std::uint32_t, std::int64_t>> came_;  // to which link, when
  std::vector<Heard> heard_;
};

TEST(LinksClosedForm, CrowdedLinksDoAsQueuesWould) {
  for (const TopologyKind topology : {TopologyKind::mesh, TopologyKind::torus}) {
    Talk talk = talk_on(topology, 3, 3);
    const net::Fabric fabric(talk.config, false);
    QueuedLinks queued(fabric);
    std::mt19937 random(5);
    const auto draw = [&](std::uint32_t below) { return static_cast<std::uint32_t>(random() % below); };
    for (std::uint32_t k = 0; k < 900; ++k) {
      const std::int64_t at_ps = draw(100'000'000);
      const NodeId from{draw(9)};
      const Spoken spoken{SimTime{at_ps}, from, message_to(draw(9), 0, draw(300'000) + 1)};
      talk.script.push_back(spoken);
      queued.send(spoken);
    }
    const TalkResult result = run_talk_alone(talk);
    EXPECT_EQ(result.heard.size(), 900U);
    EXPECT_TRUE(result.heard == queued.run());
  }
}

}  // namespace
}  // namespace hecaton::test::closed_form_test
