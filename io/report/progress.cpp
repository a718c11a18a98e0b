#include "io/report/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "io/report/quantity.hpp"

namespace hecaton::io {
namespace {

constexpr std::size_t bar_width = 78;  // one less than any usual terminal, so that no line wraps

std::string remaining(const ProgressSample& sample, double wall_s) {
  const auto left = seconds_left(sample, wall_s);
  return left ? fmt::format(", {} left", format_duration(*left)) : "";
}

std::string events(const ProgressSample& sample) {
  return fmt::format(" {} events{}{},", format_count(static_cast<double>(sample.events)),
                     sample.of_all_ranks ? "" : " on this rank",
                     sample.restarted ? " since the restart" : "");
}

std::string figures(const ProgressSample& sample, const std::string& events, double wall_s) {
  return fmt::format("{} simulated,{} {}{}", format_si(sample.simulated_s, "s"), events,
                     format_duration(wall_s), remaining(sample, wall_s));
}

}  // namespace

std::optional<double> seconds_left(const ProgressSample& sample, double wall_s) {
  const double done = sample.fraction - sample.fraction_before;  // in `wall_s`
  if (done <= 0 || sample.fraction > 1) return std::nullopt;
  return wall_s * (1 - sample.fraction) / done;
}

int whole_percent(double fraction) {
  return static_cast<int>(std::clamp(fraction, 0.0, 1.0) * 100);
}

ProgressStyle automatic_style(std::FILE* stream) {
  return ::isatty(::fileno(stream)) == 1 ? ProgressStyle::bar : ProgressStyle::plain;
}

std::string plain_line(const ProgressSample& sample, double wall_s) {
  const std::string head =
      sample.fraction < 0 ? "running" : fmt::format("{:3} %", whole_percent(sample.fraction));
  return fmt::format("progress: {}, {}", head, figures(sample, events(sample), wall_s));
}

std::string bar_line(const ProgressSample& sample, double wall_s, std::size_t width) {
  constexpr std::size_t around = 8;  // "[", "] ", "100 %" and a space
  constexpr std::size_t head = 7;    // "100 %" and two spaces
  std::string text = figures(sample, events(sample), wall_s);
  if (text.size() + head > width) text = figures(sample, "", wall_s);
  std::string line;
  if (sample.fraction >= 0 && text.size() + around + 4 <= width) {
    const std::size_t cells = width - text.size() - around - 2;
    const auto full =
        static_cast<std::size_t>(std::clamp(sample.fraction, 0.0, 1.0) * static_cast<double>(cells));
    line = fmt::format("[{}{}] {:3} %  {}", std::string(full, '#'), std::string(cells - full, '.'),
                       whole_percent(sample.fraction), text);
  } else if (sample.fraction >= 0 && text.size() + head <= width) {
    line = fmt::format("{:3} %  {}", whole_percent(sample.fraction), text);
  } else {
    line = text;
  }
  line.resize(width, ' ');
  return line;
}

ProgressReporter::ProgressReporter(ProgressStyle style, std::FILE* stream)
    : style_(style), stream_(stream), start_(Clock::now()), last_(start_) {}

ProgressReporter::~ProgressReporter() {
  wipe();
}

void ProgressReporter::wipe() {
  if (style_ != ProgressStyle::bar || !drawn_) return;
  fmt::print(stream_, "\r{}\r", std::string(bar_width, ' '));
  std::fflush(stream_);
}

void ProgressReporter::say(const std::string& text) {
  if (style_ == ProgressStyle::none) return;
  wipe();
  fmt::print(stream_, "{}\n", text);
  std::fflush(stream_);
}

ProgressReporter::Clock::duration ProgressReporter::interval(Clock::time_point now) const {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  if (style_ == ProgressStyle::bar) return milliseconds(100);
  const Clock::duration tenth = (now - start_) / 10;
  return std::clamp<Clock::duration>(tenth, seconds(5), seconds(60));
}

void ProgressReporter::update(const ProgressSample& sample, Clock::time_point now) {
  if (style_ == ProgressStyle::none || now - last_ < interval(now)) return;
  last_ = now;
  drawn_ = true;
  const double wall_s = std::chrono::duration<double>(now - start_).count();
  if (style_ == ProgressStyle::bar) {
    fmt::print(stream_, "\r{}", bar_line(sample, wall_s, bar_width));
  } else {
    fmt::print(stream_, "{}\n", plain_line(sample, wall_s));
  }
  std::fflush(stream_);
}

}  // namespace hecaton::io
