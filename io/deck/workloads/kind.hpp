// A kind of workload at run time: what the rest of the house asks of it, as data and functions. The rows are made
// of the list in kinds.hpp, in its order, which is also that of the alternatives of WorkloadConfig.
//
// Invariants: rows are constant and exist once, so their addresses compare kinds.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "io/deck/deck.hpp"
#include "io/deck/entry.hpp"
#include "io/deck/refuser.hpp"
#include "io/deck/registry.hpp"
#include "io/deck/workloads/die_work.hpp"
#include "io/deck/workloads/outcome.hpp"

namespace hecaton::io {

struct WorkloadKind {
  std::string_view name;  // workload.kind in a deck, and the table of its summary
  std::string_view text;  // "one step of a model"
  WorkloadTraits traits;

  WorkloadConfig (*default_config)();
  // Its custom in hardware, where that differs from the defaults of Deck.
  void (*set_hardware_defaults)(Deck&);
  // Its own tables of a deck.
  std::vector<Table> (*tables)();
  // Before the entries of a deck are applied, and after: what follows from several of them at once. `folder` is
  // that of the deck.
  void (*prepare)(Deck&, std::span<const Entry> entries, const std::filesystem::path& folder);
  void (*complete)(Deck&, const std::filesystem::path& folder);
  // What must hold between its keys, and between them and the hardware.
  void (*check)(const Deck&, const Refuser&);

  // The packets that its dies send; null: they run programs.
  const net::TrafficConfig* (*packets)(const Deck&);
  // What every die does. Throws training::PlanError, or InputError about a file that the deck names.
  DieWork (*die_work)(const Deck&);

  WorkloadSummary (*summarise)(const Deck&, const Outcome&);
};

std::span<const WorkloadKind> workload_kinds();
const WorkloadKind& kind_of(const Deck& deck);
const WorkloadKind& kind_of(const WorkloadSummary& summary);
const WorkloadKind* find_workload_kind(std::string_view name);  // null: there is none

}  // namespace hecaton::io
