// Halting: at given times and on request of any rank, whatever the synchroniser. A halt must be a cut, the
// same on all ranks, and going on from it must change nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <chrono>
#include <functional>
#include <random>
#include <thread>

#include "tests/engine/sync/ways.hpp"

namespace hecaton::engine::halt_test {
namespace {

// Asks for a halt, with a flag of its rank, after so many events.
class Nervous : public Juggler {
 public:
  Nervous(std::uint32_t ranks, std::uint32_t self, std::uint64_t seed)
      : Juggler(ranks, self), flag_(std::uint64_t{1} << self), random_(seed + self) {}

  template <class Engine>
  void handle(const Event<Ball>& event, Engine& engine) {
    Juggler::handle(event, engine);
    latest = std::max(latest, event.time);
    if (random_() % 500 == 0) {
      requests.ask(flag_);
      asked |= flag_;
    }
  }

  Requests requests;
  SimTime latest{};         // event so far
  std::uint64_t asked = 0;  // and not yet heard of

 private:
  std::uint64_t flag_;
  std::mt19937_64 random_;
};

template <class Way>
class HaltingEngine : public ::testing::Test {
 protected:
  std::uint32_t ranks() const { return static_cast<std::uint32_t>(world.size()); }
  std::uint32_t self() const { return static_cast<std::uint32_t>(world.rank()); }
  template <class Value>
  Value greatest(Value value) const {
    return boost::mpi::all_reduce(world, value, boost::mpi::maximum<Value>());
  }
  template <class Value>
  Value least(Value value) const {
    return boost::mpi::all_reduce(world, value, boost::mpi::minimum<Value>());
  }
  std::vector<std::uint64_t> all_of(const std::vector<std::uint64_t>& mine) const {
    std::vector<std::uint64_t> all(mine.size());
    boost::mpi::all_reduce(world, mine.data(), static_cast<int>(mine.size()), all.data(),
                           std::plus<std::uint64_t>());
    return all;
  }
  // Every event before the halt is processed, none at or after it; all ranks say the same.
  template <class Engine>
  void expect_cut(const Halt& halt, const Nervous& model, const Engine& engine) const {
    EXPECT_EQ(least(halt.at.ps), greatest(halt.at.ps));
    EXPECT_EQ(least(halt.requests), greatest(halt.requests));
    EXPECT_LT(model.latest, halt.at);
    engine.for_each_pending([&](const auto& event) { EXPECT_GE(event.time, halt.at); });
  }

  boost::mpi::communicator world;
};
TYPED_TEST_SUITE(HaltingEngine, Ways);

TYPED_TEST(HaltingEngine, GoesOnFromGivenTimesAsIfNothingHadBeen) {
  Nervous model(this->ranks(), this->self(), 0);
  TypeParam::run(this->world, model, [&](auto& engine) {
    Requests none;
    engine.start();
    for (const std::int64_t at : {1, 2, 1000, 1001, 17'000, 17'000, 39'999}) {
      const Halt halt = engine.run_until(SimTime{at}, none);
      EXPECT_EQ(halt.at.ps, at);
      this->expect_cut(halt, model, engine);
    }
    EXPECT_EQ(engine.run_until(SimTime::never(), none).at, SimTime::never());
  });
  EXPECT_EQ(this->all_of(model.digests()), run_alone());
}

TYPED_TEST(HaltingEngine, HaltsOnRequestOfAnyRank) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Nervous model(this->ranks(), this->self(), seed);
    int halts = 0;
    TypeParam::run(this->world, model, [&](auto& engine) {
      engine.start();
      for (;;) {
        const Halt halt = engine.run_until(SimTime::never(), model.requests);
        if (halt.at == SimTime::never()) break;
        ++halts;
        EXPECT_NE(halt.requests, 0u);
        EXPECT_LT(halt.requests, std::uint64_t{1} << this->ranks());
        this->expect_cut(halt, model, engine);
        if (model.requests.pending() == 0) model.asked = 0;
        EXPECT_EQ(model.asked, model.requests.pending());
      }
    });
    EXPECT_EQ(this->all_of(model.digests()), run_alone());
    EXPECT_GT(halts, 0);
  }
}

TYPED_TEST(HaltingEngine, StopsAtAHaltAndEndsInPeace) {
  Nervous model(this->ranks(), this->self(), 9);
  TypeParam::run(this->world, model, [&](auto& engine) {
    Requests none;
    engine.start();
    EXPECT_EQ(engine.run_until(SimTime{5000}, none).at.ps, 5000);
    engine.stop();
  });
}

// Components that talk to themselves only, and a model that knows it.
class Hermits : public Juggler {
 public:
  Hermits(std::uint32_t ranks, std::uint32_t self) : Juggler(ranks, self), latest(components) {}

