// The conservative loop over MPI with a small model: balls thrown around a ring of components. What happens
// must not depend on the rank count, and a model that breaks its promise must be stopped.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <boost/mpi/communicator.hpp>
#include <functional>

#include "core/engine/digest.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/mpi_transport.hpp"

namespace hecaton::engine {
namespace {

constexpr std::uint32_t components = 24;
constexpr std::int64_t step_ps = 100;
constexpr std::int64_t end_ps = 40'000;

struct Ball {
  std::uint64_t number = 0;
};

// Component k hands each ball to component (k + 1 + number % 3) after 100 to 140 ps.
class Juggler {
 public:
  using Payload = Ball;
  Juggler(std::uint32_t ranks, std::uint32_t self, std::int64_t promised_ps)
      : ranks_(ranks), self_(self), promised_(promised_ps), digests_(components), sequence_(components, 0) {}

  RankId owner(NodeId node) const { return RankId{node.value * ranks_ / components}; }
  SimDuration reach(const Event<Ball>&) const { return {promised_}; }
  SimDuration least_reach() const { return {promised_}; }

  template <class Engine>
  void start(Engine& engine) {
    for (std::uint32_t k = 0; k < components; ++k)
      if (owner(NodeId{k}).value == self_)
        engine.post(SimTime{k % 5}, Phase::arrival, NodeId{k}, NodeId{k}, sequence_[k]++, {k});
  }
  template <class Engine>
  void handle(const Event<Ball>& event, Engine& engine) {
    const std::uint32_t here = event.receiver().value;
    digests_[here].add(static_cast<std::uint64_t>(event.time.ps));
    digests_[here].add(event.payload.number);
    if (event.time.ps >= end_ps) return;
    const std::uint64_t number = event.payload.number;
    const NodeId next{static_cast<std::uint32_t>((here + 1 + number % 3) % components)};
    engine.post(event.time + SimDuration{step_ps + static_cast<std::int64_t>(number % 5) * 10},
                Phase::arrival, next, NodeId{here}, sequence_[here]++, {number + 1});
  }
  template <class Engine>
  void settle(SimTime, Engine&) {}

  std::vector<std::uint64_t> digests() const {
    std::vector<std::uint64_t> values;
    for (const Digest& d : digests_) values.push_back(d.value());
    return values;
  }

 private:
  std::uint32_t ranks_;
  std::uint32_t self_;
  std::int64_t promised_;
  std::vector<Digest> digests_;
  std::vector<std::uint32_t> sequence_;
};

std::vector<std::uint64_t> run_alone() {
  LocalTransport<Ball> transport;
  Juggler model(1, 0, step_ps);
  Engine<Juggler, LocalTransport<Ball>> engine(model, transport);
  engine.run();
  return model.digests();
}

TEST(ParallelEngine, GivesTheSameHistoryAsOneRank) {
  const boost::mpi::communicator world;
  MpiTransport<Ball> transport(world);
  Juggler model(transport.ranks(), transport.rank().value, step_ps);
  Engine<Juggler, MpiTransport<Ball>> engine(model, transport);
  engine.run();
  const std::vector<std::uint64_t> mine = model.digests();
  std::vector<std::uint64_t> all(mine.size());
  boost::mpi::all_reduce(world, mine.data(), static_cast<int>(mine.size()), all.data(),
                         std::plus<std::uint64_t>());
  EXPECT_EQ(all, run_alone());
  EXPECT_GT(engine.accounting().events, 0u);
  if (world.size() > 1) {
    EXPECT_GT(engine.accounting().records_sent, 0u);
  }
}

// One event per rank, and the next a millisecond later.
class Sleeper : public Juggler {
 public:
  using Juggler::Juggler;
  template <class Engine>
  void start(Engine& engine) {
    if (owner(NodeId{0}).value == rank_of_sleeper) post_next(engine, SimTime{0}, 0);
  }
  template <class Engine>
  void handle(const Event<Ball>& event, Engine& engine) {
    if (event.payload.number < 3)
      post_next(engine, event.time + SimDuration{1'000'000'000}, event.payload.number + 1);
  }
  std::uint32_t rank_of_sleeper = 0;

 private:
  template <class Engine>
  void post_next(Engine& engine, SimTime at, std::uint64_t number) {
    engine.post(at, Phase::timer, NodeId{0}, NodeId{0}, 0, {number});
  }
};

TEST(ParallelEngine, ALongGapCostsOneReduction) {
  const boost::mpi::communicator world;
  MpiTransport<Ball> transport(world);
  Sleeper model(transport.ranks(), transport.rank().value, step_ps);
  model.rank_of_sleeper = transport.rank().value;
  Engine<Sleeper, MpiTransport<Ball>> engine(model, transport);
  engine.run();
  EXPECT_LE(engine.accounting().windows, 6u);
}

TEST(ParallelEngine, ABrokenPromiseEndsTheRun) {
  const boost::mpi::communicator world;
  if (world.size() == 1) GTEST_SKIP() << "one rank promises nothing to nobody";
  MpiTransport<Ball> transport(world);
  // Promises that nothing crosses within 2,000 ps although balls fly 100 ps. Every rank throws in the same
  // window.
  Juggler model(transport.ranks(), transport.rank().value, 2000);
  Engine<Juggler, MpiTransport<Ball>> engine(model, transport);
  try {
    engine.run();
    FAIL() << "the violation went unnoticed";
  } catch (const LookaheadViolation& violation) {
    const std::string text = violation.what();
    EXPECT_NE(text.find("component"), std::string::npos);
    EXPECT_NE(text.find("window"), std::string::npos);
  }
  world.barrier();
}

}  // namespace
}  // namespace hecaton::engine
