#include <gtest/gtest.h>

#include <boost/mpi/communicator.hpp>
#include <cmath>

#include "io/result/summary.hpp"
#include "tests/io/trace/synthetic.hpp"

namespace {

namespace mpi = boost::mpi;
using hecaton::chiplet::DieCounters;
using hecaton::chiplet::LinkCounters;
using namespace hecaton::io;

Summary summary_of(const synthetic::Owner& owner, const mpi::communicator& comm) {
  return make_summary(synthetic::deck(), synthetic::result(owner, comm.rank(), comm.size()),
                      synthetic::facts(), comm);
}

// A mean over the dies in the test's own arithmetic.
template <class Value>
long double mean(Value value) {
  long double sum = 0;
  for (std::uint32_t die = 0; die < synthetic::dies; ++die) {
    sum += static_cast<long double>(value(synthetic::counters_of(die)));
  }
  return sum / synthetic::dies;
}

TEST(MakeSummary, ResultsAreBitIdenticalForAnyOwnerOfTheDies) {
  const mpi::communicator world;
  const mpi::communicator alone(MPI_COMM_SELF, mpi::comm_duplicate);
  const std::string expected = results_to_json(summary_of(synthetic::owners()[0].owner, alone));
  for (const synthetic::NamedOwner& owner : synthetic::owners()) {
    EXPECT_EQ(results_to_json(summary_of(owner.owner, world)), expected) << owner.name;
  }
}

TEST(MakeSummary, TrainingFollowsFromTheCounters) {
  const mpi::communicator world;
  const Summary summary = summary_of(synthetic::owners()[2].owner, world);
  const auto& t = std::get<TrainingSummary>(summary.workload);
  const double step_s = 7.000000000003;  // the first die ends last
  EXPECT_DOUBLE_EQ(t.step_s, step_s);
  EXPECT_DOUBLE_EQ(t.tokens_per_s, 16'384 / step_s);
  EXPECT_DOUBLE_EQ(t.mfu, 1e15 / (step_s * 24 * 32e12));
  const auto near = [](double value, long double expected) {
    EXPECT_NEAR(value, static_cast<double>(expected), 1e-12 * std::abs(static_cast<double>(expected)));
  };
  near(t.compute_s, mean([](const DieCounters& c) { return c.matrix_ps + c.vector_ps; }) * 1e-12L);
  near(t.nop_s, mean([](const DieCounters& c) { return c.nop_ps; }) * 1e-12L);
  near(t.dram_s, mean([](const DieCounters& c) { return c.dram_ps; }) * 1e-12L);
  near(t.nop_bytes_per_die, mean([](const DieCounters& c) { return c.nop_sent_bytes; }));
  std::uint64_t dram = 0, macs = 0;
  for (std::uint32_t die = 0; die < synthetic::dies; ++die) {
    const DieCounters c = synthetic::counters_of(die);
    dram += c.dram_read_bytes + c.dram_write_bytes;
    macs += c.macs;
  }
  EXPECT_EQ(t.dram_bytes, dram);
  EXPECT_EQ(t.flops, 2 * macs);
}

TEST(MakeSummary, EnergyPartsAddUpAndFollowTheTable) {
  const mpi::communicator world;
  const Summary summary = summary_of(synthetic::owners()[1].owner, world);
  const EnergySummary& e = std::get<TrainingSummary>(summary.workload).energy_J;
  EXPECT_EQ(e.total, e.compute + e.sram + e.nop + e.dram + e.static_power);
  double link_bytes = 0;
  for (const LinkCounters& link : synthetic::links()) link_bytes += static_cast<double>(link.bytes);
  EXPECT_NEAR(e.nop, link_bytes * 8 * (0.6e-12 + 0.1e-12), 1e-9 * e.nop);
  EXPECT_NEAR(e.static_power, 24 * 7.000000000003, 1e-9);
  const auto per_die = mean([](const DieCounters& c) { return c.dram_read_bytes + c.dram_write_bytes; });
  EXPECT_NEAR(e.dram, static_cast<double>(per_die) * 24 * 8 * 11.8e-12, 1e-9 * e.dram);
}

TEST(MakeSummary, TheRunIsCountedOverAllRanks) {
  const mpi::communicator world;
  const Summary summary = summary_of(synthetic::owners()[0].owner, world);
  const auto ranks = static_cast<std::uint64_t>(world.size());
  EXPECT_EQ(summary.ranks, ranks);
  EXPECT_EQ(summary.events, 1000 * ranks + ranks * (ranks - 1) / 2);
  EXPECT_EQ(summary.windows, 77U);
  EXPECT_EQ(summary.peak_rss_bytes, 1'000'000 * ranks);
  EXPECT_DOUBLE_EQ(summary.events_per_s, static_cast<double>(summary.events) / 0.5);
}

TEST(MakeSummary, TheRateIsOfThisPartOfARestartedRun) {
  const mpi::communicator world;
  RunResult result = synthetic::result(synthetic::owners()[0].owner, world.rank(), world.size());
  result.events_before = world.rank() == 0 ? 600 : 0;
  const Summary summary = make_summary(synthetic::deck(), result, synthetic::facts(), world);
  EXPECT_DOUBLE_EQ(summary.events_per_s, static_cast<double>(summary.events - 600) / 0.5);
}

TEST(MakeSummary, SumsMayExceed64Bits) {
  const mpi::communicator world;
  RunResult run = synthetic::result(synthetic::owners()[0].owner, world.rank(), world.size());
  const std::uint64_t long_ps = 9'000'000'000'000'000'000U;  // 24 of them exceed 64 bits
  for (DieCounters& counters : run.local.die_counters) counters.dram_ps = long_ps;
  for (DieCounters& counters : run.local.die_counters) counters.macs = counters.dram_read_bytes = long_ps;
  for (DieCounters& counters : run.local.die_counters) counters.dram_write_bytes = 0;
  const Summary summary = make_summary(synthetic::deck(), run, synthetic::facts(), world);
  const auto& training = std::get<TrainingSummary>(summary.workload);
  EXPECT_DOUBLE_EQ(training.dram_s, 9e6);
  EXPECT_FALSE(training.flops.is_whole());
  EXPECT_DOUBLE_EQ(training.flops.number(), 2 * 24 * 9e18);
  EXPECT_DOUBLE_EQ(training.dram_bytes.number(), 24 * 9e18);
  EXPECT_NEAR(training.energy_J.dram, 24 * 9e18 * 8 * 11.8e-12, 1e3);
}

Summary traffic_summary(const TrafficResult& traffic) {
  const mpi::communicator world;
  Deck deck = synthetic::deck();
  hecaton::net::TrafficConfig measured;
  measured.measure_cycles = 1000;
  deck.workload = measured;
  RunResult run = synthetic::result(synthetic::owners()[0].owner, world.rank(), world.size());
  run.traffic = traffic;
  return make_summary(deck, run, synthetic::facts(), world);
}

TEST(MakeSummary, TrafficIsMeasuredPerDieAndCycle) {
  const Summary summary = traffic_summary({.packets_measured = 4,
                                           .latency_sum_cycles = 50,
                                           .latency_min_cycles = 10,
                                           .latency_max_cycles = 20,
                                           .hops_sum = 6,
                                           .offered_flits = 2400,
                                           .accepted_flits = 2280});
  const auto& t = std::get<TrafficSummary>(summary.workload);
  EXPECT_EQ(t.latency_mean_cycles, 12.5);
  EXPECT_EQ(t.hops_mean, 1.5);
  EXPECT_EQ(t.offered_flits_per_die_cycle, 0.1);
  EXPECT_EQ(t.accepted_flits_per_die_cycle, 0.095);
  EXPECT_FALSE(t.saturated);  // exactly 95 % arrived
}

bool saturated(const TrafficResult& traffic) {
  return std::get<TrafficSummary>(traffic_summary(traffic).workload).saturated;
}

// 24 dies, 1,000 cycles, packets of one flit: 120 flits are 5 %, a packet each 24, 3 cycles alone make 7.
TEST(MakeSummary, LessThan95PercentAcceptedIsSaturated) {
  TrafficResult traffic{.packets_measured = 2400, .offered_flits = 2400, .alone_sum_cycles = 7200};
  traffic.accepted_flits = 2400 - 120 - 24 - 7;
  EXPECT_FALSE(saturated(traffic));
  --traffic.accepted_flits;
  EXPECT_TRUE(saturated(traffic));
  EXPECT_FALSE(saturated({}));  // nothing offered, nothing lost
  // Twelve long packets, of which two are under way at the end.
  EXPECT_FALSE(saturated({.packets_measured = 12, .offered_flits = 6144, .accepted_flits = 5120}));
}

TEST(MakeSummary, LatencyThatGrowsOverTheWindowIsSaturated) {
  TrafficResult traffic{.packets_measured = 400, .offered_flits = 400, .accepted_flits = 400};
  traffic.part_packets = {100, 100, 100, 100};
  traffic.alone_sum_cycles = 400 * 20;
  traffic.part_latency_cycles = {10000, 10000, 12000, 14100};
  EXPECT_TRUE(saturated(traffic));
  traffic.part_latency_cycles = {10000, 10000, 12000, 14000};  // not by more than twice 20 cycles
  EXPECT_FALSE(saturated(traffic));
  traffic.part_latency_cycles = {10000, 12001, 12000, 14100};  // it falls in between
  EXPECT_FALSE(saturated(traffic));
  traffic.part_latency_cycles = {100000, 110000, 120000, 125000};  // by no more than a quarter
  EXPECT_FALSE(saturated(traffic));
  traffic.part_latency_cycles = {100000, 100000, 100000, 100000};  // high, but steady
  EXPECT_FALSE(saturated(traffic));
  traffic.part_packets = {100, 100, 100, 9};  // too few
  traffic.part_latency_cycles = {1000, 2000, 3000, 4000};
  EXPECT_FALSE(saturated(traffic));
}

TEST(MakeSummary, ACollectiveLastsUntilTheLastDieIsDone) {
  const mpi::communicator world;
  Deck deck = synthetic::deck();
  hecaton::training::CollectiveConfig gather;
  gather.bytes = 12'345;
  deck.workload = gather;
  ModelFacts facts = synthetic::facts();
  facts.algorithm = "bypass-ring";
  const RunResult run = synthetic::result(synthetic::owners()[2].owner, world.rank(), world.size());
  const Summary summary = make_summary(deck, run, facts, world);
  const auto& c = std::get<CollectiveSummary>(summary.workload);
  EXPECT_EQ(c.time_ps, static_cast<std::uint64_t>(synthetic::simulated_ps));
  EXPECT_EQ(c.algorithm, "bypass-ring");
  EXPECT_EQ(c.bytes, 12'345U);
  EXPECT_EQ(c.operation, "all-gather");
}

// Payload over time, times what each die has to send of the payload.
TEST(MakeSummary, BusBandwidthIsThatOfTheLinks) {
  const mpi::communicator world;
  using hecaton::training::CollectiveOperation;
  Deck deck = synthetic::deck();
  const RunResult run = synthetic::result(synthetic::owners()[2].owner, world.rank(), world.size());
  const double p = deck.network.package.columns,
               time_s = static_cast<double>(synthetic::simulated_ps) * 1e-12;
  const std::pair<CollectiveOperation, double> factors[] = {
      {CollectiveOperation::all_gather, (p - 1) / p},
      {CollectiveOperation::all_to_all, (p - 1) / p},
      {CollectiveOperation::reduce_scatter, (p - 1) / p},
      {CollectiveOperation::all_reduce, 2 * (p - 1) / p},
      {CollectiveOperation::broadcast, 1},
      {CollectiveOperation::reduce, 1}};
  for (const auto& [operation, factor] : factors) {
    hecaton::training::CollectiveConfig collective;
    collective.operation = operation;
    collective.bytes = 96'000;
    deck.workload = collective;
    const auto c = std::get<CollectiveSummary>(make_summary(deck, run, synthetic::facts(), world).workload);
    EXPECT_EQ(c.dies, deck.network.package.columns);
    EXPECT_NEAR(c.bus_GBps, 96'000 * factor / time_s / 1e9, 1e-9 * c.bus_GBps);
  }
}

}  // namespace
