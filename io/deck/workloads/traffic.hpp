// The workload "traffic": synthetic packets, or those of a trace that is replayed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "core/engine/base/fields.hpp"
#include "io/deck/workloads/kind_members.hpp"
#include "net/traffic/config.hpp"

namespace hecaton::io {

struct TrafficSummary {
  double latency_mean_cycles = 0;
  double latency_min_cycles = 0;
  double latency_max_cycles = 0;
  double accepted_flits_per_die_cycle = 0;  // per living die, as what is offered
  double offered_flits_per_die_cycle = 0;
  double hops_mean = 0;
  std::uint64_t packets_measured = 0;
  // Less than 95 % of what was offered arrived, or latency grew over the measuring window.
  bool saturated = false;

  static constexpr auto fields() {
    using T = TrafficSummary;
    return FieldList(field<&T::latency_mean_cycles>("latency_mean_cycles", "cycles"),
                     field<&T::latency_min_cycles>("latency_min_cycles", "cycles"),
                     field<&T::latency_max_cycles>("latency_max_cycles", "cycles"),
                     field<&T::accepted_flits_per_die_cycle>("accepted_flits_per_die_cycle"),
                     field<&T::offered_flits_per_die_cycle>("offered_flits_per_die_cycle"),
                     field<&T::hops_mean>("hops_mean"), field<&T::packets_measured>("packets_measured"),
                     field<&T::saturated>("saturated"));
  }
};
static_assert(lists_every_member<TrafficSummary>);

ReportLines lines_of(const TrafficSummary& summary);

struct TrafficKind {
  using Config = net::TrafficConfig;
  using Summary = TrafficSummary;
  static constexpr std::string_view name = "traffic";
  static constexpr std::string_view text = "synthetic packets";
  static constexpr WorkloadTraits traits{.allows_dead_dies = true};

  static void set_hardware_defaults(Deck& deck);
  static std::vector<Table> tables();
  static void prepare(Deck& deck, std::span<const Entry> entries, const std::filesystem::path& folder);
  static void complete(Deck& deck, const std::filesystem::path& folder);
  static void check(const Deck& deck, const Refuser& refuse);
  static const net::TrafficConfig* packets(const Deck& deck);
  static DieWork die_work(const Deck& deck);
  static Summary summarise(const Deck& deck, const Outcome& outcome);
};

}  // namespace hecaton::io
