// The static count of a program equals what a run counts, for random programs; and what a program counts
// equals numbers worked out by hand.
#include "core/chiplet/counts.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "fake_host.hpp"

namespace hecaton::chiplet::testing {
namespace {

constexpr std::uint32_t columns = 3;
constexpr std::uint32_t dies = 6;

class RandomProgram {
 public:
  explicit RandomProgram(std::uint64_t seed) : random_(seed) {}

  Program make() {
    Program program;
    for (std::uint8_t slot = 0; slot < 2; ++slot) program.push_back(with_bytes(OpCode::dram_write, 0, slot));
    body(program, 0);
    return program;
  }

 private:
  std::uint64_t up_to(std::uint64_t limit) { return random_() % (limit + 1); }

  void body(Program& program, int depth) {
    for (std::uint64_t i = 0; i < 4 + up_to(3); ++i) {
      if (depth < 3 && up_to(3) == 0) {
        program.push_back(loop(static_cast<std::uint32_t>(1 + up_to(3))));
        body(program, depth + 1);
        program.push_back(end_loop());
      } else {
        program.push_back(operation());
        program.back().skip_last = static_cast<std::uint8_t>(up_to(static_cast<std::uint64_t>(depth)));
      }
    }
  }

  Op operation() {
    const auto slot = static_cast<std::uint8_t>(up_to(1));
    const auto ring = static_cast<Ring>(up_to(2));
    const auto unit_bytes = static_cast<std::uint32_t>(1 + up_to(9));
    switch (up_to(8)) {
      case 0:
        return matmul(static_cast<std::uint32_t>(1 + up_to(2)), 1 + up_to(9), 1 + up_to(9), 1 + up_to(9));
      case 1:
        return with_bytes(OpCode::vector, up_to(500));
      case 2:
        return with_bytes(OpCode::dram_read, up_to(5000), slot);
      case 3:
        return with_bytes(OpCode::dram_write, up_to(5000), slot);
      case 4:
        return wait_for(slot);
      case 5:
        return label(OpCode::add_layer, 1);
      case 6:
        return collective(OpCode::all_gather, up_to(20), unit_bytes, ring);
      case 7:
        return collective(OpCode::reduce_scatter, up_to(20), unit_bytes, ring);
      default:
        return collective(OpCode::all_reduce, up_to(20), unit_bytes, ring);
    }
  }

