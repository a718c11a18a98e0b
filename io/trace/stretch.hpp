// The trace of a run that has not ended. The operations that ended between two checkpoints are a trace file
// of their own, a stretch; under the trace's final name stands a file whose columns of operations are those
// of all stretches up to the last checkpoint, one after the other (virtual datasets), with the counters of
// dies and links at that time. A killed run leaves it behind. The run that goes on reads the stretches back,
// and the final trace is one file, which no longer needs them.
//
// A stretch is named by the halts at its ends, and they decide what it holds: writing it again writes the
// same rows.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/engine/base/time.hpp"
#include "io/checkpoint/checkpoint.hpp"
#include "io/deck/deck.hpp"
#include "io/result/provenance.hpp"
#include "io/result/run_result.hpp"
#include "io/result/summary.hpp"

namespace hecaton::io {

// Collective. `so_far` holds the rows of the stretch, and counters up to its end.
Stretch write_stretch(const std::filesystem::path& folder, SimTime from, SimTime to, const Deck& deck,
                      const RunResult& so_far, const Summary& summary, const Provenance& provenance,
                      const boost::mpi::communicator& comm);

// Rank 0 alone: `trace` for the time being. The stretches are in a folder below that of the trace, or beside
// it, and the last one gives the counters. Throws std::runtime_error.
void write_unfinished_trace(const std::filesystem::path& trace, const std::filesystem::path& folder,
                            const std::vector<Stretch>& stretches);

// Whether a trace, which is readable, is of a run that has not ended.
bool is_unfinished(const std::filesystem::path& trace);

// Puts the rows of the stretches before those that `local` has; each rank reads those of its own dies.
// Collective; throws std::runtime_error on every rank.
void add_stretches(LocalRecords& local, const std::filesystem::path& folder,
                   const std::vector<Stretch>& stretches, const boost::mpi::communicator& comm);

// Puts rows of the same dies after those of each die.
void append_rows(LocalRecords& records, const LocalRecords& later);
// Puts operations, waits and messages before those that a run has recorded since.
void put_before(LocalRecords earlier, LocalRecords& local);

}  // namespace hecaton::io
