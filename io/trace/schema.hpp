// The tables of a trace. Their columns follow from the lists of fields of their rows (core/engine/base/
// fields.hpp): name, unit, long name and type of a column are those of the field, and so is how a row gives
// its cell and gets it back. A struct inside a row contributes its own fields; its name there is put before
// theirs. A new field of a row is a new column here, is written, and is read back at a restart.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/chiplet/program/energy.hpp"
#include "core/chiplet/program/passes.hpp"
#include "core/chiplet/program/records.hpp"
#include "core/chiplet/program/waits.hpp"
#include "core/engine/base/enum_names.hpp"
#include "core/engine/base/fields.hpp"
#include "io/files/hdf5_file.hpp"
#include "io/result/network_rows.hpp"

namespace hecaton::io {

// Rises with every change that a reader could notice, additions apart.
inline constexpr std::int64_t trace_schema = 1;

// A compute die.
struct DieRow {
  std::uint32_t die = 0;
  std::uint32_t row = 0;
  std::uint32_t column = 0;
  chiplet::DieCounters counters;
  chiplet::EnergyBreakdown energy;
  double energy_total_J = 0;

  static constexpr auto fields() {
    return FieldList(field<&DieRow::die>("die", "1", "Number of the die, row by row"),
                     field<&DieRow::row>("row", "1", "Row on the mesh, from the north"),
                     field<&DieRow::column>("column", "1", "Column on the mesh, from the west"),
                     field<&DieRow::counters>(""), field<&DieRow::energy>("energy_"),
                     field<&DieRow::energy_total_J>("energy_total_J", "J", "Sum of the energies of the die"));
  }
};
static_assert(lists_every_member<DieRow>);

// A directed link and where its ends lie: row and column of a die, or of the die that an IO die is attached
// to (an IO die's number is at least the number of dies). Signed, so that a reader may subtract them.
struct LinkRow {
  chiplet::LinkCounters counters;
  std::int32_t from_row = 0;
  std::int32_t from_column = 0;
  std::int32_t to_row = 0;
  std::int32_t to_column = 0;

  static constexpr auto fields() {
    using R = LinkRow;
    return FieldList(
        field<&R::counters>(""),
        field<&R::from_row>("from_row", "1", "Row of from, or of the die it is attached to"),
        field<&R::from_column>("from_column", "1", "Column of from, or of the die it is attached to"),
        field<&R::to_row>("to_row", "1", "Row of to, or of the die it is attached to"),
        field<&R::to_column>("to_column", "1", "Column of to, or of the die it is attached to"));
  }
};
static_assert(lists_every_member<LinkRow>);

template <class Row>
struct TraceColumn {
  std::string name;
  const char* units;  // "1": a plain count or number
  const char* long_name;
  hdf5::Cell cell;
  void (*copy)(std::span<const Row> rows, std::byte* cells);
  void (*copy_back)(const std::byte* cells, std::span<Row> rows);
  std::vector<std::string> names;  // of an enum, in the order of its values
};

template <class Row>
struct TraceTable {
  const char* group;
  const char* long_name;
  std::vector<TraceColumn<Row>> columns;
};

// What a value is in the file.
template <class Value>
struct CellValue {
  using type = Value;
};
template <HasNames Value>
struct CellValue<Value> {
  using type = std::underlying_type_t<Value>;
};

// The column of the value at the end of a path of members that begins at a row.
template <class Row, class Value, auto... Path>
TraceColumn<Row> trace_column(std::string name, const char* units, const char* long_name) {
  using Cell = typename CellValue<Value>::type;
  const auto copy = [](std::span<const Row> rows, std::byte* cells) {
    for (const Row& row : rows) {
      std::memcpy(cells, &(row.*....*Path), sizeof(Cell));
      cells += sizeof(Cell);
    }
  };
  const auto copy_back = [](const std::byte* cells, std::span<Row> rows) {
    for (Row& row : rows) {
      std::memcpy(&(row.*....*Path), cells, sizeof(Cell));
      cells += sizeof(Cell);
    }
  };
  std::vector<std::string> names;
  if constexpr (HasNames<Value>) names.assign(names_of<Value>().begin(), names_of<Value>().end());
  return {std::move(name), units, long_name, hdf5::cell_of<Cell>(), copy, copy_back, std::move(names)};
}

// Adds the columns of a part of a row, which is the row itself if the path is empty.
template <class Row, class Part, auto... Path>
void add_columns(std::vector<TraceColumn<Row>>& columns, const std::string& prefix = {}) {
  for_each_field<Part>([&](const auto& field) {
    constexpr auto member = std::decay_t<decltype(field)>::member;
    using Content = typename std::decay_t<decltype(field)>::Value;
    if constexpr (HasFields<Content>) {
      add_columns<Row, Content, Path..., member>(columns, prefix + field.name);
    } else {
      columns.push_back(
          trace_column<Row, Content, Path..., member>(prefix + field.name, field.units, field.long_name));
    }
  });
}

template <class Row>
TraceTable<Row> trace_table(const char* group, const char* long_name) {
  TraceTable<Row> table{group, long_name, {}};
  add_columns<Row, Row>(table.columns);
  return table;
}

TraceTable<DieRow> die_table();
TraceTable<chiplet::OperationRow> operation_table();
TraceTable<LinkRow> link_table();
TraceTable<StallRow> stall_table();
TraceTable<MessageRow> message_table();
inline constexpr std::uint64_t most_messages = std::uint64_t{1} << 40U;  // more are damage, to a reader
TraceTable<chiplet::PhaseRow> phase_table();
TraceTable<chiplet::WaitRow> wait_table();  // between two halts only

}  // namespace hecaton::io
