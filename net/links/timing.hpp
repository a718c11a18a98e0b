// How fast a link is, and how long a message is on it.
//
// Invariants:
//   - Every span is the exact rational value, cut off to whole units once, after the sum: no rounding adds up
//     on one link, and no floating point decides when something happens.
//   - busy(bytes) <= way(bytes), and way(0) <= way(bytes): what bounds the empty message bounds all.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <stdexcept>

#include "core/engine/base/ids.hpp"
#include "core/engine/base/time.hpp"
#include "net/package/config.hpp"
#include "net/package/topology.hpp"

namespace hecaton::net::links {

inline constexpr SimDuration whole_picoseconds{1};
inline constexpr SimDuration whole_nanoseconds{1000};

struct LinkSpeed {
  std::uint64_t bytes_per_second = 1;
  SimDuration latency{};
  SimDuration unit = whole_picoseconds;  // of the spans below

  // For so long a message keeps others off the link.
  SimDuration busy(std::uint64_t bytes) const { return whole_units({}, bytes); }
  // From its start on the link until all of it is at the other end.
  SimDuration way(std::uint64_t bytes) const { return whole_units(latency, bytes); }

  // Throws std::invalid_argument.
  void require_possible() const {
    if (bytes_per_second == 0) throw std::invalid_argument("a link needs a bandwidth");
    if (latency < SimDuration{}) throw std::invalid_argument("the latency of a link is negative");
    if (unit <= SimDuration{}) throw std::invalid_argument("times of a link need a unit above zero");
  }

  friend bool operator==(const LinkSpeed&, const LinkSpeed&) = default;

 private:
  using Wide = unsigned __int128;

  // Numerator and denominator fit, whatever the members are: 63 + 64 bits, and a little.
  SimDuration whole_units(SimDuration before, std::uint64_t bytes) const {
    constexpr Wide second = 1'000'000'000'000U;  // in picoseconds
    const Wide rate = bytes_per_second;
    const Wide one = static_cast<Wide>(unit.ps);
    const Wide ps = (static_cast<Wide>(before.ps) * rate + bytes * second) / (rate * one) * one;
    if (ps > static_cast<Wide>(std::numeric_limits<std::int64_t>::max())) throw_time_overflow();
    return {static_cast<std::int64_t>(ps)};
  }
};

// Of the link that leaves a node by a port; asked for links that exist only.
using SpeedOf = std::function<LinkSpeed(NodeId from, Port out)>;

inline SpeedOf all_alike(const LinkSpeed& speed) {
  return [speed](NodeId, Port) { return speed; };
}

// As a deck gives it. What a gigabyte is differs between simulators: 10^9 bytes, or 2^30.
inline LinkSpeed speed_of(const LinkConfig& link, std::uint64_t bytes_per_gigabyte, SimDuration unit) {
  const double bandwidth = link.bandwidth_GBps * static_cast<double>(bytes_per_gigabyte);
  return {static_cast<std::uint64_t>(bandwidth + 0.5), from_nanoseconds(link.latency_ns), unit};
}

}  // namespace hecaton::net::links
