#include "io/report/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace hecaton::io {
namespace {

struct Scaled {
  double value;
  std::string_view prefix;
};

constexpr std::string_view prefixes[] = {"p", "n", "u", "m", "", "k", "M", "G", "T", "P", "E"};
constexpr int unity = 4;  // index of the empty prefix

// The value in the prefix that leaves one to three digits before the point after rounding to four digits.
Scaled scale(double value, int lowest) {
  if (value == 0 || !std::isfinite(value)) return {value, ""};
  const double size = std::abs(value);
  int exponent = static_cast<int>(std::floor(std::log10(size) / 3));
  if (size / std::pow(1000.0, exponent) >= 999.95) ++exponent;
  exponent = std::clamp(exponent, lowest - unity, static_cast<int>(std::size(prefixes)) - 1 - unity);
  return {value / std::pow(1000.0, exponent), prefixes[exponent + unity]};
}

std::string digits(double value) {
  if (value == 0) return "0";
  const double size = std::abs(value);
  if (size >= 99.995) return fmt::format("{:.1f}", value);
  if (size >= 9.9995) return fmt::format("{:.2f}", value);
  return fmt::format("{:.3f}", value);
}

}  // namespace

std::string format_si(double value, std::string_view unit) {
  const Scaled scaled = scale(value, 0);
  return fmt::format("{} {}{}", digits(scaled.value), scaled.prefix, unit);
}

std::string format_count(double value) {
  if (std::abs(value) < 1000 && value == std::floor(value)) return fmt::format("{:.0f}", value);
  const Scaled scaled = scale(value, unity);
  if (scaled.prefix.empty()) return digits(scaled.value);
  return fmt::format("{} {}", digits(scaled.value), scaled.prefix);
}

std::string format_duration(double seconds) {
  if (seconds < 0.1) return format_si(seconds, "s");
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<long long>(std::min(seconds, 1e12));
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string format_percent(double fraction) {
  return fmt::format("{:.1f} %", fraction * 100);
}

}  // namespace hecaton::io
