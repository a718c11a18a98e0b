// Messages that crowd links: the same on any number of ranks, however they wait for each other, and when a run goes on
// elsewhere from where it was halted.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <boost/mpi/communicator.hpp>
#include <boost/serialization/utility.hpp>
#include <boost/serialization/vector.hpp>
#include <cstdint>
#include <cstring>
#include <optional>
#include <random>
#include <type_traits>
#include <utility>
#include <vector>

#include "io/checkpoint/state_archive.hpp"
#include "tests/engine/sync/ways.hpp"
#include "tests/net/links/links_bench.hpp"

namespace hecaton::test::ranks_test {
namespace {

using Payload = net::Payload;
using PendingEvent = engine::Event<Payload>;
using Bytes = std::vector<unsigned char>;

// Few sizes and times, so that many messages come to a node at one instant.
Talk crowd(net::TopologyKind topology, std::uint32_t seed) {
  Talk talk{package_of(topology, 4, 4), {}, {}, {}, true};
  talk.config.bins = 8;
  talk.speed_of = [](NodeId from, net::Port out) {
    const std::uint64_t rate = (from.value + static_cast<std::uint32_t>(out)) % 3 + 1;
    const SimDuration latency{from.value % 2 == 0 ? 2500 : 4000};
    return net::links::LinkSpeed{rate * 16'000'000'000, latency, net::links::whole_nanoseconds};
  };
  const std::uint32_t nodes = net::Topology(talk.config.package, true).nodes();
  std::mt19937 random(seed);
  for (std::uint32_t k = 0; k < 1500; ++k) {
    const NodeId from{static_cast<std::uint32_t>(random() % nodes)};
    const NodeId to{static_cast<std::uint32_t>(random() % nodes)};
    const std::uint32_t bytes = 64U << (random() % 6);
    talk.script.push_back({SimTime{static_cast<std::int64_t>(random() % 200) * 1000},
                           from,
                           {to, k, bytes, false, random() % 2 == 0}});
  }
  // Every third message is answered, with half as much, and its answer, and so on.
  talk.answer = [nodes](const net::WormHeader& header) -> std::optional<net::OutgoingMessage> {
    if (header.tag % 3 != 0 || header.bytes < 128) return std::nullopt;
    const auto next = static_cast<std::uint32_t>((header.source.value + header.tag / 3) % nodes);
    return net::OutgoingMessage{NodeId{next}, header.tag, header.bytes / 2};
  };
  return talk;
}

// In diagonals: every rank has borders everywhere. IO dies are with their dies, or not.
std::vector<RankId> scattered(const net::Topology& topology, std::uint32_t ranks) {
  std::vector<RankId> owner;
  for (std::uint32_t n = 0; n < topology.nodes(); ++n) {
    const net::Coordinate at = topology.coordinate(NodeId{n});
    owner.push_back(RankId{(at.row + at.column + (topology.is_io(NodeId{n}) ? n % 2 : 0)) % ranks});
  }
  return owner;
}

// A halted run, whoever goes on with it.
struct Saved {
  std::vector<std::pair<std::uint32_t, Bytes>> nodes;
  std::vector<PendingEvent> pending;
};

template <class Engine>
Saved saved(const TalkModel& model, const Engine& engine) {
  Saved state;
  for (const auto& node : model.nodes()) {
    io::StateWriter writer;
    model.save(writer, node);
    state.nodes.emplace_back(node.id.value, writer.take());
  }
  engine.for_each_pending([&](const PendingEvent& event) { state.pending.push_back(event); });
  return state;
}

// What belongs to this rank.
template <class Engine>
void go_on_from(const Saved& state, SimTime halt, RankId self, TalkModel& model, Engine& engine) {
  for (auto& node : model.nodes())
    for (const auto& [id, bytes] : state.nodes) {
      if (id != node.id.value) continue;
      io::StateReader reader(bytes);
      model.load(reader, node);
      reader.expect_end();
    }
  std::vector<PendingEvent> mine;
  for (const PendingEvent& event : state.pending)
    if (model.owner(event.receiver()) == self) mine.push_back(event);
  engine.restore(halt, mine);
}

template <class Value>
std::vector<Value> gathered(const boost::mpi::communicator& world, const std::vector<Value>& mine) {
  static_assert(std::is_trivially_copyable_v<Value>);
  Bytes bytes(mine.size() * sizeof(Value));
  if (!mine.empty()) std::memcpy(bytes.data(), mine.data(), bytes.size());
  std::vector<Bytes> parts;
  boost::mpi::all_gather(world, bytes, parts);
  std::vector<Value> all;
  for (const Bytes& part : parts) {
    const std::size_t before = all.size();
    all.resize(before + part.size() / sizeof(Value));
    if (!part.empty()) std::memcpy(all.data() + before, part.data(), part.size());
  }
  return all;
}
Saved gathered(const boost::mpi::communicator& world, const Saved& mine) {
  Saved all;
  std::vector<std::vector<std::pair<std::uint32_t, Bytes>>> parts;
  boost::mpi::all_gather(world, mine.nodes, parts);
  for (const auto& part : parts) all.nodes.insert(all.nodes.end(), part.begin(), part.end());
  all.pending = gathered(world, mine.pending);
  return all;
}
TalkResult gathered(const boost::mpi::communicator& world, const TalkModel& model) {
  const TalkResult mine = result_of(model);
  std::vector<std::uint64_t> words;
  for (const auto& [port, busy, messages, bytes, free_at] : mine.links)
    words.insert(words.end(), {port, busy, messages, bytes, static_cast<std::uint64_t>(free_at)});
  words = gathered(world, words);
  TalkResult all{gathered(world, mine.heard), {}};
  for (std::size_t w = 0; w < words.size(); w += 5)
    all.links.emplace_back(words[w], words[w + 1], words[w + 2], words[w + 3], words[w + 4]);
  std::sort(all.heard.begin(), all.heard.end());
  std::sort(all.links.begin(), all.links.end());
  return all;
}

template <class Way>
class LinksOnRanks : public ::testing::Test {
 protected:
  std::vector<RankId> owners(const net::Fabric& fabric) const {
    return scattered(fabric.topology, static_cast<std::uint32_t>(world.size()));
  }
  RankId self() const { return RankId{static_cast<std::uint32_t>(world.rank())}; }

  boost::mpi::communicator world;
};
using LinkWays = ::testing::Types<engine::Windows<engine::MpiTransport<Payload>>,
                                  engine::Windows<engine::UnrulyTransport<engine::MpiTransport<Payload>>>,
                                  engine::Promises<engine::SharedChannels<Payload>>,
                                  engine::Promises<engine::MpiChannels<Payload>>,
                                  engine::Promises<engine::UnrulyChannels<engine::MpiChannels<Payload>>>>;
TYPED_TEST_SUITE(LinksOnRanks, LinkWays);

constexpr net::TopologyKind both[] = {net::TopologyKind::mesh, net::TopologyKind::torus};
constexpr SimTime middle{150'000};

TYPED_TEST(LinksOnRanks, GiveWhatOneRankGives) {
  for (const net::TopologyKind topology : both)
    for (const std::uint32_t seed : {1U, 2U, 3U}) {
      const Talk talk = crowd(topology, seed);
      const TalkResult alone = run_talk_alone(talk);
      EXPECT_GT(alone.heard.size(), 1500U);
      const net::Fabric fabric(talk.config, talk.with_io);
      TalkModel model = talk.model(fabric, this->owners(fabric), this->self());
      TypeParam::run(this->world, model, [](auto& engine) { engine.run(); });
      EXPECT_TRUE(gathered(this->world, model) == alone) << "seed " << seed;
    }
}

// Halted on all ranks, and ended by one.
TYPED_TEST(LinksOnRanks, OneRankGoesOnFromWhereAllWere) {
  for (const net::TopologyKind topology : both) {
    const Talk talk = crowd(topology, 4);
    const net::Fabric fabric(talk.config, talk.with_io);
    TalkModel first = talk.model(fabric, this->owners(fabric), this->self());
    engine::Requests none;
    Saved mine;
    TypeParam::run(this->world, first, [&](auto& engine) {
      engine.start();
      EXPECT_EQ(engine.run_until(middle, none).at, middle);
      mine = saved(first, engine);
      engine.stop();
    });
    const Saved all = gathered(this->world, mine);
    EXPECT_FALSE(all.pending.empty());
    TalkModel second = talk.model(fabric, std::vector<RankId>(fabric.topology.nodes()), RankId{0});
    engine::Alone alone;
    engine::Engine<TalkModel, engine::Alone> engine(second, alone);
    go_on_from(all, middle, RankId{0}, second, engine);
    engine.run_until(SimTime::never(), none);
    EXPECT_TRUE(result_of(second) == run_talk_alone(talk));
  }
}

// Halted on one rank, and ended by all.
TYPED_TEST(LinksOnRanks, AllGoOnFromWhereOneRankWas) {
  for (const net::TopologyKind topology : both) {
    const Talk talk = crowd(topology, 5);
    const net::Fabric fabric(talk.config, talk.with_io);
    TalkModel first = talk.model(fabric, std::vector<RankId>(fabric.topology.nodes()), RankId{0});
    engine::Requests none;
    engine::Alone alone;
    engine::Engine<TalkModel, engine::Alone> halted(first, alone);
    halted.start();
    EXPECT_EQ(halted.run_until(middle, none).at, middle);
    const Saved all = saved(first, halted);
    EXPECT_FALSE(all.pending.empty());
    TalkModel second = talk.model(fabric, this->owners(fabric), this->self());
    TypeParam::run(this->world, second, [&](auto& engine) {
      go_on_from(all, middle, this->self(), second, engine);
      engine.run_until(SimTime::never(), none);
    });
    EXPECT_TRUE(gathered(this->world, second) == run_talk_alone(talk));
  }
}

}  // namespace
}  // namespace hecaton::test::ranks_test
