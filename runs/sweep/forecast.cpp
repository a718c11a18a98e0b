#include "runs/sweep/forecast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "io/deck/workloads/sampling.hpp"
#include "io/report/quantity.hpp"

namespace hecaton::runs {

double seconds_between_checkpoints(double run_seconds) {
  constexpr double least = 30, most = 600, shares = 10;
  return std::clamp(run_seconds / shares, least, most);
}

SweepForecast::SweepForecast(const Sweep& sweep) {
  std::set<std::string_view> seen;
  for (const SweepPoint& point : sweep.points)
    if (seen.insert(point.name).second)
      if (const auto summary = finished_summary(sweep, point)) learn(*summary);
}

// After a restart, both are those since.
void SweepForecast::learn(const io::Summary& summary) {
  events_ += static_cast<double>(summary.events);
  seconds_ += summary.wall_s;
}

double SweepForecast::events_per_second() const {
  return events_ > 0 && seconds_ > 0 ? events_ / seconds_ : io::sampled_events_per_s;
}

double SweepForecast::seconds_left(std::span<const PointShare> points, int at_once) const {
  double all = 0, longest = 0;
  for (const PointShare& point : points) {
    const double left = point.events * (1 - std::clamp(point.done, 0.0, 1.0));
    all += left;
    longest = std::max(longest, left);
  }
  return std::max(all / std::max(1, at_once), longest) / events_per_second();
}

std::string SweepForecast::basis() const {
  return fmt::format("{} events/s {}", io::format_count(events_per_second()),
                     events_ > 0 && seconds_ > 0 ? "measured" : "assumed");
}

}  // namespace hecaton::runs
