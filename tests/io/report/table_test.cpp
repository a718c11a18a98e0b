#include "io/report/table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace {

using namespace hecaton::io;

Summary training(const std::string& deck, double step_s) {
  TrainingSummary t;
  t.model = "tinyllama-1.1b";
  t.method = "megatron-flat-ring";
  t.step_s = step_s;
  t.tokens_per_s = 16384 / step_s;
  t.compute_s = step_s * 0.5;
  t.nop_s = step_s * 0.25;
  t.dram_s = step_s * 0.125;
  t.mfu = 0.4567;
  t.nop_bytes_per_die = 1.5e9;
  t.dram_bytes = 12'000'000'000;
  t.flops = 123'000'000'000'000;
  t.energy_J = {2, 1, 0.5, 0.25, 0.25, 4};
  Summary s;
  s.deck = deck;
  s.rows = 4;
  s.columns = 4;
  s.ranks = 2;
  s.version = "0.1.0";
  s.git = "0123456789ab-dirty";
  s.build_type = "RelWithDebInfo";
  s.sync = "window";
  s.wall_s = 1.25;
  s.events = 1'234'567;
  s.events_per_s = 987'654;
  s.simulated_ps = 1'500'000'000'000;
  s.digest = 0xabc;
  s.workload = t;
  return s;
}

Summary traffic() {
  Summary s = training("traffic", 1);
  s.workload = TrafficSummary{12.5, 6, 40, 0.0949, 0.1, 5.33, 1000, false};
  return s;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

void expect_tidy(const std::string& text) {
  for (const std::string& line : lines_of(text)) {
    EXPECT_LE(line.size(), 80U) << line;
    EXPECT_TRUE(std::all_of(line.begin(), line.end(), [](char c) { return c >= 0x20 && c < 0x7f; })) << line;
    EXPECT_FALSE(line.ends_with(' ')) << line;
  }
  EXPECT_TRUE(text.ends_with("\n"));
}

// The line with this label, without its indentation, spaces squeezed.
std::string line_with(const std::string& text, const std::string& label) {
  for (const std::string& line : lines_of(text)) {
    std::istringstream stream(line);
    std::string squeezed;
    for (std::string word; stream >> word;) squeezed += (squeezed.empty() ? "" : " ") + word;
    if (squeezed.starts_with(label + " ")) return squeezed;
  }
  return "no line " + label;
}

TEST(Table, ShowsTimesSharesAndEnergyWithUnits) {
  const std::string text = render_table(training("quickstart", 0.25));
  expect_tidy(text);
  EXPECT_EQ(line_with(text, "step time"), "step time 250.0 ms");
  EXPECT_EQ(line_with(text, "tokens/s"), "tokens/s 65.54 k");
  EXPECT_EQ(line_with(text, "FLOPs utilisation"), "FLOPs utilisation 45.7 %");
  EXPECT_EQ(line_with(text, "compute"), "compute 125.0 ms 50.0 %");
  EXPECT_EQ(line_with(text, "NoP"), "NoP 62.50 ms 25.0 %");
  EXPECT_EQ(line_with(text, "DRAM"), "DRAM 31.25 ms 12.5 %");
  EXPECT_EQ(line_with(text, "program ended"), "program ended 31.25 ms 12.5 %");
  EXPECT_EQ(line_with(text, "energy"), "energy 4.000 J");
  EXPECT_EQ(line_with(text, "links, routers"), "links, routers 500.0 mJ 12.5 %");
  EXPECT_EQ(line_with(text, "DRAM traffic"), "DRAM traffic 12.00 GB");
  EXPECT_EQ(line_with(text, "simulation"), "simulation 1.2 s, 2 ranks, sync window");
  EXPECT_EQ(line_with(text, "digest"), "digest 0000000000000abc");
}

TEST(Table, ShowsTraffic) {
  const std::string text = render_table(traffic());
  expect_tidy(text);
  EXPECT_EQ(line_with(text, "latency, cycles"), "latency, cycles 12.5");
  EXPECT_EQ(line_with(text, "accepted"), "accepted 0.0949");
  EXPECT_EQ(line_with(text, "saturated"), "saturated no");
}

TEST(Table, ShowsNoControlCharactersOfAForeignTrace) {
  expect_tidy(render_table(training("\x1b[2Jevil\n\xc3\xa9 " + std::string(200, 'x'), 1)));
}

TEST(Comparison, PutsRunsBesideTheBaselineWithRatios) {
  const Summary runs[] = {training("quickstart", 0.25), training("quickstart-flat-ring", 0.5)};
  const std::string text = render_comparison(runs);
  expect_tidy(text);
  EXPECT_EQ(line_with(text, "quickstart"), "quickstart quickstart-flat-ring");
  EXPECT_EQ(line_with(text, "step time"), "step time 250.0 ms 500.0 ms 2x");
  EXPECT_EQ(line_with(text, "compute %"), "compute % 50.0 % 50.0 %");
  EXPECT_EQ(line_with(text, "energy"), "energy 4.000 J 4.000 J 1x");
}

TEST(Comparison, KeepsItsWidthForManyRunsAndShowsWhatIsMissing) {
  std::vector<Summary> runs(6, training("a-deck-with-a-rather-long-name", 1e-7));
  runs.push_back(traffic());
  const std::string text = render_comparison(runs);
  expect_tidy(text);
  EXPECT_NE(text.find("\na die's step (mean)\n"), std::string::npos) << text;  // a heading stands alone
  EXPECT_NE(line_with(text, "latency, cycles").find("- - 12.5"), std::string::npos) << text;
  EXPECT_EQ(render_comparison({}), "");
  expect_tidy(render_comparison(std::vector<Summary>{traffic()}));
}

}  // namespace
