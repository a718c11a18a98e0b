#include "io/export/trace_reader.hpp"

#include <algorithm>

#include "core/engine/base/enum_names.hpp"

namespace hecaton::io {
namespace {

constexpr std::int64_t most_dies = 1U << 20U;

bool is_credible(const chiplet::OperationRow& row, std::uint32_t die) {
  return row.die == die && static_cast<std::size_t>(row.kind) < names_of<chiplet::OperationKind>().size() &&
         static_cast<std::size_t>(row.stage) < names_of<chiplet::Stage>().size() && row.start_ps >= 0 &&
         row.start_ps <= row.end_ps;
}

}  // namespace

OpenTrace open_trace(const std::filesystem::path& path) {
  OpenTrace trace{hdf5::open(path), 0, 0, std::filesystem::file_size(path)};
  const std::int64_t rows = hdf5::read_integer_attribute(trace.file, "rows");
  const std::int64_t columns = hdf5::read_integer_attribute(trace.file, "columns");
  if (rows < 1 || columns < 1 || rows > most_dies || columns > most_dies / rows)
    throw hdf5::Error("its rows and columns of dies are not credible");
  trace.rows = static_cast<std::uint32_t>(rows);
  trace.columns = static_cast<std::uint32_t>(columns);
  return trace;
}

OperationReader::OperationReader(const OpenTrace& trace)
    : reader_(trace.file, operation_table_of(trace.file), trace.most_rows),
      offsets_(hdf5::read_counts(trace.file, "operations/offsets", trace.most_rows)) {
  const bool fits = offsets_.size() == std::size_t{trace.dies()} + 1 && offsets_.front() == 0 &&
                    offsets_.back() == reader_.rows() && std::is_sorted(offsets_.begin(), offsets_.end());
  if (!fits) throw hdf5::Error("reading 'operations/offsets': it contradicts the rows of the operations");
}

std::vector<chiplet::OperationRow> OperationReader::of_die(std::uint32_t die) const {
  std::vector<chiplet::OperationRow> rows =
      reader_.read(offsets_[die], offsets_[std::size_t{die} + 1] - offsets_[die]);
  for (const chiplet::OperationRow& row : rows) {
    if (!is_credible(row, die))
      throw hdf5::Error("an operation of die " + std::to_string(die) + " has values that no trace holds");
  }
  return rows;
}

}  // namespace hecaton::io
