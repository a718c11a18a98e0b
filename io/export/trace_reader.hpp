// Reads the tables of a trace in blocks. The file may be anything: every function throws hdf5::Error for what no trace
// holds, and is called in a process of its own (io/files/child_process.hpp).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/chiplet/program/records.hpp"
#include "io/files/hdf5_file.hpp"
#include "io/trace/schema.hpp"

namespace hecaton::io {

struct OpenTrace {
  hdf5::Handle file;
  std::uint32_t rows = 0;  // of dies
  std::uint32_t columns = 0;
  std::uint64_t most_rows = 0;  // that a table can have in a file of this size

  std::uint32_t dies() const { return rows * columns; }
};
OpenTrace open_trace(const std::filesystem::path& path);

// A table with any rows of it.
template <class Row>
class TableReader {
 public:
  TableReader(const OpenTrace& trace, TraceTable<Row> table) : table_(std::move(table)) {
    for (const TraceColumn<Row>& column : table_.columns) {
      const std::string path = std::string(table_.group) + "/" + column.name;
      columns_.push_back(hdf5::open_numbers(trace.file, path, column.cell, trace.most_rows));
      if (columns_.back().rows != columns_.front().rows)
        throw hdf5::Error("reading '" + path + "': it has other rows than the columns beside it");
    }
  }

  const TraceTable<Row>& table() const { return table_; }
  std::uint64_t rows() const { return columns_.front().rows; }
  std::vector<Row> read(std::uint64_t first, std::uint64_t count) const {
    std::vector<Row> rows(count);
    if (count == 0) return rows;
    std::vector<std::byte> cells(count * sizeof(std::uint64_t));
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const TraceColumn<Row>& column = table_.columns[c];
      hdf5::read_rows(columns_[c].column, column.cell, first, count, cells.data());
      column.copy_back(cells.data(), rows);
    }
    return rows;
  }

 private:
  TraceTable<Row> table_;
  std::vector<hdf5::OpenColumn> columns_;
};

// The operations, die by die.
class OperationReader {
 public:
  explicit OperationReader(const OpenTrace& trace);
  std::uint64_t rows() const { return reader_.rows(); }
  const TraceTable<chiplet::OperationRow>& table() const { return reader_.table(); }
  // In the order of their ends. Kinds and stages are ones that there are, and no operation ends before it starts.
  std::vector<chiplet::OperationRow> of_die(std::uint32_t die) const;

 private:
  TableReader<chiplet::OperationRow> reader_;
  std::vector<std::uint64_t> offsets_;  // first row of each die, and the end
};

}  // namespace hecaton::io
