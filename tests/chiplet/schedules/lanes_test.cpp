// Collectives in lanes: both ways round rings and along both axes of a package. Both ends of every message agree, what
// lanes hold is what one lane held, and a package without contention takes the time of the closed forms.
#include "core/chiplet/schedules/lanes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <tuple>
#include <vector>

#include "core/chiplet/counts/earliest_send.hpp"
#include "core/chiplet/counts/messages.hpp"
#include "core/chiplet/schedules/exchange_totals.hpp"
#include "tests/chiplet/fake_host.hpp"

namespace hecaton::chiplet::testing::lanes_test {
namespace {

struct Shape {
  std::uint32_t rows, columns;
};

constexpr Shape shapes[] = {{1, 3}, {1, 8}, {2, 3}, {3, 2}, {3, 3}, {4, 4}, {3, 5}, {5, 7}};
constexpr OpCode codes[] = {OpCode::all_gather, OpCode::reduce_scatter, OpCode::all_reduce, OpCode::broadcast,
                            OpCode::reduce};

// Rows, columns and, as the package's ring, all dies in the order of their numbers.
GroupPlaces places_of(std::uint32_t die, const Shape& shape) {
  const std::uint32_t row = die / shape.columns, column = die % shape.columns;
  std::array<std::vector<std::uint32_t>, ring_count> rings;
  for (std::uint32_t i = 0; i < shape.columns; ++i) rings[0].push_back(row * shape.columns + i);
  for (std::uint32_t i = 0; i < shape.rows; ++i) rings[1].push_back(i * shape.columns + column);
  for (std::uint32_t i = 0; i < shape.rows * shape.columns; ++i) rings[2].push_back(i);
  return {{place_in(rings[0], column), place_in(rings[1], row), place_in(rings[2], die)}};
}

Op op_of(OpCode code, std::uint64_t units, std::uint8_t directions, Axes axes, std::uint32_t root = 0,
         std::uint32_t count = 1) {
  Op op = collective(code, units, 3, Ring::package);
  op.schedule = has_root(code) ? Schedule::pipelined : Schedule::ring;
  op.directions = directions;
  op.axes = axes;
  op.count = count;
  op.value = static_cast<std::int32_t>(root);
  return op;
}

// Calls f(op, shape) for operations in lanes of every kind.
template <class F>
void for_each_op(F&& f) {
  for (const Shape& shape : shapes) {
    const std::uint32_t dies = shape.rows * shape.columns;
    for (const OpCode code : codes)
      for (const std::uint32_t count : {1U, 3U})
        for (const Axes axes : {Axes::one, Axes::all}) {
          if (axes == Axes::all && shape.rows == 1) continue;
          for (std::uint8_t directions = axes == Axes::all ? 1 : 2; directions <= 2; ++directions)
            for (const std::uint64_t units : {std::uint64_t{1}, std::uint64_t{dies} - 1,
                                              std::uint64_t{dies} * 8, std::uint64_t{dies} * 13 + 5})
              f(op_of(code, units, directions, axes, dies * 2 / 3, count), shape);
        }
  }
}

Places in_package(const GroupPlaces& groups) {
  return {groups.rings[2], groups.lines[2], &groups.rings};
}

TEST(Lanes, BothEndsAgreeInEveryStep) {
  for_each_op([](const Op& op, const Shape& shape) {
    using Key =
        std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>;  // from, to, lane, step
    std::map<Key, std::uint64_t> sent, received;
    for (std::uint32_t die = 0; die < shape.rows * shape.columns; ++die) {
      const GroupPlaces groups = places_of(die, shape);
      const Places places = in_package(groups);
      for (std::uint32_t lane = 0; lane < lane_count(op); ++lane)
        for (std::uint32_t step = 0; step < exchange_steps(op, places); ++step) {
          const Exchange e = exchange(op, places, static_cast<std::uint32_t>(op.value), step, lane);
          if (e.send_bytes > 0) {
            const bool is_new = sent.insert({{die, e.to.value, lane, e.send_step}, e.send_bytes}).second;
            EXPECT_TRUE(is_new);
          }
          if (e.receive_bytes > 0) received[{e.from.value, die, lane, step}] = e.receive_bytes;
        }
    }
    EXPECT_EQ(sent, received) << shape.rows << " x " << shape.columns << ", " << op.units << " units of "
                              << name_of(kind_of(op.code));
  });
}

TEST(Lanes, AddUpToTheirTotals) {
  const Rate vector = rate_from(7.3, 1e9);
  for_each_op([&](const Op& op, const Shape& shape) {
    const auto root = static_cast<std::uint32_t>(op.value);
    for (std::uint32_t die = 0; die < shape.rows * shape.columns; ++die) {
      const GroupPlaces groups = places_of(die, shape);
      const Places places = in_package(groups);
      std::uint64_t messages = 0, sent = 0, received = 0, added = 0, added_ps = 0;
      for (std::uint32_t lane = 0; lane < lane_count(op); ++lane)
        for (std::uint32_t step = 0; step < exchange_steps(op, places); ++step) {
          const Exchange e = exchange(op, places, root, step, lane);
          messages += e.send_bytes > 0 ? 1 : 0;
          sent += e.send_bytes;
          received += e.receive_bytes;
          if (!e.reduces || e.receive_bytes == 0) continue;
          added += e.receive_bytes;
          added_ps += static_cast<std::uint64_t>(vector.time_of(e.receive_bytes).ps);
        }
      const ExchangeTotals told = exchange_totals(op, places, root, vector);
      EXPECT_EQ(told.messages.value(), messages);
      EXPECT_EQ(told.sent_bytes.value(), sent);
      EXPECT_EQ(told.received_bytes.value(), received);
      EXPECT_EQ(told.added_bytes.value(), added);
      EXPECT_EQ(told.added_ps.value(), added_ps);
    }
  });
}

// Whatever the lanes, each of p dies lacks or passes on p - 1 parts of the payload, or all of it from one die on.
TEST(Lanes, MoveTheBytesOfTheirTheory) {
  for_each_op([](const Op& op, const Shape& shape) {
    const std::uint64_t dies = shape.rows * shape.columns;
    std::uint64_t all = 0;
    for (std::uint32_t die = 0; die < dies; ++die) {
      const GroupPlaces groups = places_of(die, shape);
      all += exchange_totals(op, in_package(groups), static_cast<std::uint32_t>(op.value), {})
                 .sent_bytes.value();
    }
    const std::uint64_t once = (dies - 1) * op.units * op.unit_bytes;
    EXPECT_EQ(all, op.code == OpCode::all_reduce ? 2 * once : once) << name_of(kind_of(op.code));
  });
}

// Along one axis chunk i of both lanes is chunk i of one: what a die sends to both sides in a step of an all-gather, in
// which it passes on chunk i - s and chunk i + s, are halves of these.
TEST(Lanes, CutEveryChunk) {
  const Shape shape{1, 7};
  for (const std::uint64_t units : {3U, 7U, 20U, 70U}) {
    const Op both = op_of(OpCode::all_gather, units, 2, Axes::one),
             one = op_of(OpCode::all_gather, units, 1, Axes::one);
    for (std::uint32_t die = 0; die < 7; ++die)
      for (std::uint32_t step = 0; step < 6; ++step) {
        const GroupPlaces groups = places_of(die, shape);
        const auto chunk = [&](std::uint32_t number) { return chunk_bytes(one, 7, number % 7) / 3; };
        const std::uint64_t ahead = chunk(die + 7 - step), behind = chunk(die + step);
        EXPECT_EQ(exchange(both, in_package(groups), 0, step, 0).send_bytes, (ahead + 1) / 2 * 3);
        EXPECT_EQ(exchange(both, in_package(groups), 0, step, 1).send_bytes, behind / 2 * 3);
      }
  }
}

DieSetup setup_of(std::uint32_t die, const Shape& shape, const Program& program,
                  const DieTimings& timings = {}) {
  DieSetup setup;
  setup.id = NodeId{die};
  setup.program = &program;
  setup.rings = places_of(die, shape).rings;
  setup.timings = timings;
  return setup;
}

// Programs end, count what was counted beforehand, and send what was listed; the order within an instant plays no part.
TEST(Lanes, RunToTheirEnd) {
  DieTimings timings;
  timings.vector = rate_from(2.5, 1e9);
  for_each_op([&](const Op& op, const Shape& shape) {
    const Program program = {op, op};
    std::vector<DieCounters> first;
    for (const std::uint64_t seed : {1U, 5U}) {
      FakePackage package(500, 70, seed);
      for (std::uint32_t die = 0; die < shape.rows * shape.columns; ++die)
        package.add(setup_of(die, shape, program, timings));
      package.run();
      ASSERT_TRUE(package.all_finished());
      std::uint64_t messages = 0;
      for (std::uint32_t die = 0; die < shape.rows * shape.columns; ++die) {
        const DieCounters& counted = package.die(die).counters();
        const GroupPlaces groups = places_of(die, shape);
        const ProgramCounts told = count_program(program, groups, timings, {});
        EXPECT_EQ(counted.nop_sent_bytes, told.counters.nop_sent_bytes);
        EXPECT_EQ(counted.sram_read_bytes, told.counters.sram_read_bytes);
        EXPECT_EQ(counted.vector_ps, told.counters.vector_ps);
        EXPECT_EQ(counted.matrix_ps + counted.vector_ps + counted.nop_ps + counted.dram_ps,
                  counted.finished_ps);
        std::uint64_t waited = 0;
        for (const WaitRow& wait : package.waits[die]) {
          EXPECT_LT(wait.start_ps, wait.end_ps);
          waited += static_cast<std::uint64_t>(wait.end_ps - wait.start_ps);
        }
        EXPECT_EQ(waited, counted.nop_ps);
        MessageCounts listed;
        count_messages(listed, NodeId{die}, program, groups, {}, 1);
        listed.for_each([&](NodeId, NodeId, std::uint64_t, std::uint64_t times) { messages += times; });
        if (seed == 1) first.push_back(counted);
        EXPECT_EQ(counted, first.at(die));
      }
      EXPECT_EQ(package.sent.size(), messages);
    }
  });
}

// A die that sends both ways sends to the one beyond the border as soon as to the other.
TEST(Lanes, AreKnownToThoseWhoAskWhenADieSends) {
  const Program program = {op_of(OpCode::all_gather, 8, 2, Axes::all)};
  SendingGroups rows, package;
  rows.rings[static_cast<std::size_t>(Ring::row)] = true;
  package.rings[static_cast<std::size_t>(Ring::package)] = true;
  EXPECT_TRUE(EarliestSend(program, rows, {}).sends(0));
  EXPECT_FALSE(EarliestSend(program, package, {}).sends(0));
}

TEST(Lanes, AreRefusedWhereThereAreNone) {
  Op op = op_of(OpCode::all_gather, 8, 3, Axes::one);
  EXPECT_THROW(validate(Program{op}), std::logic_error);
  op = op_of(OpCode::all_gather, 8, 2, Axes::all);
  op.ring = Ring::row;
  EXPECT_THROW(validate(Program{op}), std::logic_error);
  op = op_of(OpCode::all_reduce, 8, 2, Axes::one);
  op.schedule = Schedule::halving_doubling;
  EXPECT_THROW(validate(Program{op}), std::logic_error);
  op = op_of(OpCode::all_gather, 8, 1, Axes::all);
  op.slot_ps = 5;
  EXPECT_THROW(validate(Program{op}), std::logic_error);
}

}  // namespace
}  // namespace hecaton::chiplet::testing::lanes_test
