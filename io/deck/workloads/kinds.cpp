#include "io/deck/workloads/kinds.hpp"

#include <array>

#include "io/deck/workloads/kind.hpp"

namespace hecaton::io {
namespace {

template <class Kind>
constexpr WorkloadKind row_of() {
  return {
      .name = Kind::name,
      .text = Kind::text,
      .traits = Kind::traits,
      .default_config = [] { return WorkloadConfig(typename Kind::Config{}); },
      .set_hardware_defaults = &Kind::set_hardware_defaults,
      .tables = &Kind::tables,
      .prepare = &Kind::prepare,
      .complete = &Kind::complete,
      .check = &Kind::check,
      .packets = &Kind::packets,
      .die_work = &Kind::die_work,
      .summarise = [](const Deck& deck,
                      const Outcome& outcome) { return WorkloadSummary(Kind::summarise(deck, outcome)); }};
}

template <class... Kind>
constexpr std::array<WorkloadKind, sizeof...(Kind)> rows_of(KindList<Kind...>) {
  return {row_of<Kind>()...};
}

constexpr auto rows = rows_of(WorkloadKinds{});

}  // namespace

std::span<const WorkloadKind> workload_kinds() {
  return rows;
}

const WorkloadKind& kind_of(const Deck& deck) {
  return rows[deck.workload.index()];
}

const WorkloadKind& kind_of(const WorkloadSummary& summary) {
  return rows[summary.index()];
}

const WorkloadKind* find_workload_kind(std::string_view name) {
  for (const WorkloadKind& kind : rows) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

}  // namespace hecaton::io
