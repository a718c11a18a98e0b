#include "io/trace/layout.hpp"

#include <mpi.h>

#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <boost/mpi/exception.hpp>
#include <cstring>
#include <functional>
#include <numeric>
#include <stdexcept>

namespace hecaton::io {
namespace {

bool are_valid(std::span<const std::uint32_t> keys, std::span<const std::uint64_t> rows_per_key,
               std::uint32_t key_count) {
  return keys.size() == rows_per_key.size() &&
         std::adjacent_find(keys.begin(), keys.end(), std::greater_equal<>()) == keys.end() &&
         (keys.empty() || keys.back() < key_count);
}

// Rows of every key over all ranks.
std::vector<std::uint64_t> global_counts(std::span<const std::uint32_t> keys,
                                         std::span<const std::uint64_t> rows_per_key, std::uint32_t key_count,
                                         const boost::mpi::communicator& comm) {
  const bool valid = are_valid(keys, rows_per_key, key_count);
  // Rows and owners in one reduction; a flag in the last place carries a rank's complaint to all of them.
  std::vector<std::uint64_t> local(2 * std::size_t{key_count} + 1, 0);
  local.back() = valid ? 0 : 1;
  for (std::size_t i = 0; valid && i < keys.size(); ++i) {
    local[keys[i]] = rows_per_key[i];
    local[std::size_t{key_count} + keys[i]] = 1;
  }
  std::vector<std::uint64_t> sums(local.size());
  boost::mpi::all_reduce(comm, local.data(), static_cast<int>(local.size()), sums.data(), std::plus<>());
  if (std::any_of(sums.begin() + key_count, sums.end() - 1,
                  [](std::uint64_t owners) { return owners > 1; })) {
    throw std::logic_error("trace: two ranks hold rows of the same die");
  }
  if (sums.back() != 0) throw std::logic_error("trace: a rank's rows are not in ascending order of its dies");
  sums.resize(key_count);
  return sums;
}

// The parts of `extents` that lie in a block.
std::vector<Extent> parts_in(const std::vector<Extent>& extents, const Block& block) {
  std::vector<Extent> parts;
  const std::uint64_t end = block.first + block.count;
  auto extent = std::partition_point(extents.begin(), extents.end(),
                                     [&](const Extent& e) { return e.first + e.count <= block.first; });
  for (; extent != extents.end() && extent->first < end; ++extent) {
    const std::uint64_t from = std::max(extent->first, block.first);
    const std::uint64_t to = std::min(extent->first + extent->count, end);
    parts.push_back({from, to - from, extent->local + (from - extent->first)});
  }
  return parts;
}

std::uint64_t rows_in(const std::vector<Extent>& extents) {
  std::uint64_t rows = 0;
  for (const Extent& extent : extents) rows += extent.count;
  return rows;
}

// How many bytes go to, or come from, each rank, one rank's after the other's. A block is a few megabytes,
// and so is all that one call moves: MPI's `int` is wide enough.
struct Lanes {
  explicit Lanes(int ranks) : counts(static_cast<std::size_t>(ranks), 0), offsets(counts) {}
  void add(int rank, std::size_t bytes) {
    counts[static_cast<std::size_t>(rank)] = static_cast<int>(bytes);
    offsets[static_cast<std::size_t>(rank)] = total;
    total += static_cast<int>(bytes);
  }
  std::vector<int> counts;
  std::vector<int> offsets;
  int total = 0;
};

struct Received {
  std::vector<std::byte> bytes;
  Lanes lanes;
};

Received exchange(std::span<const std::byte> bytes, const Lanes& to, const boost::mpi::communicator& comm) {
  std::vector<int> counts(to.counts.size());
  BOOST_MPI_CHECK_RESULT(MPI_Alltoall, (to.counts.data(), 1, MPI_INT, counts.data(), 1, MPI_INT, comm));
  Received received{{}, Lanes(comm.size())};
  for (int rank = 0; rank < comm.size(); ++rank) {
    received.lanes.add(rank, static_cast<std::size_t>(counts[static_cast<std::size_t>(rank)]));
  }
  received.bytes.resize(static_cast<std::size_t>(received.lanes.total));
  BOOST_MPI_CHECK_RESULT(MPI_Alltoallv,
                         (bytes.data(), to.counts.data(), to.offsets.data(), MPI_BYTE, received.bytes.data(),
                          received.lanes.counts.data(), received.lanes.offsets.data(), MPI_BYTE, comm));
  return received;
}

// Each sender's rows come in the table's order; its extents say where they belong.
std::vector<std::byte> in_order(const Received& where, const Received& what, const Block& block,
                                std::size_t row_bytes) {
  std::vector<std::byte> ordered(block.count * row_bytes);
  const std::byte* row = what.bytes.data();
  for (std::size_t at = 0; at < where.bytes.size(); at += sizeof(Extent)) {
    Extent extent;
    std::memcpy(&extent, &where.bytes[at], sizeof extent);
    std::memcpy(&ordered[(extent.first - block.first) * row_bytes], row, extent.count * row_bytes);
    row += extent.count * row_bytes;
  }
  return ordered;
}

}  // namespace

TraceLayout make_layout(std::span<const std::uint32_t> keys, std::span<const std::uint64_t> rows_per_key,
                        std::uint32_t key_count, const boost::mpi::communicator& comm) {
  const std::vector<std::uint64_t> counts = global_counts(keys, rows_per_key, key_count, comm);
  TraceLayout layout;
  layout.first_row.resize(std::size_t{key_count} + 1, 0);
  std::partial_sum(counts.begin(), counts.end(), layout.first_row.begin() + 1);
  std::uint64_t local = 0;
  for (const std::uint32_t key : keys) {
    const Extent extent{layout.first_row[key], counts[key], local};
    local += extent.count;
    if (extent.count == 0) continue;
    if (!layout.extents.empty() &&
        layout.extents.back().first + layout.extents.back().count == extent.first) {
      layout.extents.back().count += extent.count;
    } else {
      layout.extents.push_back(extent);
    }
  }
  return layout;
}

std::uint64_t window_count(const TraceLayout& layout, int ranks) {
  const std::uint64_t window_rows = block_rows * static_cast<std::uint64_t>(ranks);
  return (layout.rows() + window_rows - 1) / window_rows;
}

Block block_of(const TraceLayout& layout, std::uint64_t window, int rank, int ranks) {
  const std::uint64_t index = window * static_cast<std::uint64_t>(ranks) + static_cast<std::uint64_t>(rank);
  const std::uint64_t first = std::min(index * block_rows, layout.rows());
  return {first, std::min(block_rows, layout.rows() - first)};
}

std::vector<std::byte> exchange_rows(const TraceLayout& layout, std::span<const std::byte> rows,
                                     std::size_t row_bytes, std::uint64_t window,
                                     const boost::mpi::communicator& comm) {
  std::vector<Extent> pieces;  // of this rank's rows, by receiver
  Lanes piece_lanes(comm.size());
  Lanes row_lanes(comm.size());
  for (int rank = 0; rank < comm.size(); ++rank) {
    const std::vector<Extent> cut = parts_in(layout.extents, block_of(layout, window, rank, comm.size()));
    piece_lanes.add(rank, cut.size() * sizeof(Extent));
    row_lanes.add(rank, rows_in(cut) * row_bytes);
    pieces.insert(pieces.end(), cut.begin(), cut.end());
  }
  // A rank's rows are in the table's order, so those of a window lie together.
  const std::size_t begin = pieces.empty() ? 0 : pieces.front().local * row_bytes;
  const Received where = exchange(std::as_bytes(std::span(pieces)), piece_lanes, comm);
  const Received what = exchange(rows.subspan(begin), row_lanes, comm);
  return in_order(where, what, block_of(layout, window, comm.rank(), comm.size()), row_bytes);
}

}  // namespace hecaton::io
