// A run of segments carried by one event must change nothing but the number of events: random messages, with
// and without trains, on random networks.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <sstream>

#include "message_bench.hpp"

namespace hecaton::test {
namespace {

struct Case {
  net::NetworkConfig config;
  std::vector<Planned> plan;
};

Case random_case(std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto draw = [&](std::uint32_t low, std::uint32_t high) -> std::uint32_t {
    return low + static_cast<std::uint32_t>(random() % (high - low + 1));
  };
  Case c;
  c.config.package.rows = draw(1, 4);
  c.config.package.columns = draw(2, 5);
  const bool cut_through = draw(0, 1) == 1;
  const bool express = cut_through && draw(0, 1) == 1;
  c.config.package.topology = express ? net::TopologyKind::bypass_ring : net::TopologyKind::mesh;
  c.config.router.switching = cut_through ? net::Switching::cut_through : net::Switching::wormhole;
  c.config.router.virtual_channels = draw(1, 4);
  c.config.interface.packet_bytes = 64 * draw(1, 16);
  const std::uint32_t packet_flits = c.config.interface.packet_bytes / 64;
  c.config.router.buffer_flits = cut_through ? packet_flits * draw(1, 4) : draw(1, 12);
  c.config.router.credit_cycles = draw(0, 2);
  c.config.router.pipeline = draw(0, 3) == 0 ? net::Pipeline::four_stage : net::Pipeline::three_stage;
  c.config.link.latency_ns = draw(0, 2) == 0 ? 1.3 : draw(1, 3);
  if (draw(0, 2) == 0) c.config.router.pipeline = net::Pipeline::speculative;
  if (!express && draw(0, 1) == 1) c.config.package.topology = net::TopologyKind::torus;
  const bool torus = c.config.package.topology == net::TopologyKind::torus;
  c.config.router.routing = static_cast<net::Routing>(express ? draw(0, 1) : draw(0, 4));
  const auto least = static_cast<std::uint32_t>(torus ? 2 : 1);
  switch (c.config.router.routing) {
    case net::Routing::xy:
    case net::Routing::yx:
      c.config.router.virtual_channels = std::max(c.config.router.virtual_channels, least);
      break;
    case net::Routing::o1turn:
      c.config.router.virtual_channels = std::max(c.config.router.virtual_channels, 2 * least);
      break;
    case net::Routing::adaptive:
      c.config.router.virtual_channels = std::max(c.config.router.virtual_channels, 1 + least);
      break;
    case net::Routing::up_down:
      break;
  }
  const std::uint32_t dies = c.config.package.rows * c.config.package.columns;
  const std::uint32_t messages = draw(2, 120);
  const std::uint32_t span_ns = draw(1, 4) * draw(10, 2000);
  const bool on_grid = draw(0, 1) == 1;
  const bool classes = draw(0, 1) == 1;
  for (std::uint32_t m = 0; m < messages; ++m) {
    Planned p;
    p.at_ps = on_grid ? draw(0, span_ns) * 1000 : draw(0, span_ns * 1000);
    p.from = NodeId{draw(0, dies - 1)};
    p.message.destination = NodeId{draw(0, dies - 1)};
    p.message.tag = m;
    p.message.bytes = draw(1, 10) > 7 ? draw(1, 64 * 200) : draw(1, 64 * 12);
    if (express && draw(0, 1) == 1) {
      const std::uint32_t columns = c.config.package.columns;
      const std::uint32_t column = p.from.value % columns;
      if (column + 2 < columns) {
        p.message.destination = NodeId{p.from.value + 2};
        p.message.express = true;
      } else if (column >= 2) {
        p.message.destination = NodeId{p.from.value - 2};
        p.message.express = true;
      }
    }
    if (classes && draw(0, 1) == 1) p.message.background = true;
    c.plan.push_back(p);
  }
  return c;
}

std::string describe(const Case& c) {
  const net::RouterConfig& r = c.config.router;
  std::ostringstream text;
  text << c.config.package.rows << " x " << c.config.package.columns << " topology "
       << static_cast<int>(c.config.package.topology) << " routing " << static_cast<int>(r.routing)
       << " pipeline " << static_cast<int>(r.pipeline)
       << (r.switching == net::Switching::wormhole ? " wormhole " : " cut-through ") << r.virtual_channels
       << " channels of " << r.buffer_flits << " flits";
  return text.str();
}

TEST(Trains, ChangeNothingButTheNumberOfEvents) {
  std::uint64_t with = 0;
  std::uint64_t without = 0;
  // HECATON_SEEDS=first-last runs others by hand.
  std::uint32_t first = 1, last = 2000;
  if (const char* given = std::getenv("HECATON_SEEDS")) std::sscanf(given, "%u-%u", &first, &last);
  for (std::uint32_t seed = first; seed <= last; ++seed) {
    Case c = random_case(seed);
    SCOPED_TRACE(describe(c));
    c.config.trains = false;
    const BenchResult single = run_messages(c.config, c.plan);
    c.config.trains = true;
    const BenchResult trains = run_messages(c.config, c.plan);
    ASSERT_EQ(single.arrivals.size(), c.plan.size()) << "seed " << seed;
    ASSERT_TRUE(single.drained && single.credits_home) << "seed " << seed;
    ASSERT_TRUE(trains.arrivals == single.arrivals) << "seed " << seed;
    ASSERT_TRUE(trains.links == single.links) << "seed " << seed;
    ASSERT_TRUE(trains.drained && trains.credits_home) << "seed " << seed;
    with += trains.events;
    without += single.events;
  }
  EXPECT_LT(with, without);
}

}  // namespace
}  // namespace hecaton::test
