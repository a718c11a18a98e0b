// One run of shortened programs, and what it found out.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/sampling/estimate.hpp"
#include "core/sampling/shortened.hpp"
#include "io/result/run_result.hpp"
#include "runs/sampling/whole_step.hpp"
#include "runs/wiring/simulation.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {

// The work of a workload with other programs in the place of its own, one per role.
io::DieWork with_programs(const Workload& whole, std::vector<chiplet::Program> roles);

// As expected_load tells them.
std::uint64_t expected_events(const Workload& workload);

// Before it is simulated.
struct Sample {
  sampling::ShortenedRoles roles;
  Workload workload;
  std::uint64_t events;  // expected

  // Of a value per segment.
  sampling::Series series(const std::vector<std::int64_t>& values,
                          const std::vector<sampling::Stratum>& strata) const {
    return {strata, roles.stratum_of_segment, values};
  }
  Sample(const Workload& whole, const sampling::Rounds& rounds, const sampling::RoundTimes& pauses);
  Sample(const Sample&) = delete;
  Sample& operator=(const Sample&) = delete;
};

struct Finding {
  io::RunResult result;
  std::uint64_t events = 0;  // that were simulated
  PackageSegments segments;
  std::vector<sampling::Stratum> strata;
  sampling::Estimate step;
  std::int64_t counted_ps = 0;  // time of the segments that stand for any
  double half_width_ps = 0;     // of the step's interval
  // What DRAM would still have to do at the end if what is outstanding grew on as it does.
  double backlog_ps = 0;
};

// Half the width of the interval of a sum of values of segments.
double half_width_of(const sampling::Series& series, double confidence);

// Collective. Nothing if it was ended at a halt.
std::optional<Finding> find_out(const Workload& whole, const Sample& sample, const RunOptions& options,
                                const boost::mpi::communicator& world);

}  // namespace hecaton::runs
