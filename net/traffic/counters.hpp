// What one die measures of synthetic or replayed traffic. Latencies in picoseconds.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "core/engine/base/fields.hpp"
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
  // The measured packets by the quarter of the window that they were made in: whether latency grows.
  std::array<std::uint64_t, measured_parts> part_packets{};
  std::array<std::uint64_t, measured_parts> part_latency_ps{};

  static constexpr auto fields() {
    using T = TrafficCounters;
    using enum Combine;
    using enum Digested;
    return FieldList(
        field<&T::packets_measured>("packets_measured", "1", "Packets made in the window", sum),
        field<&T::latency_sum_ps>("latency_sum_ps", "ps", "Their latencies", sum),
        field<&T::latency_min_ps>("latency_min_ps", "ps", "The least of them"),
        field<&T::latency_max_ps>("latency_max_ps", "ps", "The largest of them", maximum),
        field<&T::hops_sum>("hops_sum", "1", "Links on their ways", sum),
        field<&T::offered_flits>("offered_flits", "flit", "Made in the window", sum),
        field<&T::accepted_flits>("accepted_flits", "flit", "Delivered in the window", sum),
        field<&T::last_delivery_ps>("last_delivery_ps", "ps", "When the last flit came", maximum),
        field<&T::part_packets>("part_packets", "1", "Measured packets by quarter", sum, no),
        field<&T::part_latency_ps>("part_latency_ps", "ps", "Latencies by quarter", sum, no));
  }

  void made(const Traffic& traffic, std::int64_t cycle, std::uint32_t flits) {
    if (traffic.measures(cycle)) offered_flits += flits;
  }
  // Part of a packet, or all that was missing of it.
  void arrived(const Traffic& traffic, SimTime now, SimDuration cycle, std::uint32_t flits) {
    last_delivery_ps = static_cast<std::uint64_t>(now.ps);
    if (traffic.measures(now / cycle)) accepted_flits += flits;
  }
  // A whole packet, made in this part of the measuring window.
  void completed(std::size_t part, SimDuration latency, std::uint32_t hops) {
    const auto latency_ps = static_cast<std::uint64_t>(latency.ps);
    latency_min_ps = packets_measured == 0 ? latency_ps : std::min(latency_min_ps, latency_ps);
    latency_max_ps = std::max(latency_max_ps, latency_ps);
    latency_sum_ps += latency_ps;
    hops_sum += hops;
    ++packets_measured;
    ++part_packets[part];
    part_latency_ps[part] += latency_ps;
  }
};
static_assert(lists_every_member<TrafficCounters>);

}  // namespace hecaton::net
