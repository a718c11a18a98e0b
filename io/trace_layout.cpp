#include "io/trace_layout.hpp"

#include <algorithm>
#include <boost/mpi/collectives.hpp>
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

}  // namespace

TraceLayout make_layout(std::span<const std::uint32_t> keys, std::span<const std::uint64_t> rows_per_key,
                        std::uint32_t key_count, const boost::mpi::communicator& comm) {
  const std::vector<std::uint64_t> counts = global_counts(keys, rows_per_key, key_count, comm);
  TraceLayout layout;
  layout.first_row.resize(std::size_t{key_count} + 1, 0);
  std::partial_sum(counts.begin(), counts.end(), layout.first_row.begin() + 1);
  for (const std::uint32_t key : keys) {
    const hdf5::Extent extent{layout.first_row[key], counts[key]};
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

std::vector<hdf5::Extent> slice(std::span<const hdf5::Extent> extents, std::uint64_t first,
                                std::uint64_t count) {
  std::vector<hdf5::Extent> part;
  std::uint64_t begin = 0;  // local row at which the extent begins
  for (const hdf5::Extent& extent : extents) {
    const std::uint64_t from = std::max(first, begin);
    const std::uint64_t to = std::min(first + count, begin + extent.count);
    if (from < to) part.push_back({extent.first + (from - begin), to - from});
    begin += extent.count;
  }
  return part;
}

}  // namespace hecaton::io
