// What a program will do, without running it: in time proportional to the program's text, since loops
// multiply. What does not fit into 64 bits throws std::overflow_error.
//
// Invariant (tested): a simulated run of the same program counts exactly the same. Only what depends on other
// dies is left out: nop_ps, dram_ps and finished_ps are 0.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/chiplet/hardware/timings.hpp"
#include "core/chiplet/program/program.hpp"
#include "core/chiplet/program/records.hpp"
#include "core/chiplet/schedules/exchange.hpp"
#include "core/engine/base/checked.hpp"

namespace hecaton::chiplet {

struct ProgramCounts {
  DieCounters counters;
  std::uint64_t rows = 0;           // OperationRows
  std::uint64_t ring_messages = 0;  // sent by this die
  std::uint64_t dram_bursts = 0;    // data messages, both ways
  std::uint64_t dram_messages = 0;  // data, requests and acknowledgements, both ways
};

// A die's places in its groups, indexed by Ring; `lines` only matters to programs with schedules along lines.
struct GroupPlaces {
  std::array<RingPlace, ring_count> rings;
  std::array<LinePlace, ring_count> lines{};
};

// `program` must be valid; `shares` may be empty if it moves nothing to or from DRAM.
ProgramCounts count_program(const Program& program, const GroupPlaces& groups, const DieTimings& timings,
                            std::span<const DramShare> shares);

// What a die sends over one of its groups, as count_program counts it.
struct SentCounts {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
};
SentCounts count_sent(const Program& program, Ring group, const Places& places, const DieTimings& timings);

// Calls f(op, times, roots) for every operation that leaves a row, in the order of the text: how often it is
// run, and how many roots it takes in turn (a broadcast or reduction whose root is a loop's iteration; else
// 0).
template <class F>
void for_each_operation(const Program& program, F&& f) {
  std::array<std::uint64_t, max_loop_depth + 1> times{1};  // how often the operations of each depth run
  std::array<std::uint32_t, max_loop_depth + 1> loops{};   // iterations of the loop of each depth
  std::size_t depth = 0;
  for (const Op& op : program) {
    if (op.code == OpCode::loop) {
      times.at(depth + 1) = (Checked{times[depth]} * op.count).value();
      loops.at(++depth) = op.count;
    } else if (op.code == OpCode::end_loop) {
      --depth;
    } else if (kind_of(op.code) != OperationKind::idle) {
      const std::uint64_t skipped = op.skip_last > 0 ? times.at(depth - op.skip_last) : 0;
      f(op, times[depth] - skipped, op.root_loop > 0 ? loops.at(depth + 1 - op.root_loop) : 0);
    }
  }
}

}  // namespace hecaton::chiplet
