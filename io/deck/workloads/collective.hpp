// The workload "collective": one collective operation alone, to be compared with its closed form.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/engine/base/fields.hpp"
#include "core/training/model/config.hpp"
#include "io/deck/workloads/kind_members.hpp"

namespace hecaton::io {

struct CollectiveSummary {
  std::string operation;
  std::string group;
  std::uint64_t time_ps = 0;  // until the last die's program ended
  std::string algorithm;
  std::uint64_t bytes = 0;  // the whole payload, as the deck gives it
  std::uint64_t dies = 0;   // of a group
  // What each die's links would have to carry in each direction at least, over the time: payload over time times
  // a factor of the operation, so that it can be compared with the bandwidth of the links
  // (github.com/NVIDIA/nccl-tests, doc/PERFORMANCE.md).
  double bus_GBps = 0;

  static constexpr auto fields() {
    using C = CollectiveSummary;
    return FieldList(field<&C::operation>("operation"), field<&C::group>("group"),
                     field<&C::time_ps>("time_ps", "ps"), field<&C::algorithm>("algorithm"),
                     field<&C::bytes>("bytes", "B"), field<&C::dies>("dies"),
                     field<&C::bus_GBps>("bus_GBps", "GB/s"));
  }
};
static_assert(lists_every_member<CollectiveSummary>);

ReportLines lines_of(const CollectiveSummary& summary);

struct CollectiveKind {
  using Config = training::CollectiveConfig;
  using Summary = CollectiveSummary;
  static constexpr std::string_view name = "collective";
  static constexpr std::string_view text = "one collective operation alone";
  static constexpr WorkloadTraits traits{.runs_programs = true, .can_be_verified = true};

  static void set_hardware_defaults(Deck& deck);
  static std::vector<Table> tables();
  static void prepare(Deck&, std::span<const Entry>, const std::filesystem::path&) {}
  static void complete(Deck&, const std::filesystem::path&) {}
  static void check(const Deck& deck, const Refuser& refuse);
  static const net::TrafficConfig* packets(const Deck&) { return nullptr; }
  static DieWork die_work(const Deck& deck);
  static Summary summarise(const Deck& deck, const Outcome& outcome);
};

}  // namespace hecaton::io
