// Mean latency under load against the curves of a published cycle simulator (reference/README.md).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/system/run_deck.hpp"

namespace hecaton::test::reference_test {
namespace {

struct Point {
  std::uint32_t flits = 0;
  double rate = 0, latency = 0, accepted = 0;
  bool saturated = false;
};

std::vector<Point> read_curves() {
  std::ifstream file(REFERENCE_FOLDER "/mesh8x8_uniform.csv");
  std::vector<Point> points;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    std::vector<std::string> cell(6);
    for (std::string& text : cell) std::getline(cells, text, ',');
    points.push_back({static_cast<std::uint32_t>(std::stoul(cell[1])), std::stod(cell[2]),
                      cell[3].empty() ? 0 : std::stod(cell[3]), std::stod(cell[4]), cell[5] == "1"});
  }
  return points;
}

io::TrafficSummary measured(const Point& point, int cycles) {
  const std::string text = fmt::format(
      "[workload]\nkind = \"traffic\"\n[package]\nrows = 8\ncolumns = 8\ntopology = \"mesh\"\n"
      "[link]\nbandwidth_GBps = 64\nlatency_ns = 1\nflit_bytes = 64\n"
      "[router]\nvirtual_channels = 4\nbuffer_flits = 8\nswitching = \"wormhole\"\n"
      "[traffic]\npattern = \"uniform\"\ninjection_rate = {}\npacket_flits = {}\nwarmup_cycles = 3000\n"
      "measure_cycles = {}\n",
      point.rate, point.flits, cycles);
  const Outcome run = run_deck(deck_of(text), world_size());
  return is_root() ? std::get<io::TrafficSummary>(run.summary.workload) : io::TrafficSummary{};
}

// Up to 80 % of saturation (0.42 and 0.39 flits per node and cycle).
TEST(Reference, MeanLatencyIsWithinTwoPercent) {
  int compared = 0;
  for (const Point& point : read_curves()) {
    const bool chosen = point.flits == 1 ? (point.rate == 0.1 || point.rate == 0.25 || point.rate == 0.33)
                                         : (point.rate == 0.1 || point.rate == 0.2 || point.rate == 0.3);
    if (!chosen) continue;
    ++compared;
    const io::TrafficSummary ours = measured(point, 20000);
    if (!is_root()) continue;
    EXPECT_NEAR(ours.latency_mean_cycles, point.latency, 0.02 * point.latency)
        << point.flits << " flits at " << point.rate;
    EXPECT_NEAR(ours.accepted_flits_per_die_cycle, point.accepted, 0.02 * point.accepted)
        << point.flits << " flits at " << point.rate;
    EXPECT_FALSE(ours.saturated);
  }
  EXPECT_EQ(compared, 6);
}

TEST(Reference, AcceptedLoadBeyondSaturationIsWithinThreePercent) {
  int compared = 0;
  for (const Point& point : read_curves()) {
    if (!point.saturated || point.rate != 0.5) continue;
    ++compared;
    const io::TrafficSummary ours = measured(point, 10000);
    if (!is_root()) continue;
    EXPECT_NEAR(ours.accepted_flits_per_die_cycle, point.accepted, 0.03 * point.accepted) << point.flits;
    EXPECT_TRUE(ours.saturated) << point.flits;
  }
  EXPECT_EQ(compared, 2);
}

io::TrafficSummary verdict(const std::string& traffic, const std::string& more = "") {
  const std::string text = "[workload]\nkind = \"traffic\"\n" + more +
                           "[traffic]\nwarmup_cycles = 3000\nmeasure_cycles = 10000\n" + traffic;
  const Outcome run = run_deck(deck_of(text), world_size());
  return is_root() ? std::get<io::TrafficSummary>(run.summary.workload) : io::TrafficSummary{};
}

// Judged by what arrives and by whether latency grows, not by how high it is.
TEST(Reference, SaturationIsGrowthNotHeight) {
  const io::TrafficSummary slow = verdict("injection_rate = 0.01\n", "[link]\nlatency_ns = 600\n");
  const io::TrafficSummary grows =
      verdict("pattern = \"bit-complement\"\ninjection_rate = 0.4\npacket_flits = 8\n");
  const io::TrafficSummary long_packets =
      verdict("injection_rate = 0.01\npacket_flits = 512\n", "[interface]\npacket_bytes = 32768\n");
  const io::TrafficSummary creeps = verdict("injection_rate = 0.4\npacket_flits = 8\n");
  if (!is_root()) return;
  EXPECT_GT(slow.latency_mean_cycles, 3000);
  EXPECT_FALSE(slow.saturated);
  EXPECT_FALSE(long_packets.saturated);
  EXPECT_TRUE(grows.saturated);
  EXPECT_LT(creeps.latency_mean_cycles, 500);
  EXPECT_GT(creeps.accepted_flits_per_die_cycle, 0.95 * creeps.offered_flits_per_die_cycle);
  EXPECT_TRUE(creeps.saturated);
}

TEST(Reference, LoadIsPerLivingDie) {
  const std::string half = "dead_dies = \"2, 3, 6, 7, 10, 11, 14, 15\"\n";
  const io::TrafficSummary mean =
      verdict("pattern = \"hotspot\"\nhotspot_die = 0\ninjection_rate = 0.02\n",
              "[package]\nrows = 4\ncolumns = 4\n" + half + "[router]\nrouting = \"up-down\"\n");
  if (!is_root()) return;
  EXPECT_NEAR(mean.offered_flits_per_die_cycle, 0.02, 0.002);
}

}  // namespace
}  // namespace hecaton::test::reference_test
