// Steps small enough to be simulated whole, told from a part of them: what is exact, what is within the interval.
#include "runs/sampling/sampled_step.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/chiplet/program/counters.hpp"
#include "io/deck/workloads/training.hpp"
#include "runs/sampling/link_counts.hpp"
#include "runs/sampling/rounds.hpp"
#include "runs/sampling/steadiness.hpp"
#include "tests/sampling/operations.hpp"
#include "tests/system/run_deck.hpp"
#include "tests/system/training_deck.hpp"

namespace hecaton::test::sampled_step_test {
namespace {

using sampling::loop_of;
using sampling::op_of;

// Many small mini-batches, several groups.
TrainingDeck long_step(const char* method) {
  TrainingDeck deck;
  deck.model = {.name = "small", .layers = 6};
  deck.method = method;
  deck.batch = 128;
  deck.buffer_MiB = 1;
  return deck;
}

std::string sampled(const TrainingDeck& deck, const std::string& more = {}) {
  return text_of(deck) + "\n[sampling]\nmode = \"on\"\n" + more;
}

const io::TrainingSummary& training_of(const Outcome& run) {
  return std::get<io::TrainingSummary>(run.summary.workload);
}

// Counters of dies without times and peaks.
void expect_same_counts(const chiplet::DieCounters& told, const chiplet::DieCounters& whole,
                        std::uint32_t die) {
  for_each_field<chiplet::DieCounters>([&](const auto& field) {
    const bool is_count = field.combine == Combine::sum && std::string_view(field.units) != "ps";
    if (is_count) {
      EXPECT_EQ(told.*field.member, whole.*field.member) << field.name << " of die " << die;
    }
  });
  EXPECT_EQ(told.matrix_ps, whole.matrix_ps) << die;
  EXPECT_EQ(told.vector_ps, whole.vector_ps) << die;
}

void expect_same_links(const std::vector<chiplet::LinkCounters>& told,
                       const std::vector<chiplet::LinkCounters>& whole) {
  ASSERT_EQ(told.size(), whole.size());
  for (std::size_t i = 0; i < told.size(); ++i)
    EXPECT_EQ(told[i], whole[i]) << "from " << whole[i].from << " to " << whole[i].to;
}

void expect_told(const Outcome& told, const Outcome& whole) {
  const io::TrainingSummary &t = training_of(told), &w = training_of(whole);
  EXPECT_EQ(t.sampling.mode, "on");
  EXPECT_EQ(w.sampling.mode, "off");
  EXPECT_LT(t.sampling.segments_simulated, t.sampling.segments_total);
  const double half_width = t.sampling.step_s_high - t.step_s;
  EXPECT_LE(std::abs(t.step_s - w.step_s), 3 * half_width);
  EXPECT_LE(std::abs(t.step_s - w.step_s), 0.02 * w.step_s);
  EXPECT_EQ(t.flops, w.flops);
  EXPECT_EQ(t.dram_bytes, w.dram_bytes);
  EXPECT_EQ(t.nop_bytes_per_die, w.nop_bytes_per_die);
  EXPECT_EQ(t.compute_s, w.compute_s);
  EXPECT_EQ(t.energy_J.compute, w.energy_J.compute);
  EXPECT_EQ(t.energy_J.sram, w.energy_J.sram);
  EXPECT_EQ(t.energy_J.nop, w.energy_J.nop);
  EXPECT_EQ(t.energy_J.dram, w.energy_J.dram);
  EXPECT_EQ(told.totals.packets, whole.totals.packets);
  EXPECT_EQ(told.totals.flit_hops, whole.totals.flit_hops);
  for (std::size_t i = 0; i < whole.dies.size(); ++i) {
    const chiplet::DieCounters& die = told.die_counters[i];
    expect_same_counts(die, whole.die_counters[i], whole.dies[i]);
    EXPECT_EQ(die.matrix_ps + die.vector_ps + die.nop_ps + die.dram_ps, die.finished_ps);
  }
  expect_same_links(told.links, whole.links);
}

TEST(SampledStep, CountsAreExactAndTimesWithinTheInterval) {
  // 1003 words: some dies have one less, and their program no rest to write at its end.
  for (const auto& [method, words] : {std::pair{"hecaton", 1000U},
                                      {"megatron-flat-ring", 1003U},
                                      {"megatron-torus-ring", 1003U},
                                      {"optimus", 1000U}}) {
    SCOPED_TRACE(method);
    TrainingDeck deck = long_step(method);
    deck.model.vocabulary = words;
    const Outcome whole = run_deck(deck_of(text_of(deck)), 1);
    const Outcome told = run_deck(deck_of(sampled(deck)), 1);
    if (is_root()) expect_told(told, whole);
  }
}

// Frozen and trained layers are loops of their own, and adapters are products and collectives as others are.
TEST(SampledStep, FinetuningIsToldLikewise) {
  for (const auto& [method, training] :
       {std::pair{"hecaton", "frozen_layers = 3\n"},
        {"hecaton", "train = \"adapters\"\nadapter_rank = 16\n"},
        {"megatron-torus-ring", "frozen_layers = 3\ntrain = \"adapters\"\nadapter_rank = 16\n"}}) {
    SCOPED_TRACE(training);
    TrainingDeck deck = long_step(method);
    deck.batch = 64;
    const auto finetuned = [&](std::string text) {
      const std::string at = "overlap = true\n";
      return text.insert(text.find(at) + at.size(), training);
    };
    const Outcome whole = run_deck(deck_of(finetuned(text_of(deck))), 1);
    const Outcome told = run_deck(deck_of(finetuned(sampled(deck))), 1);
    if (is_root()) expect_told(told, whole);
  }
}

// Other energies: the interval of what they add up to follows.
TEST(SampledStep, TheEnergyIntervalFollowsTheEnergies) {
  const Outcome told = run_deck(deck_of(sampled(long_step("hecaton"))), 1);
  if (!is_root()) return;
  io::TrainingSummary training = training_of(told);
  io::EnergySummary energy_J = training.energy_J;
  energy_J.static_power *= 3;
  energy_J.total += 2 * energy_J.static_power / 3;
  io::set_energy(training, energy_J);
  const io::SamplingSummary& s = training.sampling;
  const double half_width = (s.step_s_high - training.step_s) / training.step_s;
  EXPECT_GT(half_width, 0);
  EXPECT_NEAR(s.energy_total_J_high - energy_J.total, energy_J.static_power * half_width,
              1e-9 * energy_J.total);
  EXPECT_NEAR(energy_J.total - s.energy_total_J_low, energy_J.static_power * half_width,
              1e-9 * energy_J.total);
}

TEST(SampledStep, AnyRankCountSamplesTheSame) {
  TrainingDeck step = long_step("hecaton");
  step.model.layers = 1;
  const io::Deck deck = deck_of(sampled(step, "error = 0.002\nbudget = \"1e6\"\n"));
  const Outcome alone = run_deck(deck, 1);
  for (int ranks = 2; ranks <= world_size(); ++ranks) {
    const Outcome shared = run_deck(deck, ranks);
    if (!is_root()) continue;
    EXPECT_EQ(shared.totals.digest, alone.totals.digest) << ranks;
    EXPECT_EQ(shared.totals.simulated_ps, alone.totals.simulated_ps) << ranks;
    EXPECT_EQ(shared.die_counters, alone.die_counters) << ranks;
    EXPECT_EQ(shared.links, alone.links) << ranks;
    EXPECT_EQ(training_of(shared).sampling.step_s_low, training_of(alone).sampling.step_s_low) << ranks;
    EXPECT_EQ(training_of(shared).sampling.nop_s_high, training_of(alone).sampling.nop_s_high) << ranks;
  }
}

// What a sample costs does not grow with the batch. The error allows the first one: whether a second one follows is a
// matter of what the first one finds.
TEST(SampledStep, AnEightTimesLargerBatchCostsTheSame) {
  TrainingDeck deck = long_step("hecaton");
  deck.model.layers = 2;
  deck.batch = 256;
  const Outcome small = run_deck(deck_of(sampled(deck, "error = 0.4\n")), 1);
  deck.batch = 2048;
  const Outcome large = run_deck(deck_of(sampled(deck, "error = 0.4\n")), 1);
  if (!is_root()) return;
  EXPECT_LT(static_cast<double>(large.summary.events), 1.5 * static_cast<double>(small.summary.events));
  EXPECT_NEAR(training_of(large).step_s / training_of(small).step_s, 8, 0.4);
}

// Transfers of DRAM contend with each other, which makes three times the events that closed forms tell.
TEST(SampledStep, TheBudgetHoldsWhereLinksAreContended) {
  TrainingDeck deck = long_step("hecaton");
  deck.batch = 1024;
  deck.bandwidth_GBps = 16;
  deck.channel_GBps = 40;
  const Outcome told = run_deck(deck_of(sampled(deck, "error = 0.0005\nbudget = \"3e6\"\n")), 1);
  if (!is_root()) return;
  EXPECT_LT(told.summary.events, 3'000'000U);
  EXPECT_GT(told.summary.events, 1'000'000U);
}

TEST(SampledStep, AShortStepIsSimulatedWhole) {
  const TrainingDeck deck;
  const Outcome whole = run_deck(deck_of(text_of(deck)), 1);
  const Outcome told = run_deck(deck_of(sampled(deck)), 1);
  if (!is_root()) return;
  EXPECT_EQ(training_of(told).step_s, training_of(whole).step_s);
  EXPECT_EQ(training_of(told).sampling.step_s_low, training_of(whole).step_s);
  EXPECT_EQ(told.die_counters, whole.die_counters);
}

io::Programs programs_of(chiplet::Program program) {
  io::Programs programs;
  programs.plan.roles = {std::move(program)};
  programs.plan.role_of_die.assign(16, 0);
  return programs;
}

// All dies write `bytes`, then work on tiles while DRAM takes them.
std::uint64_t rounds_at_the_start(const io::Deck& deck, std::uint64_t bytes) {
  using enum chiplet::OpCode;
  const runs::Workload workload(
      deck, programs_of({op_of(dram_write, bytes), loop_of(chiplet::Iterates::tiles, 1000),
                         op_of(vector, 1 << 20), op_of(end_loop)}));
  return runs::first_rounds(runs::forecast_loops(workload), runs::Thoroughness::least).rounds.at(1).warm_up;
}

// As many as begin before DRAM has taken everything, one at least, eight at most.
TEST(SampledRounds, LoopsBeginWithTheRoundsThatDramMayDisturb) {
  const io::Deck deck = deck_of(sampled(TrainingDeck{}));
  const double round_ns = (1 << 20) / deck.die.vector_GBps;
  const double channels = static_cast<double>(runs::Workload(deck).channels());
  const double bytes_of_a_round = round_ns * deck.memory.bandwidth_GBps * channels / 16;
  for (const auto& [rounds, start] : {std::pair{0.0, 1U}, {0.5, 1U}, {1.5, 2U}, {4.5, 5U}, {30.0, 8U}})
    EXPECT_EQ(rounds_at_the_start(deck, static_cast<std::uint64_t>(rounds * bytes_of_a_round)), start)
        << rounds;
}

// What makes the interval wide is given more rounds; what does not, none.
TEST(SampledRounds, WhatIsUncertainIsGivenMore) {
  const io::Deck deck = deck_of(sampled(long_step("hecaton")));
  const runs::SampledRounds first =
      runs::first_rounds(runs::forecast_loops(runs::Workload(deck)), runs::Thoroughness::sparing);
  const std::size_t tiles = std::find_if(first.kinds.begin(), first.kinds.end(), [](const auto& kind) {
                              return kind.second == chiplet::Iterates::tiles;
                            })->first;
  runs::SampledRounds more = first;
  EXPECT_TRUE(runs::add_rounds(more, {1000, 0, {{tiles, {50, 0}}}, {}}, 10, 2));
  EXPECT_EQ(more.rounds.at(tiles).length, 2 * first.rounds.at(tiles).length);
  EXPECT_EQ(more.rounds.at(tiles).warm_up, 2 * first.rounds.at(tiles).warm_up);
  more.rounds.at(tiles) = first.rounds.at(tiles);
  EXPECT_EQ(more.rounds, first.rounds);
  EXPECT_FALSE(runs::add_rounds(more, {1000, 0, {}, {}}, 10, 2));
}

// Writes that nobody waits for: DRAM falls ever further behind.
TEST(SampledStep, AGrowingQueueIsNoticed) {
  const io::Deck deck = deck_of(sampled(TrainingDeck{}, "budget = \"1e6\"\n"));
  using enum chiplet::OpCode;
  const runs::Workload workload(
      deck, programs_of({loop_of(chiplet::Iterates::minibatches, 1'000'000), op_of(dram_write, 1 << 20),
                         op_of(vector, 1 << 20), op_of(end_loop)}));
  const boost::mpi::communicator world;
  const auto result = runs::simulate_sampled(
      workload, {}, [](const std::string&) {}, world);
  ASSERT_TRUE(result && result->sampled);
  EXPECT_NE(result->sampled->unsteady.find("DRAM transfers pile up"), std::string::npos)
      << result->sampled->unsteady;
}

// The loop that changes the step most is named, with the way and by how much.
TEST(SampledStep, ALoopThatGrowsIsNamed) {
  chiplet::Op loop = loop_of(chiplet::Iterates::tiles, 100);
  loop.section = chiplet::Section::backward;
  const chiplet::Program program{loop_of(chiplet::Iterates::minibatches, 10), loop};
  runs::Finding finding;
  finding.step.total = 1000;
  finding.step.drift = {{0, {30, 0}}, {1, {-50, 30 * 30}}};
  EXPECT_EQ(runs::why_unsteady(finding, program, 10),
            "later rounds of a loop (backward, tile) are shorter, by 4 % of the step");
  EXPECT_EQ(runs::why_unsteady(finding, program, 41), "");
}

// Links of packages and methods of all kinds, against a simulated step.
TEST(LinkCounts, AreThoseOfASimulatedStep) {
  struct Case {
    const char* method;
    const char* topology;
    const char* more;
  };
  for (const Case& c :
       {Case{"hecaton", "bypass-ring", ""}, Case{"hecaton", "torus", "[router]\nvirtual_channels = 4\n"},
        Case{"hecaton", "mesh", "[router]\nswitching = \"wormhole\"\n"},
        Case{"megatron-flat-ring", "mesh", "[router]\nrouting = \"yx\"\n"},
        Case{"megatron-torus-ring", "torus", "[interface]\npacket_bytes = 1024\n"},
        Case{"optimus", "mesh", ""}}) {
    SCOPED_TRACE(std::string(c.method) + " on " + c.topology + c.more);
    TrainingDeck trained;
    trained.method = c.method;
    trained.burst_bytes = 5000;
    trained.more = c.more;
    std::string text = text_of(trained);
    text.replace(text.find("bypass-ring"), std::string("bypass-ring").size(), c.topology);
    const io::Deck deck = deck_of(text);
    const Outcome run = run_deck(deck, 1);
    if (!is_root()) continue;
    const runs::LinkCounts counts = runs::count_links(runs::Workload(deck));
    expect_same_links(counts.links, run.links);
    EXPECT_EQ(counts.packets, run.totals.packets);
  }
}

}  // namespace
}  // namespace hecaton::test::sampled_step_test
