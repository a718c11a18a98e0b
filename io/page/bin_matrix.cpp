#include "io/page/bin_matrix.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

#include "io/result/trace_content.hpp"

namespace hecaton::io {
namespace {

constexpr std::uint64_t most_width_ps = std::uint64_t{1} << 62U;

}  // namespace

BinMatrix read_bin_matrix(const hdf5::Handle& file, const char* path, RowRange rows) {
  const hdf5::OpenMatrix opened = hdf5::open_matrix(file, path, hdf5::Cell::u64, {rows.most, most_bins});
  if (opened.rows < rows.least)
    throw hdf5::Error(std::string(path) + " has not one row for each of what it tells");
  const std::int64_t width = hdf5::read_integer_attribute(opened.matrix, "width_ps");
  if (width < 1 || static_cast<std::uint64_t>(width) > most_width_ps ||
      !is_bin_count(static_cast<std::uint32_t>(opened.columns)))
    throw hdf5::Error(std::string(path) + " has no credible bins of time");
  BinMatrix matrix{opened.rows, opened.columns, static_cast<std::uint64_t>(width), {}};
  matrix.cells.resize(matrix.rows * matrix.bins);
  if (!matrix.cells.empty())
    hdf5::read_rows(opened.matrix, hdf5::Cell::u64, 0, matrix.cells.size(), matrix.cells.data());
  return matrix;
}

void add_up_pairs(BinMatrix& matrix) {
  for (std::size_t i = 0; 2 * i + 1 < matrix.cells.size(); ++i)
    matrix.cells[i] = matrix.cells[2 * i] + matrix.cells[2 * i + 1];
  matrix.cells.resize(matrix.cells.size() / 2);
  matrix.bins /= 2;
  matrix.width_ps *= 2;
}

std::uint64_t used_bins(const BinMatrix& matrix) {
  std::uint64_t used = 0;
  for (std::size_t i = 0; i < matrix.cells.size(); ++i)
    if (matrix.cells[i] > 0) used = std::max<std::uint64_t>(used, i % matrix.bins + 1);
  return used;
}

}  // namespace hecaton::io
