// What a program will do, without running it: in time proportional to the program's text, since loops
// multiply.
//
// Invariant (tested): a simulated run of the same program counts exactly the same. Only what depends on other
// dies is left out: nop_ps, dram_ps and finished_ps are 0.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/chiplet/exchange.hpp"
#include "core/chiplet/program.hpp"
#include "core/chiplet/records.hpp"
#include "core/chiplet/timings.hpp"

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

}  // namespace hecaton::chiplet
