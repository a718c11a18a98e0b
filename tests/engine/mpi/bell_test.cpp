// Bells: a model of the protocol over all interleavings, and ranks that wake each other many times.
#include "core/engine/mpi/bell.hpp"

#include <gtest/gtest.h>

#include <boost/mpi/communicator.hpp>
#include <new>
#include <set>
#include <tuple>
#include <vector>

#include "core/engine/mpi/shared_memory.hpp"

namespace hecaton::engine::bell_test {
namespace {

// Memory and both sides, each with the step that comes next. Fences make every step of one side visible to the other
// before its next one, so steps of both follow each other in some order.
struct Model {
  int news = 0;                         // published
  int is_wanted = 0, rung = 0;          // the bell
  int owner = 0, noted = 0, taken = 0;  // step; how often it had rung; news that the owner has seen
  int ringer = 0;                       // step
  bool sleeps = false;

  auto key() const { return std::tie(news, is_wanted, rung, owner, noted, taken, ringer, sleeps); }
  friend bool operator<(const Model& a, const Model& b) { return a.key() < b.key(); }
};

// A protocol of which steps can be left out, to see that they are needed.
struct Protocol {
  bool notes_before_wanting = true;
  bool looks_again = true;
  int all_news = 2;

  bool owner_is_done(const Model& m) const { return m.taken == all_news; }

  // prepare() in two steps, a look, sleep(), and awake again.
  Model owner_step(Model m) const {
    const auto note = [&] { m.noted = m.rung; };
    const auto want = [&] { m.is_wanted = 1; };
    switch (m.owner++) {
      case 0:
        notes_before_wanting ? note() : want();
        break;
      case 1:
        notes_before_wanting ? want() : note();
        break;
      case 2:
        if (looks_again && m.news > m.taken) {
          m.taken = m.news;
          m.is_wanted = 0;
          m.owner = 0;
        }
        break;
      case 3:
        m.sleeps = m.rung == m.noted;  // the system call compares and sleeps in one
        break;
      default:
        m.is_wanted = 0;
        m.taken = m.news;
        m.owner = 0;
    }
    return m;
  }

  // Publishes, then ring(): looks whether it is wanted, takes that back, counts, wakes.
  Model ringer_step(Model m) const {
    switch (m.ringer++) {
      case 0:
        ++m.news;
        break;
      case 1:
        if (m.is_wanted == 0) m.ringer = 0;
        break;
      case 2:
        if (m.is_wanted == 0) m.ringer = 0;
        m.is_wanted = 0;
        break;
      case 3:
        ++m.rung;
        break;
      default:
        m.sleeps = false;
        m.ringer = 0;
    }
    return m;
  }

  bool ringer_is_done(const Model& m) const { return m.ringer == 0 && m.news == all_news; }
};

// Whether the owner can be left asleep, all news published and nobody about to wake it.
bool can_sleep_through(const Protocol& protocol) {
  std::set<Model> seen;
  std::vector<Model> open{Model{}};
  while (!open.empty()) {
    const Model now = open.back();
    open.pop_back();
    if (!seen.insert(now).second) continue;
    const bool all_published = protocol.ringer_is_done(now);
    if (now.sleeps && all_published) return true;
    if (!now.sleeps && !protocol.owner_is_done(now)) open.push_back(protocol.owner_step(now));
    if (!all_published) open.push_back(protocol.ringer_step(now));
  }
  return false;
}

TEST(Bell, NoInterleavingSleepsThroughNews) {
  EXPECT_FALSE(can_sleep_through({}));
}

TEST(Bell, EachStepIsNeeded) {
  EXPECT_TRUE(can_sleep_through({.looks_again = false}));
  EXPECT_TRUE(can_sleep_through({.notes_before_wanting = false}));
}

TEST(Bell, RingsOnceForAnOwnerThatIsAboutToSleep) {
  Bell bell;
  const std::uint32_t rung = bell.prepare();
  bell.stay_awake();
  bell.ring();
  EXPECT_EQ(bell.prepare(), rung);
  bell.ring();
  bell.ring();
  EXPECT_EQ(bell.prepare(), rung + 1);
  bell.ring();
  bell.sleep(rung + 1);  // returns at once
  bell.ring();
  EXPECT_EQ(bell.prepare(), rung + 2);
}

// A number goes round the ranks; each sleeps until it comes.
TEST(Bell, RanksWakeEachOther) {
  struct Place {
    Bell bell;
    std::atomic<std::uint64_t> number{0};
  };
  constexpr std::uint64_t rounds = 5'000;
  const boost::mpi::communicator world;
  if (world.size() == 1) GTEST_SKIP() << "for two ranks and more";
  const auto memory = SharedMemory::allocate(world, sizeof(Place));
  ASSERT_TRUE(memory);
  const auto place = [&](int rank) { return reinterpret_cast<Place*>(memory->part_of(rank)); };
  new (place(world.rank())) Place;
  world.barrier();
  Place& mine = *place(world.rank());
  Place& next = *place((world.rank() + 1) % world.size());
  for (std::uint64_t round = 1; round <= rounds; ++round) {
    const auto await = [&] {
      while (mine.number.load(std::memory_order_acquire) != round) {
        const std::uint32_t rung = mine.bell.prepare();
        if (mine.number.load(std::memory_order_acquire) == round) break;
        mine.bell.sleep(rung);
      }
      mine.bell.stay_awake();
    };
    if (world.rank() > 0) await();
    next.number.store(round, std::memory_order_release);
    next.bell.ring();
    if (world.rank() == 0) await();
  }
  EXPECT_EQ(mine.number, rounds);
  world.barrier();
}

}  // namespace
}  // namespace hecaton::engine::bell_test
