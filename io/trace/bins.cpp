#include "io/trace/bins.hpp"

#include <algorithm>
#include <boost/mpi/collectives.hpp>
#include <stdexcept>

#include "io/trace/run_attributes.hpp"

namespace hecaton::io {
namespace {

// The narrowest that all of this rank can have.
std::uint64_t least_width(const LocalBins& bins) {
  std::uint64_t width = bins.grid.width_up_to(bins.end);
  for (const auto* all : {&bins.links, &bins.channels})
    for (const TimeBins& one : *all) width = std::max(width, one.width_ps());
  return width;
}

std::vector<BinCell> cells_of(const std::vector<TimeBins>& bins, std::uint64_t width_ps) {
  std::vector<BinCell> cells;
  for (const TimeBins& one : bins)
    for (const std::uint64_t busy_ps : one.folded(width_ps)) cells.push_back({busy_ps});
  return cells;
}

TraceTable<BinCell> bin_table(const char* column, const char* long_name) {
  return {"bins",
          "When links and DRAM channels were busy: time at work in bins of the simulated time",
          {trace_column<BinCell, std::uint64_t, &BinCell::busy_ps>(column, "ps", long_name)}};
}

void create_matrix(const hdf5::Handle& group, const TraceTable<BinCell>& table, std::uint64_t rows,
                   const BinFrame& frame) {
  const TraceColumn<BinCell>& column = table.columns.front();
  const hdf5::Handle matrix = hdf5::create_matrix(group, column.name, column.cell, rows, frame.bins);
  describe_column(matrix, column.units, column.long_name);
  hdf5::write_attribute(matrix, "width_ps", static_cast<std::int64_t>(frame.width_ps));
  hdf5::write_checksum(matrix, 0);  // known when its cells are
}

}  // namespace

FoldedBins fold_bins(const LocalRecords& local, const boost::mpi::communicator& comm) {
  if (local.bins.links.size() != local.links.size() || local.bins.channels.size() != local.channels.size())
    throw std::logic_error("trace: a rank has not one row of bins for each link and DRAM channel");
  FoldedBins folded;
  folded.width_ps =
      boost::mpi::all_reduce(comm, least_width(local.bins), boost::mpi::maximum<std::uint64_t>());
  folded.links = cells_of(local.bins.links, folded.width_ps);
  folded.channels = cells_of(local.bins.channels, folded.width_ps);
  return folded;
}

TraceTable<BinCell> link_bin_table() {
  return bin_table("links", "Time that each link, a row of /links, was transmitting in each bin");
}

TraceTable<BinCell> channel_bin_table() {
  return bin_table("channels",
                   "Time that each DRAM channel, a row of /channels, was moving data in each bin");
}

TraceTable<chiplet::ChannelCounters> channel_table() {
  return trace_table<chiplet::ChannelCounters>("channels", "One row per DRAM channel, by (io_die, channel)");
}

void create_bins(const hdf5::Handle& file, const BinFrame& frame) {
  const TraceTable<BinCell> links = link_bin_table();
  const hdf5::Handle group = hdf5::create_group(file, links.group);
  hdf5::write_attribute(group, "long_name", links.long_name);
  hdf5::write_attribute(group, "covers", frame.is_sampled ? covers_sample : covers_all);
  create_matrix(group, links, frame.links, frame);
  create_matrix(group, channel_bin_table(), frame.channels, frame);
}

}  // namespace hecaton::io
