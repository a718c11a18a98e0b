// Why links were idle, where arithmetic says it.
#include <gtest/gtest.h>

#include "tests/net/message_bench.hpp"

namespace hecaton::test::stalls_test {
namespace {

constexpr std::uint64_t cycle_ps = 1000;
constexpr std::uint32_t flit_bytes = 64;

// Of the link that leaves a node to the east: sent flits, and cycles without a credit and with a rival.
struct East {
  std::uint64_t flits = 0, credit = 0, rival = 0;
  friend bool operator==(const East&, const East&) = default;
};
East east_of(const BenchResult& result, std::uint32_t node) {
  for (std::size_t i = 0; i < result.links.size(); ++i)
    if (std::get<0>(result.links[i]) == node * 8 + static_cast<std::uint32_t>(net::Port::east))
      return {std::get<2>(result.links[i]), result.stalls[i].first / cycle_ps,
              result.stalls[i].second / cycle_ps};
  return {};
}

Planned message(std::int64_t at_cycle, std::uint32_t from, std::uint32_t to, std::uint32_t flits) {
  return {
      at_cycle * static_cast<std::int64_t>(cycle_ps), NodeId{from}, {NodeId{to}, from, flits * flit_bytes}};
}

class Stalls : public ::testing::TestWithParam<bool> {
 protected:
  BenchResult run(net::NetworkConfig config, const std::vector<Planned>& plan) {
    config.trains = GetParam();
    return run_messages(config, plan);
  }
};

TEST_P(Stalls, AloneThereAreNone) {
  net::NetworkConfig config = wormhole_mesh(1, 4);
  const BenchResult result = run(config, {message(0, 0, 3, 64)});
  for (std::uint32_t node = 0; node < 3; ++node) EXPECT_EQ(east_of(result, node), (East{64, 0, 0}));
}

// A buffer of 8 flits behind a link of 20 cycles: flits are latched 22 cycles after they start, leave then (the first
// one, which has to get a channel, a cycle later), and their credits are back 22 cycles after that.
TEST_P(Stalls, CreditsAreMissedBehindALongLink) {
  constexpr std::uint64_t latency = 20, buffer = 8, flits = 64;
  constexpr std::uint64_t there = 2 + latency, back = latency + 2;
  constexpr std::uint64_t first = there + 1 + back - buffer, further = there + back - buffer;
  net::NetworkConfig config = wormhole_mesh(1, 2);
  config.link.latency_ns = latency;
  config.router.buffer_flits = buffer;
  const BenchResult result = run(config, {message(0, 0, 1, flits)});
  EXPECT_EQ(east_of(result, 0), (East{flits, first + (flits / buffer - 2) * further, 0}));
}

// Flits that come over a slow link, every fourth cycle, have the only channel of the next one. They start on it in
// cycles 7, 10, 14, and so on to the last in cycle 46; a message at the die in between is ready in cycle 20, and has the
// channel in cycle 47.
TEST_P(Stalls, OthersHaveTheChannel) {
  constexpr std::uint64_t flits = 11, ready = 20, last = 46;
  constexpr std::uint64_t sent = (last - 22) / 4 + 1;  // from 22 on
  net::NetworkConfig config = wormhole_mesh(1, 3);
  config.router.virtual_channels = 1;
  net::LinkOverride slow;
  slow.where = net::LinkOverride::Where::link;
  slow.a = 0;
  slow.b = 1;
  slow.bandwidth_GBps = 16;
  config.link.overrides = {slow};
  const BenchResult result = run(config, {message(0, 0, 2, flits), message(ready - 2, 1, 2, 5)});
  EXPECT_EQ(east_of(result, 1), (East{flits + 5, 0, last + 1 - ready - sent}));
}

INSTANTIATE_TEST_SUITE_P(Trains, Stalls, ::testing::Bool());

}  // namespace
}  // namespace hecaton::test::stalls_test
