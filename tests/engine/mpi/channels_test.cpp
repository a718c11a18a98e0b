// What channels to other ranks owe the synchroniser, where a run would show a mistake once in a thousand
// times.
#include "core/engine/mpi/channels.hpp"

#include <gtest/gtest.h>

#include <boost/mpi/communicator.hpp>
#include <chrono>

#include "tests/engine/sync/juggler.hpp"

namespace hecaton::engine::channels_test {
namespace {

Event<Ball> ball_at(std::int64_t ps) {
  return {SimTime{ps}, Phase::arrival, NodeId{0}, NodeId{1}, 0, {}};
}

// The second rank sends what the first one may answer at 500 ps. The first one has promised 1,000 ps, takes
// it, and has reason to write before it promises anew.
TEST(MpiChannels, WhatIsTakenIsConfirmedByPromisesThatKnowOfItOnly) {
  const boost::mpi::communicator world;
  if (world.size() == 1) GTEST_SKIP() << "for two ranks";
  const boost::mpi::communicator pair = world.split(world.rank() / 2);
  if (pair.size() == 1) return;
  const RankId other{1 - static_cast<std::uint32_t>(pair.rank())};
  MpiChannels<Ball> channels(pair, std::span(&other, 1));
  int taken = 0;
  const auto poll = [&] { channels.poll([&](const Event<Ball>&) { ++taken; }); };
  if (pair.rank() == 0) {
    channels.push(0, ball_at(2000), SimTime{3000});
    channels.publish(0, SimTime{1000});
    while (taken == 0) poll();
    channels.ask(SimTime{5000}, SimDuration{1});
    while (!channels.unconfirmed(0)) poll();
    EXPECT_TRUE(channels.publish(0, SimTime{600}));
  } else {
    while (taken == 0) poll();
    channels.push(0, ball_at(400), SimTime{500});
    channels.publish(0, SimTime{100});
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
    while (std::chrono::steady_clock::now() < end) {
      poll();
      ASSERT_EQ(channels.bound(0), SimTime{500});
    }
    channels.ask(SimTime{550}, SimDuration{1});
    while (channels.bound(0) == SimTime{500}) poll();
    EXPECT_EQ(channels.bound(0), SimTime{600});
  }
  pair.barrier();
}

}  // namespace
}  // namespace hecaton::engine::channels_test
