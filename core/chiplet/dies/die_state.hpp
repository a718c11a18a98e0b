// A die's two changing parts. DieState says where the die is in its work; DieTotals what it has done so far.
// A checkpoint holds both whole, and nothing else of a die: what it was set up with follows from the deck.
#pragma once

#include <array>
#include <cstdint>

#include "core/chiplet/dies/dram_transfers.hpp"
#include "core/chiplet/dies/occupancy.hpp"
#include "core/chiplet/dies/program_position.hpp"
#include "core/chiplet/dies/unexpected_chunks.hpp"
#include "core/chiplet/program/program.hpp"
#include "core/chiplet/program/records.hpp"
#include "core/engine/base/digest.hpp"
#include "core/engine/base/time.hpp"

namespace hecaton::chiplet {

enum class Activity : std::uint8_t {
  next_operation,  // between operations
  computing,       // until busy_until: matrix engine or vector unit
  exchanging,      // waits for the chunk of the collective's step
  holding,         // until busy_until, when the collective's next step may begin
  reducing,        // until busy_until: adds the chunk of the step to the die's own
  waiting_dram,    // for a slot
  pausing,         // until busy_until
  draining,        // program ended, transfers outstanding
  finished
};

// The running collective, and how many there have been.
struct CollectiveProgress {
  std::uint32_t step = 0;
  std::uint32_t steps = 0;
  std::uint64_t reducing_ps = 0;
  std::uint64_t sent_bytes = 0;
  std::array<std::uint64_t, ring_count> sequences{};  // collectives begun per ring, the running one included

  std::uint64_t sequence(Ring ring) const { return sequences[static_cast<std::size_t>(ring)]; }
  void begin(Ring ring, std::uint32_t step_count) {
    ++sequences[static_cast<std::size_t>(ring)];
    step = 0;
    steps = step_count;
    reducing_ps = 0;
    sent_bytes = 0;
  }

  template <class Archive>
  void serialize(Archive& archive) {
    archive(step, steps, reducing_ps, sent_bytes, sequences);
  }
};

struct DieState {
  Activity activity = Activity::next_operation;
  bool is_woken = false;  // a wake-up for this instant is under way
  // Of the chunk that ended the latest wait for one: whether it took an edge of a bypass ring; its sender.
  bool chunk_express = false;
  NodeId chunk_from;
  ProgramPosition position;
  SimTime operation_start;
  SimTime busy_until;
  SimTime wait_start;  // of the latest wait but for DRAM, which begins with its operation
  SimTime chunk_sent;  // when that chunk was handed over
  CollectiveProgress collective;
  UnexpectedChunks chunks;
  DramTransfers dram;
  Occupancy buffers;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(activity, is_woken, chunk_express, chunk_from, position, operation_start, busy_until, wait_start,
            chunk_sent, collective, chunks, dram, buffers);
  }
};

struct DieTotals {
  DieCounters counters;
  std::uint64_t rows = 0;  // finished
  Digest digest;           // of these rows, whether or not the host keeps them

  template <class Archive>
  void serialize(Archive& archive) {
    archive(counters, rows, digest);
  }
};

}  // namespace hecaton::chiplet
