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
  for (const auto* all : {&bins.links, &bins.channels, &bins.routers})
    for (const TimeBins& one : *all) width = std::max(width, one.width_ps());
  for (const auto* all : {&bins.activations, &bins.weights})
    for (const PeakBins& one : *all) width = std::max(width, one.width_ps());
  return width;
}

std::vector<BinCell> cells_of(const std::vector<TimeBins>& bins, std::uint64_t width_ps) {
  std::vector<BinCell> cells;
  for (const TimeBins& one : bins)
    for (const std::uint64_t value : one.folded(width_ps)) cells.push_back({value});
  return cells;
}

std::vector<BinCell> cells_of(const std::vector<PeakBins>& bins, std::uint64_t width_ps, SimTime end) {
  std::vector<BinCell> cells;
  for (const PeakBins& one : bins)
    for (const std::uint64_t value : one.folded(width_ps, end)) cells.push_back({value});
  return cells;
}

TraceTable<BinCell> bin_table(const char* column, const char* units, const char* long_name) {
  return {"bins",
          "What was when: links, DRAM channels and buffers in bins of the simulated time",
          {trace_column<BinCell, std::uint64_t, &BinCell::value>(column, units, long_name)}};
}

// Whether there is one row of bins for each of what they are of.
bool are_complete(const LocalRecords& local) {
  const LocalBins& bins = local.bins;
  const std::size_t dies = bins.has_die_buffers ? local.dies.size() : 0;
  return bins.links.size() == local.links.size() && bins.channels.size() == local.channels.size() &&
         bins.routers.size() == bins.nodes.size() && bins.activations.size() == dies &&
         bins.weights.size() == dies;
}

}  // namespace

void create_matrix(const hdf5::Handle& group, const TraceTable<BinCell>& table, std::uint64_t rows,
                   const BinFrame& frame) {
  const TraceColumn<BinCell>& column = table.columns.front();
  const hdf5::Handle matrix = hdf5::create_matrix(group, column.name, column.cell, rows, frame.bins);
  describe_column(matrix, column.units, column.long_name);
  hdf5::write_attribute(matrix, "width_ps", static_cast<std::int64_t>(frame.width_ps));
  hdf5::write_checksum(matrix, 0);  // known when its cells are
}

FoldedBins fold_bins(const LocalRecords& local, const boost::mpi::communicator& comm) {
  if (!are_complete(local))
    throw std::logic_error("trace: a rank has not one row of bins for each link, channel and buffer");
  FoldedBins folded;
  folded.width_ps =
      boost::mpi::all_reduce(comm, least_width(local.bins), boost::mpi::maximum<std::uint64_t>());
  folded.links = cells_of(local.bins.links, folded.width_ps);
  folded.channels = cells_of(local.bins.channels, folded.width_ps);
  folded.routers = cells_of(local.bins.routers, folded.width_ps);
  folded.activations = cells_of(local.bins.activations, folded.width_ps, local.bins.end);
  folded.weights = cells_of(local.bins.weights, folded.width_ps, local.bins.end);
  return folded;
}

TraceTable<BinCell> link_bin_table() {
  return bin_table("links", "ps", "Time that each link, a row of /links, was transmitting in each bin");
}

TraceTable<BinCell> channel_bin_table() {
  return bin_table("channels", "ps",
                   "Time that each DRAM channel, a row of /channels, was moving data in each bin");
}

TraceTable<BinCell> router_bin_table() {
  return bin_table(
      "router_buffers", "ps",
      "Time that messages had a place in the input buffers of each node's router in each bin, all "
      "messages added up: divided by the width, their mean number");
}

TraceTable<BinCell> activation_bin_table() {
  return bin_table("activation_buffer", "B",
                   "Most bytes held in the activation buffer of each die at any time of each bin");
}

TraceTable<BinCell> weight_bin_table() {
  return bin_table("weight_buffer", "B",
                   "Most bytes held in the weight buffer of each die at any time of each bin");
}

TraceTable<chiplet::ChannelCounters> channel_table() {
  return trace_table<chiplet::ChannelCounters>("channels", "One row per DRAM channel, by (io_die, channel)");
}

hdf5::Handle create_bins(const hdf5::Handle& file, const BinFrame& frame) {
  const TraceTable<BinCell> links = link_bin_table();
  hdf5::Handle group = hdf5::create_group(file, links.group);
  hdf5::write_attribute(group, "long_name", links.long_name);
  hdf5::write_attribute(group, "covers", frame.is_sampled ? covers_sample : covers_all);
  return group;
}

}  // namespace hecaton::io
