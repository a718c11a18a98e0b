// The tables of a trace as CSV (RFC 4180): a line of names, each with its unit in brackets where it has one, and a line per
// row. Kinds and stages are words. Numbers read back to the same value.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/engine/base/enum_names.hpp"
#include "io/export/filter.hpp"
#include "io/export/output.hpp"
#include "io/export/trace_reader.hpp"

namespace hecaton::io {

// A table and its file is NAME.csv. Those that a trace does not have are empty: strata and segments unless the step was
// sampled, messages unless they were recorded.
enum class CsvTable : std::uint8_t { dies, operations, links, stalls, marks, messages, strata, segments };
constexpr auto enum_names(std::type_identity<CsvTable>) {
  using enum CsvTable;
  return named<CsvTable>({{dies, "dies"},
                          {operations, "operations"},
                          {links, "links"},
                          {stalls, "stalls"},
                          {marks, "marks"},
                          {messages, "messages"},
                          {strata, "strata"},
                          {segments, "segments"}});
}

void write_csv(const OpenTrace& trace, const ExportFilter& filter, CsvTable table, Output& output);

}  // namespace hecaton::io
