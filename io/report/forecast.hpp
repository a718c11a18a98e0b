// What a dry run found out: counts of a run on many ranks, which are exact, and predictions, which follow
// from stated costs. The schema of the JSON stands in README.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hecaton::io {

// Defaults are ASSUMED, for hosts on a fast network; event_ns is measured unless given.
struct ForecastCosts {
  double event_ns = 0;
  bool event_measured = false;
  double latency_us = 1.5;       // from a send until the receiver knows
  double message_us = 0.5;       // of a batch, at each of its ends
  double promise_ns = 50;        // of renewing the promises to neighbours
  double reduction_us = 1.5;     // of a level of the tree that combines what all ranks offer
  double bandwidth_GBps = 12.5;  // of a host
};

struct ForecastLane {
  std::uint32_t rank = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
};

struct ForecastRank {
  std::uint64_t events = 0;
  std::uint64_t records_sent = 0;
  std::uint64_t batches_sent = 0;  // if ranks agree on windows
  std::uint64_t bytes_sent = 0;
  std::vector<ForecastLane> to;  // by ascending rank
};

struct Forecast {
  std::string deck, partition;
  std::int64_t simulated_ps = 0;  // of the last event
  std::uint64_t windows = 0;
  std::uint64_t busiest_events = 0;  // of each window those of the busiest rank, summed
  double window_s = 0;               // predicted, with windows and with promises
  double promise_s = 0;
  ForecastCosts costs;
  std::vector<ForecastRank> ranks;

  std::uint64_t events() const;
  std::uint64_t records_sent() const;
  std::uint64_t bytes_sent() const;
  std::uint64_t bytes_of_largest() const;  // sent by the rank that sends most
  double alone_s() const;                  // predicted of one rank
};

std::string describe(const Forecast& forecast);
std::string to_json(const Forecast& forecast);

}  // namespace hecaton::io
