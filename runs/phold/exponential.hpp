// Exponentially distributed delays from random integers, without floating point when drawing.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "core/engine/base/time.hpp"

namespace hecaton::phold {

// -ln(u) = ln 2 * (leading zeros of u + 1 - log2(1 + mantissa)), the last from a table of 1,024 intervals,
// interpolated; relative error below 1e-6.
class Exponential {
 public:
  explicit Exponential(SimDuration mean)
      : scale_(nearest(static_cast<double>(mean.ps) * std::numbers::ln2 * 16.0)) {
    for (std::size_t i = 0; i < log2_.size(); ++i)
      log2_[i] = nearest(std::log2(1.0 + static_cast<double>(i) / intervals) * static_cast<double>(one));
  }

  SimDuration operator()(std::uint64_t random) const {
    const auto zeros = static_cast<unsigned>(std::countl_zero(random | 1));
    const std::uint64_t mantissa = (random << zeros) << 1;
    const std::size_t i = mantissa >> 54;
    const std::uint64_t within = (mantissa >> 22) & 0xFFFFFFFFu;
    const std::uint64_t log2 = log2_[i] + (((log2_[i + 1] - log2_[i]) * within) >> 32);
    const std::uint64_t value = (zeros + 1) * one - log2;
    __extension__ using Wide = unsigned __int128;
    return {static_cast<std::int64_t>((Wide{value} * scale_) >> (log2_of_one + 4))};
  }

 private:
  // Of a positive number.
  static std::uint64_t nearest(double number) {
    return static_cast<std::uint64_t>(number + 0.5);  // NOLINT(bugprone-incorrect-roundings)
  }

  static constexpr std::size_t intervals = 1024;
  static constexpr unsigned log2_of_one = 30;
  static constexpr std::uint64_t one = std::uint64_t{1} << log2_of_one;

  std::uint64_t scale_;  // mean * ln 2, in sixteenths of a picosecond
  std::array<std::uint64_t, intervals + 1> log2_{};
};

}  // namespace hecaton::phold
