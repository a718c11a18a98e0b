// When links and DRAM channels were busy, as the map of a page plays it: shares of bins of time, folded to as few bins as
// a page can hold.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "io/files/hdf5_file.hpp"
#include "io/trace/schema.hpp"

namespace hecaton::io {

struct BusyBins {
  std::uint64_t width_ps = 0;
  std::uint64_t bins = 0;  // of each; those after the end are left out
  // In thousandths of the part of the bin that lies in the run, row after row of /links and of `channels`.
  std::vector<std::uint32_t> links;
  std::vector<std::uint32_t> of_channels;
  std::vector<chiplet::ChannelCounters> channels;
};

// What is read of: the rows of /links, when the run ended (nothing: at the last bin in which anything was busy), and
// how many cells a page may hold.
struct BusyBinsOf {
  std::uint64_t links = 0;
  std::optional<std::uint64_t> end_ps;
  std::uint64_t most_cells = 0;
};
// Nothing if the trace has none, or so many links that a page could hold only a few bins of each. Throws hdf5::Error.
std::optional<BusyBins> read_busy_bins(const hdf5::Handle& file, const BusyBinsOf& of);

}  // namespace hecaton::io