  std::mt19937_64 random_;
};

DieSetup setup_of(std::uint32_t id, const Program& program) {
  DieConfig config;
  config.array_rows = 4;
  config.array_columns = 2;
  config.vector_GBps = 33;
  MemoryConfig memory;
  memory.burst_bytes = 300;
  DieSetup setup = in_one_ring(id, dies, program, resolve_timings(config, memory));
  const std::uint32_t row = id / columns;
  const std::uint32_t column = id % columns;
  setup.rings[0] = place_in({3 * row, 3 * row + 1, 3 * row + 2}, column);
  setup.rings[1] = place_in({column, column + columns}, row);
  setup.dram = {{NodeId{dies}, 5}, {NodeId{dies + 1}, 2}};
  return setup;
}

void expect_same(const DieCounters& counted, const DieCounters& run) {
  EXPECT_EQ(counted.macs, run.macs);
  EXPECT_EQ(counted.vector_bytes, run.vector_bytes);
  EXPECT_EQ(counted.sram_read_bytes, run.sram_read_bytes);
  EXPECT_EQ(counted.sram_write_bytes, run.sram_write_bytes);
  EXPECT_EQ(counted.nop_sent_bytes, run.nop_sent_bytes);
  EXPECT_EQ(counted.nop_received_bytes, run.nop_received_bytes);
  EXPECT_EQ(counted.dram_read_bytes, run.dram_read_bytes);
  EXPECT_EQ(counted.dram_write_bytes, run.dram_write_bytes);
  EXPECT_EQ(counted.matrix_ps, run.matrix_ps);
  EXPECT_EQ(counted.vector_ps, run.vector_ps);
  EXPECT_EQ(counted.nop_ps + counted.dram_ps + counted.finished_ps, 0U);
}

struct Messages {
  std::uint64_t ring = 0;
  std::uint64_t bursts = 0;
  std::uint64_t dram = 0;
};

Messages messages_of(std::uint32_t id, const std::vector<Sent>& sent) {
  Messages messages;
  for (const Sent& s : sent) {
    if (s.message.source != NodeId{id} && s.message.destination != NodeId{id}) continue;
    const MessageKind kind = tag_kind(s.message.tag);
    if (kind == MessageKind::ring_chunk) {
      messages.ring += s.message.source == NodeId{id} ? 1 : 0;
      continue;
    }
    ++messages.dram;
    messages.bursts += kind == MessageKind::read_data || kind == MessageKind::write_data ? 1 : 0;
  }
  return messages;
}

TEST(Counts, EqualARunForRandomPrograms) {
  std::uint64_t ring_messages = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const Program program = RandomProgram(seed).make();
    ASSERT_NO_THROW(validate(program));
    FakePackage package(700, 3, seed);
    for (std::uint32_t id = 0; id < dies; ++id) package.add(setup_of(id, program));
    for (std::uint32_t io = dies; io < dies + 2; ++io) {
      package.add(IoDieSetup{NodeId{io}, 2, Rate{20'000'000'000}, {900}, 300});
    }
    package.run();
    ASSERT_TRUE(package.all_finished()) << "seed " << seed;
    for (std::uint32_t id = 0; id < dies; ++id) {
      const DieSetup setup = setup_of(id, program);
      const ProgramCounts counts = count_program(program, setup.rings, setup.timings, setup.dram);
      expect_same(counts.counters, package.die(id).counters());
      EXPECT_EQ(counts.rows, package.die(id).rows());
      const Messages messages = messages_of(id, package.sent);
      EXPECT_EQ(counts.ring_messages, messages.ring);
      EXPECT_EQ(counts.dram_bursts, messages.bursts);
      EXPECT_EQ(counts.dram_messages, messages.dram);
      ring_messages += messages.ring;
    }
  }
  EXPECT_GT(ring_messages, 1000U) << "the programs are worth comparing";
}

TEST(Counts, AreWhatTheDefinitionsSay) {
  // Ring of 4; 10 units of 8 bytes: chunks of 24, 24, 16, 16 bytes. Die 1 gathers: sends all but chunk 2,
  // receives all but chunk 1. It reduce-scatters: sends all but chunk 1, receives all but chunk 0.
  const Program program = {loop(100),
                           collective(OpCode::all_gather, 10, 8),
                           collective(OpCode::reduce_scatter, 10, 8),
                           end_loop(),
                           with_bytes(OpCode::vector, 1000),
                           with_bytes(OpCode::dram_read, 5000, 0),
                           with_bytes(OpCode::dram_write, 700, 0)};
  const DieSetup setup = in_one_ring(1, 4, program);
  const std::vector<DramShare> shares = {{NodeId{9}, 1}};
  const ProgramCounts counts = count_program(program, setup.rings, setup.timings, shares);
  EXPECT_EQ(counts.counters.nop_sent_bytes, 100U * (64 + 56));
  EXPECT_EQ(counts.counters.nop_received_bytes, 100U * (56 + 56));
  EXPECT_EQ(counts.counters.vector_bytes, 100U * 56 + 1000);
  // Sends, both operands of reductions, vector, write to DRAM.
  EXPECT_EQ(counts.counters.sram_read_bytes, 100U * (64 + 56 + 2 * 56) + 1000 + 700);
  // Arrivals, results of reductions, vector, read from DRAM.
  EXPECT_EQ(counts.counters.sram_write_bytes, 100U * (56 + 56 + 56) + 1000 + 5000);
  EXPECT_EQ(counts.rows, 203U);
  EXPECT_EQ(counts.ring_messages, 600U);
  EXPECT_EQ(counts.dram_messages, 2U + 2U);
}

TEST(Counts, TakeTimeOfTheTextNotOfTheLoops) {
  const Program program = {loop(4'000'000'000U), loop(1'000'000'000U), with_bytes(OpCode::vector, 4),
                           end_loop(), end_loop()};
  const ProgramCounts counts = count_program(program, {}, {}, {});
  EXPECT_EQ(counts.rows, 4'000'000'000'000'000'000U);
  EXPECT_EQ(counts.counters.vector_bytes, 16'000'000'000'000'000'000U);
}

}  // namespace
}  // namespace hecaton::chiplet::testing
