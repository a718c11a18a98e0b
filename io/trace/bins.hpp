// What a trace tells in bins of time: matrices in /bins, whose columns are bins of one width, the same for all. When links
// and DRAM channels were busy, with a row for each of /links and /channels; how many messages the buffers of routers held,
// with one for each node; and how full the buffers of dies were, with one for each die.
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
  std::uint64_t value = 0;
};

// Of this rank, in bins that are as wide as any rank's must be to reach the end of the run.
struct FoldedBins {
  std::uint64_t width_ps = 0;
  std::vector<BinCell> links;
  std::vector<BinCell> channels;
  std::vector<BinCell> routers;
  std::vector<BinCell> activations, weights;  // none where dies run no programs
};
// Collective. Throws std::logic_error on a rank whose records contradict each other.
FoldedBins fold_bins(const LocalRecords& local, const boost::mpi::communicator& comm);

// Each is a table of one column.
TraceTable<BinCell> link_bin_table();
TraceTable<BinCell> channel_bin_table();
TraceTable<BinCell> router_bin_table();
TraceTable<BinCell> activation_bin_table();
TraceTable<BinCell> weight_bin_table();
TraceTable<chiplet::ChannelCounters> channel_table();

// What a table covers that is of what was simulated, also of a sampled step: its attribute `covers`.
inline constexpr const char* covers_all = "all that was simulated";
inline constexpr const char* covers_sample = "what was simulated of the step, one segment after the other";

// What the matrices have beside their cells.
struct BinFrame {
  std::uint32_t bins = 0;
  std::uint64_t width_ps = 0;
  bool is_sampled = false;
};
// The group without its matrices.
hdf5::Handle create_bins(const hdf5::Handle& file, const BinFrame& frame);
// A matrix of so many rows.
void create_matrix(const hdf5::Handle& group, const TraceTable<BinCell>& table, std::uint64_t rows,
                   const BinFrame& frame);

}  // namespace hecaton::io
