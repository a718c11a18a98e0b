// When links and DRAM channels were busy, as the trace has it: a matrix for links and one for channels, both in /bins,
// whose rows are those of /links and /channels and whose columns are bins of one width, the same for all.
//
// For writing, a matrix is a column of cells, row after row: ranks write blocks of them like those of any column.
#pragma once

#include <boost/mpi/communicator.hpp>
#include <cstdint>
#include <vector>

#include "io/result/run_result.hpp"
#include "io/trace/schema.hpp"

namespace hecaton::io {

struct BinCell {
  std::uint64_t busy_ps = 0;
};

// Of this rank's links and channels, in bins that are as wide as any rank's must be to reach the end of the run.
struct FoldedBins {
  std::uint64_t width_ps = 0;
  std::vector<BinCell> links;
  std::vector<BinCell> channels;
};
// Collective. Throws std::logic_error on a rank whose records contradict each other.
FoldedBins fold_bins(const LocalRecords& local, const boost::mpi::communicator& comm);

TraceTable<BinCell> link_bin_table();
TraceTable<BinCell> channel_bin_table();
TraceTable<chiplet::ChannelCounters> channel_table();

// What a table covers that is of what was simulated, also of a sampled step: its attribute `covers`.
inline constexpr const char* covers_all = "all that was simulated";
inline constexpr const char* covers_sample =
    "what was simulated of the step, one segment after the other";

// What the matrices have beside their cells.
struct BinFrame {
  std::uint32_t bins = 0;
  std::uint64_t width_ps = 0;
  std::uint64_t links = 0;
  std::uint64_t channels = 0;
  bool is_sampled = false;
};
void create_bins(const hdf5::Handle& file, const BinFrame& frame);

}  // namespace hecaton::io
