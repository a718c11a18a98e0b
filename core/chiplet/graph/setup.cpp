#include "core/chiplet/graph/setup.hpp"

#include <algorithm>

namespace hecaton::chiplet::graph {

namespace {

constexpr std::uint64_t million = 1'000'000;

}  // namespace

SimDuration Rounding::time_of(std::uint64_t count, const Rate& rate) const {
  if (rate.is_free()) return {};
  if (unit.ps == 1) return rate.time_of(count);
  const SimDuration up = ceil_ps(count, ps_per_second, rate.per_second);
  const bool whole = Wide{count} * ps_per_second % rate.per_second == 0;
  const SimDuration down{up.ps - (whole ? 0 : 1)};
  return (down / unit) * unit;
}

SimDuration Timing::computation(const Node& node) const {
  SimDuration time{static_cast<std::int64_t>(node.recorded_ps)};
  if (!recorded)
    time = std::max(rounding.time_of(node.operations, peak), rounding.time_of(node.bytes, operands));
  if (slowness_ppm == million) return time;
  return ceil_ps(static_cast<std::uint64_t>(time.ps), slowness_ppm, million);
}

SimDuration Timing::reduction(std::uint64_t bytes) const {
  if (reduction_passes == 0) return vector.time_of(bytes);
  return std::int64_t{reduction_passes} * rounding.time_of(bytes, operands);
}

}  // namespace hecaton::chiplet::graph
