#include "io/page/busy_bins.hpp"

#include <algorithm>

#include "io/result/trace_content.hpp"
#include "io/trace/bins.hpp"
#include "io/trace/table_reader.hpp"

namespace hecaton::io {
namespace {

constexpr std::uint64_t most_channels = 1U << 20U;
constexpr std::uint64_t fewest_bins = 8;
constexpr std::uint64_t most_width_ps = std::uint64_t{1} << 62U;

struct Matrix {
  std::uint64_t rows = 0, bins = 0, width_ps = 0;
  std::vector<std::uint64_t> busy_ps;  // row after row
};

// Of as many rows as there are links or channels.
Matrix read_matrix(const hdf5::Handle& file, const char* path, std::uint64_t rows) {
  const hdf5::OpenMatrix opened = hdf5::open_matrix(file, path, hdf5::Cell::u64, {rows, most_bins});
  if (opened.rows != rows) throw hdf5::Error(std::string(path) + " has not one row for each link or channel");
  const std::int64_t width = hdf5::read_integer_attribute(opened.matrix, "width_ps");
  if (width < 1 || static_cast<std::uint64_t>(width) > most_width_ps ||
      !is_bin_count(static_cast<std::uint32_t>(opened.columns)))
    throw hdf5::Error(std::string(path) + " has no credible bins of time");
  Matrix matrix{rows, opened.columns, static_cast<std::uint64_t>(width), {}};
  matrix.busy_ps.resize(rows * matrix.bins);
  if (!matrix.busy_ps.empty())
    hdf5::read_rows(opened.matrix, hdf5::Cell::u64, 0, matrix.busy_ps.size(), matrix.busy_ps.data());
  for (const std::uint64_t busy_ps : matrix.busy_ps)
    if (busy_ps > matrix.width_ps)
      throw hdf5::Error(std::string(path) + " says more of a bin than its width");
  return matrix;
}

// Each two bins become one.
void halve(Matrix& matrix) {
  for (std::size_t i = 0; 2 * i + 1 < matrix.busy_ps.size(); ++i)
    matrix.busy_ps[i] = matrix.busy_ps[2 * i] + matrix.busy_ps[2 * i + 1];
  matrix.busy_ps.resize(matrix.busy_ps.size() / 2);
  matrix.bins /= 2;
  matrix.width_ps *= 2;
}

// Up to the last bin in which anything was busy.
std::uint64_t used_bins(const Matrix& matrix) {
  std::uint64_t used = 0;
  for (std::size_t i = 0; i < matrix.busy_ps.size(); ++i)
    if (matrix.busy_ps[i] > 0) used = std::max<std::uint64_t>(used, i % matrix.bins + 1);
  return used;
}

std::vector<std::uint32_t> shares_of(const Matrix& matrix, std::uint64_t bins, std::uint64_t end_ps) {
  std::vector<std::uint32_t> shares;
  for (std::uint64_t row = 0; row < matrix.rows; ++row)
    for (std::uint64_t bin = 0; bin < bins; ++bin) {
      const std::uint64_t begin = bin * matrix.width_ps;
      const std::uint64_t span = end_ps > begin ? std::min(matrix.width_ps, end_ps - begin) : matrix.width_ps;
      const double share =
          static_cast<double>(matrix.busy_ps[row * matrix.bins + bin]) / static_cast<double>(span);
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
  Matrix links = read_matrix(file, "bins/links", of.links);
  Matrix channels = read_matrix(file, "bins/channels", read.channels.size());
  if (links.bins != channels.bins || links.width_ps != channels.width_ps)
    throw hdf5::Error("/bins has other bins for links than for channels");
  while (links.bins > 1 && rows * links.bins > of.most_cells) {
    halve(links);
    halve(channels);
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
