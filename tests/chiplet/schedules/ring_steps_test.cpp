// Ring collectives: the schedule as pure functions, and the times that a ring of dies takes.
#include "core/chiplet/schedules/ring_steps.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <vector>

#include "tests/chiplet/fake_host.hpp"

namespace hecaton::chiplet::testing::ring_steps_test {
namespace {

TEST(Chunks, SumToThePayloadAndDifferByAtMostOneUnit) {
  for (std::uint32_t p = 1; p <= 9; ++p) {
    for (std::uint64_t units = 0; units <= 40; ++units) {
      std::uint64_t sum = 0;
      for (std::uint32_t i = 0; i < p; ++i) {
        const std::uint64_t chunk = chunk_units(units, p, i);
        sum += chunk;
        EXPECT_LE(chunk, chunk_units(units, p, 0));
        EXPECT_GE(chunk + 1, chunk_units(units, p, 0));
        EXPECT_LE(chunk, i == 0 ? units : chunk_units(units, p, i - 1)) << "larger chunks come first";
      }
      EXPECT_EQ(sum, units);
    }
  }
}

// What each die holds of each chunk: the set of dies whose part is in it. Plays the schedule with all dies in
// step.
using Holdings = std::vector<std::vector<std::set<std::uint32_t>>>;

Holdings play(OpCode code, std::uint32_t p, Holdings holds) {
  for (std::uint32_t step = 0; step < step_count(code, p); ++step) {
    const Holdings before = holds;
    for (std::uint32_t die = 0; die < p; ++die) {
      const RingStep mine = ring_step(code, p, die, step);
      const RingStep theirs = ring_step(code, p, (die + p - 1) % p, step);
      EXPECT_EQ(mine.receive_chunk, theirs.send_chunk);
      const std::set<std::uint32_t>& got = before[(die + p - 1) % p][mine.receive_chunk];
      if (!mine.reduces) holds[die][mine.receive_chunk].clear();
      for (std::uint32_t part : got) {
        EXPECT_TRUE(holds[die][mine.receive_chunk].insert(part).second) << "a part was added twice";
      }
    }
  }
  return holds;
}

std::set<std::uint32_t> everyone(std::uint32_t p) {
  std::set<std::uint32_t> all;
  for (std::uint32_t i = 0; i < p; ++i) all.insert(i);
  return all;
}

TEST(Schedule, AllGatherBringsEveryChunkToEveryDie) {
  for (std::uint32_t p = 2; p <= 7; ++p) {
    Holdings start(p, std::vector<std::set<std::uint32_t>>(p));
    for (std::uint32_t i = 0; i < p; ++i) start[i][i] = {i};
    const Holdings end = play(OpCode::all_gather, p, start);
    for (std::uint32_t die = 0; die < p; ++die) {
      for (std::uint32_t chunk = 0; chunk < p; ++chunk)
        EXPECT_EQ(end[die][chunk], std::set<std::uint32_t>{chunk});
    }
  }
}

TEST(Schedule, ReduceScatterAndAllReduceAddEveryPartOnce) {
  for (std::uint32_t p = 2; p <= 7; ++p) {
    Holdings start(p, std::vector<std::set<std::uint32_t>>(p));
    for (std::uint32_t i = 0; i < p; ++i) start[i].assign(p, {i});
    const Holdings scattered = play(OpCode::reduce_scatter, p, start);
    for (std::uint32_t die = 0; die < p; ++die) EXPECT_EQ(scattered[die][die], everyone(p));
    const Holdings reduced = play(OpCode::all_reduce, p, start);
    for (std::uint32_t die = 0; die < p; ++die) {
      for (std::uint32_t chunk = 0; chunk < p; ++chunk) EXPECT_EQ(reduced[die][chunk], everyone(p));
    }
  }
}

struct RingCase {
  std::uint32_t dies;
  std::uint64_t units;
  std::uint32_t unit_bytes;
};

constexpr std::int64_t latency_ps = 9000;
constexpr std::int64_t ps_per_byte = 15;
const std::vector<RingCase> ring_cases = {{2, 8, 64}, {2, 1, 7},    {3, 3, 100}, {4, 4096, 16}, {4, 4097, 16},
                                          {5, 3, 64}, {8, 1001, 3}, {7, 0, 1},   {1, 50, 4}};

SimTime time_of_ring(OpCode code, const RingCase& c, Rate vector, std::uint64_t seed) {
  const Program program = {collective(code, c.units, c.unit_bytes)};
  DieTimings timings;
  timings.vector = vector;
  FakePackage package(latency_ps, ps_per_byte, seed);
  for (std::uint32_t i = 0; i < c.dies; ++i) package.add(in_one_ring(i, c.dies, program, timings));
  package.run();
  EXPECT_TRUE(package.all_finished());
  SimTime last;
  for (std::uint32_t i = 0; i < c.dies; ++i) last = std::max(last, package.finish_of(i));
  return last;
}

// The largest chunk is chunk 0; it crosses p-1 edges without ever waiting, and every other send is done by
// then.
std::int64_t one_way_ps(const RingCase& c, std::int64_t reduction_ps) {
  if (c.dies == 1 || c.units == 0) return 0;
  const auto chunk = static_cast<std::int64_t>((c.units + c.dies - 1) / c.dies * c.unit_bytes);
  return (c.dies - 1) * (latency_ps + chunk * ps_per_byte + reduction_ps);
}

TEST(RingTime, EqualsTheClosedForm) {
  for (const RingCase& c : ring_cases) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      EXPECT_EQ(time_of_ring(OpCode::all_gather, c, {}, seed).ps, one_way_ps(c, 0))
          << c.dies << " " << c.units;
      EXPECT_EQ(time_of_ring(OpCode::reduce_scatter, c, {}, seed).ps, one_way_ps(c, 0))
          << c.dies << " " << c.units;
      EXPECT_EQ(time_of_ring(OpCode::all_reduce, c, {}, seed).ps, 2 * one_way_ps(c, 0))
          << c.dies << " " << c.units;
    }
  }
}

