// Reads a matrix of /bins, row by row, of a trace that may be any file. All that no trace holds is an hdf5::Error.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "io/files/hdf5_file.hpp"
#include "io/result/trace_content.hpp"

namespace hecaton::io {

class BinReader {
 public:
  // Precondition: it is there. Throws if it has other rows, or no credible bins.
  BinReader(const hdf5::Handle& file, const std::string& path, std::uint64_t rows)
      : path_(path), opened_(hdf5::open_matrix(file, path, hdf5::Cell::u64, {rows, most_bins})) {
    constexpr std::int64_t most_width_ps = std::int64_t{1} << 50U;
    width_ps_ = hdf5::read_integer_attribute(opened_.matrix, "width_ps");
    const bool is_credible = opened_.rows == rows && width_ps_ >= 1 && width_ps_ <= most_width_ps &&
                             is_bin_count(static_cast<std::uint32_t>(opened_.columns));
    if (!is_credible) throw hdf5::Error("reading '" + path_ + "': it has no credible rows and bins");
  }

  std::int64_t width_ps() const { return width_ps_; }

  // What is in each bin of a row, which is at most their width.
  std::vector<std::uint64_t> of(std::uint64_t row) const {
    std::vector<std::uint64_t> cells(opened_.columns);
    if (cells.empty()) return cells;
    hdf5::read_rows(opened_.matrix, hdf5::Cell::u64, row * cells.size(), cells.size(), cells.data());
    for (const std::uint64_t cell : cells)
      if (cell > static_cast<std::uint64_t>(width_ps_))
        throw hdf5::Error("reading '" + path_ + "': it says more of a bin than its width");
    return cells;
  }

 private:
  std::string path_;
  hdf5::OpenMatrix opened_;
  std::int64_t width_ps_ = 0;
};

}  // namespace hecaton::io
