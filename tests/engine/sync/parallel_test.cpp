// The conservative loop over MPI with a small model, under each synchroniser and transport: what happens must
// not depend on the rank count, and a model that breaks its promise must be stopped.
#include <gtest/gtest.h>

#include <boost/mpi/collectives.hpp>
#include <boost/mpi/communicator.hpp>
#include <functional>

#include "tests/engine/sync/juggler.hpp"
#include "tests/engine/sync/ways.hpp"

namespace hecaton::engine::parallel_test {
namespace {

template <class Way>
class ParallelEngine : public ::testing::Test {
 protected:
  template <class Model>
  Accounting run(Model& model) const {
    return Way::run(world, model, [](auto& engine) { engine.run(); });
  }
  std::uint32_t ranks() const { return static_cast<std::uint32_t>(world.size()); }
  std::uint32_t self() const { return static_cast<std::uint32_t>(world.rank()); }

  boost::mpi::communicator world;
};
TYPED_TEST_SUITE(ParallelEngine, Ways);

TYPED_TEST(ParallelEngine, GivesTheSameHistoryAsOneRank) {
  Juggler model(this->ranks(), this->self());
  const Accounting accounting = this->run(model);
  const std::vector<std::uint64_t> mine = model.digests();
  std::vector<std::uint64_t> all(mine.size());
  boost::mpi::all_reduce(this->world, mine.data(), static_cast<int>(mine.size()), all.data(),
                         std::plus<std::uint64_t>());
  EXPECT_EQ(all, run_alone());
  EXPECT_GT(accounting.events, 0u);
  if (this->ranks() > 1) {
    EXPECT_GT(accounting.records_sent, 0u);
  }
}

// Events on one rank only, a millisecond apart, each answered by a neighbour.
class Sleeper : public Juggler {
 public:
  using Juggler::Juggler;
  template <class Engine>
  void start(Engine& engine) {
    if (owner(NodeId{0}).value == here()) post_next(engine, SimTime{0}, 0);
  }
  template <class Engine>
  void handle(const Event<Ball>& event, Engine& engine) {
    if (event.payload.number < 5)
      post_next(engine, event.time + SimDuration{1'000'000'000}, event.payload.number + 1);
  }

 private:
  std::uint32_t here() const { return owner(NodeId{0}).value; }
  template <class Engine>
  void post_next(Engine& engine, SimTime at, std::uint64_t number) {
    engine.post(at, Phase::timer, NodeId{0}, NodeId{0}, 0, {number});
  }
};

TYPED_TEST(ParallelEngine, ALongGapCostsOneAgreement) {
  Sleeper model(this->ranks(), this->self());
  const Accounting accounting = this->run(model);
  EXPECT_LE(accounting.windows, 8u);
  EXPECT_LE(accounting.null_messages, 100u);
}

// Nothing on one rank reaches another one, so a model need not say how soon it could.
TYPED_TEST(ParallelEngine, OneRankNeedsNoLookahead) {
  if (this->world.size() > 1) GTEST_SKIP() << "for one rank";
  Juggler model(1, 0, 0);
  this->run(model);
  EXPECT_EQ(model.digests(), run_alone());
}

// While a reduction is under way, ranks with components away from the border go on with these.
TYPED_TEST(ParallelEngine, WindowsAreFilledWithWhatIsSafeAlready) {
  Juggler model(this->ranks(), this->self());
  const Accounting accounting = this->run(model);
  const bool works_ahead = TypeParam::works_ahead && this->ranks() > 1 && model.levels().size() > 1;
  EXPECT_EQ(accounting.events_ahead > 0, works_ahead);
  EXPECT_LT(accounting.events_ahead, accounting.events);
}

TYPED_TEST(ParallelEngine, ABrokenPromiseEndsTheRun) {
  if (this->world.size() == 1) GTEST_SKIP() << "one rank promises nothing to nobody";
  // Promises that nothing crosses within 2,000 ps although balls fly 100 ps. The rank that finds out first
  // ends the run for all; here each one does, because each has balls of its own to send.
  Juggler model(this->ranks(), this->self(), 2000);
  try {
    this->run(model);
    FAIL() << "the violation went unnoticed";
  } catch (const LookaheadViolation& violation) {
    const std::string text = violation.what();
    EXPECT_NE(text.find("from component"), std::string::npos);
    EXPECT_NE(text.find("promised"), std::string::npos);
  }
  this->world.barrier();
}

}  // namespace
}  // namespace hecaton::engine::parallel_test
