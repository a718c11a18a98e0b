// What crosses every link in a whole run, without running it: the messages of all programs, cut into packets and
// followed hop by hop.
//
// Exact where ways follow from source and destination (tested: equal to a simulated run's counters). With routing
// "o1turn" and "adaptive" a message has several shortest ways; then sums over the package are exact, and a link gets
// what it would get if all messages took the first of them.
#pragma once

#include <cstdint>
#include <vector>

#include "core/chiplet/program/records.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {

struct LinkCounts {
  std::vector<chiplet::LinkCounters> links;  // all of the package, sorted by (from, to)
  std::uint64_t packets = 0;                 // that interfaces send
};

// Precondition: dies run programs.
LinkCounts count_links(const Workload& workload);

}  // namespace hecaton::runs
