// What must hold whatever the numbers are: more hardware never slows a step, no resource does more than it
// can, and an empty network shows its zero-load latency.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/system/run_deck.hpp"
#include "tests/system/training_deck.hpp"

namespace hecaton::test::physics_test {
namespace {

std::int64_t step_ps(const TrainingDeck& deck) {
  return run_deck(deck_of(text_of(deck)), world_size()).totals.simulated_ps;
}

TrainingDeck base(const char* method) {
  TrainingDeck deck;
  deck.method = method;
  deck.channels = 6;
  return deck;
}

constexpr const char* methods[] = {"hecaton", "megatron-flat-ring"};

TEST(Step, OverlapNeverSlowsIt) {
  for (const char* method : methods)
    for (const std::uint32_t channels : {2U, 0U, 64U}) {
      TrainingDeck deck = base(method);
      deck.channels = channels;
      const std::int64_t with = step_ps(deck);
      deck.overlap = false;
      const std::int64_t without = step_ps(deck);
      EXPECT_LE(with, without) << method << ", " << channels << " channels";
    }
}

TEST(Step, FasterLinksOrMoreChannelsNeverSlowIt) {
  for (const char* method : methods) {
    std::int64_t before = std::numeric_limits<std::int64_t>::max();
    for (const double bandwidth : {8.0, 16.0, 32.0, 64.0, 128.0}) {
      TrainingDeck deck = base(method);
      deck.bandwidth_GBps = bandwidth;
      const std::int64_t now = step_ps(deck);
      EXPECT_LE(now, before) << method << ", " << bandwidth << " GB/s";
      before = now;
    }
    before = std::numeric_limits<std::int64_t>::max();
    for (const std::uint32_t channels : {1U, 2U, 4U, 12U, 48U}) {
      TrainingDeck deck = base(method);
      deck.channels = channels;
      const std::int64_t now = step_ps(deck);
      EXPECT_LE(now, before) << method << ", " << channels << " channels";
      before = now;
    }
  }
}

// However long dies compute between exchanges, ranks agree no more often for it: windows follow what is
// pending, not a clock. Engines a thousand times slower make milliseconds of the step's products.
TEST(Step, LongComputationCostsNoWindows) {
  if (world_size() == 1) GTEST_SKIP() << "one rank waits for nobody";
  TrainingDeck deck = base("hecaton");
  deck.overlap = false;
  runs::RunOptions options;
  options.sync = engine::SyncKind::window;
  const auto run_at = [&](const char* peak) {
    std::string text = text_of(deck);
    text.insert(text.find("[die]\n") + 6, fmt::format("peak_TFLOPS = {}\n", peak));
    return run_deck(deck_of(text), world_size(), options);
  };
  const Outcome fast = run_at("32"), slow = run_at("0.032");
  if (!is_root()) return;
  constexpr std::int64_t millisecond = 1'000'000'000;
  const std::int64_t computing = slow.totals.simulated_ps - fast.totals.simulated_ps;
  EXPECT_GT(computing, 5 * millisecond);
  // A handful of reductions for each millisecond more.
  EXPECT_LE(whole(slow.accounting[0].windows),
            whole(fast.accounting[0].windows) + 5 * computing / millisecond);
}

// With overlap and nothing that contends, a layer takes the longer of its work and its DRAM transfers, and
// then the transfers of the optimizer. One die, one layer in a fused group; what a fourth layer adds to
// three.
TEST(Step, AStageTakesTheLongerOfWorkAndDram) {
  constexpr std::int64_t optimizer_bytes_per_weight = 12 + 2 + 12 + 2;
  for (const double peak_TFLOPS : {0.2, 1000.0}) {
    std::int64_t step = 0, work = 0, dram = 0;
    for (const std::uint32_t layers : {3U, 4U}) {
      TrainingDeck deck = base("hecaton");
      deck.rows = deck.columns = 1;
      deck.model.layers = layers;
      deck.channels = 1;
      deck.bandwidth_GBps = 4096;
      deck.burst_bytes = 16384;
      std::string text = text_of(deck);
      text.insert(text.find("weight_buffer_MiB"), fmt::format("peak_TFLOPS = {}\n", peak_TFLOPS));
      text.insert(text.find("overlap ="), "fusion = 1\n");
      const Outcome run = run_deck(deck_of(text), 1);
      if (!is_root()) continue;
      const std::int64_t sign = layers == 4 ? 1 : -1;
      const chiplet::DieCounters sum = run.sum();
      step += sign * run.totals.simulated_ps;
      work += sign * whole(sum.matrix_ps + sum.vector_ps);
      dram += sign * whole(sum.dram_read_bytes + sum.dram_write_bytes) * 10'000 / 512;  // 51.2 GB/s
    }
    if (!is_root()) continue;
    const Model m = base("hecaton").model;
    const std::int64_t kv = 2 * std::int64_t{m.kv_heads} * (m.hidden / m.heads);
    const std::int64_t weights = std::int64_t{m.hidden} * (2 * m.hidden + kv + 3 * m.ffn);
    const std::int64_t optimizer = weights * optimizer_bytes_per_weight * 10'000 / 512;
    const std::int64_t expected = std::max(work, dram - optimizer) + optimizer;
    EXPECT_EQ(work > dram - optimizer, peak_TFLOPS < 1) << "the two cases are what they should be";
    EXPECT_NEAR(static_cast<double>(step), static_cast<double>(expected),
                0.03 * static_cast<double>(expected))
        << peak_TFLOPS << " TFLOPS";
  }
}

// No die computes faster than its engine, no memory channel and no link carries more than its bandwidth.
TEST(Step, NoResourceExceedsItsRate) {
  for (const char* method : methods)
    for (const std::uint32_t channels : {1U, 6U, 64U}) {
      TrainingDeck deck = base(method);
      deck.channels = channels;
      const Outcome run = run_deck(deck_of(text_of(deck)), world_size());
      if (!is_root()) continue;
      const std::int64_t step = run.totals.simulated_ps;
      const chiplet::DieCounters sum = run.sum();
      const std::int64_t dram = whole(sum.dram_read_bytes + sum.dram_write_bytes);
      EXPECT_GE(step, dram * 10'000 / (512 * std::int64_t{channels})) << method;  // 51.2 GB/s each
      for (const chiplet::DieCounters& die : run.die_counters) {
        EXPECT_GE(step, whole(die.macs) * 2 / 32) << method;               // 32 operations per ps
        EXPECT_GE(whole(die.matrix_ps), whole(die.macs) * 2 / 32);         // and the array has its losses
        EXPECT_GE(step * 64, whole(die.nop_sent_bytes) * 1000) << method;  // 64 bytes per ns
      }
      for (const chiplet::LinkCounters& link : run.links) EXPECT_LE(whole(link.busy_ps), step) << method;
    }
}

// With one channel and nothing else in its way, DRAM is the step: the rest hides behind it.
TEST(Step, ASingleChannelIsBusyNearlyAllTheTime) {
  TrainingDeck deck = base("hecaton");
  deck.channels = 1;
  const Outcome run = run_deck(deck_of(text_of(deck)), world_size());
  if (!is_root()) return;
  const chiplet::DieCounters sum = run.sum();
  const auto busy = static_cast<double>(sum.dram_read_bytes + sum.dram_write_bytes) * 1000 / 51.2;
  EXPECT_GT(busy / static_cast<double>(run.totals.simulated_ps), 0.9);
}

std::string traffic(const char* pattern, std::uint32_t flits, double rate, const char* pipeline) {
  return fmt::format(
      "[workload]\nkind = \"traffic\"\n[package]\nrows = 8\ncolumns = 8\ntopology = \"mesh\"\n"
      "[link]\nlatency_ns = 1\n[router]\nbuffer_flits = 8\nswitching = \"wormhole\"\npipeline = \"{}\"\n"
      "[traffic]\npattern = \"{}\"\ninjection_rate = {}\npacket_flits = {}\nwarmup_cycles = 0\n"
      "measure_cycles = 20000\n",
      pipeline, pattern, rate, flits);
}

struct Extremes {
  const char* pattern;
  std::int64_t least_hops, most_hops;
};

// 6 + 4 D + (L - 1), with a routing stage 7 + 5 D + (L - 1).
TEST(Traffic, AnEmptyNetworkShowsItsZeroLoadLatency) {
  const Extremes patterns[] = {{"uniform", 0, 10},
                               {"transpose", 0, 14},
                               {"bit-complement", 2, 14},
                               {"neighbour", 2, 14},
                               {"tornado", 6, 10}};
  for (const auto& [pattern, least, most] : patterns)
    for (const std::int64_t flits : {1, 2, 8})
      for (const auto& [pipeline, base_cycles, per_hop] :
           {std::tuple{"three-stage", 6, 4}, {"four-stage", 7, 5}}) {
        SCOPED_TRACE(fmt::format("{}, {} flits, {}", pattern, flits, pipeline));
        const double rate = 0.0015 * static_cast<double>(flits);
        const Outcome run = run_deck(
            deck_of(traffic(pattern, static_cast<std::uint32_t>(flits), rate, pipeline)), world_size());
        if (!is_root()) continue;
        const io::TrafficResult& t = run.traffic;
        ASSERT_GT(t.packets_measured, 1000U);
        EXPECT_EQ(whole(t.latency_min_cycles), base_cycles + per_hop * least + flits - 1);
        EXPECT_GE(whole(t.latency_max_cycles), base_cycles + per_hop * most + flits - 1);
        const std::int64_t floor =
            whole(t.packets_measured) * (base_cycles + flits - 1) + per_hop * whole(t.hops_sum);
        EXPECT_GE(whole(t.latency_sum_cycles), floor);
        EXPECT_LE(static_cast<double>(t.latency_sum_cycles), static_cast<double>(floor) * 1.02);
        EXPECT_EQ(t.offered_flits % static_cast<std::uint64_t>(flits), 0U);
      }
}

}  // namespace
}  // namespace hecaton::test::physics_test
