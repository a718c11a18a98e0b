#include "io/page/busy_bins.hpp"

#include <algorithm>

#include "io/page/bin_matrix.hpp"
#include "io/trace/bins.hpp"
#include "io/trace/table_reader.hpp"

namespace hecaton::io {
namespace {

constexpr std::uint64_t most_channels = 1U << 20U;
constexpr std::uint64_t fewest_bins = 8;
BinMatrix read_busy_matrix(const hdf5::Handle& file, const char* path, std::uint64_t rows) {
  BinMatrix matrix = read_bin_matrix(file, path, {rows, rows});
  for (const std::uint64_t busy_ps : matrix.cells)
    if (busy_ps > matrix.width_ps)
      throw hdf5::Error(std::string(path) + " says more of a bin than its width");
  return matrix;
}

std::vector<std::uint32_t> shares_of(const BinMatrix& matrix, std::uint64_t bins, std::uint64_t end_ps) {
  std::vector<std::uint32_t> shares;
  for (std::uint64_t row = 0; row < matrix.rows; ++row)
    for (std::uint64_t bin = 0; bin < bins; ++bin) {
      const std::uint64_t begin = bin * matrix.width_ps;
      const std::uint64_t span = end_ps > begin ? std::min(matrix.width_ps, end_ps - begin) : matrix.width_ps;
      const double share = static_cast<double>(matrix.at(row, bin)) / static_cast<double>(span);
      shares.push_back(static_cast<std::uint32_t>(std::min(share, 1.0) * 1000 + 0.5));
    }
  return shares;
}

}  // namespace

std::optional<BusyBins> read_busy_bins(const hdf5::Handle& file, const BusyBinsOf& of) {
  if (!hdf5::has_object(file, "bins")) return std::nullopt;
  BusyBins read;
  read.channels = TableReader<chiplet::ChannelCounters>(file, channel_table(), most_channels).read_all();
  const std::uint64_t rows = of.links + read.channels.size();
  if (rows * fewest_bins > of.most_cells) return std::nullopt;
  BinMatrix links = read_busy_matrix(file, "bins/links", of.links);
  BinMatrix channels = read_busy_matrix(file, "bins/channels", read.channels.size());
  if (links.bins != channels.bins || links.width_ps != channels.width_ps)
    throw hdf5::Error("/bins has other bins for links than for channels");
  while (links.bins > 1 && rows * links.bins > of.most_cells) {
    add_up_pairs(links);
    add_up_pairs(channels);
  }
  const std::uint64_t used = std::max(used_bins(links), used_bins(channels));
  const std::uint64_t end_ps = of.end_ps.value_or(used * links.width_ps);
  const std::uint64_t reached = end_ps / links.width_ps + (end_ps % links.width_ps > 0 ? 1 : 0);
  read.width_ps = links.width_ps;
  read.bins = std::min(links.bins, std::max(used, reached));
  read.links = shares_of(links, read.bins, end_ps);
  read.of_channels = shares_of(channels, read.bins, end_ps);
  return read;
}

}  // namespace hecaton::io
