// The static count of a program equals what a run counts, for random programs; and what a program counts
// equals numbers worked out by hand.
#include "core/chiplet/counts/counts.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "tests/chiplet/fake_host.hpp"
#include "tests/chiplet/random_program.hpp"

namespace hecaton::chiplet::testing::counts_test {
namespace {

void expect_same(const DieCounters& counted, const DieCounters& run) {
  // Of sums, only waiting for other dies and for DRAM cannot be told from the program.
  for_each_field<DieCounters>([&](const auto& field) {
    const std::string_view name = field.name;
    if (field.combine != Combine::sum || name == "nop_ps" || name == "dram_ps") return;
    EXPECT_EQ(counted.*field.member, run.*field.member) << name;
  });
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
    if (kind == MessageKind::collective_chunk) {
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
    FakePackage package = random_package(program, {700, 3, 20'000'000'000, 900}, seed);
    package.run();
    ASSERT_TRUE(package.all_finished()) << "seed " << seed;
    for (std::uint32_t id = 0; id < dies; ++id) {
      const DieSetup setup = setup_of(id, program);
      const ProgramCounts counts =
          count_program(program, {setup.rings, setup.lines}, setup.timings, setup.dram);
      expect_same(counts.counters, package.die(id).counters());
      EXPECT_EQ(counts.rows, package.die(id).rows());
      const Messages messages = messages_of(id, package.sent);
      EXPECT_EQ(counts.ring_messages, messages.ring);
      EXPECT_EQ(counts.dram_bursts, messages.bursts);
      EXPECT_EQ(counts.dram_messages, messages.dram);
      SentCounts sent;
      for (const Ring group : {Ring::row, Ring::column, Ring::package}) {
        const SentCounts over = count_sent(program, group, setup.places(group), setup.timings);
        sent.messages += over.messages;
        sent.bytes += over.bytes;
      }
      EXPECT_EQ(sent.messages, messages.ring);
      EXPECT_EQ(sent.bytes, package.die(id).counters().nop_sent_bytes);
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
  const ProgramCounts counts = count_program(program, {setup.rings, setup.lines}, setup.timings, shares);
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
}  // namespace hecaton::chiplet::testing::counts_test
