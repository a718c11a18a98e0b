// A die's two changing parts. DieState says where the die is in its work; DieTotals what it has done so far.
// A checkpoint holds both whole, and nothing else of a die: what it was set up with follows from the deck.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "core/chiplet/dies/dram_transfers.hpp"
#include "core/chiplet/dies/occupancy.hpp"
#include "core/chiplet/dies/program_position.hpp"
#include "core/chiplet/dies/unexpected_chunks.hpp"
#include "core/chiplet/program/program.hpp"
#include "core/chiplet/program/records.hpp"
#include "core/engine/base/digest.hpp"
#include "core/engine/base/peak_bins.hpp"
#include "core/engine/base/time.hpp"

namespace hecaton::chiplet {

enum class Activity : std::uint8_t {
  next_operation,  // between operations
  computing,       // until busy_until: matrix engine or vector unit
  exchanging,      // its lanes say what they do
  waiting_dram,    // for a slot
  pausing,         // until busy_until
  draining,        // program ended, transfers outstanding
  finished
};

// A lane of the running collective (lanes.hpp); most have one.
struct LaneProgress {
  enum class At : std::uint8_t {
    waiting,   // for the chunk of its step
    holding,   // until busy_until, when its next step may begin
    reducing,  // until busy_until: the chunk of its step is added to the die's own, or waits for that
    ended
  };
  At at = At::ended;
  bool chunk_express = false;  // the latest chunk that it stood waiting for took an edge of a bypass ring
  std::uint32_t step = 0;
  std::uint32_t steps = 0;
  NodeId chunk_from;
  SimTime chunk_sent;  // when that chunk was handed over
  SimTime busy_until;

  bool is_busy() const { return at == At::holding || at == At::reducing; }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(at, chunk_express, step, steps, chunk_from, chunk_sent, busy_until);
  }
};

// The running collective, and how many there have been.
struct CollectiveProgress {
  std::uint64_t reducing_ps = 0;
  std::uint64_t sent_bytes = 0;
  std::vector<LaneProgress> lanes;
  std::array<std::uint64_t, ring_count> sequences{};  // collectives begun per ring, the running one included

  std::uint64_t sequence(Ring ring) const { return sequences[static_cast<std::size_t>(ring)]; }
  void begin(Ring ring, std::uint32_t lane_number, std::uint32_t steps) {
    ++sequences[static_cast<std::size_t>(ring)];
    reducing_ps = 0;
    sent_bytes = 0;
    LaneProgress fresh;
    fresh.steps = steps;
    lanes.assign(lane_number, fresh);
  }
  bool ended() const {
    return std::all_of(lanes.begin(), lanes.end(),
                       [](const LaneProgress& lane) { return lane.at == LaneProgress::At::ended; });
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(reducing_ps, sent_bytes, lanes, sequences);
  }
};

struct DieState {
  Activity activity = Activity::next_operation;
  bool is_woken = false;  // a wake-up for this instant is under way
  ProgramPosition position;
  SimTime operation_start;
  SimTime busy_until;
  // Of the latest wait but for DRAM, which begins with its operation. While chunks are added, one after another: when the
  // last of them will be.
  SimTime wait_start;
  CollectiveProgress collective;
  UnexpectedChunks chunks;
  DramTransfers dram;
  Occupancy buffers;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(activity, is_woken, position, operation_start, busy_until, wait_start, collective, chunks, dram,
            buffers);
  }
};

struct DieTotals {
  DieCounters counters;
  std::uint64_t rows = 0;         // finished
  Digest digest;                  // of these rows, whether or not the host keeps them
  std::array<PeakBins, 2> peaks;  // bytes held, by Buffer

  template <class Archive>
  void serialize(Archive& archive) {
    archive(counters, rows, digest, peaks);
  }
};

}  // namespace hecaton::chiplet
