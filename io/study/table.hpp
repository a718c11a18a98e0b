// The table of a study: one row per point, columns of any type, as CSV and as HDF5.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/result/summary.hpp"

namespace hecaton::io {

struct TableColumn {
  std::string name;
  std::string unit;  // empty: a plain number or no number
  std::string text;  // one line on what it is
  // All of one type, or empty; but of counts those too large for 64 bits are doubles, and so is then, in HDF5,
  // the whole column.
  std::vector<std::optional<Figure>> cells;
};

// RFC 4180, with a line of names. Numbers read back to the same value. An empty cell is nothing between two commas; in
// HDF5 it is NaN, an empty text or 0.
std::string to_csv(const std::vector<TableColumn>& columns);

// /points holds one dataset per column with `units` and `long_name`, /study the text of the study. Written
// beside, synced, renamed. Throws hdf5::Error and std::system_error.
void write_study_table(const std::filesystem::path& path, const std::vector<TableColumn>& columns,
                       std::string_view study_text);

}  // namespace hecaton::io
