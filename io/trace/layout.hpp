// Where the rows of one rank go in a table that all ranks write together. A table is ordered by a key (die,
// node) whatever rank holds it, so the first row of each key is an exclusive scan over all keys, and a rank's
// rows form extents: one per run of consecutive keys it owns.
//
// Before writing, rows change ranks so that each rank writes blocks: long runs of consecutive rows, however
// its dies are scattered over the package. (Writing the extents themselves costs HDF5 and MPI-IO time that
// grows with the square of their number.) A window is one block for each rank; a table of few rows is one
// block, written by rank 0.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hecaton::io {

inline constexpr std::uint64_t block_rows = 1U << 16U;

// `count` consecutive rows of the table from row `first`, which are local rows from `local` on.
struct Extent {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  std::uint64_t local = 0;
  friend bool operator==(const Extent&, const Extent&) = default;
};

struct TraceLayout {
  std::vector<std::uint64_t> first_row;  // of each key; one more entry at the end: the number of rows
  std::vector<Extent> extents;           // of this rank's rows, ascending, disjoint, not empty, maximal
  std::uint64_t rows() const { return first_row.back(); }
};

// Collective. `keys` are this rank's, ascending, each < `key_count`; `rows_per_key` says how many rows each
// has here. Throws std::logic_error on every rank if a key is out of order, out of range or held by two
// ranks.
TraceLayout make_layout(std::span<const std::uint32_t> keys, std::span<const std::uint64_t> rows_per_key,
                        std::uint32_t key_count, const boost::mpi::communicator& comm);

struct Block {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

std::uint64_t window_count(const TraceLayout& layout, int ranks);
// The rows that a rank writes in a window; the last ones may be short or empty.
Block block_of(const TraceLayout& layout, std::uint64_t window, int rank, int ranks);

// Collective: hands the rows of a window to the ranks that write them. `rows` are all of this rank's rows,
// each of `row_bytes` trivially copyable bytes; returns those of its block, in order.
std::vector<std::byte> exchange_rows(const TraceLayout& layout, std::span<const std::byte> rows,
                                     std::size_t row_bytes, std::uint64_t window,
                                     const boost::mpi::communicator& comm);

}  // namespace hecaton::io
