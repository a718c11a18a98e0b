// What the dies of a package do, as a kind of workload says it: run programs, send packets, or run graphs.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/training/plan/plan.hpp"
#include "io/deck/workloads/execution_work.hpp"
#include "net/package/topology.hpp"
#include "net/traffic/traffic.hpp"

namespace hecaton::io {

struct Programs {
  training::Plan plan;
  net::RingOrder line_order = net::RingOrder::naive;  // of the rings along rows and columns
  std::string algorithm;                              // of a collective alone, for reports; or none
  // Each of its collectives may be done in another way that takes less (core/training/step_collectives.hpp).
  bool is_open = false;
  // Where the deck leaves open how: all ways that fit, this one first. Who knows the package chooses.
  std::vector<Programs> alternatives = {};
};

using DieWork = std::variant<Programs, net::Traffic, Execution>;

}  // namespace hecaton::io
