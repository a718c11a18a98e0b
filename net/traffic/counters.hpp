// What one die measures of synthetic or replayed traffic. Latencies in picoseconds.
#pragma once

#include <algorithm>
#include <cstdint>

#include "net/traffic/traffic.hpp"

namespace hecaton::net {

struct TrafficCounters {
  std::uint64_t packets_measured = 0;  // those made in the measuring window
  std::uint64_t latency_sum_ps = 0;
  std::uint64_t latency_min_ps = 0;
  std::uint64_t latency_max_ps = 0;
  std::uint64_t hops_sum = 0;
  std::uint64_t offered_flits = 0;   // made, and
  std::uint64_t accepted_flits = 0;  // delivered in the window
  std::uint64_t last_delivery_ps = 0;

  void made(const Traffic& traffic, std::int64_t cycle, std::uint32_t flits) {
    if (traffic.measures(cycle)) offered_flits += flits;
  }
  // Part of a packet, or all that was missing of it.
  void arrived(const Traffic& traffic, SimTime now, SimDuration cycle, std::uint32_t flits) {
    last_delivery_ps = static_cast<std::uint64_t>(now.ps);
    if (traffic.measures(now / cycle)) accepted_flits += flits;
  }
  // A whole packet that was made in the measuring window.
  void completed(SimDuration latency, std::uint32_t hops) {
    const auto latency_ps = static_cast<std::uint64_t>(latency.ps);
    latency_min_ps = packets_measured == 0 ? latency_ps : std::min(latency_min_ps, latency_ps);
    latency_max_ps = std::max(latency_max_ps, latency_ps);
    latency_sum_ps += latency_ps;
    hops_sum += hops;
    ++packets_measured;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(packets_measured, latency_sum_ps, latency_min_ps, latency_max_ps, hops_sum, offered_flits,
            accepted_flits, last_delivery_ps);
  }
};

}  // namespace hecaton::net
