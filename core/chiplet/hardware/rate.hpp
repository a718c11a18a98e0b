// A throughput as an integer, and the time that a count takes at it.
//
// Times are rounded up to the picosecond: nothing is finished before its last byte. The 128-bit intermediate
// makes the quotient exact for every count, so a time never depends on how a compiler orders floating-point
// operations.
#pragma once

#include <cstdint>

#include "core/engine/base/time.hpp"

namespace hecaton::chiplet {

__extension__ using Wide = unsigned __int128;

inline constexpr std::uint64_t ps_per_second = 1'000'000'000'000;

// ceil(a * b / c) as a span of picoseconds; throws std::overflow_error if it does not fit. c > 0.
constexpr SimDuration ceil_ps(Wide a, Wide b, Wide c) {
  const Wide quotient = (a * b + c - 1) / c;
  if (quotient > static_cast<Wide>(SimTime::never().ps)) throw_time_overflow();
  return {static_cast<std::int64_t>(quotient)};
}

// Bytes (or operations) per second; 0 means that it takes no time at all.
struct Rate {
  std::uint64_t per_second = 0;

  constexpr bool is_free() const { return per_second == 0; }
  constexpr SimDuration time_of(std::uint64_t count) const {
    return is_free() ? SimDuration{} : ceil_ps(count, ps_per_second, per_second);
  }
};

// A rate from the user's units: the value times `scale` (1e9 for GB/s, 1e12 for TFLOPS), rounded once. A
// positive value never becomes 0, which would mean "free".
constexpr Rate rate_from(double value, double scale) {
  if (value <= 0) return {};
  const double scaled = value * scale + 0.5;
  return {scaled < 1.0 ? 1 : static_cast<std::uint64_t>(scaled)};
}

}  // namespace hecaton::chiplet
