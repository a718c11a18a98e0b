// What a finished run hands to the writers. Everything but `accounting` is a pure function of the deck:
// identical for every rank count, partition, synchroniser and transport.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/chiplet/program/mark.hpp"
#include "core/chiplet/program/passes.hpp"
#include "core/chiplet/program/program.hpp"
#include "core/chiplet/program/records.hpp"
#include "core/chiplet/program/waits.hpp"
#include "core/critical_path/segments.hpp"
#include "core/engine/base/fields.hpp"
#include "core/engine/base/peak_bins.hpp"
#include "core/engine/base/time_bins.hpp"
#include "io/deck/workloads/outcome.hpp"
#include "io/result/network_rows.hpp"

namespace hecaton::io {

// When links and DRAM channels of one rank were busy, in bins of the simulated time.
struct LocalBins {
  BinGrid grid;                    // no bins: that was not kept
  SimTime end;                     // of what was simulated
  std::vector<TimeBins> links;     // one per entry of LocalRecords::links
  std::vector<TimeBins> channels;  // and of its channels
  // For how long messages had a place in the buffers of routers, all of them added up.
  std::vector<std::uint32_t> nodes;  // of this rank, IO dies included, ascending
  std::vector<TimeBins> routers;     // one per entry of `nodes`
  // The most bytes in the buffers of dies, one per entry of LocalRecords::dies; where dies run programs.
  bool has_die_buffers = false;  // the same on every rank
  std::vector<PeakBins> activations, weights;
};

// Messages that one rank's nodes have sent and that have arrived since the last halt.
struct LocalMessages {
  bool are_kept = false;             // the same on every rank
  std::vector<std::uint32_t> nodes;  // of this rank, IO dies included, ascending
  std::vector<std::uint64_t> rows_per_node;
  std::vector<MessageRow> rows;  // by node, and then in their order
};

// What one rank simulated: its own dies only, in ascending die order.
struct LocalRecords {
  std::vector<std::uint32_t> dies;                 // compute dies of this rank, ascending
  std::vector<chiplet::DieCounters> die_counters;  // one per entry of `dies`
  std::vector<std::uint64_t> operations_per_die;   // rows of each entry of `dies`
  std::vector<chiplet::OperationRow> operations;   // grouped by die, in `dies` order, each die's rows by time
  std::vector<std::uint64_t> waits_per_die;        // likewise
  std::vector<chiplet::WaitRow> waits;
  std::vector<std::vector<chiplet::Mark>>
      marks;                                  // of each entry of `dies`: none where programs have no marks
  std::vector<std::uint64_t> phases_per_die;  // likewise; only of a run that has ended
  std::vector<chiplet::PhaseRow> phases;
  std::vector<chiplet::LinkCounters> links;  // outgoing links of this rank's nodes, sorted by (from, to)
  std::vector<chiplet::ChannelCounters> channels;  // of this rank's IO dies, sorted by (io_die, channel)
  LocalBins bins;
  bool keeps_stalls = false;     // the same on every rank
  std::vector<StallRow> stalls;  // one per entry of `links`
  LocalMessages messages;
};

// Fills in the phases of programs, from all of their operations.
inline void find_phases(LocalRecords& local) {
  std::span<const chiplet::OperationRow> rows = local.operations;
  for (const std::uint64_t count : local.operations_per_die) {
    const std::vector<chiplet::PhaseRow> phases = chiplet::phases_of(rows.first(count));
    local.phases_per_die.push_back(phases.size());
    local.phases.insert(local.phases.end(), phases.begin(), phases.end());
    rows = rows.subspan(count);
  }
}

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

// What one rank did. Varies from run to run; written to summary, profile and /provenance only.
struct RankAccounting {
  std::uint64_t events = 0;
  std::uint64_t windows = 0;
  std::uint64_t stretches = 0;
  std::uint64_t events_ahead = 0;
  std::uint64_t null_messages = 0;
  std::uint64_t batches_sent = 0;
  std::uint64_t records_sent = 0;
  std::uint64_t bytes_sent = 0;
  double computing_s = 0;
  double waiting_s = 0;
  double exchanging_s = 0;  // packing, sending, receiving and unpacking batches
  std::uint64_t peak_rss_bytes = 0;

