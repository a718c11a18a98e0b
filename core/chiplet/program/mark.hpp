// What a die notes when its program passes a mark. Differences of two marks are what the die did between them.
#pragma once

#include <cstdint>

#include "core/engine/base/time.hpp"

namespace hecaton::chiplet {

struct Mark {
  SimTime time;
  std::uint64_t nop_ps = 0;       // stood still for collectives since the start
  std::uint64_t dram_ps = 0;      // stood still for DRAM since the start
  std::uint64_t outstanding = 0;  // DRAM bursts asked for and not complete
};

}  // namespace hecaton::chiplet
