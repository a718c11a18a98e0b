// What a die's buffers hold over time: what is on its way to DRAM stays until it is there.
#include "core/chiplet/dies/occupancy.hpp"

#include <gtest/gtest.h>

#include "tests/chiplet/fake_host.hpp"

namespace hecaton::chiplet::testing::occupancy_test {
namespace {

TEST(Occupancy, KeepsWhatWaitsForASlot) {
  Occupancy o;
  o.allocate(Buffer::activation, 100);
  o.allocate(Buffer::weight, 7);
  o.release_after(3, Buffer::activation, 60);
  EXPECT_TRUE(o.has_deferred(3));
  EXPECT_FALSE(o.has_deferred(2));
  o.allocate(Buffer::activation, 50);
  EXPECT_EQ(o.peak(Buffer::activation), 150U);
  o.complete(3);
  EXPECT_FALSE(o.has_deferred());
  EXPECT_EQ(o.held(Buffer::activation), 90U);
  o.release(Buffer::activation, 90);
  EXPECT_THROW(o.release(Buffer::activation, 1), std::logic_error);
  EXPECT_EQ(o.peak(Buffer::activation), 150U);
  EXPECT_EQ(o.peak(Buffer::weight), 7U);
}

Op buffer_op(OpCode code, std::uint64_t bytes, std::int32_t slot = -1) {
  Op op;
  op.code = code;
  op.bytes = bytes;
  op.value = slot;
  return op;
}

// 1,000 bytes on their way to DRAM are still there when 500 more are needed, unless the program waits.
TEST(Occupancy, OfADieFollowsItsWrites) {
  for (const bool waits : {false, true}) {
    Program program = {buffer_op(OpCode::allocate, 1000), with_bytes(OpCode::dram_write, 1000, 2),
                       buffer_op(OpCode::release, 1000, 2)};
    if (waits) program.push_back(wait_for(2));
    program.push_back(buffer_op(OpCode::allocate, 500));
    program.push_back(buffer_op(OpCode::release, 500));
    validate(program);
    DieTimings timings;
    timings.burst_bytes = 1000;
    DieSetup setup = in_one_ring(0, 2, program, timings);
    setup.dram = {{NodeId{5}, 1}};
    FakePackage package(5000, 10);
    package.add(setup);
    package.add(IoDieSetup{NodeId{5}, 1, Rate{10'000'000'000}, {60000}, 1000});
    package.run();
    const Die& die = package.die(0);
    EXPECT_TRUE(die.finished());
    EXPECT_EQ(die.occupancy().held(Buffer::activation), 0U);
    EXPECT_EQ(die.counters().activation_peak_bytes, waits ? 1000U : 1500U);
    EXPECT_EQ(package.rows[0].size(), 2U);  // the transfer and the wait; none for what takes no time
  }
}

}  // namespace
}  // namespace hecaton::chiplet::testing::occupancy_test
