// How much work each node will be: events that an undisturbed run of the deck would have there, what a partition
// balances; and how many there would be in all if messages were in each other's way everywhere. Between the two lies what
// `validate` estimates.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/chiplet/counts/counts.hpp"
#include "io/deck/deck.hpp"
#include "partition/partition.hpp"
#include "runs/wiring/workload.hpp"

namespace hecaton::runs {

struct Load {
  partition::Weights events;  // by node
  // In all, if no segment (a packet, or a flit with wormhole switching) moved together with others.
  chiplet::Wide events_one_by_one = 0;
  std::uint64_t messages = 0;
  std::uint64_t packets = 0;
  std::uint64_t rows = 0;  // of operations
};

// Pure arithmetic on the deck, the same on every rank; no event is simulated. How much contention there will be cannot be
// told without.
Load expected_load(const Workload& workload, const io::Deck& deck);

// The regions of a run, by the partitioner's name; the load is looked at only by those that need it.
// Precondition: 1 <= ranks <= dies.
partition::Partition regions_of(const Workload& workload, const io::Deck& deck, std::string_view partitioner,
                                std::uint32_t ranks);

}  // namespace hecaton::runs
