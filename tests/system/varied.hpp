// Decks of all kinds, small and awkward, and the comparison of what two runs of one recorded.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <tuple>
#include <vector>

#include "tests/system/run_deck.hpp"
#include "tests/system/training_deck.hpp"

namespace hecaton::test {

inline std::string collective_text(const char* topology, const char* algorithm, const char* group,
                                   const char* operation, std::uint32_t rows, std::uint32_t columns) {
  return fmt::format(
      "[workload]\nkind = \"collective\"\n[package]\nrows = {}\ncolumns = {}\ntopology = \"{}\"\n"
      "[link]\nlatency_ns = 1.337\n[die]\nvector_GBps = 90\n"
      "[collective]\noperation = \"{}\"\nalgorithm = \"{}\"\ngroup = \"{}\"\nbytes = 1000003\n",
      rows, columns, topology, operation, algorithm, group);
}

inline std::string traffic_text(const char* switching, const char* pattern, double rate,
                                std::uint32_t flits) {
  return fmt::format(
      "[workload]\nkind = \"traffic\"\n[package]\nrows = 6\ncolumns = 4\ntopology = \"mesh\"\n"
      "[link]\nlatency_ns = 1.3\n[router]\nbuffer_flits = 16\nswitching = \"{}\"\n"
      "[traffic]\npattern = \"{}\"\ninjection_rate = {}\npacket_flits = {}\n"
      "warmup_cycles = 200\nmeasure_cycles = 600\ndrain_cycles = 100\n",
      switching, pattern, rate, flits);
}

// A network that keeps step with one clock.
inline std::string clocked_text(const char* more, const char* pattern, double rate, std::uint32_t flits) {
  return fmt::format(
      "[workload]\nkind = \"traffic\"\n[package]\nrows = 5\ncolumns = 6\ntopology = \"{}\"\n"
      "[link]\nlatency_ns = 2\n[router]\nbuffer_flits = 6\nswitching = \"wormhole\"\n"
      "[traffic]\npattern = \"{}\"\ninjection_rate = {}\npacket_flits = {}\n"
      "warmup_cycles = 200\nmeasure_cycles = 600\ndrain_cycles = 100\n",
      more, pattern, rate, flits);
}

inline TrainingDeck tiny() {
  TrainingDeck deck;
  deck.model = {"tiny", 64, 96, 8, 4, 2, 100, true};
  deck.sequence = 16;
  deck.minibatch_tokens = 64;
  return deck;
}

inline TrainingDeck contended(const char* method, std::uint32_t rows) {
  TrainingDeck deck = tiny();
  deck.method = method;
  deck.rows = rows;
  deck.model.layers = 1;
  deck.batch = 4;
  deck.bandwidth_GBps = 20;
  deck.channels = 2;
  deck.burst_bytes = 2048;
  return deck;
}

inline TrainingDeck without_overlap() {
  TrainingDeck deck = tiny();
  deck.method = "megatron-flat-ring";
  deck.rows = 2;
  deck.overlap = false;
  return deck;
}

inline const std::map<std::string, std::string>& decks() {
  static const std::map<std::string, std::string> all = {
      {"all-reduce, naive rows", collective_text("mesh", "naive-ring", "rows", "all-reduce", 3, 5)},
      {"all-gather, bypass columns",
       collective_text("bypass-ring", "bypass-ring", "columns", "all-gather", 7, 3)},
      {"reduce-scatter, package",
       collective_text("mesh", "hamiltonian-ring", "package", "reduce-scatter", 4, 5)},
      {"all-reduce, both axes and ways", collective_text("torus", "ring", "package", "all-reduce", 3, 4) +
                                             "directions = 2\naxes = \"all\"\n[interface]\nports = 4\n"},
      {"hecaton 4 x 4", text_of(tiny())},
      // Two slow channels for eight dies, small bursts: DRAM traffic meets collectives on every link.
      {"hecaton 2 x 4, contended", text_of(contended("hecaton", 2))},
      {"flat ring 4 x 4, contended", text_of(contended("megatron-flat-ring", 4))},
      {"flat ring 2 x 4, no overlap", text_of(without_overlap())},
      {"torus ring 2 x 4, contended", text_of(contended("megatron-torus-ring", 2))},
      {"optimus 4 x 4, contended", text_of(contended("optimus", 4))},
      {"traffic, light", traffic_text("wormhole", "uniform", 0.05, 1)},
      {"traffic, heavy", traffic_text("wormhole", "uniform", 0.9, 5)},
      {"traffic, heavy, cut-through", traffic_text("cut-through", "uniform", 0.8, 4)},
      {"traffic, one hot spot", traffic_text("wormhole", "hotspot", 0.3, 2)},
      {"traffic, clocked", clocked_text("mesh", "uniform", 0.7, 3)},
      {"traffic, clocked torus", clocked_text("torus", "tornado", 0.2, 1)},
  };
  return all;
}

inline auto fields(const io::Totals& t) {
  return std::tuple(t.simulated_ps, t.packets, t.packet_hops, t.flit_hops, t.digest, t.dram_bytes,
                    t.link_bits);
}
inline auto fields(const io::TrafficResult& t) {
  return std::tuple(t.packets_measured, t.latency_sum_cycles, t.latency_min_cycles, t.latency_max_cycles,
                    t.hops_sum, t.offered_flits, t.accepted_flits, t.part_packets, t.part_latency_cycles);
}

// The number of the first row that differs, or -1.
template <class Row>
std::ptrdiff_t first_difference(const std::vector<Row>& a, const std::vector<Row>& b) {
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i)
    if (i >= a.size() || i >= b.size() || a[i] != b[i]) return static_cast<std::ptrdiff_t>(i);
  return -1;
}