  static constexpr auto fields() {
    using A = RankAccounting;
    return FieldList(
        field<&A::events>("events", "1", "Events executed"),
        field<&A::windows>("windows", "1", "Agreements of all ranks"),
        field<&A::stretches>("stretches", "1", "Times it went on executing events"),
        field<&A::events_ahead>("events_ahead", "1", "Events executed while waiting for other ranks"),
        field<&A::null_messages>("null_messages", "1", "Promises sent without a record"),
        field<&A::batches_sent>("batches_sent", "1", "Batches sent to other ranks"),
        field<&A::records_sent>("records_sent", "1", "Records sent to other ranks"),
        field<&A::bytes_sent>("bytes_sent", "B", "Bytes sent to other ranks"),
        field<&A::computing_s>("computing_s", "s", "Wall time executing events"),
        field<&A::waiting_s>("waiting_s", "s", "Wall time waiting for other ranks"),
        field<&A::exchanging_s>("exchanging_s", "s", "Wall time exchanging records"),
        field<&A::peak_rss_bytes>("peak_rss_bytes", "B", "Largest resident memory"));
  }
};
static_assert(lists_every_member<RankAccounting>);

// A stratum of a sampled step, and a segment (core/sampling).
struct StratumRow {
  chiplet::Section section = chiplet::Section::none;
  std::uint64_t simulated = 0;
  std::uint64_t total = 0;
  double mean_ps = 0;
  double deviation_ps = 0;

  static constexpr auto fields() {
    using R = StratumRow;
    return FieldList(
        field<&R::section>("section", "1", "Part of the step; the attribute names lists the parts"),
        field<&R::simulated>("simulated", "1", "Segments that were simulated"),
        field<&R::total>("total", "1", "Segments of the whole step that they stand for, themselves included"),
        field<&R::mean_ps>("mean_ps", "ps", "Mean time of a simulated segment"),
        field<&R::deviation_ps>("deviation_ps", "ps", "Standard deviation of that time"));
  }
};
static_assert(lists_every_member<StratumRow>);

struct SegmentRow {
  std::uint32_t stratum = 0;
  std::int64_t start_ps = 0;
  std::int64_t end_ps = 0;

  static constexpr auto fields() {
    using R = SegmentRow;
    return FieldList(field<&R::stratum>("stratum", "1", "Row of /strata that it belongs to"),
                     field<&R::start_ps>("start_ps", "ps", "When the last die began it"),
                     field<&R::end_ps>("end_ps", "ps", "When the last die ended it"));
  }
};
static_assert(lists_every_member<SegmentRow>);

struct SampledRows {
  std::vector<std::string> names;  // of the strata
  std::vector<StratumRow> strata;
  std::vector<SegmentRow> segments;  // in the order of execution
};

// `local` and `totals` of a sampled step are those of the whole step, but for rows, peaks of buffers and the digest,
// which are of what was simulated.
struct RunResult {
  LocalRecords local;
  Totals totals;
  TrafficResult traffic;               // where dies send packets
  std::optional<SampledStep> sampled;  // nothing: all was simulated
  SampledRows sampled_rows;
  std::vector<RankAccounting> accounting;  // one per rank, on rank 0 (empty elsewhere)
  // On rank 0, where waits were recorded and nothing is left to be simulated; of a sampled step, of what was simulated.
  critical::Path critical_path;
  // Events of the longest chain in which each waits for the one before; 0: longer than can be counted.
  std::uint64_t critical_path_events = 0;
  std::uint64_t events_before = 0;  // those before the checkpoint that the run went on from; on rank 0
  double wall_s = 0;                // of the simulation since then, rank 0
  std::string sync;                 // the synchroniser that was used; "none" on one rank
};

}  // namespace hecaton::io