TEST(RingTime, EveryReceivedChunkIsReducedBeforeItIsSentOn) {
  constexpr std::int64_t reduction_ps_per_byte = 8;  // 125 GB/s
  for (const RingCase& c : ring_cases) {
    const auto chunk = static_cast<std::int64_t>((c.units + c.dies - 1) / c.dies * c.unit_bytes);
    const std::int64_t scatter_ps = one_way_ps(c, chunk * reduction_ps_per_byte);
    const Rate vector{125'000'000'000};
    EXPECT_EQ(time_of_ring(OpCode::reduce_scatter, c, vector, 1).ps, scatter_ps) << c.dies << " " << c.units;
    EXPECT_EQ(time_of_ring(OpCode::all_reduce, c, vector, 1).ps, scatter_ps + one_way_ps(c, 0));
    EXPECT_EQ(time_of_ring(OpCode::all_gather, c, vector, 1).ps, one_way_ps(c, 0));
  }
}

TEST(RingTime, UnequalEdgesTakeTheSumOfTheSlowest) {
  const std::vector<std::int64_t> edge_ps = {3000, 500, 11000, 2000, 7000};
  const auto p = static_cast<std::uint32_t>(edge_ps.size());
  const Program program = {collective(OpCode::all_gather, 5, 100)};
  FakePackage package(0, ps_per_byte);
  package.extra_latency_ps = [&](const Message& m) { return edge_ps[m.source.value]; };
  for (std::uint32_t i = 0; i < p; ++i) package.add(in_one_ring(i, p, program));
  const SimTime end = package.run();
  const std::int64_t all = std::accumulate(edge_ps.begin(), edge_ps.end(), std::int64_t{0});
  const std::int64_t fastest = *std::min_element(edge_ps.begin(), edge_ps.end());
  EXPECT_EQ(end.ps, all - fastest + (p - 1) * 100 * ps_per_byte);
}

TEST(Ring, SendsNothingForEmptyChunks) {
  const Program program = {collective(OpCode::all_gather, 2, 10)};
  FakePackage package(latency_ps, ps_per_byte);
  for (std::uint32_t i = 0; i < 6; ++i) package.add(in_one_ring(i, 6, program));
  package.run();
  EXPECT_TRUE(package.all_finished());
  EXPECT_EQ(package.sent.size(), 2U * 5);  // two chunks of one unit, over five edges each
  for (const Sent& s : package.sent) EXPECT_EQ(s.message.bytes, 10U);
}

}  // namespace
}  // namespace hecaton::chiplet::testing::ring_steps_test
