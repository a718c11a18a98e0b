// Reads tables of a trace that may be any file: columns of the right type, of credible length and equally long,
// which lie plainly in the file. All else is an hdf5::Error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "io/files/hdf5_file.hpp"
#include "io/trace/schema.hpp"

namespace hecaton::io {

template <class Row>
class TableReader {
 public:
  TableReader(const hdf5::Handle& file, TraceTable<Row> table, std::uint64_t most_rows)
      : table_(std::move(table)) {
    for (const TraceColumn<Row>& column : table_.columns) {
      const std::string path = std::string(table_.group) + "/" + column.name;
      columns_.push_back(hdf5::open_numbers(file, path, column.cell, most_rows));
      if (columns_.back().rows != columns_.front().rows)
        throw hdf5::Error("reading '" + path + "': it has other rows than the columns beside it");
    }
  }

  const TraceTable<Row>& table() const { return table_; }
  std::uint64_t rows() const { return columns_.front().rows; }

  // Rows from `first` on; they must exist.
  std::vector<Row> read(std::uint64_t first, std::uint64_t count) const {
    std::vector<Row> rows(count);
    if (count == 0) return rows;
    std::vector<std::byte> cells(count * sizeof(std::uint64_t));
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      hdf5::read_rows(columns_[i].column, table_.columns[i].cell, first, count, cells.data());
      table_.columns[i].copy_back(cells.data(), rows);
    }
    return rows;
  }
  std::vector<Row> read_all() const { return read(0, rows()); }

 private:
  TraceTable<Row> table_;
  std::vector<hdf5::OpenColumn> columns_;
};

// The operations of a trace. One of an earlier program lacks their multiply-accumulates, which are 0 then.
inline TraceTable<chiplet::OperationRow> operation_table_of(const hdf5::Handle& file) {
  TraceTable<chiplet::OperationRow> table = operation_table();
  if (!hdf5::has_object(file, "operations/macs"))
    std::erase_if(table.columns, [](const auto& column) { return column.name == "macs"; });
  return table;
}

}  // namespace hecaton::io
