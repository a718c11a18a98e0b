// Operations as timelines for viewers: a process for each row of dies, in it a track for each lane of each die (lanes.hpp).
#pragma once

#include <cstdint>

#include "io/export/filter.hpp"
#include "io/export/lanes.hpp"
#include "io/export/output.hpp"
#include "io/export/trace_reader.hpp"

namespace hecaton::io {

// JSON of trace events ("Chrome trace"). Times are in microseconds with six decimals: picoseconds.
class ChromeWriter {
 public:
  explicit ChromeWriter(Output& output);
  void add_row(std::uint32_t row);  // before its dies
  void add_lane(std::uint32_t row, std::uint32_t die, const Lane& lane);
  void finish();

 private:
  void add_event(std::string_view json);

  Output& output_;
  std::uint64_t tracks_ = 0;
  bool is_first_ = true;
};

// Perfetto's protobuf (trace.proto): track descriptors and slices with interned names. Time stamps are in nanoseconds,
// rounded down, so slices of a lane still follow each other; the arguments start_ps and duration_ps are exact.
class PerfettoWriter {
 public:
  explicit PerfettoWriter(Output& output);
  void add_row(std::uint32_t row);
  void add_lane(std::uint32_t row, std::uint32_t die, const Lane& lane);
  void finish() {}

 private:
  Output& output_;
  std::uint64_t tracks_ = 0;
};

// Calls the writer for rows and dies in their order; of each die the operations are in memory.
template <class Writer>
void write_timeline(const OpenTrace& trace, const ExportFilter& filter, Writer&& writer) {
  const OperationReader operations(trace);
  for (std::uint32_t row = 0; row < trace.rows; ++row) {
    bool is_named = false;
    for (std::uint32_t die = row * trace.columns; die < (row + 1) * trace.columns; ++die) {
      if (!filter.dies.contains(die)) continue;
      std::vector<chiplet::OperationRow> rows = operations.of_die(die);
      std::erase_if(rows, [&](const auto& each) { return !filter.keeps(each); });
      if (!rows.empty() && !is_named) writer.add_row(row);
      is_named = is_named || !rows.empty();
      for (const Lane& lane : lanes_of(std::move(rows))) writer.add_lane(row, die, lane);
    }
  }
  writer.finish();
}

}  // namespace hecaton::io
