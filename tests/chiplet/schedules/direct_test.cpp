// Direct all-to-all, both ways by turns and along both axes: every block arrives, both ends agree, and no way is longer than
// it has to be.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "core/chiplet/counts/counts.hpp"
#include "core/chiplet/schedules/exchange_totals.hpp"
#include "tests/chiplet/fake_host.hpp"

namespace hecaton::chiplet::testing::direct_test {
namespace {

struct Shape {
  std::uint32_t rows, columns;
  std::uint32_t dies() const { return rows * columns; }
};

constexpr Shape shapes[] = {{2, 2}, {2, 3}, {3, 2}, {4, 4}, {3, 5}, {5, 8}};

GroupPlaces places_of(std::uint32_t die, const Shape& shape) {
  GroupPlaces groups;
  groups.rings[0].size = shape.columns;
  groups.rings[1].size = shape.rows;
  groups.lines[2] = {shape.dies(), die, NodeId{0}, 1};
  return groups;
}

Op op_of(std::uint64_t units, Axes axes, std::uint8_t directions, std::uint32_t count) {
  Op op = collective(OpCode::all_to_all, units, 2, Ring::package);
  op.schedule = Schedule::direct;
  op.axes = axes;
  op.directions = directions;
  op.count = count;
  return op;
}

// Sums of bytes by sender and receiver, of a lane, before its second leg and in it.
TEST(Direct, BothEndsAgreeAndAllArrivesAlongBothAxes) {
  for (const Shape& shape : shapes)
    for (const std::uint8_t directions : {std::uint8_t{1}, std::uint8_t{2}})
      for (const std::uint32_t count : {1U, 3U})
        for (const std::uint64_t units :
             {std::uint64_t{shape.dies()} * 6, std::uint64_t{shape.dies()} * 3 + 2, std::uint64_t{1}}) {
          const Op op = op_of(units, Axes::all, directions, count);
          using Key = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>;
          std::map<Key, std::uint64_t> sent, received;
          std::vector<std::uint64_t> out(shape.dies()), in(shape.dies());
          for (std::uint32_t die = 0; die < shape.dies(); ++die) {
            const GroupPlaces groups = places_of(die, shape);
            const Places places{groups.rings[2], groups.lines[2], &groups.rings};
            for (std::uint32_t lane = 0; lane < lane_count(op); ++lane)
              for (std::uint32_t step = 0; step < exchange_steps(op, places); ++step) {
                const Exchange e = exchange(op, places, 0, step, lane);
                if (e.send_bytes > 0) {
                  sent[{die, e.to.value, lane, e.send_step}] = e.send_bytes;
                  const bool same_row = e.to.value / shape.columns == die / shape.columns;
                  const bool same_column = e.to.value % shape.columns == die % shape.columns;
                  EXPECT_NE(same_row, same_column);
                }
                if (e.receive_bytes > 0) received[{e.from.value, die, lane, step}] = e.receive_bytes;
                out[die] += e.send_bytes;
                in[die] += e.receive_bytes;
              }
          }
          EXPECT_EQ(sent, received);
          // Of a block for the die d, its halves go once along rows if the columns differ, and once along columns.
          for (std::uint32_t die = 0; die < shape.dies(); ++die) {
            std::uint64_t expected = 0;
            for (std::uint32_t to = 0; to < shape.dies(); ++to) {
              const std::uint64_t block = units / shape.dies() + (to < units % shape.dies() ? 1 : 0);
              const std::uint64_t halves[] = {block / 2 + block % 2, block / 2};
              const bool other_column = to % shape.columns != die % shape.columns;
              const bool other_row = to / shape.columns != die / shape.columns;
              // On the first leg from this die; on the second from here for all dies of its line.
              if (other_column) expected += 2 * halves[0];
              if (other_row) expected += 2 * halves[1];
              if (!other_column && other_row) expected += 2 * shape.columns * halves[0];
              if (!other_row && other_column) expected += 2 * shape.rows * halves[1];
            }
            EXPECT_EQ(out[die], expected)
                << shape.rows << " x " << shape.columns << ", " << units << " units";
            const GroupPlaces groups = places_of(die, shape);
            const Places places{groups.rings[2], groups.lines[2], &groups.rings};
            const ExchangeTotals totals = exchange_totals(op, places, 0, {});
            EXPECT_EQ(totals.sent_bytes.value(), out[die]);
            EXPECT_EQ(totals.received_bytes.value(), in[die]);
          }
        }
}

// The nearest first, a die in each direction by turns.
TEST(Direct, GoesBothWaysByTurns) {
  const Op op = op_of(80, Axes::one, 2, 4);
  const LinePlace line{8, 3, NodeId{0}, 1};
  const RingPlace ring;
  const std::uint32_t to[] = {4, 2, 5, 1, 6, 0, 7};
  for (std::uint32_t step = 0; step < 7; ++step)
    EXPECT_EQ(exchange(op, {ring, line}, 0, step).to, NodeId{to[step]});
  EXPECT_EQ(exchange_steps(op, {ring, line}), 10U);
}

}  // namespace
}  // namespace hecaton::chiplet::testing::direct_test
