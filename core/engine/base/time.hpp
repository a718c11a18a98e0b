// Simulated time: a 64-bit count of picoseconds in a type of its own.
//
// Invariants: a time is never negative (but for `before_all`, which no event has); every addition that would overflow throws std::overflow_error,
// because a wrapped clock is a wrong result that looks right. No floating point ever becomes a time except
// through `from_picoseconds`, which rounds once, when a deck or a command line is read.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <stdexcept>

namespace hecaton {

[[noreturn]] inline void throw_time_overflow() {
  throw std::overflow_error("simulated time overflowed 64 bits of picoseconds (about 106 days)");
}

// A span of simulated time in picoseconds.
struct SimDuration {
  std::int64_t ps = 0;
  friend constexpr auto operator<=>(SimDuration, SimDuration) = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(ps);
  }
  // Longer than any other: what it leads to never happens.
  static constexpr SimDuration forever() { return {std::numeric_limits<std::int64_t>::max()}; }
};

constexpr SimDuration operator+(SimDuration a, SimDuration b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a.ps, b.ps, &sum)) throw_time_overflow();
  return {sum};
}
constexpr SimDuration operator-(SimDuration a, SimDuration b) {
  return {a.ps - b.ps};
}
constexpr SimDuration operator*(SimDuration a, std::int64_t n) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a.ps, n, &product)) throw_time_overflow();
  return {product};
}
constexpr SimDuration operator*(std::int64_t n, SimDuration a) {
  return a * n;
}
// How many whole spans fit; what is left.
constexpr std::int64_t operator/(SimDuration a, SimDuration span) {
  return a.ps / span.ps;
}
constexpr SimDuration operator%(SimDuration a, SimDuration span) {
  return {a.ps % span.ps};
}
// How many spans it takes to cover it.
constexpr std::int64_t ceil_div(SimDuration a, SimDuration span) {
  return (a.ps + span.ps - 1) / span.ps;
}

// A point in simulated time, in picoseconds since the start of the run.
struct SimTime {
  std::int64_t ps = 0;
  friend constexpr auto operator<=>(SimTime, SimTime) = default;
  template <class Archive>
  void serialize(Archive& archive) {
    archive(ps);
  }
  // Later than every event: "nothing is pending".
  static constexpr SimTime never() { return {std::numeric_limits<std::int64_t>::max()}; }
  // Earlier than every event: "nothing has happened yet".
  static constexpr SimTime before_all() { return {-1}; }
};

constexpr SimTime operator+(SimTime t, SimDuration d) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(t.ps, d.ps, &sum)) throw_time_overflow();
  return {sum};
}
constexpr SimTime operator-(SimTime t, SimDuration d) {
  return {t.ps - d.ps};
}
constexpr SimDuration operator-(SimTime a, SimTime b) {
  return {a.ps - b.ps};
}
constexpr SimTime& operator+=(SimTime& t, SimDuration d) {
  return t = t + d;
}
// How many whole spans have passed since the start of the run.
constexpr std::int64_t operator/(SimTime t, SimDuration span) {
  return t.ps / span.ps;
}

// Rounds to the nearest picosecond, halves up; the caller has checked that the value is finite, >= 0 and in
// range. (To add a half and cut off would round once more where a picosecond is the last bit of a double.)
constexpr SimDuration from_picoseconds(double ps) {
  const auto whole = static_cast<std::int64_t>(ps);
  return {whole + (ps - static_cast<double>(whole) >= 0.5 ? 1 : 0)};
}
constexpr SimDuration from_nanoseconds(double ns) {
  return from_picoseconds(ns * 1000.0);
}
constexpr double to_seconds(SimDuration d) {
  return static_cast<double>(d.ps) * 1e-12;
}

}  // namespace hecaton
