#include "io/trace/sampled_tables.hpp"

#include "io/trace/create_table.hpp"

namespace hecaton::io {
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
