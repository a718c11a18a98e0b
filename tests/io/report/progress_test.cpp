#include "io/report/progress.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>

namespace {

using namespace hecaton::io;
using std::chrono::milliseconds;
using std::chrono::seconds;

// What a reporter of this style writes when it is told of `fraction` every second of `wall_s`.
std::string written(ProgressStyle style, int wall_s) {
  std::FILE* stream = std::tmpfile();
  {
    ProgressReporter reporter(style, stream);
    const auto start = ProgressReporter::Clock::now();
    for (int s = 1; s <= wall_s; ++s)
      reporter.update({0.001 * s, 1000, 0.5}, start + seconds(s) + milliseconds(1));
  }
  std::string text(static_cast<std::size_t>(std::ftell(stream)), '\0');
  std::rewind(stream);
  const std::size_t read = std::fread(text.data(), 1, text.size(), stream);
  std::fclose(stream);
  text.resize(read);
  return text;
}

std::size_t count(const std::string& text, char c) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), c));
}

TEST(Progress, ALineNamesWhatIsDoneAndWhatIsLeft) {
  EXPECT_EQ(plain_line({0.0125, 3'400'000, 0.25}, 10),
            "progress:  25 %, 12.50 ms simulated, 3.400 M events, 10.0 s, 30.0 s left");
  EXPECT_EQ(plain_line({0.0125, 12, -1}, 90), "progress: running, 12.50 ms simulated, 12 events, 1 min 30 s");
}

TEST(Progress, ALineSaysWhoseEventsTheseAre) {
  EXPECT_EQ(plain_line({0.0125, 3'400'000, 0.25, 0, false}, 10),
            "progress:  25 %, 12.50 ms simulated, 3.400 M events on this rank, 10.0 s, 30.0 s left");
}

// Three quarters were done before; a fifth of the last took ten seconds.
TEST(Progress, AfterARestartThisPartOfTheRunCounts) {
  EXPECT_EQ(plain_line({0.0125, 3'400'000, 0.8, 0.75, true, true}, 10),
            "progress:  80 %, 12.50 ms simulated, 3.400 M events since the restart, 10.0 s, 40.0 s left");
  EXPECT_EQ(plain_line({0.0125, 12, 0.75, 0.75, true, true}, 10),
            "progress:  75 %, 12.50 ms simulated, 12 events since the restart, 10.0 s");
}

TEST(Progress, AFullBarKeepsItsPercentage) {
  const std::string bar = bar_line({0.0125, 3'400'000, 0.8, 0.75, false, true}, 10, 78);
  EXPECT_TRUE(bar.find(" 80 %  12.50 ms simulated, 10.0 s, 40.0 s left") != std::string::npos) << bar;
}

TEST(Progress, ABarHasItsWidthWhateverItShows) {
  for (const double fraction : {-1.0, 0.0, 0.001, 0.5, 1.0, 7.0}) {
    for (const std::size_t width : {20U, 78U, 200U}) {
      EXPECT_EQ(bar_line({1.5, 123, fraction}, 3, width).size(), width);
    }
  }
  const std::string half = bar_line({1.5, 123, 0.5}, 3, 100);
  EXPECT_NEAR(static_cast<double>(count(half, '#')),
              static_cast<double>(count(half, '[') + half.find(']')) / 2, 2);
  EXPECT_NE(half.find(" 50 %"), std::string::npos);
}

TEST(Progress, ALogGetsALineEveryFiveSecondsAndFewerLater) {
  EXPECT_EQ(written(ProgressStyle::plain, 4), "");
  EXPECT_EQ(count(written(ProgressStyle::plain, 30), '\n'), 6U);
  EXPECT_LT(count(written(ProgressStyle::plain, 3600), '\n'), 110U);  // a log of an hour fits a few screens
  EXPECT_GT(count(written(ProgressStyle::plain, 3600), '\n'), 60U);
  EXPECT_EQ(count(written(ProgressStyle::plain, 3600), '\r'), 0U);
}

TEST(Progress, ABarRedrawsItselfAndWipesItsLine) {
  const std::string text = written(ProgressStyle::bar, 3);
  EXPECT_EQ(count(text, '\n'), 0U);
  EXPECT_EQ(count(text, '\r'), 5U);  // three drawings, and a wipe between two returns
  EXPECT_TRUE(text.ends_with("  \r"));
}

TEST(Progress, NoneIsSilent) {
  EXPECT_EQ(written(ProgressStyle::none, 100), "");
}

TEST(Progress, AFileIsNoTerminal) {
  std::FILE* stream = std::tmpfile();
  EXPECT_EQ(automatic_style(stream), ProgressStyle::plain);
  std::fclose(stream);
}

}  // namespace
