// What came of a run, over the whole package: what a kind of workload makes its summary of. Exact sums of
// integers; the same on every rank.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include "core/chiplet/program/energy.hpp"
#include "core/training/plan/plan.hpp"
#include "io/deck/workloads/energy_summary.hpp"
#include "net/traffic/traffic.hpp"

namespace hecaton::io {

using chiplet::Wide;  // a sum of 64-bit counts over any number of dies

// Of dies that run programs.
struct PackageSums {
  chiplet::ActionCounts actions;
  Wide nop_sent_bytes = 0;
  Wide compute_ps = 0;
  Wide nop_ps = 0;
  Wide dram_ps = 0;
  std::uint64_t finished_ps = 0;  // of the last die
  std::uint64_t activation_peak_bytes = 0;
  std::uint64_t weight_peak_bytes = 0;
  Wide link_bits = 0;
  std::uint64_t dies = 0;
};

// Of dies that send packets: latency statistics over the packets created in the measuring window.
struct TrafficResult {
  std::uint64_t packets_measured = 0;
  std::uint64_t latency_sum_cycles = 0;
  std::uint64_t latency_min_cycles = 0;
  std::uint64_t latency_max_cycles = 0;
  std::uint64_t hops_sum = 0;        // router-to-router links of the measured packets
  std::uint64_t offered_flits = 0;   // created in the window
  std::uint64_t accepted_flits = 0;  // ejected in the window
  // The measured packets by the quarter of the window that they were created in.
  std::array<std::uint64_t, net::measured_parts> part_packets{};
  std::array<std::uint64_t, net::measured_parts> part_latency_cycles{};
  std::uint64_t alone_sum_cycles =
      0;  // what the latencies would be in an idle network of links that are alike
};

// What the programs of the dies say of themselves, and their counters do not.
struct ModelFacts {
  std::uint64_t tokens = 0;  // of a training step
  Wide model_flops = 0;      // useful FLOPs of a training step
  std::string algorithm;     // of a collective alone: the ring that was used ("bypass-ring", ...)
  std::string padding{};     // of a training step: "heads 28 to 32, ..."; or none
  training::PaddingCost padding_cost{};
  std::uint64_t trained = 0;  // weights that a training step trains
  std::uint64_t nodes = 0;    // of execution traces
};

// A step of which a part was simulated: what that part says of the whole.
struct SampledStep {
  std::int64_t simulated_ps = 0;  // the time that was simulated
  std::uint64_t segments_simulated = 0;
  std::uint64_t segments_total = 0;
  double confidence = 0;
  // Half the width of the interval, of the step and of what all dies together waited for.
  double step_ps = 0;
  double nop_ps = 0;
  double dram_ps = 0;
  std::string unsteady;  // why the rounds that were simulated may not be like the others; empty: they are
};

struct Outcome {
  const ModelFacts& facts;
  PackageSums package;     // where dies run programs
  EnergySummary energy_J;  // likewise
  TrafficResult traffic;   // where they send packets
  std::optional<SampledStep> sampled;
};

// Throws std::overflow_error if a count does not fit.
inline std::uint64_t narrow(Wide sum) {
  const auto value = static_cast<std::uint64_t>(sum);
  if (value != sum) throw std::overflow_error("a count over the whole package exceeds 64 bits");
  return value;
}

// 0 where there is nothing to divide by: a summary holds no infinities.
inline double ratio(double numerator, double denominator) {
  return denominator > 0 ? numerator / denominator : 0;
}
inline double ratio(std::uint64_t numerator, std::uint64_t denominator) {
  return ratio(static_cast<double>(numerator), static_cast<double>(denominator));
}

// Of so many dies.
inline double mean_seconds(Wide sum_ps, std::uint64_t dies) {
  return ratio(static_cast<double>(sum_ps), static_cast<double>(dies)) * 1e-12;
}

}  // namespace hecaton::io
