// What adaptive routing carries of packets of one flit, beside dimension order and beside what it carries itself at lighter
// loads. The figures of a cycle simulator's minimal adaptive routing on such a mesh are 0.35 of uniform and 0.2 of
// bit-complement traffic, flits per die and cycle.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/system/run_deck.hpp"

namespace hecaton::test::adaptive_test {
namespace {

constexpr const char* patterns[] = {"uniform", "transpose", "bit-complement", "bit-reverse",
                                    "shuffle", "tornado",   "neighbour",      "hotspot"};

constexpr int measured_cycles = 1000;

struct Load {
  const char* routing = "adaptive";
  const char* pattern = "uniform";
  double rate = 0.1;
  int packet_flits = 1;
};

io::TrafficResult carried(const Load& load) {
  return run_deck(
             deck_of(fmt::format("[workload]\nkind = \"traffic\"\n[package]\nrows = 8\ncolumns = 8\n"
                                 "topology = \"mesh\"\n[router]\nrouting = \"{}\"\n[traffic]\n"
                                 "pattern = \"{}\"\ninjection_rate = {}\npacket_flits = {}\n"
                                 "warmup_cycles = 400\nmeasure_cycles = {}\nseed = 3\n",
                                 load.routing, load.pattern, load.rate, load.packet_flits, measured_cycles)),
             1)
      .traffic;
}

// Flits per die and cycle.
double accepted(const Load& load) {
  return static_cast<double>(carried(load).accepted_flits) / (64.0 * measured_cycles);
}

TEST(Adaptive, CarriesWhatDimensionOrderDoes) {
  for (const char* pattern : patterns)
    EXPECT_GE(accepted({"adaptive", pattern, 0.3}), 0.95 * accepted({"xy", pattern, 0.3})) << pattern;
}

TEST(Adaptive, PassesWhereItsBuffersNeedNotBeEmpty) {
  EXPECT_GE(accepted({.rate = 0.35}), 0.345);
  EXPECT_GE(accepted({.pattern = "bit-complement", .rate = 0.2}), 0.195);
  EXPECT_GE(accepted({.pattern = "transpose", .rate = 0.25}), 0.245) << "dimension order stays below 0.2";
}

TEST(Adaptive, CarriesNoLessBeyondSaturation) {
  for (const char* pattern : {"uniform", "bit-complement"}) {
    const double most =
        std::max(accepted({.pattern = pattern, .rate = 0.25}), accepted({.pattern = pattern, .rate = 0.4}));
    EXPECT_GE(accepted({.pattern = pattern, .rate = 0.6}), 0.9 * most) << pattern;
  }
}

// Packets as long as a buffer take empty ones only, as ever; nothing stands still.
TEST(Adaptive, LongPacketsArriveBeyondSaturation) {
  constexpr int flits = 12;
  EXPECT_NEAR(accepted({.rate = 0.05, .packet_flits = flits}), 0.05, 0.005);
  EXPECT_GE(accepted({.rate = 0.4, .packet_flits = flits}), 0.05);
}

}  // namespace
}  // namespace hecaton::test::adaptive_test
