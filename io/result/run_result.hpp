// What a finished run hands to the writers. Everything but `accounting` is a pure function of the deck:
// identical for every rank count, partition, synchroniser and transport.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/chiplet/program/records.hpp"
#include "io/deck/workloads/outcome.hpp"

namespace hecaton::io {

// What one rank simulated: its own dies only, in ascending die order.
struct LocalRecords {
  std::vector<std::uint32_t> dies;                 // compute dies of this rank, ascending
  std::vector<chiplet::DieCounters> die_counters;  // one per entry of `dies`
  std::vector<std::uint64_t> operations_per_die;   // rows of each entry of `dies`
  std::vector<chiplet::OperationRow> operations;   // grouped by die, in `dies` order, each die's rows by time
  std::vector<chiplet::LinkCounters> links;  // outgoing links of this rank's nodes, sorted by (from, to)
};

// Sums over the whole package, equal on every rank.
struct Totals {
  std::int64_t simulated_ps = 0;
  std::uint64_t packets = 0;
  std::uint64_t packet_hops = 0;
  std::uint64_t flit_hops = 0;
  std::uint64_t digest = 0;
  std::uint64_t dram_bytes = 0;
  std::uint64_t link_bits = 0;  // payload bits times die-to-die links crossed
};

// Varies from run to run; written to summary and /provenance only.
struct RankAccounting {
  std::uint64_t events = 0;
  std::uint64_t windows = 0;        // agreements of all ranks
  std::uint64_t stretches = 0;      // how often it went on processing events
  std::uint64_t events_ahead = 0;   // processed while the others were waited for
  std::uint64_t null_messages = 0;  // promises sent without an event
  std::uint64_t batches_sent = 0;
  std::uint64_t records_sent = 0;
  std::uint64_t bytes_sent = 0;
  double computing_s = 0;
  double waiting_s = 0;
  double exchanging_s = 0;  // packing, sending, receiving and unpacking batches
  std::uint64_t peak_rss_bytes = 0;
};

struct RunResult {
  LocalRecords local;
  Totals totals;
  TrafficResult traffic;                   // where dies send packets
  std::vector<RankAccounting> accounting;  // one per rank, on rank 0 (empty elsewhere)
  // Events of the longest chain in which each waits for the one before; 0: longer than can be counted.
  std::uint64_t critical_path_events = 0;
  double wall_s = 0;  // of the simulation, rank 0
  std::string sync;   // the synchroniser that was used; "none" on one rank
};

}  // namespace hecaton::io
