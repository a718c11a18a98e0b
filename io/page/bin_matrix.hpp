// A matrix of /bins in a trace: a row for each link, channel, die or node, a column for each bin of time.
#pragma once

#include <cstdint>
#include <vector>

#include "io/files/hdf5_file.hpp"

namespace hecaton::io {

struct BinMatrix {
  std::uint64_t rows = 0, bins = 0, width_ps = 0;
  std::vector<std::uint64_t> cells;  // row after row

  std::uint64_t at(std::uint64_t row, std::uint64_t bin) const { return cells[row * bins + bin]; }
};

// How many rows a matrix may have.
struct RowRange {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
};
// Throws hdf5::Error for what is none.
BinMatrix read_bin_matrix(const hdf5::Handle& file, const char* path, RowRange rows);

// Each two bins become one, with their sum.
void add_up_pairs(BinMatrix& matrix);

// How many bins there are up to the last one that any row has anything in.
std::uint64_t used_bins(const BinMatrix& matrix);

}  // namespace hecaton::io
