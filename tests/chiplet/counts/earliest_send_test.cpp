// How soon a die could send over a group, against sums made by hand.
#include "core/chiplet/counts/earliest_send.hpp"

#include <gtest/gtest.h>

namespace hecaton::chiplet::earliest_send_test {
namespace {

Op vector_op(std::uint64_t bytes, std::uint8_t skip_last = 0) {
  Op op;
  op.code = OpCode::vector;
  op.bytes = bytes;
  op.skip_last = skip_last;
  return op;
}
Op gather(Ring ring) {
  Op op;
  op.code = OpCode::all_gather;
  op.ring = ring;
  op.units = 4;
  return op;
}
Op control(OpCode code, std::uint32_t count = 1) {
  Op op;
  op.code = code;
  op.count = count;
  return op;
}

TEST(EarliestSend, FindsTheShortestWayToTheNextSender) {
  DieConfig config;
  DieTimings timings = resolve_timings(config, MemoryConfig{});
  timings.vector = rate_from(1.0, 1e9);  // a byte per nanosecond
  const Program program = {
      gather(Ring::row),          // 0
      vector_op(100),             // 1
      control(OpCode::loop, 3),   // 2
      gather(Ring::column),       // 3
      vector_op(20),              // 4
      vector_op(7, 1),            // 5: passed over the last time
      control(OpCode::end_loop),  // 6
      vector_op(30),              // 7
      gather(Ring::row),          // 8
      vector_op(5),               // 9
  };
  validate(program);
  const SendingGroups rows{{true, false, false}, {}};
  const EarliestSend row(program, rows, timings);
  EXPECT_TRUE(row.sends(0));
  EXPECT_FALSE(row.sends(1));
  EXPECT_EQ(row.after(0).ps, (100 + 20 + 30) * 1000);
  EXPECT_EQ(row.after(1).ps, (20 + 30) * 1000);
  EXPECT_EQ(row.after(3).ps, (20 + 30) * 1000);
  EXPECT_EQ(row.after(4).ps, 30 * 1000);
  EXPECT_EQ(row.after(7).ps, 0);
  EXPECT_TRUE(row.sends(8));
  EXPECT_EQ(row.after(8), EarliestSend::never);
  const EarliestSend column(program, {{false, true, false}, {}}, timings);
  EXPECT_EQ(column.after(0).ps, 100 * 1000);
  EXPECT_EQ(column.after(3).ps, 20 * 1000) << "round the loop";
  EXPECT_EQ(column.after(7), EarliestSend::never);
  const EarliestSend line(program, {{}, {true, true, true}}, timings);
  EXPECT_EQ(line.after(0), EarliestSend::never) << "no operation sends along a line";
}

}  // namespace
}  // namespace hecaton::chiplet::earliest_send_test
