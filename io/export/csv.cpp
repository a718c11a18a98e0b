#include "io/export/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "io/result/run_result.hpp"

namespace hecaton::io {
namespace {

constexpr std::uint64_t rows_at_once = 1U << 16U;
constexpr std::size_t most_name_bytes = 4096;

template <class T>
T value_at(const std::byte* cell) {
  T value;
  std::memcpy(&value, cell, sizeof value);
  return value;
}

std::string number_text(hdf5::Cell type, const std::byte* cell) {
  switch (type) {
    case hdf5::Cell::u8:
      return fmt::format("{}", value_at<std::uint8_t>(cell));
    case hdf5::Cell::i16:
      return fmt::format("{}", value_at<std::int16_t>(cell));
    case hdf5::Cell::i32:
      return fmt::format("{}", value_at<std::int32_t>(cell));
    case hdf5::Cell::u32:
      return fmt::format("{}", value_at<std::uint32_t>(cell));
    case hdf5::Cell::i64:
      return fmt::format("{}", value_at<std::int64_t>(cell));
    case hdf5::Cell::u64:
      return fmt::format("{}", value_at<std::uint64_t>(cell));
    case hdf5::Cell::f64:
      return fmt::format("{}", value_at<double>(cell));
  }
  throw std::logic_error("an HDF5 cell type without a text");
}

// Names of strata come from the file.
std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
  return result + "\"";
}

template <class Row>
std::string header_of(const TraceTable<Row>& table) {
  std::string line;
  for (const TraceColumn<Row>& column : table.columns) {
    if (!line.empty()) line += ',';
    line += column.name;
    if (std::string_view(column.units) != "1") line += fmt::format(" [{}]", column.units);
  }
  return line;
}

template <class Row>
std::string line_of(const TraceTable<Row>& table, const Row& row) {
  std::string line;
  for (const TraceColumn<Row>& column : table.columns) {
    std::byte cell[sizeof(std::uint64_t)];
    column.copy(std::span(&row, 1), cell);
    if (!line.empty()) line += ',';
    if (column.names.empty()) {
      line += number_text(column.cell, cell);
      continue;
    }
    const auto value = value_at<std::uint8_t>(cell);
    if (value >= column.names.size())
      throw hdf5::Error(std::string("a row of ") + table.group + " has values that no trace holds");
    line += column.names[value];
  }
  return line;
}

// `line(row, number)` is nothing for a row that is left out.
template <class Row, class Line>
void write_rows(const TableReader<Row>& reader, Output& output, Line&& line) {
  for (std::uint64_t first = 0; first < reader.rows(); first += rows_at_once) {
    const std::uint64_t count = std::min(rows_at_once, reader.rows() - first);
    const std::vector<Row> rows = reader.read(first, count);
    for (std::size_t i = 0; i < rows.size(); ++i) output.add(line(rows[i], first + i));
  }
}

template <class Row>
void write_filtered(const OpenTrace& trace, const ExportFilter& filter, TraceTable<Row> table,
                    Output& output) {
  output.add(header_of(table) + "\n");
  if (!hdf5::has_object(trace.file, table.group)) return;
  const TableReader<Row> reader(trace.file, std::move(table), trace.most_rows);
  write_rows(reader, output, [&](const Row& row, std::uint64_t) {
    return filter.keeps(row) ? line_of(reader.table(), row) + "\n" : std::string();
  });
}

void write_operations(const OpenTrace& trace, const ExportFilter& filter, Output& output) {
  const OperationReader reader(trace);
  output.add(header_of(reader.table()) + "\n");
  for (std::uint32_t die = 0; die < trace.dies(); ++die) {
    if (!filter.dies.contains(die)) continue;
    for (const chiplet::OperationRow& row : reader.of_die(die))
      if (filter.keeps(row)) output.add(line_of(reader.table(), row) + "\n");
  }
}

void write_strata(const OpenTrace& trace, Output& output) {
  const TraceTable<StratumRow> table = trace_table<StratumRow>("strata", "");
  output.add("name," + header_of(table) + "\n");
  if (!hdf5::has_object(trace.file, "strata")) return;
  const TableReader<StratumRow> reader(trace.file, table, trace.most_rows);
  const std::vector<std::string> names =
      hdf5::read_texts(trace.file, "strata/name", trace.most_rows, most_name_bytes);
  if (names.size() != reader.rows())
    throw hdf5::Error("reading 'strata/name': it has other rows than strata");
  write_rows(reader, output, [&](const StratumRow& row, std::uint64_t number) {
    return quoted(names[number]) + "," + line_of(table, row) + "\n";
  });
}

void write_segments(const OpenTrace& trace, const ExportFilter& filter, Output& output) {
  const TraceTable<SegmentRow> table = trace_table<SegmentRow>("segments", "");
  output.add(header_of(table) + "\n");
  if (!hdf5::has_object(trace.file, "segments")) return;
  const TableReader<SegmentRow> reader(trace.file, table, trace.most_rows);
  write_rows(reader, output, [&](const SegmentRow& row, std::uint64_t) {
    return filter.overlaps(row.start_ps, row.end_ps) ? line_of(table, row) + "\n" : std::string();
  });
}

}  // namespace

void write_csv(const OpenTrace& trace, const ExportFilter& filter, CsvTable table, Output& output) {
  switch (table) {
    case CsvTable::dies:
      return write_filtered(trace, filter, die_table(), output);
    case CsvTable::operations:
      return write_operations(trace, filter, output);
    case CsvTable::links:
      return write_filtered(trace, filter, link_table(), output);
    case CsvTable::stalls:
      return write_filtered(trace, filter, stall_table(), output);
    case CsvTable::marks:
      return write_filtered(trace, filter, phase_table(), output);
    case CsvTable::messages:
      return write_filtered(trace, filter, message_table(), output);
    case CsvTable::strata:
      return write_strata(trace, output);
    case CsvTable::segments:
      return write_segments(trace, filter, output);
  }
}

}  // namespace hecaton::io
