// A run on many ranks, played by one process: exact counts of what each rank would do and send, and a
// prediction of how long they would take.
#pragma once

#include <string>

#include "io/deck/deck.hpp"
#include "io/report/forecast.hpp"
#include "net/package_model.hpp"

namespace hecaton::runs {

struct DryRunOptions {
  std::uint32_t ranks = 2;
  std::string partition = "block";
  net::LookaheadSources lookahead;
  io::ForecastCosts costs;  // event_ns 0: measured first, by a run as it is
};

// Precondition: 2 <= ranks <= dies. Throws training::PlanError, and std::runtime_error if the programs can
// not go on.
io::Forecast dry_run(const io::Deck& deck, const DryRunOptions& options);

}  // namespace hecaton::runs
