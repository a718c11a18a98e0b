// Which rounds of a step's loops are simulated, and how many more where those were too few.
//
// At the start of a loop as many rounds as what is outstanding there in DRAM may disturb, by closed forms; some in the
// middle; the last one. Where DRAM takes longer than that, those in the middle are apart, with a pause between them.
// How many there are in the middle, and whether the first and the last group, or the last mini-batch, count as any other,
// follows from what the budget allows.
//
// What keeps the interval too wide is given more rounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "core/sampling/estimate.hpp"
#include "core/sampling/shortened.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {

struct SampledRounds {
  sampling::Rounds rounds;
  std::map<std::size_t, chiplet::Iterates> kinds;  // of the loops
  sampling::RoundTimes
      times;  // by closed forms, if nothing is in the way of a round: the least that it takes
};

// Thoroughness: what is simulated first where the budget allows it.
enum class Thoroughness : std::uint8_t { thorough, sparing, least };

// A loop of the step, and what closed forms say of it.
struct LoopForecast {
  std::size_t place = 0;  // in the programs
  chiplet::Iterates iterates = chiplet::Iterates::other;
  SimDuration round;     // the least that one takes
  double disturbed = 0;  // rounds that pass until DRAM has moved what is outstanding when the loop begins
};
// Precondition: dies run programs.
std::vector<LoopForecast> forecast_loops(const Workload& whole);

SampledRounds first_rounds(const std::vector<LoopForecast>& loops, Thoroughness thoroughness);

// So many times the rounds, of the loops that keep the interval of the step wider than `half_width_ps`. False: there
// are none.
bool add_rounds(SampledRounds& sampled, const sampling::Estimate& step, double half_width_ps,
                std::uint64_t times);

}  // namespace hecaton::runs
