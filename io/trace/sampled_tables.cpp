#include "io/trace/sampled_tables.hpp"

#include <span>
#include <vector>

#include "io/trace/create_table.hpp"

namespace hecaton::io {
namespace {

template <class Row>
hdf5::Handle write_table(const hdf5::Handle& file, const TraceTable<Row>& table, std::span<const Row> rows) {
  std::vector<std::byte> cells(rows.size() * sizeof(std::uint64_t));
  return create_table(file, table, rows.size(),
                      [&](const hdf5::Handle& dataset, const TraceColumn<Row>& column) {
                        column.copy(rows, cells.data());
                        hdf5::write_column(dataset, column.cell, cells.data());
                      });
}

}  // namespace

void write_sampled_tables(const hdf5::Handle& file, const SampledRows& rows) {
  const hdf5::Handle strata = write_table<StratumRow>(
      file, trace_table<StratumRow>("strata", "Segments of a sampled step that stand for others, by kind"),
      rows.strata);
  hdf5::write_texts(strata, "name", rows.names);
  write_table<SegmentRow>(file, trace_table<SegmentRow>("segments", "Segments that were simulated, by time"),
                          rows.segments);
}

std::uint64_t sampled_bytes(const SampledRows& rows) {
  std::uint64_t bytes = rows.strata.size() * sizeof(StratumRow) + rows.segments.size() * sizeof(SegmentRow);
  for (const std::string& name : rows.names) bytes += 2 * name.size();
  return bytes;
}

}  // namespace hecaton::io
