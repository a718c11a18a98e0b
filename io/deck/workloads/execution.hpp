// The workload "execution": traces of what the ranks of a distributed program do, one a rank, as graphs of nodes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "core/chiplet/graph/config.hpp"
#include "core/engine/base/fields.hpp"
#include "io/deck/workloads/cost_summary.hpp"
#include "io/deck/workloads/energy_summary.hpp"
#include "io/deck/workloads/kind_members.hpp"
#include "io/deck/workloads/large_count.hpp"

namespace hecaton::io {

struct ExecutionSummary {
  double time_s = 0;  // until the last rank's last node was over
  std::uint64_t ranks = 0;
  std::uint64_t nodes = 0;  // of all ranks
  // What the dies' time went to, as a mean over the dies of ranks: the first of computing, waiting for messages, waiting
  // for memory. What is missing to time_s a die was done.
  double compute_s = 0;
  double nop_s = 0;
  double dram_s = 0;
  double utilisation = 0;  // operations of computations over peak rate x dies of ranks x time_s
  LargeCount flops;        // 2 per multiply-accumulate
  LargeCount nop_bytes;    // sent
  LargeCount dram_bytes;   // loaded and stored
  EnergySummary energy_J;

  static constexpr auto fields() {
    using E = ExecutionSummary;
    return FieldList(field<&E::time_s>("time_s", "s"), field<&E::ranks>("ranks"), field<&E::nodes>("nodes"),
                     field<&E::compute_s>("compute_s", "s"), field<&E::nop_s>("nop_s", "s"),
                     field<&E::dram_s>("dram_s", "s"), field<&E::utilisation>("utilisation"),
                     field<&E::flops>("flops"), field<&E::nop_bytes>("nop_bytes", "B"),
                     field<&E::dram_bytes>("dram_bytes", "B"), field<&E::energy_J>("energy_J", "J"));
  }
};
static_assert(lists_every_member<ExecutionSummary>);

ReportLines lines_of(const ExecutionSummary& summary);
void set_energy(ExecutionSummary& summary, const EnergySummary& energy_J);

struct ExecutionKind {
  using Config = chiplet::graph::ExecutionConfig;
  using Summary = ExecutionSummary;
  static constexpr std::string_view name = "execution";
  static constexpr std::string_view text = "execution traces, one a rank";
  static constexpr WorkloadTraits traits{.runs_programs = true, .computes = true};

  static void set_hardware_defaults(Deck& deck);
  static std::vector<Table> tables();
  static void prepare(Deck&, std::span<const Entry>, const std::filesystem::path&) {}
  static void complete(Deck& deck, const std::filesystem::path& folder);
  static void check(const Deck& deck, const Refuser& refuse);
  static const net::TrafficConfig* packets(const Deck&) { return nullptr; }
  static DieWork die_work(const Deck& deck);
  static Summary summarise(const Deck& deck, const Outcome& outcome);
};

}  // namespace hecaton::io
