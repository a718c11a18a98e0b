// How far a run is, on stderr: a bar that redraws itself on a terminal, a plain line now and then in a batch
// log, or nothing. One rank reports; the caller constructs a reporter there only.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

namespace hecaton::io {

struct ProgressSample {
  double simulated_s = 0;
  std::uint64_t events = 0;
  double fraction = -1;        // of the work, 0 .. 1; negative: unknown
  double fraction_before = 0;  // of it, done before this run went on from a checkpoint
  bool of_all_ranks = true;    // the events; else of the rank that reports
  bool restarted = false;      // then `events` are those since
};

// Of a run that has taken so long for what it has done; nothing if that is not known.
std::optional<double> seconds_left(const ProgressSample& sample, double wall_s);
int whole_percent(double fraction);

enum class ProgressStyle : std::uint8_t { none, plain, bar };

// The style for a stream: a bar on a terminal, plain lines elsewhere.
ProgressStyle automatic_style(std::FILE* stream);

// One line without its end; `wall_s` since the start. The bar is exactly `width` columns wide; what has no room in it
// is left out, the bar first.
std::string plain_line(const ProgressSample& sample, double wall_s);
std::string bar_line(const ProgressSample& sample, double wall_s, std::size_t width);

class ProgressReporter {
 public:
  using Clock = std::chrono::steady_clock;

  // The stream stays the caller's and outlives the reporter.
  ProgressReporter(ProgressStyle style, std::FILE* stream);
  ProgressReporter(const ProgressReporter&) = delete;
  ProgressReporter& operator=(const ProgressReporter&) = delete;
  // Wipes the bar, so that what is printed next begins on a clean line.
  ~ProgressReporter();

  // Cheap when nothing is due: call as often as convenient. Plain lines come every 5 s at first and every 60
  // s in the long run, so that a day-long job does not fill its log.
  void update(const ProgressSample& sample) { update(sample, Clock::now()); }
  void update(const ProgressSample& sample, Clock::time_point now);
  // A line of its own, at once.
  void say(const std::string& text);

 private:
  void wipe();
  Clock::duration interval(Clock::time_point now) const;

  ProgressStyle style_;
  std::FILE* stream_;
  Clock::time_point start_;
  Clock::time_point last_;
  bool drawn_ = false;
};

}  // namespace hecaton::io
