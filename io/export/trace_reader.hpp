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
#include "io/trace/table_reader.hpp"

namespace hecaton::io {

struct OpenTrace {
  hdf5::Handle file;
  std::uint32_t rows = 0;  // of dies
  std::uint32_t columns = 0;
  std::uint64_t most_rows = 0;  // that a table can have in a file of this size

  std::uint32_t dies() const { return rows * columns; }
};
OpenTrace open_trace(const std::filesystem::path& path);

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
