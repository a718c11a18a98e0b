// The tables of a trace, column by column: name, unit, long name and how a row gives its cell. A new column
// is one line here; everything else follows.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "core/chiplet/program/energy.hpp"
#include "core/chiplet/program/program.hpp"
#include "core/chiplet/program/records.hpp"
#include "io/files/hdf5_file.hpp"

namespace hecaton::io {

// Rises with every change that a reader could notice, additions apart.
inline constexpr std::int64_t trace_schema = 1;

struct DieRow {
  std::uint32_t die = 0;
  std::uint32_t row = 0;
  std::uint32_t column = 0;
  chiplet::DieCounters counters;
  chiplet::EnergyBreakdown energy;
};

// A directed link and where its ends lie: row and column of a die, or of the die that an IO die is attached
// to (an IO die's number is at least the number of dies). Signed, so that a reader may subtract them.
struct LinkRow {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::int32_t from_row = 0;
  std::int32_t from_column = 0;
  std::int32_t to_row = 0;
  std::int32_t to_column = 0;
  std::uint64_t busy_ps = 0;
  std::uint64_t flits = 0;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
};

template <class Row>
struct TraceColumn {
  const char* name;
  const char* units;  // "1": a plain count or number
  const char* long_name;
  hdf5::Cell cell;
  void (*copy)(std::span<const Row> rows, std::byte* cells);
  std::vector<std::string> names = {};  // of an enum, in the order of its values
};

// `get` maps a row to its cell; the cell's C++ type decides the type in the file.
template <class Row, auto get>
TraceColumn<Row> trace_column(const char* name, const char* units, const char* long_name) {
  using Number = std::invoke_result_t<decltype(get), const Row&>;
  const auto copy = [](std::span<const Row> rows, std::byte* cells) {
    for (const Row& row : rows) {
      const Number value = get(row);
      std::memcpy(cells, &value, sizeof value);
      cells += sizeof value;
    }
  };
  return {name, units, long_name, hdf5::cell_of<Number>(), copy};
}

template <class Row>
struct TraceTable {
  const char* group;
  const char* long_name;
  std::vector<TraceColumn<Row>> columns;
};

TraceTable<DieRow> die_table();
TraceTable<chiplet::OperationRow> operation_table();
TraceTable<LinkRow> link_table();

}  // namespace hecaton::io
