// A training step told from a part of it: runs shortened programs (core/sampling), lengthens them until the interval
// of the step's time is as narrow as wanted or the budget is spent, and tells the whole from the last of these runs.
//
// How long dies pause follows from closed forms in the first run, and from what rounds took in later ones.
//
// What is simulated next follows from what was simulated, never from wall time, so results are bit-identical at any
// rank count.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "io/result/run_result.hpp"
#include "runs/wiring/simulation.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {

// What the first run takes, which may be all.
struct SampleForecast {
  std::uint64_t events = 0;  // as expected_load tells them
  std::uint64_t segments_simulated = 0;
  std::uint64_t segments_total = 0;
};
SampleForecast forecast_sample(const Workload& whole);

// Collective. `tell` hears of each run before it begins. Nothing if the run was ended at a halt (RunOptions::halts).
// Preconditions: the deck is one of a training step with sampling on, and its budget allows the least sample.
std::optional<io::RunResult> simulate_sampled(const Workload& whole, const RunOptions& options,
                                              const std::function<void(const std::string&)>& tell,
                                              const boost::mpi::communicator& world);

}  // namespace hecaton::runs
