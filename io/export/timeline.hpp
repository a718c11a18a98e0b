// A trace as a timeline for viewers: a process for each row of dies, in it a track for each lane of each die (lanes.hpp);
// then processes of counters for links and DRAM channels, and one of messages, with a track for each node
// (network_tracks.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "io/export/filter.hpp"
#include "io/export/lanes.hpp"
#include "io/export/network_tracks.hpp"
#include "io/export/output.hpp"
#include "io/export/trace_reader.hpp"
#include "io/export/wire.hpp"

namespace hecaton::io {

// JSON of trace events ("Chrome trace"). Times are in microseconds with six decimals: picoseconds.
class ChromeWriter {
 public:
  explicit ChromeWriter(Output& output);
  void add_row(std::uint32_t row);  // before its dies
  void add_lane(std::uint32_t row, std::uint32_t die, const Lane& lane);
  void add_group(std::uint32_t process, NetworkGroup group);  // before its tracks
  void add_counter(std::uint32_t process, const CounterTrack& counter);
  void add_messages(std::uint32_t process, const MessageTrack& messages);
  void finish();

 private:
  void add_event(std::string_view json);
  void add_process(std::uint32_t process, std::string_view name);
  std::uint64_t add_thread(std::uint32_t process, std::string_view name);

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
  void add_group(std::uint32_t process, NetworkGroup group);
  void add_counter(std::uint32_t process, const CounterTrack& counter);
  void add_messages(std::uint32_t process, const MessageTrack& messages);
  void finish() {}

 private:
  void add_process(std::uint32_t process, std::string_view name);
  WireMessage next_track(std::uint32_t process, std::string_view name);

  Output& output_;
  std::uint64_t tracks_ = 0;
};

// Processes of rows are numbered from 1, those of groups follow.
template <class Writer>
void write_network(const OpenTrace& trace, const ExportFilter& filter, Writer& writer) {
  const auto process_of = [&](NetworkGroup group) {
    return trace.rows + 1 + static_cast<std::uint32_t>(group);
  };
  std::optional<NetworkGroup> open;
  for_each_counter(trace, filter, [&](const CounterTrack& counter) {
    if (open != counter.group) writer.add_group(process_of(counter.group), counter.group);
    open = counter.group;
    writer.add_counter(process_of(counter.group), counter);
  });
  const std::vector<MessageTrack> messages = message_tracks(trace, filter);
  const std::uint32_t process = process_of(NetworkGroup::messages);
  if (!messages.empty()) writer.add_group(process, NetworkGroup::messages);
  for (const MessageTrack& track : messages) writer.add_messages(process, track);
}

// Calls the writer for rows and dies in their order; of each die the operations are in memory, and so are all messages
// that are kept.
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
  write_network(trace, filter, writer);
  writer.finish();
}

}  // namespace hecaton::io
