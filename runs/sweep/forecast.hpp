// How long points take: the events that they are expected to process (as `validate` estimates them) over events per
// second, ASSUMED at first, then as measured of the points of this study that have finished. Seconds of the wall clock.
#pragma once

#include <span>
#include <string>

#include "runs/sweep/points.hpp"

namespace hecaton::runs {

// A tenth of what a run takes, but no more often than every half minute, and no less often than every ten minutes.
double seconds_between_checkpoints(double run_seconds);

// The events that a point is expected to process, and the share of them that is done.
struct PointShare {
  double events = 0;
  double done = 0;
};

class SweepForecast {
 public:
  // Learns from what has finished.
  explicit SweepForecast(const Sweep& sweep);
  void learn(const io::Summary& summary);

  // What is left of the points, so many at a time.
  double seconds_left(std::span<const PointShare> points, int at_once) const;
  // "2.000 M events/s assumed" or "measured".
  std::string basis() const;

 private:
  double events_per_second() const;

  double events_ = 0;  // of what has finished
  double seconds_ = 0;
};

}  // namespace hecaton::runs