// Bins hold all of the time that links and channels were busy, of each and to the picosecond.
template <class Row>
void expect_bins_add_up(const std::vector<Row>& rows, const std::vector<std::uint64_t>& bins,
                        std::uint64_t bin_ps) {
  if (rows.empty() || bins.empty()) return;
  const auto each = static_cast<std::ptrdiff_t>(bins.size() / rows.size());
  auto bin = bins.begin();
  for (const Row& row : rows) {
    EXPECT_EQ(std::accumulate(bin, bin + each, std::uint64_t{0}), row.busy_ps);
    EXPECT_LE(*std::max_element(bin, bin + each), bin_ps);
    bin += each;
  }
}

// The largest of a die's bins is the most that its buffer ever held.
inline void expect_peaks(const Outcome& run) {
  if (run.activation_bins.empty()) return;
  const std::size_t bins = run.activation_bins.size() / run.dies.size();
  const auto most = [&](const std::vector<std::uint64_t>& all, std::size_t die) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(die * bins);
    return *std::max_element(first, first + static_cast<std::ptrdiff_t>(bins));
  };
  for (std::size_t die = 0; die < run.dies.size(); ++die) {
    EXPECT_EQ(most(run.activation_bins, die), run.die_counters[die].activation_peak_bytes);
    EXPECT_EQ(most(run.weight_bins, die), run.die_counters[die].weight_peak_bytes);
  }
}

// The four parts of each link's time are all of it, and what it sent is what its counters say.
inline void expect_stalls_add_up(const Outcome& run) {
  ASSERT_EQ(run.stalls.size(), run.links.size());
  for (std::size_t i = 0; i < run.stalls.size(); ++i) {
    const io::StallRow& row = run.stalls[i];
    EXPECT_EQ(row.sending_ps, run.links[i].busy_ps);
    EXPECT_EQ(whole(row.sending_ps + row.credit_ps + row.rival_ps + row.nothing_ps), run.totals.simulated_ps)
        << row.from << " to " << row.to;
  }
}

// Nothing arrives before it is sent, or sooner than alone in the network.
inline void expect_possible(const std::vector<io::MessageRow>& messages) {
  for (const io::MessageRow& row : messages) {
    EXPECT_LE(row.handed_over_ps, row.head_out_ps);
    EXPECT_LT(row.head_out_ps, row.arrived_ps);
    EXPECT_GE(row.waited_ps, 0) << row.from << " to " << row.to;
  }
}

inline void expect_same(const Outcome& got, const Outcome& wanted) {
  EXPECT_EQ(first_difference(got.stalls, wanted.stalls), -1);
  EXPECT_EQ(first_difference(got.messages, wanted.messages), -1);
  expect_stalls_add_up(got);
  expect_possible(got.messages);
  EXPECT_EQ(got.bin_ps, wanted.bin_ps);
  EXPECT_EQ(first_difference(got.link_bins, wanted.link_bins), -1);
  EXPECT_EQ(first_difference(got.channel_bins, wanted.channel_bins), -1);
  EXPECT_EQ(first_difference(got.channels, wanted.channels), -1);
  expect_bins_add_up(got.links, got.link_bins, got.bin_ps);
  expect_bins_add_up(got.channels, got.channel_bins, got.bin_ps);
  EXPECT_EQ(first_difference(got.router_bins, wanted.router_bins), -1);
  EXPECT_EQ(first_difference(got.activation_bins, wanted.activation_bins), -1);
  EXPECT_EQ(first_difference(got.weight_bins, wanted.weight_bins), -1);
  expect_peaks(got);
  EXPECT_EQ(fields(got.totals), fields(wanted.totals));
  EXPECT_EQ(fields(got.traffic), fields(wanted.traffic));
  EXPECT_EQ(got.dies, wanted.dies);
  EXPECT_EQ(got.operations_per_die, wanted.operations_per_die);
  EXPECT_EQ(first_difference(got.die_counters, wanted.die_counters), -1);
  EXPECT_EQ(first_difference(got.operations, wanted.operations), -1);
  EXPECT_EQ(first_difference(got.links, wanted.links), -1);
  EXPECT_EQ(first_difference(got.critical_path, wanted.critical_path), -1);
  EXPECT_EQ(io::results_to_json(got.summary), io::results_to_json(wanted.summary));
}

// What trains change, and nothing else.
inline void expect_same_work(const Outcome& got, const Outcome& wanted) {
  EXPECT_EQ(got.summary.events, wanted.summary.events);
  EXPECT_EQ(got.critical_path_events, wanted.critical_path_events);
}

inline std::vector<std::string> deck_names() {
  std::vector<std::string> all;
  for (const auto& [name, text] : decks()) all.push_back(name);
  return all;
}

}  // namespace hecaton::test
