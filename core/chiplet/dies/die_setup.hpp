// What a die is set up with: fixed for the whole run, and no part of a checkpoint.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/chiplet/hardware/timings.hpp"
#include "core/chiplet/program/program.hpp"
#include "core/chiplet/schedules/exchange.hpp"
#include "core/engine/base/ids.hpp"
#include "core/engine/base/time_bins.hpp"

namespace hecaton::chiplet {

struct DieSetup {
  const Program* program = nullptr;  // valid, and outlives the die; shared by all dies of a role
  NodeId id;
  std::array<RingPlace, ring_count> rings;  // indexed by Ring, like the lines of the same dies
  std::array<LinePlace, ring_count> lines;
  DieTimings timings;
  std::vector<DramShare> dram;  // empty: the die has no DRAM
  BinGrid bins;                 // of time, in which it is told how full buffers were; 0: that is not kept

  // The die's places in the group of a collective.
  Places places(Ring group) const {
    const auto index = static_cast<std::size_t>(group);
    return {rings[index], lines[index], &rings};
  }
};

// Throws std::logic_error if the program asks for what the setup lacks: a ring place that does not exist,
// chunks too large for a message, DRAM without an IO die.
void validate(const DieSetup& setup);

}  // namespace hecaton::chiplet
