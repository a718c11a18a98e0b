// Writes the trace: one HDF5 file per run, whatever the rank count.
//
//   /dies/*         one row per compute die: place, counters, times, energies
//   /operations/*   one row per finished operation, by die and then by time; offsets[d]: first row of die d
//   /links/*        one row per directed link, by (from, to): time busy, flits, packets, payload
//   /channels/*     one row per DRAM channel, by (io_die, channel): time busy
//   /stalls/*       one row per row of /links: for how long it was idle, and why
//   /messages/*     one row per message, by source and then by hand-over; offsets[n]: first row of node n
//   /marks/*        one row for each time that a die enters a pass, layer or mini-batch; offsets as of operations
//   /bins/*         when links and channels were busy, and how full buffers were: matrices by row and bin (bins.hpp)
//   /deck, /summary   the resolved deck (TOML), its results (JSON)
//   /provenance     what varies from run to run: attributes, `run` (JSON), `ranks` (one row each), `deck`
//
// Invariants: everything outside /provenance is the same bytes of data at any rank count and under any
// partition. A file of this name is always complete: it is written under a temporary name beside, synced,
// then renamed.
//
// How: rank 0 alone creates the structure, with the space of every column reserved; then all ranks open the
// file through MPI-IO, exchange rows so that each holds blocks of consecutive ones (layout.hpp), and
// fill the columns in. Columns are contiguous and not compressed: README.md says why.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <filesystem>

#include "io/deck/deck.hpp"
#include "io/result/provenance.hpp"
#include "io/result/run_result.hpp"
#include "io/result/summary.hpp"

namespace hecaton::io {

// Collective. Throws on every rank, and leaves no file: std::runtime_error if the file cannot be written, a
// full disk on one rank's side included; std::logic_error if the records contradict each other. Without
// recorded operations the table of operations is there and empty.
void write_trace(const std::filesystem::path& path, const Deck& deck, const RunResult& result,
                 const Summary& summary, const Provenance& provenance, const boost::mpi::communicator& comm);

// About what a trace takes beside its columns.
std::uint64_t trace_frame_bytes(const Deck& deck);

// Rows of the tables of a trace.
struct TraceRows {
  std::uint64_t dies = 0;
  std::uint64_t links = 0;
  std::uint64_t operations = 0;
  std::uint64_t phases = 0;
  std::uint64_t path = 0;
  std::uint64_t channels = 0;   // of DRAM; 0 without bins
  std::uint64_t bin_cells = 0;  // of all matrices
  bool stalls = false;          // of each link
  std::uint64_t nodes = 0;      // that messages are told of; 0: of none
  std::uint64_t messages = 0;
};

// Bytes of its columns, for an estimate before a run.
struct TracePartBytes {
  std::uint64_t counters = 0;  // of dies and links
  std::uint64_t operations = 0;
  std::uint64_t bins = 0;
  std::uint64_t stalls = 0;
  std::uint64_t marks = 0;
  std::uint64_t messages = 0;
  std::uint64_t path = 0;

  std::uint64_t sum() const;
};
TracePartBytes trace_part_bytes(const TraceRows& rows);

}  // namespace hecaton::io
