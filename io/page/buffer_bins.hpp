// How full buffers were over time: of each bin the fullest die and the mean one. Of a die's buffers the most bytes held at any
// time of the bin; of a router's input buffers the mean number of messages that held a place in them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "io/files/hdf5_file.hpp"

namespace hecaton::io {

struct FilledBuffer {
  std::vector<double> most;            // of each bin
  std::vector<std::uint32_t> fullest;  // the node whose it was, of several the lowest
  std::vector<double> mean;            // over nodes
};

struct BufferBins {
  std::uint64_t width_ps = 0;
  std::optional<FilledBuffer> activation, weight;  // bytes, of dies; nothing where they run no programs
  FilledBuffer router;                             // messages, of dies and IO dies
};

// Up to the last bin that has anything; nothing if the trace has none of it. Throws hdf5::Error.
std::optional<BufferBins> read_buffer_bins(const hdf5::Handle& file, std::uint64_t dies);

}  // namespace hecaton::io
