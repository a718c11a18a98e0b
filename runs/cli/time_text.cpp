#include "runs/cli/time_text.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "core/engine/base/time.hpp"

namespace hecaton::runs {
namespace {

constexpr std::pair<std::string_view, double> units[] = {{"d", 86400e12}, {"h", 3600e12}, {"m", 60e12},
                                                         {"s", 1e12},     {"ms", 1e9},    {"us", 1e6},
                                                         {"ns", 1e3},     {"ps", 1}};

// Takes a number from the front of the text.
std::optional<double> take_number(std::string_view& text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc() || !std::isfinite(value) || value < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<double> take_unit(std::string_view& text) {
  const std::string_view unit = text.substr(0, text.find_first_of("0123456789."));
  for (const auto& [name, ps] : units) {
    if (unit != name) continue;
    text.remove_prefix(unit.size());
    return ps;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> picoseconds_of(std::string_view text) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 2;
  double sum = 0, last_unit = std::numeric_limits<double>::infinity();
  do {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    const auto unit = take_unit(text);
    if (!unit || *unit >= last_unit) return std::nullopt;
    last_unit = *unit;
    sum += *number * *unit;
  } while (!text.empty());
  if (sum < 0.5 || sum > static_cast<double>(most)) return std::nullopt;
  return from_picoseconds(sum).ps;
}

}  // namespace hecaton::runs
