// What a step takes if nothing is in anything's way: closed forms, added up along the program of a die,
// without a simulation. The simulated step waits for no less; it waits for more where dies wait for each
// other, where DRAM traffic and collectives share links, and where bursts of DRAM do not come evenly.
//
// The forms of collectives are runs/closed_forms.
#pragma once

#include <cstdint>

#include "io/deck/deck.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {

struct Undisturbed {
  std::uint64_t compute_ps = 0;      // matrix engine and vector unit of the die with most to do
  std::uint64_t collectives_ps = 0;  // of that die, but for additions, which the vector unit does
  std::uint64_t bytes_ps = 0;  // of these: what the bytes take; the rest is latency, once per step of a ring
  std::uint64_t dram_ps = 0;   // bytes of all dies over the bandwidth of all channels
};

// Throws training::PlanError if simulated time ends before the step does.
Undisturbed undisturbed(const Workload& workload, const io::Deck& deck);

}  // namespace hecaton::runs