  template <class Queue>
  SimTime silent_until(const Queue&, SimTime) const {
    return SimTime::never();
  }
  template <class Engine>
  void handle(const Event<Ball>& event, Engine& engine) {
    const NodeId here = event.receiver();
    latest[here.value] = static_cast<std::uint64_t>(event.time.ps);
    if (event.time.ps < end_ps)
      engine.post(event.time + SimDuration{step_ps}, Phase::arrival, here, here,
                  static_cast<std::uint32_t>(event.payload.number), {event.payload.number + 1});
  }

  std::vector<std::uint64_t> latest;  // event, by component
};

// That nothing reaches another rank is no reason to end before it is done: neither at a halt nor behind it.
TYPED_TEST(HaltingEngine, WhatReachesNobodyIsProcessedAllTheSame) {
  Hermits model(this->ranks(), this->self());
  TypeParam::run(this->world, model, [&](auto& engine) {
    Requests none;
    engine.start();
    for (const std::int64_t at : {10'050, 30'050}) {
      EXPECT_EQ(engine.run_until(SimTime{at}, none).at.ps, at);
      engine.for_each_pending([&](const auto& event) { EXPECT_GE(event.time.ps, at); });
    }
    EXPECT_EQ(engine.run_until(SimTime::never(), none).at, SimTime::never());
  });
  const std::vector<std::uint64_t> latest = this->all_of(model.latest);
  for (std::uint32_t k = 0; k < Hermits::components; ++k) {
    const std::int64_t first = k % 5,
                       steps = (Hermits::end_ps - first + Hermits::step_ps - 1) / Hermits::step_ps;
    EXPECT_EQ(latest[k], static_cast<std::uint64_t>(first + steps * Hermits::step_ps)) << k;
  }
}

// One event at every picosecond, each of which takes a millisecond; the model asks once.
class Slow {
 public:
  using Payload = Ball;
  static constexpr std::uint64_t asks_at = 100, instants = 500;

  RankId owner(NodeId) const { return RankId{0}; }
  static SimDuration least_lookahead() { return {1}; }
  void prefetch(NodeId) const {}
  template <class Engine>
  void start(Engine& engine) {
    engine.post(SimTime{}, Phase::arrival, NodeId{0}, NodeId{0}, 0, {});
  }
  template <class Engine>
  void handle(const Event<Ball>& event, Engine& engine) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (++handled == asks_at) requests.ask(1);
    if (handled < instants)
      engine.post(event.time + SimDuration{1}, Phase::arrival, NodeId{0}, NodeId{0},
                  static_cast<std::uint32_t>(handled), {});
  }
  template <class Engine>
  void settle(SimTime, Engine&) {}

  Requests requests;
  std::uint64_t handled = 0;
};

TEST(Alone, HearsARequestSoonHoweverMuchWorkAnInstantIs) {
  Slow model;
  Alone alone;
  Engine<Slow, Alone> engine(model, alone);
  engine.start();
  const Halt halt = engine.run_until(SimTime::never(), model.requests);
  EXPECT_EQ(halt.requests, 1U);
  EXPECT_LT(model.handled, Slow::asks_at + 10);
}

// What is pending at a halt, given to another engine over the same model.
TYPED_TEST(HaltingEngine, AnotherEngineTakesOver) {
  Nervous model(this->ranks(), this->self(), 0);
  Requests none;
  std::vector<Event<Ball>> pending;
  SimTime at;
  TypeParam::run(this->world, model, [&](auto& engine) {
    engine.start();
    at = engine.run_until(SimTime{12'345}, none).at;
    engine.for_each_pending([&](const auto& event) { pending.push_back(event); });
    engine.stop();
  });
  std::reverse(pending.begin(), pending.end());
  TypeParam::run(this->world, model, [&](auto& engine) {
    engine.restore(at, pending);
    engine.run_until(SimTime::never(), none);
  });
  EXPECT_EQ(this->all_of(model.digests()), run_alone());
}

}  // namespace
}  // namespace hecaton::engine::halt_test
