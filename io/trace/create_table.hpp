// Creates a table of a trace: a group, and a column for each field of its rows, with or without cells.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "io/files/hdf5_file.hpp"
#include "io/trace/run_attributes.hpp"
#include "io/trace/schema.hpp"

namespace hecaton::io {

// `fill`(dataset, column) is called for each column; it may write the cells. Returns the group.
template <class Row, class Fill>
hdf5::Handle create_table(const hdf5::Handle& file, const TraceTable<Row>& table, std::uint64_t rows,
                          Fill&& fill) {
  hdf5::Handle group = hdf5::create_group(file, table.group);
  hdf5::write_attribute(group, "long_name", table.long_name);
  for (const TraceColumn<Row>& column : table.columns) {
    const hdf5::Handle dataset = hdf5::create_column(group, column.name, column.cell, rows);
    describe_column(dataset, column.units, column.long_name);
    if (!column.names.empty()) hdf5::write_attribute(dataset, "names", column.names);
    fill(dataset, column);
  }
  return group;
}

template <class Row>
hdf5::Handle create_table(const hdf5::Handle& file, const TraceTable<Row>& table, std::uint64_t rows) {
  return create_table(file, table, rows, [](const hdf5::Handle& dataset, const TraceColumn<Row>&) {
    hdf5::write_checksum(dataset, 0);  // known when its cells are
  });
}

// The same with its cells, from one process.
template <class Row>
hdf5::Handle write_table(const hdf5::Handle& file, const TraceTable<Row>& table, std::span<const Row> rows) {
  std::vector<std::byte> cells(rows.size() * sizeof(std::uint64_t));
  return create_table(file, table, rows.size(),
                      [&](const hdf5::Handle& dataset, const TraceColumn<Row>& column) {
                        column.copy(rows, cells.data());
                        hdf5::write_column(dataset, column.cell, cells.data());
                      });
}

}  // namespace hecaton::io
