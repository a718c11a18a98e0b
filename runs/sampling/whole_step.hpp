// What the dies and links do in a whole step, of which a part was simulated.
//
// Counts are exact: they follow from the programs (count_program, count_links). Times are told from the segments that
// were simulated: the step from when the last die passed each mark; what a die waited from its own marks. So that its
// times add up to when it ended, as they do in a simulated step, a die ends as much before the last one as it did in
// the part that was simulated, and its waiting takes what its work leaves, divided as its segments say.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <cstdint>
#include <vector>

#include "core/sampling/estimate.hpp"
#include "core/sampling/shortened.hpp"
#include "io/result/run_result.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {

// What all dies together did in each segment, in the order of execution.
struct PackageSegments {
  std::vector<std::int64_t> starts_ps;  // when the last die passed the mark; one more: when it ended
  std::vector<std::int64_t> step_ps;    // from one of these to the next
  std::vector<std::int64_t> nop_ps;     // sum over dies
  std::vector<std::int64_t> dram_ps;
  std::vector<std::int64_t>
      outstanding;  // DRAM bursts, sum over dies: how many more at the end than at the start
};

// Collective; the same on every rank.
PackageSegments package_segments(const io::LocalRecords& local, const boost::mpi::communicator& world);

// Collective. Puts the whole step in the place of what was simulated: counters of dies and links, totals.
void tell_whole_step(io::RunResult& result, const Workload& whole, const sampling::ShortenedRoles& roles,
                     const PackageSegments& segments, const boost::mpi::communicator& world);

}  // namespace hecaton::runs
