// Where the rows of one rank go in a table that all ranks write together. A table is ordered by a key (die,
// node) whatever rank holds it, so the first row of each key is an exclusive scan over all keys, and a rank's
// rows form a few extents: one per run of consecutive keys it owns, not one per key.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <cstdint>
#include <span>
#include <vector>

#include "io/hdf5_file.hpp"

namespace hecaton::io {

struct TraceLayout {
  std::vector<std::uint64_t> first_row;  // of each key; one more entry at the end: the number of rows
  std::vector<hdf5::Extent> extents;     // of this rank's rows, ascending, disjoint, not empty, maximal
  std::uint64_t rows() const { return first_row.back(); }
};

// Collective. `keys` are this rank's, ascending, each < `key_count`; `rows_per_key` says how many rows each
// has here. Throws std::logic_error on every rank if a key is out of order, out of range or held by two
// ranks.
TraceLayout make_layout(std::span<const std::uint32_t> keys, std::span<const std::uint64_t> rows_per_key,
                        std::uint32_t key_count, const boost::mpi::communicator& comm);

// The part of `extents` that holds the local rows [first, first + count).
std::vector<hdf5::Extent> slice(std::span<const hdf5::Extent> extents, std::uint64_t first,
                                std::uint64_t count);

}  // namespace hecaton::io
