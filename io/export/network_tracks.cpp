#include "io/export/network_tracks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "core/chiplet/program/records.hpp"
#include "io/trace/bin_reader.hpp"
#include "io/trace/bins.hpp"
#include "io/trace/table_reader.hpp"

namespace hecaton::io {
namespace {

constexpr std::uint64_t rows_of_track = 1U << 16U;

template <class Row, class Visit>
void for_each_row(const TableReader<Row>& reader, Visit&& visit) {
  for (std::uint64_t first = 0; first < reader.rows(); first += rows_of_track) {
    const std::vector<Row> rows = reader.read(first, std::min(rows_of_track, reader.rows() - first));
    for (std::size_t i = 0; i < rows.size(); ++i) visit(rows[i], first + i);
  }
}

std::vector<CounterSample> samples_of(const std::vector<std::uint64_t>& bins, std::int64_t width_ps,
                                      const ExportFilter& filter) {
  std::vector<CounterSample> samples;
  std::int64_t end = 0;
  for (std::size_t bin = 0; bin < bins.size(); ++bin) {
    const std::int64_t start = static_cast<std::int64_t>(bin) * width_ps;
    if (!filter.overlaps(start, start + width_ps)) continue;
    end = start + width_ps;
    if (samples.empty() || samples.back().busy_ps != bins[bin]) samples.push_back({start, bins[bin]});
  }
  if (!samples.empty()) samples.push_back({end, 0});
  return samples;
}

bool is_flat(const std::vector<CounterSample>& samples) {
  return std::all_of(samples.begin(), samples.end(),
                     [](const CounterSample& sample) { return sample.busy_ps == 0; });
}

template <class Row, class Keeps, class Name>
void visit_counters(const OpenTrace& trace, const ExportFilter& filter, TraceTable<Row> table,
                    CounterTrack track, const char* bins, Keeps&& keeps, Name&& name,
                    const std::function<void(const CounterTrack&)>& visit) {
  const TableReader<Row> reader(trace.file, std::move(table), trace.most_rows);
  const BinReader matrix(trace.file, bins, reader.rows());
  track.bin_ps = matrix.width_ps();
  for_each_row(reader, [&](const Row& row, std::uint64_t number) {
    if (!keeps(row)) return;
    track.name = name(row);
    track.samples = samples_of(matrix.of(number), track.bin_ps, filter);
    if (!is_flat(track.samples)) visit(track);
  });
}

bool is_credible(const MessageRow& row) {
  return row.handed_over_ps >= 0 && row.handed_over_ps <= row.head_out_ps &&
         row.head_out_ps <= row.arrived_ps;
}

}  // namespace

void for_each_counter(const OpenTrace& trace, const ExportFilter& filter,
                      const std::function<void(const CounterTrack&)>& visit) {
  if (!hdf5::has_object(trace.file, "bins")) return;
  visit_counters(
      trace, filter, link_table(), {.group = NetworkGroup::links, .name = {}, .samples = {}}, "bins/links",
      [&](const LinkRow& row) { return filter.keeps(row); },
      [](const LinkRow& row) { return fmt::format("link {} to {}", row.counters.from, row.counters.to); },
      visit);
  visit_counters(
      trace, filter, channel_table(), {.group = NetworkGroup::channels, .name = {}, .samples = {}},
      "bins/channels", [](const chiplet::ChannelCounters&) { return true; },
      [](const chiplet::ChannelCounters& row) {
        return fmt::format("channel {} of IO die {}", row.channel, row.io_die);
      },
      visit);
}

std::vector<MessageTrack> message_tracks(const OpenTrace& trace, const ExportFilter& filter) {
  if (!hdf5::has_object(trace.file, message_table().group)) return {};
  std::map<std::uint32_t, std::vector<MessageEnd>> by_node;
  const TableReader<MessageRow> reader(trace.file, message_table(), trace.most_rows);
  for_each_row(reader, [&](const MessageRow& row, std::uint64_t number) {
    if (!is_credible(row)) throw hdf5::Error("a message arrives before it is sent");
    if (!filter.keeps(row)) return;
    by_node[row.from].push_back({row.head_out_ps, number + 1, false, row});
    by_node[row.to].push_back({row.arrived_ps, number + 1, true, row});
  });
  std::vector<MessageTrack> tracks;
  for (auto& [node, ends] : by_node) {
    std::sort(ends.begin(), ends.end(), [](const MessageEnd& a, const MessageEnd& b) {
      return std::tie(a.time_ps, a.number, a.arrives) < std::tie(b.time_ps, b.number, b.arrives);
    });
    tracks.push_back({fmt::format("{} {}", node < trace.dies() ? "die" : "IO die", node), std::move(ends)});
  }
  return tracks;
}

}  // namespace hecaton::io
